"""Bodies as callers write them: what is taken, what is refused, and with which sentence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from stentor.api.wire import BatchBody, SessionConfig, SpeechBody, parse, read_body, validate
from stentor.errors import BodyTooLarge, BodyTooSlow, InvalidRequest, UnreadableBody, UnsupportedMediaType
from stentor.types import SpeechRequest

LEAST = {"model": "tts-1", "input": "Hi.", "voice": "alloy"}


def test_the_least_body_has_openais_defaults() -> None:
    body = validate(LEAST, SpeechBody)
    assert (body.response_format, body.speed, body.stream_format) == ("mp3", 1.0, "audio")
    assert body.stream
    assert body.request() == SpeechRequest(text="Hi.", model="tts-1", voice="alloy")


def test_every_field_reaches_the_request() -> None:
    body = validate(
        {
            **LEAST,
            "voice": {"id": "nova"},
            "response_format": "flac",
            "speed": 2,
            "instructions": "Whisper.",
            "language": " German ",
            "seed": -7,
            "sample_rate": 16000,
            "strict": True,
            "pitch": 3,
        },
        SpeechBody,
    )
    assert body.request() == SpeechRequest(
        text="Hi.",
        model="tts-1",
        voice="nova",
        format="flac",
        speed=2.0,
        instructions="Whisper.",
        language="de",
        seed=-7,
        sample_rate=16000,
        strict=True,
        unknown_fields=("pitch",),
    )


@pytest.mark.parametrize("written", ["Auto", "auto", "", "  ", None])
def test_a_language_left_open_is_none(written: str | None) -> None:
    assert validate({**LEAST, "language": written}, SpeechBody).request().language is None


@pytest.mark.parametrize("field", ["instructions", "language", "seed", "sample_rate"])
def test_null_means_not_given_where_openai_says_optional(field: str) -> None:
    assert validate({**LEAST, field: None}, SpeechBody).request() == SpeechRequest("Hi.", "tts-1", "alloy")


@pytest.mark.parametrize("speed", [0.25, 1, 4, 4.0])
def test_the_ends_of_the_speed_range_are_in_it(speed: float) -> None:
    assert validate({**LEAST, "speed": speed}, SpeechBody).speed == speed


WRONG: list[tuple[str, Any, str]] = [
    ("model", 5, "must be a string"),
    ("model", None, "must be a string"),
    ("model", "", "must not be empty"),
    ("model", "m" * 257, "at most 256 characters"),
    ("input", None, "must be a string"),
    ("input", ["Hi."], "must be a string"),
    ("voice", 5, "must be a name or an object"),
    ("voice", None, "must be a name or an object"),
    ("voice", ["alloy"], "must be a name or an object"),
    ("voice", "", "must not be empty"),
    ("voice", "v" * 257, "must be at most 256 characters long"),
    ("voice", {"name": "alloy"}, ""),
    ("voice", {"id": 5}, ""),
    ("voice", {"id": "alloy", "language": "en"}, ""),
    ("response_format", 3, "must be a string"),
    ("speed", 0, "must be at least 0.25"),
    ("speed", -1, "must be at least 0.25"),
    ("speed", 4.01, "must be at most 4"),
    ("speed", "fast", "must be a number"),
    ("speed", "1", "must be a number"),
    ("speed", True, "must be a number"),
    ("speed", None, "must be a number"),
    ("speed", [1], "must be a number"),
    ("speed", float("inf"), "must be a"),
    ("speed", float("nan"), "must be a"),
    ("speed", 10**400, "must be a"),
    ("seed", 1.5, "must be a whole number"),
    ("seed", "1", "must be a whole number"),
    ("seed", True, "must be a whole number"),
    ("seed", 2**63, "must be at most"),
    ("sample_rate", "24000", "must be a whole number"),
    ("sample_rate", 24000.5, "must be a whole number"),
    ("strict", "yes", "must be true or false"),
    ("strict", 1, "must be true or false"),
    ("stream", "false", "must be true or false"),
    ("stream_format", "mp3", "must be 'audio' or 'sse'"),
    ("stream_format", None, "must be 'audio' or 'sse'"),
    ("instructions", "x" * 4097, "at most 4096 characters"),
    ("instructions", {"tone": "glad"}, "must be a string"),
    ("language", "x" * 65, "at most 64 characters"),
]


@pytest.mark.parametrize(("field", "value", "said"), WRONG)
def test_a_wrong_field_is_named_in_a_sentence(field: str, value: object, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, field: value}, SpeechBody)
    error = refused.value
    assert error.param is not None
    assert error.param.split(".")[0] == field
    assert error.message.startswith(f"`{field}")
    assert said in error.message
    assert error.message.endswith(".")


@pytest.mark.parametrize("field", ["model", "input", "voice"])
def test_what_is_required_is_asked_for(field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({name: value for name, value in LEAST.items() if name != field}, SpeechBody)
    assert refused.value.message == f"`{field}` is required."
    assert refused.value.param == field


@pytest.mark.parametrize("value", [None, [], [LEAST], "text", 5, True])
def test_a_body_that_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest, match="must be a JSON object"):
        validate(value, SpeechBody)


UNREADABLE = [
    (b"", "not valid JSON"),
    (b"   ", "not valid JSON"),
    (b'{"model": "tts-1", "inp', "not valid JSON"),
    (b"{'model': 'tts-1'}", "not valid JSON"),
    (b'{"speed": NaN}', "NaN is not valid JSON"),
    (b'{"speed": -Infinity}', "-Infinity is not valid JSON"),
    (b'{"input": "caf\xe9"}', "not UTF-8: byte 14"),
    (b"\xff\xfe{\x00}\x00", "not UTF-8: byte 0"),
    (b'{"input": "a\x00b"}', "not valid JSON"),
    (b"[" * 200_000, "nested too deeply"),
    (b'{"a":' * 200_000, "nested too deeply"),
    (b'{"seed": ' + b"9" * 5000 + b"}", "number that is too long"),
    (b'{"input": "a", "input": "b"}', "'input' is given twice"),
    (b'{"voice": {"id": "a", "id": "b"}}', "'id' is given twice"),
]


@pytest.mark.parametrize(("raw", "said"), UNREADABLE, ids=lambda value: repr(value)[:30])
def test_text_that_is_not_sound_json_is_unreadable(raw: bytes, said: str) -> None:
    with pytest.raises(UnreadableBody) as refused:
        parse(raw, SpeechBody)
    assert said in refused.value.message
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("field", [r"\ud800", r"\u0000", r"a\r\nb"])
def test_a_field_given_twice_is_named_in_characters_that_can_be_sent(field: str) -> None:
    with pytest.raises(UnreadableBody) as refused:
        parse(f'{{"{field}": 1, "{field}": 2}}', SpeechBody)
    assert refused.value.message.encode()
    assert (refused.value.param or "").encode("utf-8", "strict") is not None


@pytest.mark.parametrize("field", ["model", "language", "instructions"])
def test_half_a_character_in_a_field_is_refused_in_plain_words(field: str) -> None:
    """A lone surrogate is no text; the sentence that says so is for a person, not for a Rust programmer."""
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, field: "\ud800"}, SpeechBody)
    assert refused.value.param == field
    assert "raw data" not in refused.value.message


def test_half_a_character_as_a_fields_name_is_refused_with_something_said_of_it() -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, "\ud800": 1}, SpeechBody)
    assert "``" not in refused.value.message
    assert refused.value.param != ""


def test_a_batch_needs_items() -> None:
    with pytest.raises(InvalidRequest, match="`items` must hold at least 1 item"):
        validate({"items": []}, BatchBody)
    with pytest.raises(InvalidRequest, match="`items` is required"):
        validate({}, BatchBody)
    with pytest.raises(InvalidRequest, match=r"`items.1.input` is required"):
        validate({"items": [{"input": "One."}, {"text": "Two."}]}, BatchBody)
    with pytest.raises(InvalidRequest, match=r"`items.0`"):
        validate({"items": ["One."]}, BatchBody)


def test_a_prefix_leads_to_the_field() -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, "speed": 9}, SpeechBody, "items.3.")
    assert refused.value.param == "items.3.speed"
    assert refused.value.message == "`items.3.speed` must be at most 4."


def test_a_session_begins_with_wav_and_clauses() -> None:
    config = validate({"type": "session.config"}, SessionConfig)
    assert (config.response_format, config.split_granularity, config.stream_audio) == ("wav", "clause", False)
    assert config.request() == SpeechRequest("", "tts-1", "alloy", format="wav")


def test_a_session_may_call_its_voice_speaker() -> None:
    spoken = validate({"type": "session.config", "speaker": "echo"}, SessionConfig)
    assert spoken.request().voice == "echo"
    both = validate({"type": "session.config", "voice": {"id": "nova"}, "speaker": "echo"}, SessionConfig)
    assert both.request().voice == "nova"


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        (5, 'must be a name or an object like {"id": "alloy"}'),
        ("v" * 257, "must be at most 256 characters long"),
    ],
)
def test_a_wrong_voice_is_named_wherever_it_stands(voice: object, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({"items": [{"input": "Hi."}], "voice": voice}, BatchBody)
    assert (refused.value.message, refused.value.param) == (f"`voice` {said}.", "voice")
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, "voice": voice}, SpeechBody, "items.0.")
    assert (refused.value.message, refused.value.param) == (f"`items.0.voice` {said}.", "items.0.voice")
    for field in ("voice", "speaker"):
        with pytest.raises(InvalidRequest) as refused:
            validate({"type": "session.config", field: voice}, SessionConfig)
        assert (refused.value.message, refused.value.param) == (f"`{field}` {said}.", field)


def test_a_voice_of_the_longest_name_is_taken() -> None:
    assert validate({**LEAST, "voice": "v" * 256}, SpeechBody).voice == "v" * 256


def request_of(*parts: bytes, headers: dict[str, str]) -> tuple[Request, list[Message]]:
    """Make a request whose body arrives in parts, and the list of those not read yet."""
    waiting: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return waiting.pop(0)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope, receive), waiting


BODY = b'{"model": "tts-1", "input": "Hi.", "voice": "alloy"}'


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", None],
)
async def test_json_is_read_under_its_names_and_under_none(media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    request, _ = request_of(BODY[:10], BODY[10:], headers=headers)
    assert (await read_body(request, SpeechBody, 1000, 60)).input == "Hi."


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data; boundary=x", "json", ""])
async def test_other_content_types_are_refused_before_the_body_is_read(media_type: str) -> None:
    request, waiting = request_of(BODY, headers={"Content-Type": media_type})
    with pytest.raises(UnsupportedMediaType, match="application/json"):
        await read_body(request, SpeechBody, 1000, 60)
    assert len(waiting) == 2


async def test_a_body_announced_too_large_is_not_read() -> None:
    request, waiting = request_of(BODY, headers={"Content-Length": "1001"})
    with pytest.raises(BodyTooLarge, match="1,000 bytes"):
        await read_body(request, SpeechBody, 1000, 60)
    assert len(waiting) == 2


async def test_a_body_that_grows_too_large_is_read_no_further() -> None:
    request, waiting = request_of(*[b" " * 400] * 50, headers={})
    with pytest.raises(BodyTooLarge):
        await read_body(request, SpeechBody, 1000, 60)
    assert len(waiting) == 48


async def test_a_body_of_exactly_the_limit_is_taken() -> None:
    request, _ = request_of(BODY, headers={"Content-Length": str(len(BODY))})
    assert (await read_body(request, SpeechBody, len(BODY), 60)).voice == "alloy"


async def test_a_body_that_never_ends_is_waited_for_no_longer_than_said() -> None:
    """Each part is in time; the limit is for all of them."""

    async def receive() -> Message:
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": b" ", "more_body": True}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    async with asyncio.timeout(5):
        with pytest.raises(BodyTooSlow, match=r"within the 0\.1 seconds"):
            await read_body(request, SpeechBody, 1000, 0.1)

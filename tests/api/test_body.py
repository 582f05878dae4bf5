"""How JSON bodies are read, and what is said of one that cannot be."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import Message

from stentor.api.body import parse, read_body, validate
from stentor.api.wire import SpeechBody
from stentor.errors import BodyTooLarge, BodyTooSlow, InvalidRequest, UnreadableBody, UnsupportedMediaType
from stentor.lexicons.form import LexiconForm

LEAST = {"model": "tts-1", "input": "Hi.", "voice": "alloy"}


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


def test_a_prefix_leads_to_the_field() -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, "speed": 9}, SpeechBody, "items.3.")
    assert refused.value.param == "items.3.speed"
    assert refused.value.message == "`items.3.speed` must be at most 4."


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


class Held(BaseModel):
    """A body that holds objects."""

    items: list[LexiconForm]


def test_what_must_be_an_object_is_said_to() -> None:
    with pytest.raises(InvalidRequest, match=r"^`items\.0` must be an object\.$"):
        validate({"items": [5]}, Held)

"""Speech over HTTP, in every shape, with an engine whose every sample is known."""

from __future__ import annotations

import asyncio
import base64
import json
import wave
from io import BytesIO
from typing import Any

import httpx
import pytest

from stentor import errors
from stentor.api.context import ApiConfig
from stentor.engines import Capabilities
from stentor.types import Voice, VoiceId
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine, silence, tone
from tests.hearing import decode, pcm, pitch, rms

SPEECH = "/v1/audio/speech"
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


@pytest.mark.parametrize(("voice", "hertz"), [("low", 220), ("middle", 440), ("HIGH", 880)])
async def test_the_voice_asked_for_is_heard(client: httpx.AsyncClient, voice: str, hertz: int) -> None:
    answer = await client.post(SPEECH, json=speech("x" * 40, voice=voice, response_format="pcm"))
    assert answer.status_code == 200
    sound = pcm(answer.content)
    assert sound.size == pytest.approx(2.0 * 24_000, abs=240)
    assert pitch(sound) == pytest.approx(hertz, abs=1)
    assert rms(sound) == pytest.approx(0.25 / 2**0.5, rel=0.02)


@pytest.mark.parametrize("format_", MEDIA_TYPES)
@pytest.mark.parametrize("stream", [True, False])
async def test_every_format_is_named_and_plays(
    client: httpx.AsyncClient, format_: str, *, stream: bool
) -> None:
    answer = await client.post(SPEECH, json=speech("x" * 20, response_format=format_, stream=stream))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPES[format_]
    assert answer.headers["content-disposition"] == f'attachment; filename="speech.{format_}"'
    assert ("content-length" in answer.headers) is not stream
    sound = decode(answer.content, format_)
    assert sound.size / 24_000 == pytest.approx(1.0, abs=0.15)
    assert rms(sound) > 0.1


async def test_mp3_is_what_comes_when_no_format_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech())
    assert answer.headers["content-type"] == "audio/mpeg"
    assert decode(answer.content, "mp3").size


async def test_the_headers_name_who_was_asked_and_who_spoke(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        SPEECH, json=speech(voice="Nova", model="gpt-4o-mini-tts"), headers={"X-Request-ID": "mine-1"}
    )
    assert answer.headers["x-model"] == "gpt-4o-mini-tts"
    assert answer.headers["x-voice"] == "Nova"
    assert answer.headers["x-stentor-engine"] == "tone"
    assert answer.headers["x-stentor-voice"] in ("low", "middle", "high")
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["server-timing"].startswith("first;dur=")
    assert "x-stentor-warning" not in answer.headers


class AnyName(ScriptedEngine):
    """Takes any name for a voice, as the espeak engine takes any tag that begins with a language."""

    async def find_voice(self, name: str, language: str | None) -> Voice | None:
        return Voice(VoiceId("one"), "One", self.name, ("en",))


@pytest.mark.parametrize("voice", ["en-\x01", "en-\r\nX-Evil: 1", "en-\x7f", "en-é", "en-\u2028", "en-😀"])
async def test_a_voices_name_never_breaks_the_headers(voice: str) -> None:
    """Servers refuse control characters in headers, and the answer with them."""
    async with client_of(make_api(AnyName())) as client:
        answer = await client.post(SPEECH, json=speech(voice=voice))
    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    for value in answer.headers.values():
        assert value.isascii()
        assert value.isprintable()


async def test_what_was_left_out_is_named_in_a_header(client: httpx.AsyncClient) -> None:
    body = speech("Hello\x00 there.", instructions="Shout.", seed=1, pitch=2)
    answer = await client.post(SPEECH, json=body)
    assert answer.status_code == 200
    warning = answer.headers["x-stentor-warning"]
    for word in ("control character", "'pitch'", "`instructions`", "`seed`"):
        assert word in warning


async def test_strict_refuses_what_would_be_left_out(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech(strict=True, pitch=2))
    assert "'pitch'" in assert_envelope(answer, 400, "unsupported")


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"model": "gpt-9"}, "model_not_found", "model"),
        ({"voice": "nobody"}, "voice_not_found", "voice"),
        ({"voice": "../../etc/passwd"}, "voice_not_found", "voice"),
        ({"input": ""}, "nothing_to_speak", "input"),
        ({"input": " \n\t "}, "nothing_to_speak", "input"),
        ({"input": "... !?"}, "nothing_to_speak", "input"),
        ({"input": "\x00\x01"}, "nothing_to_speak", "input"),
        ({"input": "x" * 4097}, "text_too_long", "input"),
        ({"speed": 9}, "invalid_request", "speed"),
        ({"response_format": "ogg"}, "invalid_request", "response_format"),
        ({"response_format": "MP3"}, "invalid_request", "response_format"),
        ({"sample_rate": 23_999}, "invalid_request", "sample_rate"),
        ({"sample_rate": 44_100, "response_format": "opus"}, "invalid_request", "sample_rate"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("route", [SPEECH, f"{SPEECH}/base64"])
async def test_what_cannot_be_done_is_a_sentence(
    client: httpx.AsyncClient, route: str, fields: dict[str, Any], code: str, param: str
) -> None:
    answer = await client.post(route, json=speech() | fields)
    assert_envelope(answer, 400, code, param)


async def test_text_of_exactly_the_limit_is_spoken(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech("x" * 4096, response_format="pcm", sample_rate=8000))
    assert answer.status_code == 200
    assert len(answer.content) / 2 / 8000 == pytest.approx(4096 * 0.05, rel=0.05)


@pytest.mark.parametrize("speed", [0.25, 0.5, 1, 2, 4])
async def test_speed_shortens_the_sound_and_keeps_its_pitch(client: httpx.AsyncClient, speed: float) -> None:
    body = speech("x" * 80, speed=speed, response_format="pcm", voice="middle")
    sound = pcm((await client.post(SPEECH, json=body)).content)
    assert sound.size / 24_000 == pytest.approx(4.0 / speed, rel=0.05)
    assert pitch(sound) == pytest.approx(440, abs=4)


async def test_sentences_reach_the_engine_in_order_with_what_was_asked() -> None:
    engine = ScriptedEngine(capabilities=Capabilities(24_000, ("en",), instructions=True, seed=True))
    body = speech(
        "One. Two!\n\nThree?", voice="two", instructions="Gently.", seed=7, language="en", speed=1.5
    )
    async with client_of(make_api(engine)) as client:
        answer = await client.post(SPEECH, json=body)
    assert answer.status_code == 200
    assert [asked.text for asked in engine.asked] == ["One.", "Two!", "Three?"]
    for asked in engine.asked:
        assert (asked.voice.id, asked.instructions, asked.seed, asked.language) == ("two", "Gently.", 7, "en")
        assert asked.speed == 1.0
    assert engine.closed == engine.finished == 3


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.EngineBusy("scripted"), 503),
        (errors.EngineUnavailable("The engine scripted is not running."), 503),
        (errors.EngineCrashed("scripted", "SIGSEGV"), 422),
        (errors.RunawaySpeech("scripted", 30), 422),
        (errors.EngineFailed("The engine scripted failed: no."), 500),
    ],
)
@pytest.mark.parametrize(
    ("route", "fields"),
    [(SPEECH, {}), (SPEECH, {"stream": False}), (SPEECH, {"stream_format": "sse"}), (f"{SPEECH}/base64", {})],
)
async def test_an_engine_that_fails_before_its_first_sound_is_a_status(
    error: errors.StentorError, status: int, route: str, fields: dict[str, Any]
) -> None:
    engine = ScriptedEngine(fail_at=0, error=error)
    async with client_of(make_api(engine)) as client:
        answer = await client.post(route, json=speech() | fields)
    assert_envelope(answer, status, error.code, error.param)
    assert ("retry-after" in answer.headers) is error.retryable
    assert engine.closed == 1


@pytest.mark.parametrize("fields", [{}, {"stream": False}, {"stream_format": "sse"}])
async def test_silence_is_an_error_and_never_an_answer(fields: dict[str, Any]) -> None:
    async with client_of(make_api(ScriptedEngine([silence(1.0)]))) as client:
        answer = await client.post(SPEECH, json=speech() | fields)
    assert_envelope(answer, 422, "nothing_spoken", "input")


async def test_a_fault_is_500_with_an_id_to_find_it_by() -> None:
    class Broken(ScriptedEngine):
        async def find_voice(self, name: str, language: str | None) -> Voice | None:
            raise ValueError("secret words")

    async with client_of(make_api(Broken())) as client:
        answer = await client.post(SPEECH, json=speech())
    sentence = assert_envelope(answer, 500, "internal_error")
    assert "secret" not in sentence
    assert answer.headers.get("x-request-id"), "the sentence speaks of the request's id"


async def test_events_hold_the_file_and_count_what_was_spent(client: httpx.AsyncClient) -> None:
    body = speech("x" * 40, response_format="wav")
    answer = await client.post(SPEECH, json=body | {"stream_format": "sse"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    lines = answer.text.removesuffix("\n\n").split("\n\n")
    *deltas, done = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    sound = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert sound == (await client.post(SPEECH, json=body)).content
    assert done == {
        "type": "speech.audio.done",
        "usage": {"input_tokens": 40, "output_tokens": 40, "total_tokens": 80},
    }


async def test_a_whole_wav_says_how_long_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech("x" * 20, response_format="wav", stream=False))
    assert int(answer.headers["content-length"]) == len(answer.content)
    with wave.open(BytesIO(answer.content)) as file:
        assert file.getframerate() == 24_000
        assert file.getnchannels() == 1
        assert file.getnframes() == (len(answer.content) - 44) // 2


async def test_base64_holds_the_file_and_its_duration(client: httpx.AsyncClient) -> None:
    body = speech("x" * 20, response_format="wav", sample_rate=16_000)
    answer = await client.post(f"{SPEECH}/base64", json=body)
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"audio", "format", "sample_rate", "duration_ms"}
    assert (told["format"], told["sample_rate"]) == ("wav", 16_000)
    file = base64.b64decode(told["audio"], validate=True)
    assert file == (await client.post(SPEECH, json=body | {"stream": False})).content
    with wave.open(BytesIO(file)) as heard:
        assert told["duration_ms"] == round(1000 * heard.getnframes() / heard.getframerate())


async def test_a_hundred_thousand_fields_hold_nobody_up(client: httpx.AsyncClient) -> None:
    names = [f"f{n}" for n in range(100_000)]
    members = ",".join(f'"{name}":1' for name in [*names, names[-1]])
    answer = await client.post(SPEECH, content=f"{{{members}}}", headers={"Content-Type": "application/json"})
    assert "'f99999' is given twice" in assert_envelope(answer, 400, "unreadable_body", "f99999")


class Hum(ScriptedEngine):
    """Hums a second for each character, in one chunk a second that is made once."""

    _second = tone(1.0)

    def __init__(self) -> None:
        super().__init__(lambda utterance: [self._second] * len(utterance.text))


async def post_in_process(api: Any, path: str, body: dict[str, Any], version: str = "1.1") -> list[Any]:
    """Send a request without a client that would hold the loop with a long answer; returns the messages."""
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": version, "method": "POST", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http", "headers": [],
        "server": ("stentor.test", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    async with asyncio.timeout(60):
        await api(scope, receive, send)
    return sent


LONG = {"voice": "one", "response_format": "wav"}


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SPEECH, speech("x" * 1100, stream=False, **LONG)),
        (f"{SPEECH}/base64", speech("x" * 1100, **LONG)),
        (f"{SPEECH}/batch", {"items": [{"input": "x" * 275}] * 4, **LONG}),
    ],
    ids=["whole", "base64", "batch"],
)
async def test_a_long_whole_answer_holds_nobody_up(path: str, body: dict[str, Any]) -> None:
    """Fifty megabytes of audio: the watch that is on every test looks at it."""
    start, *parts = await post_in_process(make_api(Hum()), path, body)
    lengths = [len(part["body"]) for part in parts]
    assert sum(lengths) == int(dict(start["headers"])[b"content-length"]) > 1100 * 48_000
    assert max(lengths) <= 256 * 1024
    assert [part["more_body"] for part in parts[-2:]] == [True, False]


@pytest.mark.parametrize(("route", "fields"), [(SPEECH, {"stream": False}), (f"{SPEECH}/base64", {})])
@pytest.mark.parametrize("format_", MEDIA_TYPES)
async def test_a_whole_answer_that_grows_too_long_is_refused(
    route: str, fields: dict[str, Any], format_: str
) -> None:
    engine = ScriptedEngine([tone(0.5)] * 20)
    async with client_of(make_api(engine, api=ApiConfig(max_whole_seconds=2))) as client:
        answer = await client.post(route, json=speech(response_format=format_) | fields)
    sentence = assert_envelope(answer, 413, "answer_too_long", "input")
    assert "2 seconds" in sentence
    assert "Stream it" in sentence
    assert engine.made < 8, "the engine is stopped at once"
    assert engine.closed == 1


@pytest.mark.parametrize("stream_format", ["audio", "sse"])
async def test_a_streamed_answer_may_be_of_any_length(stream_format: str) -> None:
    async with client_of(make_api(api=ApiConfig(max_whole_seconds=1))) as client:
        answer = await client.post(
            SPEECH, json=speech("x" * 60, response_format="pcm", stream_format=stream_format)
        )
    assert answer.status_code == 200
    assert len(answer.content) > 3 * 24_000 * 2 * 0.95


@pytest.mark.parametrize("stream", [True, False])
async def test_http_1_0_has_whole_files_only(*, stream: bool) -> None:
    body = speech("x" * 20, response_format="wav", stream=stream)
    start, *parts = await post_in_process(make_api(), SPEECH, body, "1.0")
    file = b"".join(part["body"] for part in parts)
    assert int(dict(start["headers"])[b"content-length"]) == len(file)
    with wave.open(BytesIO(file)) as heard:
        assert heard.getnframes() == (len(file) - 44) // 2


async def test_a_body_that_does_not_come_is_408_and_the_end_of_the_connection() -> None:
    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            await asyncio.Event().wait()
            yield b""

    async with client_of(make_api(api=ApiConfig(body_seconds=0.05))) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post(SPEECH, content=Silent(), headers=headers)
    assert "0.05 seconds" in assert_envelope(answer, 408, "body_too_slow")
    assert answer.headers["connection"] == "close"


async def test_a_slow_engine_is_heard_before_it_has_ended() -> None:
    """The first bytes are sent while the engine still waits to make its second chunk."""
    gate = asyncio.Event()
    gate.set()
    engine = ScriptedEngine([tone(0.5), tone(0.5)], gate=gate)
    started = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and message["body"]:
            gate.clear()
            started.set()

    body = json.dumps(speech(response_format="pcm")).encode()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await started.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": SPEECH,
        "raw_path": SPEECH.encode(), "query_string": b"", "root_path": "", "scheme": "http", "headers": [],
        "server": ("stentor.test", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    async with asyncio.timeout(5):
        await make_api(engine)(scope, receive, send)
    assert started.is_set()
    assert engine.made < 2
    assert engine.closed == 1

"""Errors become statuses, streams become answers, and leaving is heard."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from stentor import errors
from stentor.api import respond
from stentor.api.respond import (
    InBase64,
    Parts,
    Streamed,
    Worked,
    envelope,
    error_response,
    json_parts,
    server_sent_events,
    status_of,
)

STATUSES = {
    "InvalidRequest": 400,
    "UnreadableBody": 400,
    "InvalidMarkup": 400,
    "UnknownModel": 400,
    "UnknownVoice": 400,
    "InvalidLexicon": 400,
    "UnknownLexicon": 400,
    "NothingToSpeak": 400,
    "TextTooLong": 400,
    "UnusableRecording": 400,
    "Unsupported": 400,
    "NotOffered": 501,
    "NotFound": 404,
    "UnknownPrompt": 404,
    "BodyTooSlow": 408,
    "LexiconExists": 409,
    "Conflict": 409,
    "Forbidden": 403,
    "BodyTooLarge": 413,
    "AnswerTooLong": 413,
    "UnsupportedMediaType": 415,
    "UpgradeRequired": 426,
    "NothingSpoken": 422,
    "EngineCrashed": 422,
    "RunawaySpeech": 422,
    "EngineBusy": 503,
    "EngineUnavailable": 503,
    "DecoderUnavailable": 503,
    "ServerEnding": 503,
    "StorageFailed": 507,
    "EngineFailed": 500,
    "EngineError": 500,
    "SettingsError": 500,
    "StentorError": 500,
}


def every_error() -> Iterator[type[errors.StentorError]]:
    kinds = [errors.StentorError]
    while kinds:
        kind = kinds.pop()
        kinds += [found for found in kind.__subclasses__() if found.__module__ == errors.__name__]
        yield kind


def made(kind: type[errors.StentorError]) -> errors.StentorError:
    """Make an error of a kind without its own sentence."""
    error = kind.__new__(kind)
    errors.StentorError.__init__(error, "It went wrong.", param="input")
    return error


def test_every_error_has_the_status_of_its_cause() -> None:
    assert {kind.__name__: status_of(made(kind)) for kind in every_error()} == STATUSES


@pytest.mark.parametrize("kind", list(every_error()))
def test_an_error_is_openais_envelope_with_a_detail(kind: type[errors.StentorError]) -> None:
    answer = error_response(made(kind))
    assert json.loads(bytes(answer.body)) == {
        "error": {
            "message": "It went wrong.",
            "type": "invalid_request_error" if answer.status_code < 500 else "server_error",
            "param": "input",
            "code": kind.code,
        },
        "detail": "It went wrong.",
    }
    retry = answer.headers.get("retry-after")
    assert (retry is not None) is kind.retryable
    assert retry is None or int(retry) >= 1


@pytest.mark.parametrize(("known", "told"), [(None, "1"), (0.0, "1"), (0.2, "1"), (11.2, "12"), (60.0, "60")])
def test_a_caller_is_told_when_to_try_again(known: float | None, told: str) -> None:
    assert error_response(errors.EngineBusy("cloud", known)).headers["retry-after"] == told


def test_an_envelope_keeps_its_headers() -> None:
    answer = envelope({"message": "No.", "type": "t", "param": None, "code": "c"}, 405, {"Allow": "GET"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


class Caller:
    """The other end of one request: what it was sent, and when it leaves."""

    def __init__(self, leaves_after: int | None = None) -> None:
        self.sent: list[Message] = []
        self.scope: dict[str, Any] = {"type": "http"}
        self._leaves_after = leaves_after
        self.gone = asyncio.Event()
        self.heard_something = asyncio.Event()
        self._asked = False
        if leaves_after == 0:
            self.gone.set()

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)
        self.sent.append(message)
        if self.parts:
            self.heard_something.set()
        if self._leaves_after is not None and len(self.parts) >= self._leaves_after:
            self.gone.set()

    @property
    def parts(self) -> list[bytes]:
        return [message["body"] for message in self.sent if message["type"] == "http.response.body"]

    @property
    def heard_the_end(self) -> bool:
        return bool(self.sent) and self.sent[-1].get("more_body") is False

    async def hear(self, answer: Response) -> None:
        async with asyncio.timeout(5):
            await answer(self.scope, self.receive, self.send)


class Given:
    """Parts of an answer, one after the other, that know how they ended."""

    def __init__(self, *parts: bytes, error: BaseException | None = None, forever: bool = False) -> None:
        self._parts = parts
        self._error = error
        self._forever = forever
        self.given = 0
        self.closed = False

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        try:
            for part in self._parts:
                await asyncio.sleep(0)
                self.given += 1
                yield part
            if self._error:
                raise self._error
            if self._forever:
                await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_a_stream_is_sent_part_by_part_and_ended() -> None:
    caller, parts = Caller(), Given(b"one", b"two", b"three")
    await caller.hear(Streamed(parts(), "audio/mpeg", lambda: {"X-Voice": "alloy"}))
    start = caller.sent[0]
    assert start["status"] == 200
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"audio/mpeg"
    assert headers[b"x-voice"] == b"alloy"
    assert headers[b"server-timing"].startswith(b"first;dur=")
    assert b"content-length" not in headers
    assert b"".join(caller.parts) == b"onetwothree"
    assert caller.parts[0] == b"one"
    assert caller.heard_the_end
    assert parts.closed


async def test_an_error_before_the_first_part_is_raised_and_nothing_is_sent() -> None:
    caller, parts = Caller(), Given(error=errors.EngineBusy("tone"))
    with pytest.raises(errors.EngineBusy):
        await caller.hear(Streamed(parts(), "audio/mpeg", dict))
    assert caller.sent == []
    assert parts.closed


@pytest.mark.parametrize("error", [errors.NothingSpoken("tone"), ValueError("a fault"), OSError()])
async def test_an_error_after_the_first_part_never_looks_like_an_end(error: Exception) -> None:
    caller, parts = Caller(), Given(b"one", error=error)
    await caller.hear(Streamed(parts(), "audio/mpeg", dict))
    assert caller.parts == [b"one"]
    assert not caller.heard_the_end
    assert parts.closed


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_caller_who_leaves_stops_the_work_at_once(after: int) -> None:
    given = [b"one", b"two"][:after]
    caller, parts = Caller(leaves_after=after), Given(*given, forever=True)
    await caller.hear(Streamed(parts(), "audio/mpeg", dict))
    assert parts.closed
    assert not caller.heard_the_end
    assert caller.parts == given


async def test_a_server_that_stops_cancels_the_stream_and_says_so() -> None:
    caller, parts = Caller(), Given(b"one", forever=True)
    task = asyncio.create_task(caller.hear(Streamed(parts(), "audio/mpeg", dict)))
    await caller.heard_something.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert parts.closed
    assert not caller.heard_the_end


async def test_a_stream_of_events_says_that_the_server_ends() -> None:
    caller, parts = Caller(), Given(b"one", forever=True)
    task = asyncio.create_task(caller.hear(Streamed(parts(), "text/event-stream", dict, b"goodbye")))
    await caller.heard_something.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (caller.parts, caller.heard_the_end, parts.closed) == ([b"one", b"goodbye"], True, True)


async def test_who_left_or_takes_nothing_is_told_no_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(respond, "_FAREWELL_WITHIN", 0.02)
    gone = Caller(leaves_after=1)
    await gone.hear(Streamed(Given(b"one", forever=True)(), "text/event-stream", dict, b"goodbye"))
    assert gone.parts == [b"one"]

    class Deaf(Caller):
        async def send(self, message: Message) -> None:
            if message.get("body") == b"goodbye":
                await asyncio.sleep(60)
            await super().send(message)

    deaf = Deaf()
    task = asyncio.create_task(
        deaf.hear(Streamed(Given(b"one", forever=True)(), "text/event-stream", dict, b"goodbye"))
    )
    await deaf.heard_something.wait()
    task.cancel()
    async with asyncio.timeout(2):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert deaf.parts == [b"one"]


async def test_work_is_answered_with_its_time() -> None:
    async def make() -> Response:
        return JSONResponse({"made": True})

    caller = Caller()
    await caller.hear(Worked(make))
    assert dict(caller.sent[0]["headers"])[b"server-timing"].startswith(b"first;dur=")
    assert json.loads(b"".join(caller.parts)) == {"made": True}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 200_000, 1_000_001])
async def test_json_with_audio_in_it_is_sent_in_slices_and_is_what_json_writes(size: int) -> None:
    audio = bytes(range(256)) * (size // 256) + bytes(size % 256)
    caller = Caller()
    await caller.hear(json_parts({"a": "ä", "b": [InBase64(audio), {"c": InBase64(b"no")}], "d": 1.5}))
    written = base64.b64encode(audio).decode()
    told = b"".join(caller.parts)
    assert told == f'{{"a":"ä","b":["{written}",{{"c":"bm8="}}],"d":1.5}}'.encode()
    headers = dict(caller.sent[0]["headers"])
    assert headers[b"content-type"] == b"application/json"
    assert int(headers[b"content-length"]) == len(told)
    assert max(map(len, caller.parts)) <= 256 * 1024
    assert caller.heard_the_end


async def test_bytes_are_sent_in_slices_with_their_length() -> None:
    caller = Caller()
    await caller.hear(Parts([b"abc", bytes(1_000_000)], "audio/wav", {"X-Voice": "alloy"}))
    assert b"".join(caller.parts) == b"abc" + bytes(1_000_000)
    headers = dict(caller.sent[0]["headers"])
    assert headers[b"content-length"] == b"1000003"
    assert (headers[b"content-type"], headers[b"x-voice"]) == (b"audio/wav", b"alloy")
    assert max(map(len, caller.parts)) <= 256 * 1024


async def test_work_stops_when_its_caller_leaves() -> None:
    stopped = asyncio.Event()

    async def make() -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        raise AssertionError

    caller = Caller(leaves_after=0)
    await caller.hear(Worked(make))
    assert stopped.is_set()
    assert caller.sent == []


async def test_an_error_in_the_work_is_raised() -> None:
    async def make() -> Response:
        raise errors.NothingSpoken("tone")

    caller = Caller()
    with pytest.raises(errors.NothingSpoken):
        await caller.hear(Worked(make))
    assert caller.sent == []


async def test_no_task_is_left_over() -> None:
    for after in (None, 0, 1):
        caller = Caller(leaves_after=after)
        with suppress(errors.StentorError):
            await caller.hear(Streamed(Given(b"one", b"two")(), "audio/mpeg", dict))
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


def events_in(written: bytes) -> list[dict[str, Any]]:
    blocks = written.decode().split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") for block in blocks)
    return [json.loads(block.removeprefix("data: ")) for block in blocks]


async def test_events_carry_the_parts_and_then_the_usage() -> None:
    written = [event async for event in server_sent_events(Given(b"one", b"\x00\xff")(), lambda: USAGE, dict)]
    events = events_in(b"".join(written))
    assert [event["type"] for event in events] == ["speech.audio.delta"] * 2 + ["speech.audio.done"]
    assert b"".join(base64.b64decode(event["audio"]) for event in events[:-1]) == b"one\x00\xff"
    assert events[-1]["usage"] == USAGE


async def test_an_error_among_events_is_an_event_and_no_end_follows() -> None:
    parts = Given(b"one", error=errors.EngineCrashed("espeak", "SIGSEGV"))
    events = events_in(b"".join([event async for event in server_sent_events(parts(), lambda: USAGE, dict)]))
    assert [event["type"] for event in events] == ["speech.audio.delta", "speech.audio.error"]
    assert events[-1]["error"]["code"] == "engine_crashed"
    assert events[-1]["error"]["message"]


async def test_an_error_before_the_first_event_is_raised() -> None:
    parts = Given(error=errors.EngineBusy("espeak"))
    with pytest.raises(errors.EngineBusy):
        await anext(server_sent_events(parts(), lambda: USAGE, dict))
    assert parts.closed

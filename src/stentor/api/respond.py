"""Turn streams into responses and errors into statuses; the only place that knows either."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import math
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from starlette.responses import JSONResponse, Response

from stentor import errors

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)

STATUSES: Mapping[type[errors.StentorError], int] = {
    errors.InvalidRequest: 400,
    errors.BodyTooSlow: 408,
    errors.LexiconExists: 409,
    errors.Conflict: 409,
    errors.Forbidden: 403,
    errors.BodyTooLarge: 413,
    errors.AnswerTooLong: 413,
    errors.UnsupportedMediaType: 415,
    errors.UpgradeRequired: 426,
    errors.NotOffered: 501,
    errors.NotFound: 404,
    errors.NothingSpoken: 422,
    errors.EngineCrashed: 422,
    errors.RunawaySpeech: 422,
    errors.EngineFailed: 500,
    errors.EngineBusy: 503,
    errors.EngineUnavailable: 503,
    errors.DecoderUnavailable: 503,
    errors.ServerEnding: 503,
    errors.StorageFailed: 507,
    errors.StentorError: 500,
}
_FAREWELL_WITHIN = 0.2
_UNWATCHED = 0.01  # seconds in which nobody is taken to leave
_SLICE = 192 * 1024  # of three bytes each, so that slices of base64 can be joined


def status_of(error: errors.StentorError) -> int:
    """Return the HTTP status of an error: that of the nearest class in the table."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def error_object(error: errors.StentorError) -> dict[str, Any]:
    """Write an error as OpenAI does, without the envelope."""
    kind = "invalid_request_error" if status_of(error) < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    return {"message": error.message, "type": kind, "param": error.param, "code": error.code}


def error_response(error: errors.StentorError) -> Response:
    """Answer with an error, and log it if it is not the caller's."""
    log_failure("it failed", error)
    status = status_of(error)
    headers = {"Retry-After": _retry_after(error)} if error.retryable else {}
    if status == HTTPStatus.REQUEST_TIMEOUT:
        headers["Connection"] = "close"  # the rest of the body would be taken for the next request
    return envelope(error_object(error), status, headers)


def _retry_after(error: errors.StentorError) -> str:
    """Say when to try again, in whole seconds: a client that comes early is refused again."""
    return str(max(1, math.ceil(error.retry_after or 0)))


def envelope(fields: dict[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with OpenAI's error object, and the sentence where FastAPI's callers look for it."""
    body = {"error": fields, "detail": fields["message"]}
    return JSONResponse(body, status, headers=dict(headers or {}))


class _Named(Response):
    """An answer whose headers may hold what others wrote: the name of a voice, a sentence."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Set the headers, printable ASCII with `?` for the rest; the length is among them if it is known."""
        self.raw_headers = [
            (b"content-type", (self.media_type or "").encode()),
            *((name.lower().encode(), _printable(value)) for name, value in (headers or {}).items()),
        ]


def _printable(value: str) -> bytes:
    if not (value.isascii() and value.isprintable()):
        value = "".join(c if c.isascii() and c.isprintable() else "?" for c in value)
    return value.encode()


class Streamed(_Named):
    """An answer that is sent as it is made.

    It begins when its first part exists: until then an error is a status, raised to the app's handlers.
    After it, an error ends the connection without ending the body. When the caller leaves, `parts` is
    closed at once, and with it the work behind it. `farewell` is its last part if the server ends before.
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        media_type: str,
        headers: Callable[[], Mapping[str, str]],
        farewell: bytes = b"",
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self._parts = parts
        self._farewell = farewell
        self._made_headers = headers  # who speaks is not known before the first part
        self._began = perf_counter()
        self.raw_headers = []

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        async with _Leaving(receive) as leaving, aclosing(self._parts) as parts:
            first = await anext(parts, b"")
            self.init_headers(self._made_headers())
            self.raw_headers.append((b"server-timing", _timing(self._began)))
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                await send({"type": "http.response.body", "body": first, "more_body": True})
                del first
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                    del part  # a stream that waits for its engine keeps no audio
            except Exception as error:  # noqa: BLE001  whatever it is, the caller must see a broken body
                log_failure("the answer broke off", error)
                return
            except asyncio.CancelledError:
                if self._farewell and not leaving.has_left:
                    await _say_at_once(self._farewell, send)
                raise
            leaving.over()
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _say_at_once(farewell: bytes, send: Send) -> None:
    """Send the last part of an answer to a caller who takes it; there is no time to wait for others."""
    sending = asyncio.ensure_future(
        send({"type": "http.response.body", "body": farewell, "more_body": False})
    )
    await asyncio.wait([sending], timeout=_FAREWELL_WITHIN)
    sending.cancel()


@dataclass(frozen=True, slots=True)
class InBase64:
    """Bytes that an answer holds in base64."""

    content: bytes


class Parts(_Named):
    """A whole answer that is encoded and sent in slices, so that no length of it holds the event loop."""

    def __init__(
        self, parts: Sequence[bytes | InBase64], media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self._parts = parts
        self.init_headers({**(headers or {}), "Content-Length": str(sum(map(_length, parts)))})

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the answer."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for part in self._parts:
            for piece in _slices(part):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def json_parts(value: dict[str, Any], headers: Mapping[str, str] | None = None) -> Parts:
    """Answer with JSON in which any value may be InBase64."""
    held: list[InBase64] = []
    mark = uuid.uuid4().hex

    def mark_place(found: InBase64) -> str:
        held.append(found)
        return mark

    text = json.dumps(value, default=mark_place, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    around = text.encode().split(mark.encode())
    parts = [part for pair in zip(around, held, strict=False) for part in pair]
    return Parts([*parts, around[-1]], "application/json", headers)


def _length(part: bytes | InBase64) -> int:
    return 4 * math.ceil(len(part.content) / 3) if isinstance(part, InBase64) else len(part)


def _slices(part: bytes | InBase64) -> Iterator[bytes]:
    content, write = (part.content, base64.b64encode) if isinstance(part, InBase64) else (part, bytes)
    for begin in range(0, len(content), _SLICE):
        yield write(content[begin : begin + _SLICE])


class Worked(Response):
    """An answer that is made whole before it is sent; when the caller leaves, the making stops."""

    def __init__(self, make: Callable[[], Awaitable[Response]]) -> None:
        self.background = None
        self._make = make
        self._began = perf_counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the answer and send it."""
        async with _Leaving(receive) as leaving:
            answer = await self._make()
            leaving.over()
            answer.raw_headers.append((b"server-timing", _timing(self._began)))
            await answer(scope, receive, send)


class _Leaving:
    """Cancels the work inside when the caller leaves; `over` ends the watch, before the last byte is sent.

    The watch begins after a while: most answers are over before it is worth its task.
    """

    __slots__ = ("_receive", "_timer", "_watch", "_work", "has_left")

    def __init__(self, receive: Receive) -> None:
        work = asyncio.current_task()
        assert work is not None  # noqa: S101  a response is always sent from a task
        self._work = work
        self._receive = receive
        self.has_left = False
        self._watch: asyncio.Task[None] | None = None
        self._timer = work.get_loop().call_later(_UNWATCHED, self._begin)

    def _begin(self) -> None:
        self._watch = self._work.get_loop().create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.has_left = True
        self._work.cancel()

    def over(self) -> None:
        self._timer.cancel()
        if self._watch:
            self._watch.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.over()
        if kind is not asyncio.CancelledError or not self.has_left or self._work.uncancel():
            return False
        log.info("the caller left; the work was stopped")
        return True


async def server_sent_events(
    parts: AsyncGenerator[bytes, None],
    usage: Callable[[], dict[str, Any]],
    times: Callable[[], dict[str, Any]],
) -> AsyncGenerator[bytes, None]:
    """Write parts of audio as OpenAI's speech events; an error after the first is an event of its own.

    What `times` has to tell is an event beside them.

    Source: `SpeechAudioDeltaEvent` and `SpeechAudioDoneEvent` of OpenAI's API reference. It names no error
    event; this one has the top-level `error` key that OpenAI's clients raise on.
    """
    begun = False
    async with aclosing(parts):
        try:
            async for part in parts:
                audio = base64.b64encode(part).decode()
                yield f'data: {{"type":"speech.audio.delta","audio":"{audio}"}}\n\n'.encode()
                begun = True
                if known := times():
                    yield event({"type": "speech.audio.timestamps", **known})
        except errors.StentorError as error:
            if not begun:
                raise
            log_failure("a stream of events broke off", error)
            yield error_event(error)
            return
    if known := times():
        yield event({"type": "speech.audio.timestamps", **known})
    yield event({"type": "speech.audio.done", "usage": usage()})


def log_failure(what: str, error: Exception) -> None:
    """Tell the operator why something failed, in our own words, unless it is for the caller to mend."""
    if not isinstance(error, errors.StentorError):
        log.error("%s", what, exc_info=error)
    elif isinstance(error, errors.EngineError) or status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s: %s: %s", what, error.code, error.for_log)


def error_event(error: errors.StentorError) -> bytes:
    """Write the event that a stream breaks off with."""
    return event({"type": "speech.audio.error", "error": error_object(error)})


def event(fields: Mapping[str, Any]) -> bytes:
    """Write an event of a stream."""
    return f"data: {json.dumps(fields, separators=(',', ':'))}\n\n".encode()


def _timing(began: float) -> bytes:
    return b"first;dur=%.2f" % (1000 * (perf_counter() - began))

"""Speech over a WebSocket: text arrives as a language model writes it, sound leaves at the first clause.

The protocol is the one vLLM-Omni and SGLang-Omni speak. From the client: `session.config`, any number of
`input.text`, `input.done` at the end of a turn, `session.close`. To the client, for each sentence:
`audio.start`, binary frames, `audio.done`; after a turn `session.done`; `error` at any time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import aclosing, contextmanager, suppress
from time import monotonic
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from stentor.api.context import Context, ContextDep
from stentor.api.respond import error_object, log_failure
from stentor.api.session import Session, Spoken, Turn, Work
from stentor.api.timed import TimesWriter
from stentor.audio.encode import Encoder, encoded
from stentor.errors import StentorError, UpgradeRequired
from stentor.pipeline.lines import Line
from stentor.types import AudioChunk

router = APIRouter()
log = logging.getLogger(__name__)

_MOST_MESSAGES = 8192
"""Messages that may wait to be handled."""
_NORMAL_CLOSURE, _GOING_AWAY, _POLICY_VIOLATION, _INTERNAL_ERROR = 1000, 1001, 1008, 1011
_NEVER_SAID = 1006


class _Ended(Exception):
    """The session must end for a reason that the client is told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@router.get("/v1/audio/speech/stream", include_in_schema=False)
async def not_a_websocket() -> Response:
    """Say to who asks by plain HTTP that this is a WebSocket."""
    raise UpgradeRequired


@router.websocket("/v1/audio/speech/stream")
async def speech_stream(websocket: WebSocket, context: ContextDep) -> None:
    """Speak what arrives until the client closes the session or leaves."""
    await websocket.accept()
    code, reason = _NORMAL_CLOSURE, ""
    try:
        await _Connection(websocket, context).run()
    except* WebSocketDisconnect:
        log.info("a websocket's client left; its work was stopped")
        code = _NEVER_SAID
    except* _Ended as ended:
        code, reason = next((end.code, end.reason) for end in ended.exceptions if isinstance(end, _Ended))
    except* Exception:
        log.exception("a websocket session failed")
        code, reason = _INTERNAL_ERROR, "Something went wrong inside the server."
    if code != _NEVER_SAID:
        await _close(websocket, code, reason, context.config.websocket_idle_seconds)


async def _close(websocket: WebSocket, code: int, reason: str, within: float) -> None:
    """Say goodbye, to a client who may be gone or may read nothing any more."""
    if websocket.application_state is WebSocketState.CONNECTED:
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(within):
                await websocket.close(code, reason)


class _Inbox:
    """Messages that were received and wait to be handled: so many, and no more."""

    def __init__(self, most_characters: int) -> None:
        self._most_characters = most_characters
        self._messages: asyncio.Queue[str | None] = asyncio.Queue()
        self._characters = 0

    def __bool__(self) -> bool:
        return not self._messages.empty()

    def put(self, message: str | None) -> None:
        """Add a message; raises _Ended when there are too many."""
        self._characters += len(message or "")
        if self._characters > self._most_characters or self._messages.qsize() >= _MOST_MESSAGES:
            raise _Ended(_POLICY_VIOLATION, "Text came much faster than it can be spoken; send it in time.")
        self._messages.put_nowait(message)

    async def get(self) -> str | None:
        message = await self._messages.get()
        self._characters -= len(message or "")
        return message


class _Connection:
    """One client: heard at all times, whatever waits to be handled and to be spoken."""

    def __init__(self, websocket: WebSocket, context: Context) -> None:
        self._websocket = websocket
        self._idle_seconds = context.config.websocket_idle_seconds
        self._inbox = _Inbox(context.config.max_body_bytes)
        self._session = Session(context.planner, self._do)
        self._last_was_handled = False
        self._turn = 0
        self._busy = False
        self._quiet_since = monotonic()

    async def run(self) -> None:
        """Serve the client until `session.close`; raises an ExceptionGroup when it ends otherwise."""
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(task()) for task in (self._receive, self._watch)]
            try:
                await self._handle()
            finally:
                self._session.close()
            for task in others:
                task.cancel()

    async def _receive(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", _NORMAL_CLOSURE))
            if not self._last_was_handled:
                self._inbox.put(message.get("text"))
            # Many messages may have come at once; only what cannot be handled now counts as waiting.
            await asyncio.sleep(0)

    async def _handle(self) -> None:
        while not self._last_was_handled:
            message = await self._inbox.get()
            with self._at_work():
                self._last_was_handled = await self._session.take(message)

    async def _watch(self) -> None:
        while True:
            busy = self._busy or self._inbox
            left = self._idle_seconds - (0 if busy else monotonic() - self._quiet_since)
            if left <= 0:
                raise _Ended(_GOING_AWAY, "The session said nothing for too long.")
            await asyncio.sleep(left)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
            self._quiet_since = monotonic()

    async def _do(self, work: Work) -> None:
        """Speak a file, or tell what there is to tell; raises StentorError if nothing of a file was heard."""
        if isinstance(work, StentorError):
            await self._tell_error(work)
        elif isinstance(work, Turn):
            await self._tell_end(work)
        elif work.failure:
            await self._tell_error(work.failure, **self._where(work))
            await self._end(work, 0, failed=True)
        else:
            await self._say(work)

    async def _say(self, work: Spoken) -> None:
        times = work.plan.times()
        async with aclosing(work.answer.speak(work.steps, times)) as chunks:
            first = await anext(chunks, None)
            await self._begin(work)
            encoder = work.plan.encoder(whole=not work.as_made)
            total, failed = 0, False
            try:
                async with aclosing(_audio(_from(first, chunks), encoder, as_made=work.as_made)) as parts:
                    del first
                    async for part in parts:
                        total += len(part)
                        await self._send(self._websocket.send_bytes(part))
                if times:
                    writer = TimesWriter(work.plan, encoder.delay / work.plan.sample_rate)
                    await self._tell(type="audio.timestamps", **self._where(work), **writer.all(times))
            except StentorError as error:
                failed = True
                await self._tell_error(error, **self._where(work))
        await self._end(work, total, failed=failed)

    def _where(self, work: Spoken) -> dict[str, int]:
        return {"utterance_index": self._turn, "sentence_index": work.index}

    async def _begin(self, work: Spoken) -> None:
        lines = [step for step in work.steps if isinstance(step, Line)]
        engines = dict.fromkeys(line.engine.name for line in lines)
        fallback = [f"{name}: {code}" for name, code in work.answer.fallback]
        await self._tell(
            type="audio.start",
            **self._where(work),
            sentence_text=" ".join(line.text for line in lines),
            format=work.plan.format.name,
            sample_rate=work.plan.sample_rate,
            **({"engine": ", ".join(engines)} if engines else {}),
            **({"fallback": fallback} if fallback else {}),
            **({"warnings": work.warnings} if work.warnings else {}),
        )

    async def _end(self, work: Spoken, total: int, *, failed: bool) -> None:
        await self._tell(type="audio.done", **self._where(work), total_bytes=total, error=failed)

    async def _tell_end(self, turn: Turn) -> None:
        await self._tell(type="session.done", utterance_index=self._turn, total_sentences=turn.sentences)
        self._turn += 1

    async def _tell_error(self, error: StentorError, **where: int) -> None:
        log_failure("a sentence of a session failed" if where else "a session failed", error)
        await self._tell(type="error", message=error.message, error=error_object(error), **where)

    async def _tell(self, **fields: Any) -> None:  # noqa: ANN401  a JSON object
        await self._send(self._websocket.send_text(json.dumps(fields, ensure_ascii=False)))

    async def _send(self, sending: Awaitable[None]) -> None:
        """Send; who takes nothing for too long has left, and so has who closed in the meantime."""
        try:
            async with asyncio.timeout(self._idle_seconds):
                await sending
        except (TimeoutError, RuntimeError) as error:
            raise WebSocketDisconnect(_NEVER_SAID) from error


async def _from(
    first: AudioChunk | None, chunks: AsyncGenerator[AudioChunk, None]
) -> AsyncGenerator[AudioChunk, None]:
    """Yield the first chunk, which was waited for, and the others."""
    if first is not None:
        yield first
        del first
    async for chunk in chunks:
        yield chunk
        del chunk


async def _audio(
    chunks: AsyncGenerator[AudioChunk, None], encoder: Encoder, *, as_made: bool
) -> AsyncGenerator[bytes, None]:
    """Encode one file: as it is made, or in one piece with exact headers."""
    async with aclosing(encoded(chunks, encoder)) as parts:
        if as_made:
            async for part in parts:
                yield part
        else:
            yield b"".join([part async for part in parts])

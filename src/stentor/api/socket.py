"""Speech over a WebSocket: text arrives as a language model writes it, sound leaves at the first clause.

The protocol is the one vLLM-Omni and SGLang-Omni speak. From the client: `session.config`, any number of
`input.text`, `input.done` at the end of a turn, `session.close`. To the client, for each sentence:
`audio.start`, binary frames, `audio.done`; after a turn `session.done`; `error` at any time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from stentor.api.context import Context, ContextDep
from stentor.api.respond import error_object
from stentor.api.wire import SessionConfig, parse, validate
from stentor.audio.encode import encoded
from stentor.errors import InvalidRequest, NothingToSpeak, StentorError, TextTooLong
from stentor.pipeline.plan import Plan
from stentor.pipeline.speak import speak_apart
from stentor.text.clean import remove_controls
from stentor.text.split import Sentence, Splitter
from stentor.types import Utterance

router = APIRouter()
log = logging.getLogger(__name__)

_AHEAD = 64
"""Sentences that may wait to be spoken before reading stops."""
_NORMAL_CLOSURE, _GOING_AWAY, _INTERNAL_ERROR = 1000, 1001, 1011


class _Message(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["session.config", "input.text", "input.done", "session.close"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Turn:
    """The end of a turn, after so many sentences."""

    sentences: int


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Utterances to speak as one file, under the settings that held when they were written."""

    plan: Plan
    utterances: Sequence[Utterance]
    index: int
    as_made: bool


_Work = _Spoken | _Turn | StentorError | None


@router.websocket("/v1/audio/speech/stream")
async def speech_stream(websocket: WebSocket, context: ContextDep) -> None:
    """Speak what arrives until the client closes the session or leaves."""
    await websocket.accept()
    session = _Session(websocket, context)
    try:
        await session.run()
    except* WebSocketDisconnect:
        log.info("a websocket's client left; its work was stopped")
    except* TimeoutError:
        await _close(websocket, _GOING_AWAY, "The session said nothing for too long.")
    except* Exception:
        log.exception("a websocket session failed")
        await _close(websocket, _INTERNAL_ERROR, "Something went wrong inside the server.")
    else:
        await _close(websocket, _NORMAL_CLOSURE, "")


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.application_state is WebSocketState.CONNECTED:
        try:
            await websocket.close(code, reason)
        except (RuntimeError, OSError):
            return  # the client closed first


class _Session:
    """One connection: a reader that cuts text into sentences, and a speaker that works them off."""

    def __init__(self, websocket: WebSocket, context: Context) -> None:
        self._websocket = websocket
        self._context = context
        self._work: asyncio.Queue[_Work] = asyncio.Queue(_AHEAD)
        self._plan: Plan | None = None
        self._config: SessionConfig | None = None
        self._splitter: Splitter | None = None
        self._whole_turn: list[Utterance] = []
        self._received = 0
        self._refused = False
        self._cut = 0
        self._turn = 0
        self._speaking = False

    async def run(self) -> None:
        """Serve the session; ends when the client says `session.close`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._speak())
            await self._read()
            await self._work.put(None)

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", _NORMAL_CLOSURE))
            try:
                if await self._take(message.get("text")):
                    return
            except StentorError as error:
                await self._work.put(error)

    async def _receive(self) -> Message:
        """Wait for a message; raises TimeoutError when neither side has anything to say."""
        while True:
            try:
                async with asyncio.timeout(self._context.config.websocket_idle_seconds):
                    return await self._websocket.receive()
            except TimeoutError:
                if not self._speaking and self._work.empty():
                    raise

    async def _take(self, raw: str | None) -> bool:
        """Act on one message; returns whether it was the last."""
        if raw is None:
            raise InvalidRequest("Messages to this socket are JSON text, not binary.")
        message = parse(raw, _Message)
        match message.type:
            case "session.config":
                await self._configure(message.model_dump())
            case "input.text":
                await self._hear(message.text)
            case "input.done":
                await self._end_turn()
            case "session.close":
                return True
        return False

    async def _configure(self, fields: dict[str, Any]) -> None:
        fields.pop("text", None)
        config = validate(fields, SessionConfig)
        plan = await self._context.planner.plan_session(config.request())
        await self._flush()
        self._plan = plan
        self._config = config

    async def _hear(self, text: str) -> None:
        plan = await self._settled()
        self._received += len(text)
        limit = self._context.planner.max_text_length
        if self._refused:
            return
        if self._received > limit:
            self._refused = True
            self._splitter = None
            self._whole_turn = []
            raise TextTooLong(self._received, limit)
        if self._splitter is None:
            self._splitter = self._new_splitter(plan)
        await self._queue(plan, self._splitter.feed(remove_controls(text)[0]))

    async def _end_turn(self) -> None:
        await self._flush()
        if self._received and not self._cut and not self._refused:
            await self._work.put(NothingToSpeak())
        await self._work.put(_Turn(self._cut))
        self._received = self._cut = 0
        self._refused = False

    async def _flush(self) -> None:
        """Let everything that was written so far be spoken, under the settings of now."""
        if self._plan and self._splitter:
            await self._queue(self._plan, self._splitter.finish())
        if self._plan and self._whole_turn:
            await self._put(self._plan, self._whole_turn)
        self._splitter = None
        self._whole_turn = []

    async def _settled(self) -> Plan:
        if self._plan is None:
            await self._configure({"type": "session.config"})
        assert self._plan is not None  # noqa: S101  a configured session has a plan
        return self._plan

    def _new_splitter(self, plan: Plan) -> Splitter:
        assert self._config is not None  # noqa: S101  a configured session has a config
        return plan.splitter(eager=self._config.split_granularity == "clause")

    async def _queue(self, plan: Plan, sentences: Iterable[Sentence]) -> None:
        assert self._config is not None  # noqa: S101  a configured session has a config
        for sentence in sentences:
            utterance = plan.utterance(sentence)
            if self._config.split_granularity == "none":
                self._whole_turn.append(utterance)
            else:
                await self._put(plan, [utterance])

    async def _put(self, plan: Plan, utterances: Sequence[Utterance]) -> None:
        assert self._config is not None  # noqa: S101  a configured session has a config
        await self._work.put(_Spoken(plan, utterances, self._cut, self._config.stream_audio))
        self._cut += 1

    async def _speak(self) -> None:
        while (work := await self._work.get()) is not None:
            if isinstance(work, StentorError):
                await self._send_error(work)
            elif isinstance(work, _Turn):
                await self._send(
                    type="session.done", utterance_index=self._turn, total_sentences=work.sentences
                )
                self._turn += 1
            else:
                self._speaking = True
                await self._say(work)
                self._speaking = False

    async def _say(self, work: _Spoken) -> None:
        where = {"utterance_index": self._turn, "sentence_index": work.index}
        await self._send(
            type="audio.start",
            **where,
            sentence_text=" ".join(utterance.text for utterance in work.utterances),
            format=work.plan.format.name,
            sample_rate=work.plan.sample_rate,
        )
        total = 0
        failed = False
        try:
            async with aclosing(_audio(work)) as parts:
                async for part in parts:
                    total += len(part)
                    async with asyncio.timeout(self._context.config.websocket_idle_seconds):
                        await self._websocket.send_bytes(part)
        except StentorError as error:
            failed = True
            await self._send_error(error, **where)
        await self._send(type="audio.done", **where, total_bytes=total, error=failed)

    async def _send_error(self, error: StentorError, **where: int) -> None:
        await self._send(type="error", message=error.message, error=error_object(error), **where)

    async def _send(self, **fields: Any) -> None:  # noqa: ANN401  a JSON object
        async with asyncio.timeout(self._context.config.websocket_idle_seconds):
            await self._websocket.send_text(json.dumps(fields, ensure_ascii=False))


async def _audio(work: _Spoken) -> AsyncGenerator[bytes, None]:
    """Encode one piece of work: as it is made, or in one piece with exact headers."""
    encoder = work.plan.format.open(work.plan.sample_rate, not work.as_made)
    async with aclosing(encoded(speak_apart(work.plan, work.utterances), encoder)) as parts:
        if work.as_made:
            async for part in parts:
                yield part
        else:
            yield b"".join([part async for part in parts])

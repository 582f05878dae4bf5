"""What the messages of a session become: sentences to speak, each under the settings it was written under."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from stentor.api.body import parse, validate
from stentor.api.wire import SessionConfig
from stentor.errors import InvalidRequest, NothingToSpeak, StentorError, TextTooLong, Unsupported
from stentor.pipeline.incoming import IncomingText
from stentor.pipeline.lines import Line, Step
from stentor.pipeline.plan import Plan, Planner
from stentor.text.clean import controls_left_out, remove_controls


class _Message(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["session.config", "input.text", "input.done", "session.close"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """The end of a turn, after so many sentences."""

    sentences: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """Lines to speak as one file, under the settings that held when they were written."""

    plan: Plan
    steps: Sequence[Step]
    index: int
    as_made: bool
    warnings: Sequence[str] = ()


Work = Spoken | Turn | StentorError


@dataclass(frozen=True, slots=True)
class _Settings:
    plan: Plan
    config: SessionConfig


class Session:
    """Takes messages and puts work; `put` may wait until there is room."""

    def __init__(self, planner: Planner, put: Callable[[Work], Awaitable[None]]) -> None:
        self._planner = planner
        self._put = put
        self._settings: _Settings | None = None
        self._text: IncomingText | None = None
        self._steps: list[Step] = []  # that are not yet said
        self._told = 0  # of the plan's warnings
        self._removed = 0
        self._received = 0
        self._refused = False  # the rest of the turn
        self._failed = False  # a part of the turn, which was told
        self._cut = 0

    async def take(self, raw: str | None) -> bool:
        """Act on one message, None if it was binary; returns whether it was the last."""
        try:
            return await self._act(raw)
        except StentorError as error:
            await self._put(error)
            return False

    async def _act(self, raw: str | None) -> bool:
        if raw is None:
            raise InvalidRequest("Messages to this socket are JSON text, not binary.")
        message = parse(raw, _Message)
        match message.type:
            case "session.config":
                await self._configure(message.model_dump(exclude_unset=True))
            case "input.text":
                await self._hear(message.text)
            case "input.done":
                await self._end_turn()
            case "session.close":
                if self._received:
                    await self._end_turn()
                return True
        return False

    async def _configure(self, fields: dict[str, Any]) -> _Settings:
        config = validate(fields, SessionConfig)
        plan = await self._planner.plan_session(config.request())
        await self._flush()
        self._told = 0
        self._settings = _Settings(plan, config)
        return self._settings

    async def _hear(self, piece: str) -> None:
        settings = self._settings or await self._configure({"type": "session.config"})
        if self._refused:
            return
        text, removed = remove_controls(piece)
        if removed and settings.config.strict:
            raise Unsupported(
                f"With `strict`, nothing may be left out, but {controls_left_out(removed, 'text')}."
            )
        self._count(len(text))
        self._removed += removed
        if self._text is None:
            eager = settings.config.split_granularity == "clause"
            self._text = IncomingText(settings.plan, self._planner.config.max_pause_seconds, eager=eager)
        try:
            steps = await self._text.feed(text)
        except StentorError:
            self._refuse()  # what asks for the impossible would ask for it again with every piece
            raise
        await self._queue(settings, steps)

    def _refuse(self) -> None:
        self._refused = self._failed = True
        self._text = None

    def _count(self, characters: int) -> None:
        self._received += characters
        limit = self._planner.config.max_text_length
        if self._received > limit:
            self._refuse()
            self._steps = []
            raise TextTooLong(self._received, limit)

    async def _end_turn(self) -> None:
        await self._flush()
        if self._received and not self._cut and not self._failed:
            await self._put(NothingToSpeak())
        await self._put(Turn(self._cut))
        self._received = self._cut = 0
        self._refused = self._failed = False

    async def _flush(self) -> None:
        """Let everything that was written so far be spoken, under the settings of now."""
        text, self._text = self._text, None
        if self._settings and text:
            try:
                await self._queue(self._settings, await text.finish())
            except StentorError as error:  # the turn, or the new settings, must come about all the same
                self._failed = True
                await self._put(error)
        if self._settings and self._steps:
            await self._say(self._settings)

    async def _queue(self, settings: _Settings, steps: Iterable[Step]) -> None:
        for step in steps:
            self._steps.append(step)
            # A rest is said with the line behind it.
            if isinstance(step, Line) and settings.config.split_granularity != "none":
                await self._say(settings)

    async def _say(self, settings: _Settings) -> None:
        steps, self._steps = self._steps, []
        warnings = self._new_warnings(settings.plan)
        await self._put(Spoken(settings.plan, steps, self._cut, settings.config.stream_audio, warnings))
        self._cut += 1

    def _new_warnings(self, plan: Plan) -> Sequence[str]:
        """Return what was not yet told."""
        removed = (controls_left_out(self._removed, "text"),) if self._removed else ()
        warnings = (*plan.warnings[self._told :], *removed)
        self._told = len(plan.warnings)
        self._removed = 0
        return warnings

"""What the messages of a session become: sentences to speak, each under the settings it was written under."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from stentor.api.body import parse, validate
from stentor.api.wire import SessionConfig
from stentor.errors import InvalidRequest, NothingToSpeak, StentorError, TextTooLong, Unsupported
from stentor.pipeline.lines import Line, Step
from stentor.pipeline.live import LiveAnswer
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

    answer: LiveAnswer
    steps: Sequence[Step]
    index: int
    as_made: bool
    warnings: Sequence[str] = ()
    failure: StentorError | None = None
    """Why nobody could speak them, if that is known."""

    @property
    def plan(self) -> Plan:
        """What their answer does."""
        return self.answer.plan


Work = Spoken | Turn | StentorError


@dataclass(frozen=True, slots=True)
class _Settings:
    plan: Plan
    config: SessionConfig


class Session:
    """Takes messages and puts work, which is done when `put` returns.

    `put` raises StentorError for lines of which nothing was heard.
    """

    def __init__(self, planner: Planner, put: Callable[[Work], Awaitable[None]]) -> None:
        self._planner = planner
        self._put = put
        self._settings: _Settings | None = None
        self._text: LiveAnswer | None = None  # that takes text
        self._answer: LiveAnswer | None = None  # that has lines to say
        self._steps: list[Step] = []  # that are not yet said
        self._told: set[str] = set()  # warnings
        self._removed = 0
        self._received = 0
        self._refused = False  # the rest of the turn
        self._failed = False  # a part of the turn, which was told
        self._cut = 0

    def close(self) -> None:
        """Forget what is not yet said."""
        if self._answer:
            self._answer.close()
        self._text = self._answer = None

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
        self._told = set()
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
        answer = self._text or await self._begin(settings)
        try:
            steps = await answer.feed(text)
        except StentorError:
            self._refuse()  # what asks for the impossible would ask for it again with every piece
            raise
        await self._queue(settings, steps)

    async def _begin(self, settings: _Settings) -> LiveAnswer:
        """Begin a text, perhaps with another engine than before."""
        eager = settings.config.split_granularity == "clause"
        answer = await LiveAnswer.to(self._planner, settings.plan, eager=eager)
        self._settings = replace(settings, plan=answer.plan)
        self._text = self._answer = answer
        return answer

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
        while self._settings and self._steps:
            await self._queue(self._settings, await self._say(self._settings) or ())
        self.close()

    async def _queue(self, settings: _Settings, steps: Iterable[Step]) -> None:
        waiting = deque(steps)
        while waiting:
            step = waiting.popleft()
            self._steps.append(step)
            # A rest is said with the line behind it.
            if isinstance(step, Line) and settings.config.split_granularity != "none":
                again = await self._say(settings)
                waiting = waiting if again is None else deque(again)

    async def _say(self, settings: _Settings) -> list[Step] | None:
        """Let what waits be spoken as one file; return what has to be said instead if another engine does."""
        steps, self._steps = self._steps, []
        assert self._answer is not None  # noqa: S101  the lines are its own
        answer = self._answer
        warnings = self._new_warnings(answer.plan)
        spoken = Spoken(answer, steps, self._cut, settings.config.stream_audio, warnings)
        try:
            await self._put(spoken)
        except StentorError as error:
            try:
                return await answer.instead(error)
            except StentorError as failure:
                await self._put(replace(spoken, failure=failure))
        else:  # only with sound is it told what was left out
            self._told.update(warnings)
            self._removed = 0
        self._cut += 1
        return None

    def _new_warnings(self, plan: Plan) -> Sequence[str]:
        """Return what was not yet told."""
        removed = (controls_left_out(self._removed, "text"),) if self._removed else ()
        return (*(warning for warning in plan.warnings if warning not in self._told), *removed)

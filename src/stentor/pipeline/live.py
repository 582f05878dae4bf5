"""Text that arrives in pieces, on its way: if its engine fails before a sound, the next says it again."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from stentor.engines import in_use
from stentor.errors import EngineError, InvalidRequest, StentorError
from stentor.pipeline.guard import Guard
from stentor.pipeline.incoming import IncomingText
from stentor.pipeline.speak import Spent, Usage, speak_apart

if TYPE_CHECKING:
    from stentor.pipeline.circuit import Place
    from stentor.pipeline.lines import Step
    from stentor.pipeline.plan import Plan, Planner
    from stentor.pipeline.times import Times
    from stentor.types import AudioChunk

log = logging.getLogger(__name__)


class LiveAnswer:
    """What one text is answered with that arrives in pieces and is spoken as several files.

    Until a sound is heard, all that was fed is kept, so that another engine can say it from its beginning.
    """

    def __init__(self, planner: Planner, plan: Plan, place: Place, *, eager: bool) -> None:
        self._planner = planner
        self._place: Place | None = place  # until its engine is asked
        self._eager = eager
        self.plan = plan
        """The plan that is carried out."""
        self.failures: list[tuple[str, EngineError]] = []
        """Engines that another one took over from, and why."""
        self._text = self._reader(plan)
        self._fed: list[str] | None = []  # None once nobody takes over any more
        self._is_whole = False
        self._heard = False
        self._spent: dict[str, Spent] = {}
        self._kept = ExitStack()

    @classmethod
    async def to(cls, planner: Planner, plan: Plan, *, eager: bool) -> LiveAnswer:
        """Begin a text; by another engine than planned, if the route would rather have that one by now."""
        router, place = planner.router, None
        if plan.others:
            with suppress(InvalidRequest):
                choice = router.choice(plan.request)
                place = router.place(choice)
                if choice.engines[0] is not plan.choice.engines[0]:
                    plan = await planner.plan_session(plan.request, choice)
        circuit = router.circuits[plan.engine.name]
        if place is None or place.circuit is not circuit:
            place = circuit.request()
        return cls(planner, plan, place, eager=eager)

    @property
    def fallback(self) -> list[tuple[str, str]]:
        """Engines that should have spoken before the one that is heard, each with a code of why not."""
        unheard = {name: error.code for name, error in self.failures}
        return self.plan.choice.fallback(self.plan.engine, unheard)

    def close(self) -> None:
        """Book what was spent, and let engines go that were kept for the next sentence."""
        self._leave_place()
        self._kept.close()
        self._planner.router.ledger.add(Usage(engines=self._spent))
        self._spent = {}

    async def feed(self, piece: str) -> list[Step]:
        """Return the lines that a piece of the text completes; raises InvalidRequest."""
        steps = await self._text.feed(piece)
        if self._fed is not None:
            self._fed.append(piece)
        return steps

    async def finish(self) -> list[Step]:
        """Return the lines that are left at the end of the text; raises InvalidRequest."""
        steps = await self._text.finish()
        self._is_whole = True
        return steps

    async def speak(self, steps: Sequence[Step], times: Times | None) -> AsyncGenerator[AudioChunk, None]:
        """Speak lines as a file of its own, with the last one's pause at its end.

        Closing it stops the engine. Raises EngineError; if it does so before the first chunk, `instead` may
        have other lines.
        """
        plan = self.plan
        if plan.engine.name not in self._spent:
            self._kept.enter_context(in_use(plan.engine))
        place, self._place = self._place, None
        others = [engine.name for engine in plan.cast.engines]
        guard = Guard(plan.engine.name, self._planner.router, place, others)
        usage = Usage(engines=self._spent)
        stream = guard.over(speak_apart(steps, plan.sample_rate, usage, times), usage)
        async with aclosing(stream) as chunks:
            if not self._heard and (first := await guard.first(chunks)):
                self._note(usage)
                yield first
                del first
            async for chunk in chunks:
                yield chunk
                del chunk  # a stream that waits for its engine keeps no audio

    async def instead(self, error: StentorError) -> list[Step]:
        """Return the lines of all that was fed so far, by the next engine that has the voice.

        Raises what to tell if there is none: why the first engine could not speak.
        """
        fed, self._fed = self._fed, None
        failed = self.plan.engine.name
        why = self.failures[0][1] if self.failures and fed is not None else error
        if fed is None or not self.plan.others or not isinstance(error, EngineError):
            raise why
        try:
            steps = await self._again(fed)
        except InvalidRequest:
            raise why from error
        log.warning("the engine %s did not speak: %s: %s", failed, error.code, error.for_log)
        self.failures.append((failed, error))
        self._fed = fed
        return steps

    async def _again(self, fed: Sequence[str]) -> list[Step]:
        rest = replace(self.plan.choice, engines=self.plan.others)
        plan = await self._planner.plan_session(self.plan.request, rest)
        text = self._reader(plan)
        steps = [step for piece in fed for step in await text.feed(piece)]
        if self._is_whole:
            steps += await text.finish()
        self._leave_place()
        self.plan, self._text = plan, text
        return steps

    def _leave_place(self) -> None:
        if self._place:
            self._place.leave()
        self._place = None

    def _reader(self, plan: Plan) -> IncomingText:
        return IncomingText(plan, self._planner.config.max_pause_seconds, eager=self._eager)

    def _note(self, usage: Usage) -> None:
        """Note that something was heard, unless it is a silence that was asked for."""
        if usage.characters:
            self._heard = True
            self._fed = None
            self._planner.router.ledger.fell_back(self.fallback)

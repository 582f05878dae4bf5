"""One request on its way: if its engine fails before a sound is heard, the next in its chain speaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

from stentor import threads
from stentor.errors import EngineError, InvalidRequest
from stentor.pipeline.guard import Guard
from stentor.pipeline.relay import may_relay, only_line, relay
from stentor.pipeline.routes import HEDGED
from stentor.pipeline.speak import Usage, speak
from stentor.types import AudioChunk

if TYPE_CHECKING:
    from stentor.pipeline.circuit import Place
    from stentor.pipeline.plan import Plan, Planner
    from stentor.pipeline.request import SpeechRequest
    from stentor.pipeline.routes import Choice, Router

log = logging.getLogger(__name__)

_QUICK = 1000  # characters of text; more is read beside the event loop

Piece: TypeAlias = "AudioChunk | bytes"
"""What is heard: a chunk, or a part of a file that is handed on."""


class Attempt:
    """One plan that is spoken, and what that takes."""

    def __init__(self, plan: Plan, router: Router, place: Place, *, relays: bool = False) -> None:
        self.plan = plan
        self.usage = Usage()
        self.times = plan.times()
        self._ledger = router.ledger
        self._relays = relays
        self._guard = Guard(plan.engine.name, router, place, [engine.name for engine in plan.cast.engines])
        self.stream = self._guard.over(self._pieces(), self.usage, self._ledger)
        """What is heard, piece by piece; closing it stops the engine."""

    @property
    def cost(self) -> float | None:
        """What it has cost so far; None if nobody set a price."""
        return self._ledger.cost(self.usage)

    async def whole_cost(self) -> float | None:
        """Return what it will have cost at its end; None if nobody set a price, or only the end tells."""
        if not self._ledger.is_known_ahead(self.plan.cast.engines):
            return None
        if len(self.plan.request.text) <= _QUICK:
            return self._ledger.cost(Usage.foreseen(self.plan.lines()))
        return self._ledger.cost(await threads.run(Usage.foreseen, self.plan.lines()))

    async def first(self) -> Piece | None:
        """Wait for the first piece, None if there is none; raises EngineError."""
        return await self._guard.first(self.stream)

    def _pieces(self) -> AsyncGenerator[Piece, None]:
        plan, steps = self.plan, self.plan.lines()
        if self._relays and self.times is None and may_relay(plan, self._ledger):
            first = list(islice(steps, 2))
            if line := only_line(first, plan.engine):
                return relay(line, plan, self.usage)
            steps = chain(first, steps)
        return speak(steps, plan.sample_rate, self.usage, self.times)


class Answer:
    """What a request is answered with: the attempt that is heard, or the first until one is."""

    def __init__(
        self, planner: Planner, plan: Plan, place: Place, *, relays: bool = False, foretells: bool = False
    ) -> None:
        self._planner = planner
        self._relays = relays
        self._foretells = foretells
        self.foretold: float | None = None
        """What it will have cost at its end, if that can be known before; from the first piece on."""
        self.attempt = self._attempt(plan, place)
        self.failures: list[tuple[str, EngineError]] = []
        """Engines that could not speak, and why."""
        self._slower: list[str] = []  # that were asked before the one that is heard

    @classmethod
    async def to(
        cls, planner: Planner, request: SpeechRequest, *, relays: bool = False, foretells: bool = False
    ) -> Answer:
        """Settle a request; raises what is wrong with it.

        With `relays`, a file that an engine gets from elsewhere may be handed on as it is. With `foretells`,
        the cost is wanted before the first piece.
        """
        plan, place = await _planned(planner, request, planner.router.choice(request))
        return cls(planner, plan, place, relays=relays, foretells=foretells)

    @property
    def plan(self) -> Plan:
        """The plan that is carried out."""
        return self.attempt.plan

    @property
    def fallback(self) -> list[tuple[str, str]]:
        """Engines that should have spoken before the one that is heard, each with a code of why not."""
        unheard = dict.fromkeys(self._slower, HEDGED) | {name: error.code for name, error in self.failures}
        return self.plan.choice.fallback(self.plan.engine, unheard)

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Speak: chunks, or the parts of a file. Closing the stream stops every engine that was asked.

        Raises EngineError.
        """
        first = await self._begin()
        async with aclosing(self.attempt.stream) as stream:
            if self._foretells:
                self.foretold = await self.attempt.whole_cost()
            if first is not None:
                yield first
                del first
            async for piece in stream:
                yield piece
                del piece  # a stream that waits for its engine keeps no audio

    async def chunks(self) -> AsyncGenerator[AudioChunk, None]:
        """Speak, where no file is handed on."""
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                if isinstance(piece, AudioChunk):
                    yield piece
                del piece

    def _attempt(self, plan: Plan, place: Place) -> Attempt:
        return Attempt(plan, self._planner.router, place, relays=self._relays)

    async def _begin(self) -> Piece | None:
        """Find the attempt that is heard, and return its first piece."""
        if not self.plan.others:
            return await self.attempt.first()
        asked: dict[asyncio.Task[Piece | None], Attempt] = {}
        following: Attempt | None = self.attempt
        try:
            while True:
                if following:
                    asked[asyncio.create_task(following.first())] = following
                    following = None
                hedge = self.plan.choice.hedge_after if self.plan.others else None
                done, _ = await asyncio.wait(asked, timeout=hedge, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    attempt = asked.pop(task)
                    try:
                        first = task.result()
                    except EngineError as error:
                        await self._failed(attempt, error)
                    else:
                        self.attempt = attempt
                        self._note(asked.values())
                        return first
                following = await self._next()
                if not (asked or following):
                    raise self.failures[0][1]
        finally:
            await _give_up(asked)

    async def _failed(self, attempt: Attempt, error: EngineError) -> None:
        name = attempt.plan.engine.name
        log.warning("the engine %s did not speak: %s: %s", name, error.code, error.for_log)
        self.failures.append((name, error))
        await attempt.stream.aclose()

    def _note(self, asked: Iterable[Attempt]) -> None:
        """Note that an attempt is heard before these."""
        later = {engine.name for engine in self.plan.others}
        names = (attempt.plan.engine.name for attempt in asked)
        self._slower = [name for name in names if name not in later]
        self._planner.router.ledger.fell_back(self.fallback)

    async def _next(self) -> Attempt | None:
        """Plan the request for the next engine that can speak it; None if there is no other."""
        others = self.plan.others
        while others:
            rest = self._planner.router.next_choice(self.plan.choice, self.plan.request, others)
            try:
                plan, place = await _planned(self._planner, self.plan.request, rest)
            except InvalidRequest:  # to this engine, which may leave nothing out, but perhaps not to the next
                others = rest.engines[1:]
            else:
                self.attempt = self._attempt(plan, place)
                return self.attempt
        return None


async def _planned(planner: Planner, request: SpeechRequest, choice: Choice) -> tuple[Plan, Place]:
    """Plan a request that has a place with its engine from now on, so that the next may go elsewhere."""
    router = planner.router
    place = router.place(choice)
    try:
        plan = await planner.plan(request, choice)
    except BaseException:
        place.leave()
        raise
    if plan.engine is not choice.engines[0]:  # which does not have the voice
        place.leave()
        place = router.circuits[plan.engine.name].request()
    return plan, place


async def _give_up(asked: dict[asyncio.Task[Piece | None], Attempt]) -> None:
    """Stop the attempts that are not needed."""
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    for attempt in asked.values():
        await attempt.stream.aclose()

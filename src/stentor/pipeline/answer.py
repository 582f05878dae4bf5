"""One request on its way: if its engine fails before a sound is heard, the next in its chain speaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from stentor.errors import EngineError, EngineUnavailable, UnknownVoice
from stentor.pipeline.speak import Usage, speak

if TYPE_CHECKING:
    from stentor.pipeline.plan import Plan, Planner
    from stentor.pipeline.request import SpeechRequest
    from stentor.pipeline.routes import Router
    from stentor.types import AudioChunk

log = logging.getLogger(__name__)


class Attempt:
    """One plan that is spoken, and what that takes."""

    def __init__(self, plan: Plan, router: Router) -> None:
        self.plan = plan
        self.usage = Usage()
        self.times = plan.times()
        self._circuit = router.circuits[plan.engine.name]
        self._deadline = router.deadlines.get(plan.engine.name)
        self._ledger = router.ledger
        self.stream = self._spoken()
        """What is heard, chunk by chunk; closing it stops the engine."""

    @property
    def cost(self) -> float | None:
        """What it has cost so far; None if nobody set a price."""
        return self._ledger.cost(self.usage)

    async def first(self) -> AudioChunk | None:
        """Wait for the first chunk, None if there is none; raises EngineError."""
        try:
            async with asyncio.timeout(self._deadline):
                return await anext(self.stream, None)
        except TimeoutError as error:
            self._circuit.failed()
            raise EngineUnavailable(
                f"The engine {self.plan.engine.name} made no sound within {self._deadline:g} seconds."
            ) from error

    async def _spoken(self) -> AsyncGenerator[AudioChunk, None]:
        plan = self.plan
        try:
            with self._circuit.request():
                async with aclosing(speak(plan.lines(), plan.sample_rate, self.usage, self.times)) as chunks:
                    async for chunk in chunks:
                        self._circuit.worked()
                        yield chunk
                        del chunk
        finally:
            self._ledger.add(self.usage)


class Answer:
    """What a request is answered with: the attempt that is heard, or the first until one is."""

    def __init__(self, planner: Planner, plan: Plan) -> None:
        self._planner = planner
        self.attempt = Attempt(plan, planner.router)
        self.failures: list[tuple[str, EngineError]] = []
        """Engines that could not speak, and why."""

    @classmethod
    async def to(cls, planner: Planner, request: SpeechRequest) -> Answer:
        """Settle a request; raises what is wrong with it."""
        return cls(planner, await planner.plan(request))

    @property
    def plan(self) -> Plan:
        """The plan that is carried out."""
        return self.attempt.plan

    async def chunks(self) -> AsyncGenerator[AudioChunk, None]:
        """Speak. Closing the stream stops every engine that was asked; raises EngineError."""
        first = await self._begin()
        async with aclosing(self.attempt.stream) as stream:
            if first is not None:
                yield first
                del first
            async for chunk in stream:
                yield chunk
                del chunk  # a stream that waits for its engine keeps no audio

    async def _begin(self) -> AudioChunk | None:
        """Find the attempt that is heard, and return its first chunk."""
        if not self.plan.others:
            return await self.attempt.first()
        asked: dict[asyncio.Task[AudioChunk | None], Attempt] = {}
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
                        return first
                following = await self._next()
                if not (asked or following):
                    raise self.failures[0][1]
        finally:
            await _give_up(asked)

    async def _failed(self, attempt: Attempt, error: EngineError) -> None:
        name = attempt.plan.engine.name
        log.warning("the engine %s did not speak: %s", name, error.code)
        self.failures.append((name, error))
        await attempt.stream.aclose()

    async def _next(self) -> Attempt | None:
        """Plan the request for the next engine that has its voice; None if there is no other."""
        if not self.plan.others:
            return None
        try:
            rest = replace(self.plan.choice, engines=self.plan.others)
            plan = await self._planner.plan(self.plan.request, rest)
        except UnknownVoice:
            return None
        self.attempt = Attempt(plan, self._planner.router)
        return self.attempt


async def _give_up(asked: dict[asyncio.Task[AudioChunk | None], Attempt]) -> None:
    """Stop the attempts that are not needed."""
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    for attempt in asked.values():
        await attempt.stream.aclose()

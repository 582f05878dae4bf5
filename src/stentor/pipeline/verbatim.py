"""Lines of text that was read, worded and planned elsewhere: it goes to an engine as it is."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from stentor.engines import Engine
from stentor.errors import EngineError, InvalidRequest
from stentor.pipeline.guard import Guard
from stentor.pipeline.lines import Line, between
from stentor.pipeline.speak import Usage, speak
from stentor.pipeline.times import Times
from stentor.text.edits import Mapped
from stentor.text.recut import recut
from stentor.types import Utterance

if TYPE_CHECKING:
    from stentor.pipeline.circuit import Place
    from stentor.pipeline.request import SpeechRequest
    from stentor.pipeline.routes import Choice, Router
    from stentor.types import AudioChunk

log = logging.getLogger(__name__)

Settle: TypeAlias = Callable[[Sequence[Engine]], Awaitable[tuple[Engine, Utterance]]]
"""Finds the first of some engines that has what is asked for, and words the utterance for it."""


def verbatim(engine: Engine, utterance: Utterance) -> list[Line]:
    """Make lines of an utterance: one, unless it is longer than its engine takes.

    What the engine cannot do is taken from it; a pace it cannot speak at is made by stretching.
    """
    abilities = engine.capabilities
    slowest, fastest = abilities.speed
    lowest, highest = abilities.pitch
    speed = min(max(utterance.speed, slowest), fastest)
    said = replace(
        utterance,
        speed=speed,
        pitch=min(max(utterance.pitch, lowest), highest),
        style=utterance.style if utterance.style in abilities.styles else None,
        emphasis=utterance.emphasis if abilities.emphasis else None,
        pronunciations=utterance.pronunciations if abilities.phonemes else (),
        seed=utterance.seed if abilities.seed else None,
        instructions=utterance.instructions if abilities.instructions else None,
        marks=utterance.marks and abilities.marks,
    )
    text = utterance.text
    whole = Mapped([(text, 0, len(text))])
    stretches = recut(text, abilities.longest_utterance)
    return [
        Line(
            replace(
                said,
                text=text[start:end],
                pronunciations=between(said.pronunciations, start, end),
                is_complete=utterance.is_complete and number == len(stretches),
            ),
            engine,
            whole,
            whole,
            offset=start,
            stretch=utterance.speed / speed,
        )
        for number, (start, end) in enumerate(stretches, 1)
    ]


class VerbatimAnswer:
    """Such a text on its way: if its engine fails before a sound is heard, the next in its chain speaks.

    No engine is asked while another may still answer: the server that read the text may do that itself.
    """

    def __init__(self, router: Router, request: SpeechRequest, settle: Settle) -> None:
        self._router = router
        self._ledger = router.ledger
        self._request = request
        self._settle = settle
        self._failures: dict[str, str] = {}

    @classmethod
    async def to(
        cls, router: Router, request: SpeechRequest, settle: Settle, choice: Choice | None = None
    ) -> VerbatimAnswer:
        """Settle a request, for the engines of a choice or of its route; raises what is wrong with it.

        What the request says beside the model, the voice and the language is left to `settle`.
        """
        answer = cls(router, request, settle)
        await answer._turn_to(choice or router.choice(request))
        return answer

    @property
    def rate(self) -> int:
        """In hertz; known for good from the first chunk on."""
        return self.engine.capabilities.sample_rate

    @property
    def cost(self) -> float | None:
        """What it has cost so far; None if nobody set a price."""
        return self._ledger.cost(self.usage)

    @property
    def foretold(self) -> float | None:
        """What it will have cost at its end; None if nobody set a price, or only the end tells."""
        if not self._ledger.is_known_ahead([self.engine]):
            return None
        return self._ledger.cost(Usage.foreseen(self._lines))

    @property
    def fallback(self) -> list[tuple[str, str]]:
        """Engines that should have spoken before the one that is heard, each with a code of why not."""
        return self._choice.fallback(self.engine, self._failures)

    async def chunks(self) -> AsyncGenerator[AudioChunk, None]:
        """Speak. Closing the stream stops the engine. Raises EngineError."""
        first = await self._begin()
        async with aclosing(self._stream) as stream:
            if first is not None:
                yield first
                del first
            async for chunk in stream:
                yield chunk
                del chunk  # a stream that waits for its engine keeps no audio

    async def _turn_to(self, choice: Choice) -> None:
        """Settle the request for an engine, which has it in its load from now on."""
        place = self._router.place(choice)
        try:
            engine, utterance = await self._settle(choice.engines)
        except BaseException:
            place.leave()
            raise
        if engine is not choice.engines[0]:  # which does not have the voice
            place.leave()
            place = self._router.circuits[engine.name].request()
        self._choice = choice
        self.engine = engine
        """Who speaks; for good from the first chunk on."""
        self.utterance = utterance
        """What it was given."""
        self._prepare(place)

    def _prepare(self, place: Place) -> None:
        self.usage = Usage()
        self.times = Times() if self.utterance.marks else None
        self._lines = verbatim(self.engine, self.utterance)
        self._guard = Guard(self.engine.name, self._router, place)
        spoken = speak(self._lines, self.rate, self.usage, self.times)
        self._stream = self._guard.over(spoken, self.usage, self._ledger)

    async def _begin(self) -> AudioChunk | None:
        """Find the engine that is heard, and return its first chunk."""
        while True:
            try:
                first = await self._guard.first(self._stream)
            except EngineError as error:
                await self._stream.aclose()
                if not await self._falls_back(error):
                    raise
            else:
                self._ledger.fell_back(self.fallback)
                return first

    async def _falls_back(self, error: EngineError) -> bool:
        """Turn to the next engine that can speak it; tells whether there is one."""
        others = self._choice.behind(self.engine)
        if not others:
            return False
        log.warning("the engine %s did not speak: %s: %s", self.engine.name, error.code, error.for_log)
        self._failures[self.engine.name] = error.code
        try:
            await self._turn_to(self._router.next_choice(self._choice, self._request, others))
        except InvalidRequest:
            return False
        return True

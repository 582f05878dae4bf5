"""An engine that is opened when it is needed, for commands that end soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any

from stentor.engines import Capabilities, Engine, EngineConfig, EngineHealth, make
from stentor.errors import StentorError
from stentor.types import AudioChunk, Utterance, Voice


class Late(Engine):
    """Opens an engine when somebody wants it to speak, or needs its voices and it is on another machine.

    What keeps it from opening is its failure to speak, so that the next in its chain can take over.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._opening: asyncio.Task[None] | None = None
        self.name = engine.name
        self.openai_voices = engine.openai_voices

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the engine has besides
        return getattr(self._engine, name)

    @property
    def capabilities(self) -> Capabilities:  # type: ignore[override]
        """Those of the engine, which may learn more of them when it opens."""
        return self._engine.capabilities

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is on another machine, and says itself what its voices are."""
        return self.capabilities.device == "remote"

    @property
    def is_opening(self) -> bool:
        """Whether it is being opened now."""
        return self._opening is not None and not self._opening.done()

    @property
    def trouble(self) -> str | None:
        """What keeps it from speaking, to go on from "is not available: "; None if nothing is known."""
        if self._opening is None or not self._opening.done() or self._opening.cancelled():
            return None
        error = self._opening.exception()
        if error is None:
            return self._engine.health().problem
        said = error.message if isinstance(error, StentorError) else f"{type(error).__name__}: {error}"
        return said.removesuffix(".")

    async def open(self) -> None:
        """Open it, if nobody has; raises why it cannot be opened, each time."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._engine.open())
        await asyncio.shield(self._opening)

    async def voices(self) -> Sequence[Voice]:
        """List who can speak."""
        await self._meet()
        return await self._engine.voices()

    async def find_voice(self, name: str, language: str | None) -> Voice | None:
        """Find a voice as the engine does."""
        await self._meet()
        return await self._engine.find_voice(name, language)

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Open the engine, and speak."""
        await self.open()
        async with aclosing(self._engine.synthesize(utterance)) as chunks:
            async for chunk in chunks:
                yield chunk
                del chunk

    def health(self) -> EngineHealth:
        """Say how the engine is; while it opens, that."""
        if self.is_opening:
            waits = "it has not answered yet" if self.is_elsewhere else "it is starting"
            return EngineHealth(ready=False, problem=waits)
        return self._engine.health()

    async def close(self) -> None:
        """Close it, if it was opened."""
        if self._opening is None:
            return
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        await self._engine.close()

    async def _meet(self) -> None:
        if self.is_elsewhere:
            with suppress(Exception):  # it is raised again when the engine is to speak
                await self.open()


def make_late(name: str, config: EngineConfig) -> Late:
    """Make the engine of a table `[engines.NAME]`, to be opened when it is needed."""
    return Late(make(name, config))

"""A runpod engine at a plane, and what is heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.engines.runpod.plane import KEY, Plane, Worker, plane

from stentor.engines.runpod import RunpodEngine
from stentor.engines.runpod.config import RunpodConfig
from stentor.types import Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.types import Samples

VOICE = "EARS p004 freeform.mp3"
SENTENCE = "One two three four."


def config(made: Plane, **settings: Any) -> RunpodConfig:
    return RunpodConfig.model_validate({"url": made.url, "api_key": KEY} | settings)


@asynccontextmanager
async def engine_at(made: Plane, **settings: Any) -> AsyncIterator[RunpodEngine]:
    """Open an engine at a plane."""
    engine = RunpodEngine(config(made, **settings))
    engine.name = "cloud"
    await engine.open()
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def cloud(
    worker: Worker, told: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[tuple[RunpodEngine, Plane]]:
    """Run a plane with a worker, and an engine there."""
    async with plane(worker, **told or {}) as made, engine_at(made, **settings) as engine:
        yield engine, made


def says(text: str = SENTENCE, voice: str = VOICE, **changes: Any) -> Utterance:
    return Utterance(text, Voice(VoiceId(voice), voice, "cloud"), **changes)


async def listen(engine: RunpodEngine, utterance: Utterance | None = None) -> Samples:
    """Hear an utterance to its end."""
    async with asyncio.timeout(20):
        parts = [chunk.samples async for chunk in engine.synthesize(utterance or says())]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


async def until(condition: Any, seconds: float = 5.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.002)

"""Make one stream of chunks from utterances."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stentor import threads
from stentor.audio.resample import Resampler
from stentor.audio.stretch import Stretch
from stentor.errors import EngineFailed, NothingSpoken, StentorError
from stentor.pipeline.join import Joiner
from stentor.types import AudioChunk, Utterance

if TYPE_CHECKING:
    from stentor.engines import Engine
    from stentor.pipeline.plan import Plan
    from stentor.types import Samples

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Usage:
    """What was spent on a stream, counted as it is made."""

    characters: int = 0
    """Handed to the engine."""
    samples: int = 0
    """Of audio, at the plan's sample rate."""


async def speak(
    plan: Plan, utterances: Iterable[Utterance], usage: Usage | None = None
) -> AsyncGenerator[AudioChunk, None]:
    """Speak utterances one after the other, as one stream at the plan's sample rate.

    The next utterance is begun when the last one's audio was taken. Closing the stream stops the engine.
    Raises EngineError; NothingSpoken if the end comes without an audible sample.
    """
    usage = usage or Usage()
    shaper = _Shaper(plan, usage)
    for utterance in utterances:
        usage.characters += len(utterance.text)
        async with aclosing(_checked(plan.engine, utterance)) as chunks:
            async for samples in chunks:
                ready = await shaper.push(samples)
                if ready:
                    yield ready
                del samples, ready  # a stream that waits for its engine keeps no audio
        if ready := await shaper.end(utterance.pause):
            yield ready
    if ready := await shaper.finish():
        yield ready
    if not usage.samples:
        raise NothingSpoken(plan.engine.name)


async def speak_apart(plan: Plan, utterances: Sequence[Utterance]) -> AsyncGenerator[AudioChunk, None]:
    """Speak utterances as a stream of its own that others follow: the last one's pause is at its end."""
    async with aclosing(speak(plan, utterances)) as chunks:
        async for chunk in chunks:
            yield chunk
    silence = round(utterances[-1].pause / plan.stretch * plan.sample_rate)
    yield AudioChunk(np.zeros(silence, np.float32), plan.sample_rate)


async def _checked(engine: Engine, utterance: Utterance) -> AsyncGenerator[Samples, None]:
    """Hold an engine to its contract: whatever else it does is an EngineFailed, and logged."""
    try:
        async with aclosing(engine.synthesize(utterance)) as chunks:
            async for chunk in chunks:
                _check(engine, chunk)
                yield chunk.samples
                del chunk
    except StentorError:
        raise
    except Exception as error:
        log.exception("the engine %s failed", engine.name)
        raise EngineFailed(f"The engine {engine.name} failed; the server's log says how.") from error


def _check(engine: Engine, chunk: AudioChunk) -> None:
    declared = engine.capabilities.sample_rate
    if chunk.rate != declared:
        fault = f"at {chunk.rate} Hz, where {declared} Hz was declared"
    elif chunk.samples.ndim != 1 or chunk.samples.dtype != np.float32:
        fault = f"of shape {chunk.samples.shape} and {chunk.samples.dtype}, where (n,) and float32 must be"
    elif not np.isfinite(chunk.samples.sum()):
        fault = "with samples that are no numbers"
    else:
        return
    raise EngineFailed(f"The engine {engine.name} made audio {fault}.")


class _Shaper:
    """Joins, stretches and resamples: the engine's audio in, the caller's out, or None."""

    def __init__(self, plan: Plan, usage: Usage) -> None:
        rate = plan.engine.capabilities.sample_rate
        self._rate = plan.sample_rate
        self._usage = usage
        self._joiner = Joiner(rate)
        self._stretch = Stretch(plan.stretch, rate) if plan.stretch != 1 else None
        self._resampler = Resampler(rate, plan.sample_rate)

    async def push(self, samples: Samples) -> AudioChunk | None:
        return await self._shape(self._joiner.push(samples))

    async def end(self, pause: float) -> AudioChunk | None:
        return await self._shape(self._joiner.end(pause))

    async def finish(self) -> AudioChunk | None:
        last = self._resampler.push(await threads.run(self._stretch.flush)) if self._stretch else None
        rest = self._resampler.flush()
        return self._counted(rest if last is None else np.concatenate((last, rest)))

    async def _shape(self, samples: Samples) -> AudioChunk | None:
        if not samples.size:
            return None
        if self._stretch:
            samples = await threads.run(self._stretch.push, samples)
        return self._counted(self._resampler.push(samples))

    def _counted(self, samples: Samples) -> AudioChunk | None:
        self._usage.samples += samples.size
        return AudioChunk(samples, self._rate) if samples.size else None

"""Make one stream of chunks from lines."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stentor.engines import in_use
from stentor.errors import EngineFailed, NothingSpoken, StentorError
from stentor.pipeline.lines import Line, Rest, Step
from stentor.pipeline.shape import Shaper
from stentor.types import AudioChunk, WordMark

if TYPE_CHECKING:
    from stentor.engines import Engine
    from stentor.pipeline.times import Times
    from stentor.types import Samples

log = logging.getLogger(__name__)

_LONGEST_SILENCE = 1.0  # seconds in one chunk


@dataclass(slots=True)
class Spent:
    """What was spent on one engine."""

    characters: int = 0
    seconds: float = 0.0
    heard: bool = False
    """Whether it made a sound."""


@dataclass(slots=True)
class Usage:
    """What was spent on a stream, counted as it is made."""

    characters: int = 0
    """Of the request's text that were handed to an engine."""
    samples: int = 0
    """Of audio, at the stream's sample rate."""
    engines: dict[str, Spent] = field(default_factory=dict)
    """What was spent on each, by its name."""
    last: str = ""
    """The engine that was asked last."""

    @classmethod
    def foreseen(cls, steps: Iterable[Step]) -> Usage:
        """Count the text of lines as it will be counted once all of them were heard."""
        usage = cls()
        for step in steps:
            if isinstance(step, Line):
                usage.asked(step).heard = True
        return usage

    def asked(self, line: Line) -> Spent:
        """Count the text of a line that is handed to its engine, and return where its sound is counted."""
        spent = self.engines.setdefault(line.engine.name, Spent())
        self.last = line.engine.name
        self.characters += len(line.text)
        spent.characters += len(line.text)
        return spent


async def speak(
    steps: Iterable[Step], rate: int, usage: Usage | None = None, times: Times | None = None
) -> AsyncGenerator[AudioChunk, None]:
    """Speak lines one after the other, as one stream at `rate` hertz.

    The next line is begun when the last one's audio was taken. Closing the stream stops the engine.
    An engine that has begun stays loaded until the end.
    Raises EngineError; NothingSpoken if the end comes without an audible sample.
    """
    with ExitStack() as kept:
        stream = _Stream(rate, usage or Usage(), times, kept)
        for step in steps:
            if isinstance(step, Rest):
                stream.rest(step)
                continue
            async with aclosing(_spoken(stream, step, rate)) as chunks:
                async for chunk in chunks:
                    yield chunk
                    del chunk  # a stream that waits for its engine keeps no audio
    if stream.engine and not stream.heard:
        raise NothingSpoken(stream.engine)
    for silence in stream.silence_after():
        yield silence


async def speak_apart(
    steps: Sequence[Step], rate: int, usage: Usage | None = None, times: Times | None = None
) -> AsyncGenerator[AudioChunk, None]:
    """Speak lines as a stream of its own that others follow: the last one's pause is at its end."""
    async with aclosing(speak(steps, rate, usage, times)) as chunks:
        async for chunk in chunks:
            yield chunk
            del chunk
    if steps and isinstance(steps[-1], Line):
        yield AudioChunk(np.zeros(round(steps[-1].pause * rate), np.float32), rate)


class _Stream:
    """What was heard so far, and the silence that is due."""

    def __init__(self, rate: int, usage: Usage, times: Times | None, kept: ExitStack) -> None:
        self._rate = rate
        self._kept = kept
        self._usage = usage
        self._times = times
        self._pause = 0.0
        self._asked: float | None = None  # for a rest, which counts instead of the pause
        self.engine = ""
        """The last one that was asked to speak."""
        self.heard = False

    @property
    def now(self) -> float:
        """How long the stream is, in seconds."""
        return self._usage.samples / self._rate

    def rest(self, rest: Rest) -> None:
        self._asked = (self._asked or 0.0) + rest.seconds
        if self._times:
            for name in rest.marks:
                self._times.mark(name, self.now + self._asked)

    def begin(self, line: Line) -> None:
        if line.engine.name != self.engine:
            self._kept.enter_context(in_use(line.engine))
        self.engine = line.engine.name
        self._usage.asked(line)

    def hear(self, line: Line) -> None:
        """Note that a line's engine makes a sound."""
        self._usage.engines[line.engine.name].heard = True

    def end_line(self, line: Line, began: float, marks: Sequence[tuple[int, int, float]]) -> None:
        self.heard = True
        self._pause = line.pause
        self._usage.engines[line.engine.name].seconds += self.now - began
        if self._times:
            self._times.line(line, marks, began, self.now)

    def silence_before(self) -> Iterator[AudioChunk]:
        """Yield the silence that is due before something is heard."""
        seconds = self._pause if self._asked is None else self._asked
        self._pause, self._asked = 0.0, None
        return self._silence(seconds)

    def silence_after(self) -> Iterator[AudioChunk]:
        """Yield the rest that was asked for behind the last line."""
        return self._silence(self._asked or 0.0)

    def _silence(self, seconds: float) -> Iterator[AudioChunk]:
        left = round(seconds * self._rate)
        while left:
            size = min(left, round(_LONGEST_SILENCE * self._rate))
            left -= size
            yield self.chunk(np.zeros(size, np.float32))

    def chunk(self, samples: Samples) -> AudioChunk:
        self._usage.samples += samples.size
        return AudioChunk(samples, self._rate)


async def _spoken(stream: _Stream, line: Line, rate: int) -> AsyncGenerator[AudioChunk, None]:
    """Speak one line, behind the silence that is due before it."""
    stream.begin(line)
    shaper = Shaper(line, rate)
    marks: list[WordMark] = []
    began: float | None = None
    async with aclosing(_shaped(line, shaper, marks)) as parts:
        async for samples in parts:
            if began is None:
                stream.hear(line)
                for silence in stream.silence_before():
                    yield silence
                began = stream.now
            yield stream.chunk(samples)
            del samples
    if began is not None:
        stream.end_line(line, began, [(m.start, m.end, began + shaper.seconds(m.sample)) for m in marks])


async def _shaped(line: Line, shaper: Shaper, marks: list[WordMark]) -> AsyncGenerator[Samples, None]:
    """Yield what is to be heard of a line, and gather the engine's marks."""
    async with aclosing(_checked(line)) as chunks:
        async for chunk in chunks:
            marks += chunk.marks
            ready = await shaper.push(chunk.samples)
            del chunk
            if ready.size:
                yield ready
            del ready
    rest = await shaper.finish()
    if rest.size:
        yield rest


async def _checked(line: Line) -> AsyncGenerator[AudioChunk, None]:
    """Hold an engine to its contract."""
    with blamed(line.engine):
        async with aclosing(line.engine.synthesize(line.utterance)) as chunks:
            async for chunk in chunks:
                check(line.engine, chunk)
                yield chunk
                del chunk


@contextmanager
def blamed(engine: Engine) -> Iterator[None]:
    """Whatever an engine does but for errors of ours is an EngineFailed, and logged."""
    try:
        yield
    except StentorError:
        raise
    except Exception as error:
        log.exception("the engine %s failed", engine.name)
        raise EngineFailed(f"The engine {engine.name} failed; the server's log says how.") from error


def check(engine: Engine, chunk: AudioChunk) -> None:
    """Raise EngineFailed for a chunk that is not what its engine declares."""
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

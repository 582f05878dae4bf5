"""What the tests share instead of the real thing: an engine that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from stentor.engines import Capabilities, Engine, State
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.errors import StentorError
    from stentor.types import Samples

    Script: TypeAlias = Iterable[Samples] | Callable[[Utterance], Iterable[Samples]]


def tone(seconds: float, rate: int = 24_000, hertz: float = 440.0, level: float = 0.25) -> Samples:
    """Make a sine tone that begins and ends anywhere in its wave."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def silence(seconds: float, rate: int = 24_000) -> Samples:
    """Make digital silence."""
    return np.zeros(round(seconds * rate), np.float32)


class ScriptedEngine(Engine):
    """Says what it was told to, for every utterance, and remembers what it was asked.

    `chunks` are the samples of each chunk, or a function of the utterance that gives them.
    Before each chunk it sleeps for `delay` seconds and, if there is a `gate`, waits for that.
    Instead of chunk number `fail_at`, counted from 0, it raises `error`.
    """

    def __init__(
        self,
        chunks: Script | None = None,
        *,
        rate: int = 24_000,
        delay: float = 0.0,
        fail_at: int | None = None,
        error: StentorError | None = None,
        gate: asyncio.Event | None = None,
        name: str = "scripted",
        voices: Sequence[str] = ("one", "two"),
        languages: tuple[str, ...] = ("en",),
        capabilities: Capabilities | None = None,
    ) -> None:
        self.name = name
        self.capabilities = capabilities or Capabilities(sample_rate=rate, languages=languages)
        self.gate = gate
        self.asked: list[Utterance] = []
        self.made = 0
        """Chunks handed out."""
        self.closed = 0
        """Generators that have ended: closed early, failed, or run to their end."""
        self.finished = 0
        """Generators that ran to their end."""
        self.opened = 0
        """Calls of `open()`."""
        self.shut = 0
        """Calls of `close()`."""
        self._script: Script = [tone(0.2, rate)] if chunks is None else chunks
        self._delay = delay
        self._fail_at = fail_at
        self._error = error
        self._voices = [Voice(VoiceId(voice), voice.title(), name, languages) for voice in voices]

    async def open(self) -> None:
        self.opened += 1

    async def voices(self) -> Sequence[Voice]:
        return self._voices

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        self.asked.append(utterance)
        chunks = self._script(utterance) if callable(self._script) else self._script
        try:
            for number, samples in enumerate(chunks):
                await self._wait()
                self._fail(number)
                self.made += 1
                yield AudioChunk(samples, self.capabilities.sample_rate)
            self._fail(None)
            self.finished += 1
        finally:
            self.closed += 1

    async def close(self) -> None:
        self.shut += 1

    async def _wait(self) -> None:
        await asyncio.sleep(self._delay)
        if self.gate:
            await self.gate.wait()

    def _fail(self, number: int | None) -> None:
        """Fail before the chunk of this number; a script that is too short for it fails at its end."""
        if self._error and self._fail_at is not None and (number is None or number == self._fail_at):
            raise self._error


class LoadedEngine(ScriptedEngine):
    """A scripted engine that can be loaded and unloaded, and counts who uses it."""

    state: State = "unloaded"

    def __init__(self, *, refuses: StentorError | None = None, **script: Any) -> None:
        super().__init__(**script)
        self.users = 0
        self.uses = 0
        self.keep_alive: float | None = None
        self._refuses = refuses

    async def load(self, keep_alive: float | None = None) -> None:
        self.keep_alive = keep_alive
        self.state = "loading"
        await self._wait()
        if self._refuses:
            raise self._refuses
        self.state = "loaded"

    async def unload(self) -> None:
        await self._wait()
        self.state = "unloaded"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        self.users += 1
        self.uses += 1
        try:
            yield
        finally:
            self.users -= 1

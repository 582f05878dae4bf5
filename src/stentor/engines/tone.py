"""An engine that hums: instant, exact, needs nothing.

The first engine to read before writing one, and the one that tests use: every sample it makes is known.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence

import numpy as np
from pydantic import Field

from stentor.engines import Capabilities, Engine, EngineConfig
from stentor.errors import UnknownVoice
from stentor.types import AudioChunk, Utterance, Voice, VoiceId, WordMark

_WORD = re.compile(r"\S+")
_HERTZ = {"low": 220.0, "middle": 440.0, "high": 880.0}


class ToneEngine(Engine):
    """Sine tones: the voice is the pitch, a character lasts 50 ms."""

    class Config(EngineConfig):
        """Settings of the tone engine."""

        amplitude: float = Field(default=0.25, gt=0, le=1, description="Peak level; 1 is full scale.")

    name = "tone"
    capabilities = Capabilities(
        sample_rate=24_000, languages=("und",), speed=(0.5, 2.0), marks=True, licence="Apache-2.0"
    )
    seconds_per_character = 0.05
    chunk_seconds = 0.1

    def __init__(self, config: Config | None = None) -> None:
        self._amplitude = (config or self.Config()).amplitude

    async def voices(self) -> Sequence[Voice]:
        """List the three pitches."""
        return [
            Voice(VoiceId(name), f"{hertz:.0f} Hz", self.name, ("und",)) for name, hertz in _HERTZ.items()
        ]

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Hum for as long as the text is, in chunks of 100 ms; a word begins with its first character."""
        hertz = _HERTZ.get(utterance.voice.id)
        if hertz is None:
            raise UnknownVoice(utterance.voice.id, list(_HERTZ))
        rate = self.capabilities.sample_rate
        character = rate * self.seconds_per_character / utterance.speed  # in samples
        time = np.arange(round(len(utterance.text) * character), dtype=np.float32) / np.float32(rate)
        samples = np.float32(self._amplitude) * np.sin(np.float32(2 * np.pi * hertz) * time)
        marks = tuple(
            WordMark(*word.span(), round(word.start() * character))
            for word in _WORD.finditer(utterance.text)
            if utterance.marks
        )
        step = round(rate * self.chunk_seconds)
        for begin in range(0, len(samples), step):
            await asyncio.sleep(0)  # an engine that never waits would hold the event loop
            yield AudioChunk(samples[begin : begin + step], rate, marks)
            marks = ()

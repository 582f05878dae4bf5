"""Engines that exist for measurements only."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np

from stentor.engines import Capabilities, Engine
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

RATE = 24_000
CHUNK_SECONDS = 0.1
_LAGS = Path("lags.json")


class PacedEngine(Engine):
    """Speaks in real time: as many chunks of 100 ms as the text's number says, one each 100 ms."""

    name = "paced"
    capabilities = Capabilities(sample_rate=RATE, languages=("und",))

    def __init__(self, _config: object = None) -> None:
        self._chunk = np.full(round(RATE * CHUNK_SECONDS), 0.25, np.float32)

    async def voices(self) -> Sequence[Voice]:
        return [Voice(VoiceId("paced"), "Paced", self.name, ("und",))]

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for index in range(int(utterance.text)):
            await asyncio.sleep(max(0.0, began + index * CHUNK_SECONDS - loop.time()))
            yield AudioChunk(self._chunk, RATE)


class ProbeEngine(Engine):
    """Says nothing; measures how late the event loop wakes, and writes `lags.json` when it closes."""

    name = "probe"
    capabilities = Capabilities(sample_rate=RATE, languages=("und",))

    def __init__(self, _config: object = None) -> None:
        self._lags: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._task = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        while True:
            due = time.perf_counter() + 0.005
            await asyncio.sleep(0.005)
            self._lags.append(time.perf_counter() - due)
            if len(self._lags) % 100 == 0:
                written = json.dumps({"lags": self._lags})
                _LAGS.write_text(written)  # noqa: ASYNC240  a millisecond, twice a second

    async def voices(self) -> Sequence[Voice]:
        return []

    async def synthesize(self, _utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        yield AudioChunk(np.zeros(1, np.float32), RATE)

    async def close(self) -> None:
        if self._task:
            self._task.cancel()

"""Workers that are hired for a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.engines.pools import workers

from stentor.engines.local import FOR_EVER, Workers
from stentor.engines.process import WorkerSpec

starts_processes = pytest.mark.e2e
LONG = 60.0  # seconds that no test lasts


class Asked(Workers):
    """Workers that are easy to ask."""

    async def ask(self, do: str, **request: Any) -> bytes:
        async with asyncio.timeout(20), aclosing(self.begin(do, **request)) as parts:
            return b"".join([part async for part in parts])

    async def begin(self, do: str, **request: Any) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.call({"do": do, **request}, 10_000)) as parts:
            async for part in parts:
                yield part.samples

    async def pid(self) -> int:
        return int(await self.ask("pid"))


def spec_of(speaker: Path, **spec: Any) -> WorkerSpec:
    given_: dict[str, Any] = {"spares": 0, "options": {}, "site_packages": False} | spec
    return WorkerSpec("fake", speaker, "Speaker", bytes_per_second=1000, **given_)


@asynccontextmanager
async def hired(speaker: Path, keep_alive: float = FOR_EVER, **spec: Any) -> AsyncIterator[Asked]:
    made = Asked(spec_of(speaker, **spec), keep_alive)
    try:
        yield made
    finally:
        async with asyncio.timeout(5):
            await made.close()
        assert workers() == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  processes set no event
            await asyncio.sleep(0.005)

"""Where engines on other machines find a server in the tests: settings for each kind that needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from tests.api.inprocess import make_api
from tests.engines.runpod.plane import KEY, Job, hum, pcm16, plane
from tests.serving import served

from stentor.engines.tone import ToneEngine

Place: TypeAlias = Callable[[], AbstractAsyncContextManager[dict[str, Any]]]


@asynccontextmanager
async def nowhere() -> AsyncIterator[dict[str, Any]]:
    """Give no settings: the engine is on this machine."""
    yield {}


@asynccontextmanager
async def openai() -> AsyncIterator[dict[str, Any]]:
    """Run another server that hums, and speaks OpenAI's API."""
    async with served(make_api(ToneEngine())) as url:
        yield {"url": f"{url}/v1", "model": "tone"}


@asynccontextmanager
async def runpod() -> AsyncIterator[dict[str, Any]]:
    """Run an endpoint of RunPod whose worker hums, for as long as the text is."""
    async with plane(humming) as made:
        yield {"url": made.url, "api_key": KEY}


async def humming(job: Job) -> None:
    for _ in range(0, len(job.input["text"]), 10):
        await asyncio.sleep(0)
        job.put({"audio_chunk": pcm16(hum(0.5, 48_000)), "sample_rate": 48_000})


@asynccontextmanager
async def provider() -> AsyncIterator[dict[str, Any]]:
    """Run another Stentor that hums."""
    async with served(make_api(ToneEngine())) as url:
        yield {"url": url}


PLACES: Mapping[str, Place] = {"openai": openai, "provider": provider, "runpod": runpod}

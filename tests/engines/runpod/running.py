"""Jobs at an endpoint of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.engines.runpod.plane import KEY, Job, Plane, Worker
from tests.engines.runpod.speaking import config

from stentor.engines.remote.client import Client
from stentor.engines.runpod.endpoint import Endpoint
from stentor.engines.runpod.waits import Waits


@asynccontextmanager
async def endpoint_at(made: Plane, **settings: Any) -> AsyncIterator[Endpoint]:
    told = config(made, **settings)
    client = Client("cloud", told, {"Authorization": f"Bearer {KEY}"})
    await client.open()
    endpoint = Endpoint(client, told, Waits("cloud"))
    try:
        yield endpoint
    finally:
        await endpoint.close()
        await client.close()


def counting(parts: int, delay: float = 0.0) -> Worker:
    async def work(job: Job) -> str:
        for number in range(parts):
            await asyncio.sleep(delay)
            job.put(number)
        return "aggregated"

    return work

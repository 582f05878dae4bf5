"""Calls of one server by the client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.engines.upstream import Asked, Wire

from stentor.engines.remote.client import Client
from stentor.engines.remote.config import RemoteConfig

MEGABYTE = 2**20


@asynccontextmanager
async def client_of(
    url: str, headers: dict[str, str] | None = None, **settings: Any
) -> AsyncIterator[Client]:
    config = RemoteConfig.model_validate({"url": url, **settings})
    made = Client("cloud", config, headers)
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def get(client: Client, path: str = "/", limit: int = MEGABYTE) -> bytes:
    async with client.call("GET", path) as answer:
        return await answer.read(limit)


async def head_only(asked: Asked, wire: Wire) -> None:
    await wire.head(Content_Length=100)
    await wire.left()


async def nothing(asked: Asked, wire: Wire) -> None:
    await wire.left()


async def stalls(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    await wire.chunk(b"some")
    await wire.left()

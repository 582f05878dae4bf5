"""Where engines on other machines find a server in the tests: settings for each kind that needs them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from tests.api.inprocess import make_api
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


PLACES: Mapping[str, Place] = {"openai": openai}

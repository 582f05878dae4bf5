"""An application with the tone engine, and a caller of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.api.inprocess import client_of, make_api


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Call a server whose only engine hums."""
    async with client_of(make_api()) as caller:
        yield caller

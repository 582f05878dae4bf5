"""One server for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.engines.upstream import Upstream, upstream


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        yield made

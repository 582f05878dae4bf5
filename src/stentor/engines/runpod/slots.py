"""So many at a time, so many in the queue, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stentor.errors import EngineBusy


class Slots:
    """Lets `size` in at the same time and `queue` wait, in the order in which they came."""

    def __init__(self, engine: str, size: int, queue: int) -> None:
        self._engine = engine
        self._queue = queue
        self._free = asyncio.Semaphore(size)
        self.busy = 0
        """How many are in."""
        self.waiting = 0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Come in, as soon as there is a place; raises EngineBusy if the queue is full."""
        if self._free.locked() and self.waiting >= self._queue:
            raise EngineBusy(self._engine)
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self._free.release()

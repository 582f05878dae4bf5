"""Tell somebody who waits for the first sound that it is still being waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

_EVERY = 1.0  # seconds


async def while_waiting(work: asyncio.Future[Any]) -> AsyncGenerator[float, None]:
    """Yield for how many seconds work has been waited for, once a second until it is done or has failed.

    Work that is done within the first second is waited for in silence. Closing this leaves the work alone.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    due = _EVERY
    while True:
        await asyncio.wait([work], timeout=began + due - loop.time())
        if work.done():
            return
        yield loop.time() - began
        due += _EVERY

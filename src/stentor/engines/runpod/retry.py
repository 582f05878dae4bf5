"""Ask again what failed in passing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from stentor.errors import EngineError

T = TypeVar("T")

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 4.0


async def retried(
    ask: Callable[[], Awaitable[T]], seconds: float, passing: tuple[type[EngineError], ...]
) -> T:
    """Ask until it works; a passing failure is raised if it lasts for so many seconds.

    A server that says when to ask again is obeyed; if that is too late, its failure is raised at once.
    """
    loop = asyncio.get_running_loop()
    until: float | None = None
    wait = _FIRST_WAIT
    while True:
        try:
            return await ask()
        except passing as error:
            pause = max(wait, error.retry_after or 0.0)
            until = until or loop.time() + seconds
            if loop.time() + pause > until:
                raise
        await asyncio.sleep(pause)
        wait = min(2 * wait, _LONGEST_WAIT)

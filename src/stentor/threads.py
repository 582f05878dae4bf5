"""The one way to run blocking work beside the event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
P = ParamSpec("P")


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function in a thread and await its result.

    A function that has begun runs to its end even if the awaiting task is cancelled, so keep it short.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, partial(function, *args, **kwargs))


def pool() -> ThreadPoolExecutor:
    """Make the pool that `run` should use: give it to `loop.set_default_executor`.

    Encoders and filters release the GIL while they work, so more threads than cores only adds
    switching; a lower priority keeps them from delaying the event loop on a full machine.
    """
    return ThreadPoolExecutor(
        max_workers=max(2, os.cpu_count() or 2),
        thread_name_prefix="stentor",
        initializer=_lower_priority,
    )


def _lower_priority() -> None:
    # On Linux a thread has a nice value of its own.
    try:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + 5)
    except (AttributeError, OSError):
        return

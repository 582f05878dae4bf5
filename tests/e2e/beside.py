"""What listens beside a test, on an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class Serving(Protocol):
    """Listens from `started`, which it sets, until `ended`."""

    async def serve(self, started: threading.Event, ended: asyncio.Event) -> None: ...


Made = TypeVar("Made", bound=Serving)


@contextmanager
def beside(made: Made) -> Iterator[Made]:
    """Let it listen beside the test."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()
    running = threading.Thread(target=loop.run_until_complete, args=(made.serve(started, ended),))
    running.start()
    assert started.wait(10)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(ended.set)
        running.join(10)
        loop.close()

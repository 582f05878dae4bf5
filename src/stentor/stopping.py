"""End a command that is told to stop: once, in order, and with the exit status that says by what."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, the system's way to end a program, and a terminal that is closed."""


class Stop:
    """What a command does when one of the signals comes: its work is cancelled, and may tidy up.

    More of them change nothing, so that they do not disturb the tidying. A signal that is ignored, as
    `nohup` has it, stays so.
    """

    def __init__(self) -> None:
        self.status = 0
        """The exit status, 128 and the signal's number, once one has come."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._blocks = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Heed the signals, as the main thread can; one that has come ends the program with its status."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        for number, how in before.items():
            if how is not signal.SIG_IGN:
                signal.signal(number, self._came)
        try:
            yield
        except BaseException as error:
            if self.status:  # whatever failed, failed because of it
                raise SystemExit(self.status) from error
            raise
        finally:
            # Python takes its handlers away as it exits, and then another signal would be the status.
            for number, how in before.items():
                signal.signal(number, signal.SIG_IGN if self.status else how)

    async def over(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work in an event loop; it is cancelled if a signal comes."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        return await work

    @contextmanager
    def blocking(self) -> Iterator[None]:
        """Let a signal cancel what holds up the event loop, such as writing to a pipe that is full."""
        self._blocks = True
        try:
            yield
        finally:
            self._blocks = False

    def _came(self, number: int, _frame: FrameType | None) -> None:
        if self.status:
            return
        self.status = 128 + number
        if self._loop is None or self._task is None:
            raise SystemExit(self.status)
        if self._blocks:
            raise asyncio.CancelledError
        self._loop.call_soon_threadsafe(self._task.cancel)

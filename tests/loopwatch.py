"""Notices code of Stentor that keeps the event loop from everyone else."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import traceback
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import stentor

LONGEST = 0.150
_SAMPLED_EVERY = 0.020
_STENTOR = str(Path(stentor.__file__).parent)


@dataclass(slots=True)
class Hold:
    """One callback that kept the loop for too long."""

    seconds: float
    stack: str
    """Where it was when it was looked at last; empty if it kept the interpreter itself."""


@dataclass(slots=True)
class _Running:
    """The callback that a thread runs now."""

    thread: int
    stack: str = ""
    ours: bool = False


@dataclass(slots=True)
class LoopWatch(AbstractContextManager["LoopWatch"]):
    """While entered, times every callback of every asyncio loop and looks where it is.

    Time in which the machine gave the thread no processor is not counted, nor what the garbage of a thousand
    other tests takes to collect. A callback is held against us
    if a frame of `owner` was on its stack, or if it let nobody look.
    """

    longest: float = LONGEST
    owner: str = _STENTOR
    holds: list[Hold] = field(default_factory=list)
    _running: dict[int, _Running] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _sampler: threading.Thread | None = None
    _original: Any = None
    _collecting: float = 0.0
    _collected: float = 0.0
    """Seconds spent in the garbage collector, by whichever thread."""

    def __enter__(self) -> Self:
        self._original = original = asyncio.Handle._run
        watch = self

        def timed(handle: asyncio.Handle) -> None:
            watch._timed(handle, original)

        _replace(timed)
        gc.callbacks.append(self._on_collection)
        self._sampler = threading.Thread(target=self._sample, name="loopwatch", daemon=True)
        self._sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _replace(self._original)
        gc.callbacks.remove(self._on_collection)
        self._stop.set()
        if self._sampler:
            self._sampler.join()

    def _timed(self, handle: asyncio.Handle, run: Any) -> None:
        thread = threading.get_ident()
        running = self._running[thread] = _Running(thread)
        collected, waited, begun = self._collected, _waited_for_processor(), time.monotonic()
        try:
            run(handle)
        finally:
            seconds = time.monotonic() - begun - (self._collected - collected)
            self._running.pop(thread, None)
            if seconds > self.longest:
                seconds -= _waited_for_processor() - waited
            # A thread that starts must get a processor before it says so; on a busy machine that takes long.
            is_starting = "self._started.wait()" in running.stack
            if seconds > self.longest and (running.ours or not running.stack) and not is_starting:
                self.holds.append(Hold(seconds, running.stack))

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.monotonic()
        else:
            self._collected += time.monotonic() - self._collecting

    def _sample(self) -> None:
        before: _Running | None = None
        while not self._stop.wait(_SAMPLED_EVERY):
            for running in list(self._running.values()):
                # Most callbacks are over before they are seen twice.
                if running is before:
                    self._look(running)
                before = running

    def _look(self, running: _Running) -> None:
        frame = sys._current_frames().get(running.thread)
        if frame is None:
            return
        ours = any(name.startswith(self.owner) for name in _files(frame))
        if ours or not running.ours:
            running.stack = "".join(traceback.format_stack(frame)[-12:])
        running.ours |= ours


def _replace(run: Any) -> None:
    # asyncio offers no door for this.
    asyncio.Handle._run = run  # type: ignore[method-assign]


def _files(frame: FrameType | None) -> list[str]:
    names = []
    while frame:
        names.append(frame.f_code.co_filename)
        frame = frame.f_back
    return names


def _waited_for_processor() -> float:
    """Return the seconds this thread was ready to run and had no processor (Linux; elsewhere 0)."""
    try:
        _, waited, _ = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text().split()
    except (OSError, ValueError):
        return 0.0
    return int(waited) / 1e9

"""Worker processes: started, watched, spoken to, replaced when they die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from stentor.engines import worker
from stentor.engines.lane import Lane, Part
from stentor.errors import EngineBusy, EngineFailed, EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_LONGEST_BACKOFF = 30.0
_MOST_DOUBLINGS = 9
_SHORTEST_LIFE = 1.0  # seconds; a worker that dies sooner is not started again at once


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How the workers of one engine are started, and how many."""

    engine: str
    speaker: Path
    """The file that holds the speaker; see `stentor.engines.worker.Speaker`."""
    speaker_class: str
    options: dict[str, Any]
    """What the speaker is made with; JSON."""
    bytes_per_second: int
    """Of the samples that the speaker emits."""
    replicas: int = 1
    spares: int = 1
    lanes: int = 1
    """How many requests one worker takes at once."""
    queue: int = 256
    """How many requests may wait for a lane."""
    ready_within: float = 30.0
    silent_for: float = 60.0
    """Seconds that a worker may go without a sign while it speaks, before it is taken for hung."""
    python: str = sys.executable
    site_packages: bool = True
    """Whether the speaker needs more than the standard library; without, it starts in half the time."""


@dataclass(slots=True)
class PoolStatus:
    """The workers of one engine, counted."""

    ready: int = 0
    spare: int = 0
    busy_lanes: int = 0
    waiting: int = 0
    restarts: int = 0
    problem: str | None = None


class WorkerPool:
    """Several workers of one engine, with spares kept warm.

    A lane is held for one utterance and read as fast as the worker writes, so that a caller who listens
    slowly never keeps a worker from the others.
    """

    def __init__(self, spec: WorkerSpec) -> None:
        self._spec = spec
        self._active: set[_Worker] = set()
        self._spares: deque[_Worker] = deque()
        self._idle: deque[Lane] = deque()
        self._waiting: deque[asyncio.Future[Lane]] = deque()
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._restarts = 0
        self._failures = 0
        self._problem: str | None = None
        self._closed = False
        self._changed = asyncio.Event()
        self._hurried = asyncio.Event()

    def open(self) -> None:
        """Start every worker; does not wait for them."""
        for _ in range(self._spec.replicas + self._spec.spares):
            self._keep_one_alive()

    async def ready(self) -> None:
        """Wait until one worker is ready; raises EngineUnavailable with the reason if none will be."""
        while not self._active:
            self._fail_if_broken()
            self._changed.clear()
            await self._changed.wait()

    def hurry(self) -> None:
        """Let workers that could not start be tried again at once, and callers wait for that."""
        if not self._active:
            self._problem = None
        self._hurried.set()
        self._hurried.clear()

    async def close(self, why: str = "it was closed") -> None:
        """End every worker, and every request with it; `why` is what those are told."""
        self._closed = True
        self._problem = why
        self._fail_waiting()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def status(self) -> PoolStatus:
        """Count the workers."""
        return PoolStatus(
            ready=len(self._active),
            spare=len(self._spares),
            busy_lanes=self._busy,
            waiting=len(self._waiting),
            restarts=self._restarts,
            problem=self._problem,
        )

    async def call(self, request: dict[str, Any], max_seconds: float) -> AsyncGenerator[Part, None]:
        """Send one request to a free worker and yield its audio as it comes, `max_seconds` at the most.

        Samples and marks come as the speaker emitted them, and together if it emitted them together.

        Closing the generator early cancels the work. Raises EngineBusy, EngineUnavailable, EngineCrashed,
        EngineFailed or RunawaySpeech.
        """
        lane = await self._acquire()
        self._busy += 1
        try:
            async with aclosing(lane.call(request, max_seconds)) as parts:
                async for part in parts:
                    yield part
                    del part
        finally:
            self._busy -= 1

    async def _acquire(self) -> Lane:
        self._fail_if_broken()
        while self._idle:
            lane = self._idle.popleft()
            if lane.is_open:
                return lane
        if len(self._waiting) >= self._spec.queue:
            raise EngineBusy(self._spec.engine)
        waiter: asyncio.Future[Lane] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and not waiter.exception():
                self._freed(waiter.result())
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
            raise

    def _freed(self, lane: Lane) -> None:
        """Hand a lane that is ready for a request to whoever waited longest."""
        if not lane.is_open:
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(lane)
                return
        self._idle.append(lane)

    def _fail_if_broken(self) -> None:
        if self._closed or (self._problem and not self._active):
            raise self._unavailable()

    def _keep_one_alive(self) -> None:
        task = asyncio.get_running_loop().create_task(self._run_forever())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_forever(self) -> None:
        """Run one worker after the other, the next as soon as one has died."""
        while True:
            started = await self._start()
            if started is None:
                await self._back_off()
                continue
            self._problem = None
            began = monotonic()
            try:
                self._admit(started)
                how = await started.died()
            finally:
                self._dismiss(started)
                await started.kill()
            self._restarts += 1
            log.warning("worker of %s died (%s) and is replaced", self._spec.engine, how)
            if monotonic() - began < _SHORTEST_LIFE:
                await self._back_off()
            else:
                self._failures = 0

    async def _back_off(self) -> None:
        self._failures += 1
        seconds = min(0.05 * 2 ** min(self._failures, _MOST_DOUBLINGS), _LONGEST_BACKOFF)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()

    async def _start(self) -> _Worker | None:
        started = _Worker(self._spec, self._freed)
        try:
            async with asyncio.timeout(self._spec.ready_within):
                await started.start()
        except (TimeoutError, OSError, EngineFailed) as error:
            await started.kill()
            self._problem = str(error) or f"no answer within {self._spec.ready_within:g} s"
            log.error("worker of %s did not start: %s", self._spec.engine, self._problem)  # noqa: TRY400
            if not self._active:
                self._fail_waiting()
            return None
        except BaseException:
            await started.kill()
            raise
        return started

    def _unavailable(self) -> EngineUnavailable:
        return EngineUnavailable(f"The engine {self._spec.engine} is not running: {self._problem}.")

    def _fail_waiting(self) -> None:
        self._changed.set()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(self._unavailable())

    def _admit(self, started: _Worker) -> None:
        if self._closed:
            return
        if len(self._active) >= self._spec.replicas:
            self._spares.append(started)
            return
        self._active.add(started)
        for lane in started.lanes:
            self._freed(lane)
        self._changed.set()

    def _dismiss(self, dead: _Worker) -> None:
        for lane in dead.lanes:
            if lane in self._idle:
                self._idle.remove(lane)
        if dead in self._spares:
            self._spares.remove(dead)
            return
        self._active.discard(dead)
        if self._spares:
            self._admit(self._spares.popleft())


class _Worker:
    """One process and its lanes."""

    def __init__(self, spec: WorkerSpec, freed: Callable[[Lane], None]) -> None:
        self._spec = spec
        self._freed = freed
        self._process: asyncio.subprocess.Process | None = None
        self.lanes: list[Lane] = []

    async def start(self) -> None:
        """Start the process and wait until each lane says it is ready."""
        pairs = [socket.socketpair() for _ in range(self._spec.lanes)]
        try:
            theirs = [pair[1].fileno() for pair in pairs]
            self._process = await asyncio.create_subprocess_exec(
                self._spec.python,
                "-I",
                *(() if self._spec.site_packages else ("-S",)),
                worker.__file__,
                str(os.getpid()),
                f"{self._spec.speaker}:{self._spec.speaker_class}",
                json.dumps(self._spec.options),
                *map(str, theirs),
                pass_fds=theirs,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL if not log.isEnabledFor(logging.DEBUG) else None,
            )
            loop = asyncio.get_running_loop()
            for ours, _ in pairs:
                ours.setblocking(False)
                _, lane = await loop.create_unix_connection(lambda: Lane(self._spec, self), sock=ours)
                self.lanes.append(lane)
        except BaseException:
            for ours, _ in pairs[len(self.lanes) :]:
                ours.close()
            raise
        finally:
            for _, their in pairs:
                their.close()
        for lane in self.lanes:
            await lane.ready()

    async def died(self) -> str:
        """Wait for the process to end and say how, as `SIGSEGV` or `exit code 1`."""
        assert self._process is not None  # noqa: S101  a worker is watched only once it was started
        code = await self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def terminate(self) -> None:
        """Kill the process, if it lives."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def kill(self) -> None:
        """Kill the process and close its lanes."""
        self.terminate()
        for lane in self.lanes:
            lane.close()
        if self._process:
            await self._process.wait()

    def lane_freed(self, lane: Lane) -> None:
        """Give a lane back to the pool."""
        self._freed(lane)

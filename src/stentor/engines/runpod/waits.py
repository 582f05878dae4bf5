"""How long jobs wait for a worker, and which of them waited because one had to start."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

LONG_WAIT = 2.0
"""Seconds; a worker that is awake takes a job sooner."""


@dataclass(eq=False, slots=True)
class Wait:
    """The wait of one job; times are those of the event loop."""

    since: float
    is_told: bool = False

    @property
    def seconds(self) -> float:
        """How long it has lasted so far."""
        return asyncio.get_running_loop().time() - self.since


class Waits:
    """Tells of jobs that wait for long, and counts cold starts.

    RunPod does not say why a job waits. It is taken to be a cold start if the job waited for long, and no
    other job of ours had a worker since then: one that is busy is awake.
    """

    def __init__(self, engine: str, look: Callable[[float | None], None] = lambda _: None) -> None:
        self._engine = engine
        self._look = look  # after the workers: a job waits for so long, or has got one after long
        self._awake = -math.inf  # when a worker was last seen at work
        self.cold_starts = 0
        self.seconds = 0.0
        """That they took all together."""

    def goes_on(self, wait: Wait) -> None:
        """Note that a job still waits."""
        seconds = wait.seconds
        self._look(seconds)
        if seconds > LONG_WAIT and not wait.is_told:
            wait.is_told = True
            log.info("the engine %s waits for a worker", self._engine)

    def ended(self, wait: Wait) -> None:
        """Note that a job has got a worker."""
        seconds = wait.seconds
        if seconds <= LONG_WAIT:
            return
        self._look(None)
        log.info("the engine %s got a worker after %.1f s", self._engine, seconds)
        if self._awake < wait.since:
            self.cold_starts += 1
            self.seconds += seconds

    def at_work(self) -> None:
        """Note that a worker works."""
        self._awake = asyncio.get_running_loop().time()

"""Run jobs at an endpoint of RunPod, and leave none behind.

Source: RunPod's documentation, "Endpoint operations" and "Job states"; the shapes of errors are those of the
module `rp_job` of its SDK, 1.12.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stentor.engines.runpod.output import error_sentence
from stentor.engines.runpod.retry import retried
from stentor.engines.runpod.waits import Wait, Waits
from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable, printable

if TYPE_CHECKING:
    from stentor.engines.remote.client import Client
    from stentor.engines.runpod.config import RunpodConfig

log = logging.getLogger(__name__)

_QUEUED = "IN_QUEUE"
_RUNNING = ("IN_PROGRESS", "RUNNING")
_COMPLETED, _FAILED, _TIMED_OUT, _CANCELLED = "COMPLETED", "FAILED", "TIMED_OUT", "CANCELLED"

# Documented: an answer of /runsync has at most 20 MB, a part of a stream 1 MB; several parts come at once.
_LARGEST_ANSWER = 32 * 2**20
_LONGEST_ID = 200
_SYNC_MILLISECONDS = 1000

# In seconds. Documented: 2000 looks and 1000 submissions in 10 s, 100 cancellations.
_SHORTEST_PAUSE, _LONGEST_PAUSE, _PAUSE_GROWS = 0.1, 1.0, 1.4
_LOOKS_PER_SECOND = 100
_SUBMITS_WITHIN = 10.0
_CANCELS_WITHIN = 30.0
_ENDS_WITHIN = 3.0
_OVERDUE = 5.0
_MOST_DRAINS = 1000


@dataclass(frozen=True, slots=True)
class _Told:
    """What an answer says of a job."""

    state: str
    parts: tuple[object, ...] = ()
    output: object = None
    error: object = None

    @property
    def is_final(self) -> bool:
        return self.state != _QUEUED and self.state not in _RUNNING

    @property
    def has_worker(self) -> bool:
        """Whether a worker has it, or had."""
        return self.state in (*_RUNNING, _COMPLETED, _FAILED)


@dataclass(eq=False, slots=True)
class _Job:
    """What is known of a job; times are those of the event loop."""

    wait: Wait
    id: str = ""
    state: str = _QUEUED
    running: float | None = None
    """Since when."""
    heard: float | None = None
    """When its last part was taken."""
    pause: float = _SHORTEST_PAUSE
    drains: int = 0
    """Looks since it was over."""
    submission: asyncio.Task[_Told] | None = None
    is_over: bool = False


class Endpoint:
    """Runs jobs. A job whose output nobody waits for any more is cancelled."""

    def __init__(self, client: Client, config: RunpodConfig, waits: Waits) -> None:
        self._client = client
        self._faults = client.faults
        self._config = config
        self._waits = waits
        self._jobs: set[_Job] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self.cancelled = 0
        """Jobs that RunPod was told to cancel."""

    @property
    def queued(self) -> int:
        """Jobs that wait for a worker."""
        return sum(job.state == _QUEUED for job in self._jobs)

    @property
    def running(self) -> int:
        """Jobs that have a worker."""
        return sum(job.state in _RUNNING for job in self._jobs)

    async def run(self, request: dict[str, Any]) -> AsyncGenerator[object, None]:
        """Run a job on an input, and yield what it puts out: the parts of a stream, or its output.

        Raises EngineError. Closing the generator cancels the job.
        """
        is_stream = self._config.mode != "batch"
        given = False
        async with self._job() as job:
            told = await self._submit(job, request, "/run" if is_stream else "/runsync")
            is_drained = told.is_final and not is_stream
            while not is_drained:
                told = await self._next(job, "stream" if is_stream else "status", told)
                for part in told.parts:
                    given = True
                    yield part
                is_drained = told.is_final and not told.parts
            if told.state == _COMPLETED and not given and is_stream:
                told = await self._outcome(job)
            await self._check(job, told)
            if not given and told.output is not None:
                yield told.output

    async def close(self) -> None:
        """Cancel what runs, and wait a moment until RunPod knows."""
        for job in list(self._jobs):
            self._leave(job)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=_ENDS_WITHIN)
        for task in self._leaving:
            task.cancel()

    @asynccontextmanager
    async def _job(self) -> AsyncIterator[_Job]:
        job = _Job(Wait(_now()))
        self._jobs.add(job)
        try:
            yield job
        finally:
            self._leave(job)

    async def _submit(self, job: _Job, request: dict[str, Any], route: str) -> _Told:
        config = self._config
        policy = {
            "executionTimeout": round(1000 * config.job_seconds),
            # If this server ends without a word, no worker takes the job up later.
            "ttl": round(1000 * max(10.0, config.queue_seconds + config.job_seconds)),
        }
        wait = min(_SYNC_MILLISECONDS, round(500 * config.answer_seconds))
        path = f"{route}?wait={wait}" if route == "/runsync" else route
        body = {"input": request, "policy": policy}

        async def post() -> _Told:
            job.submission = asyncio.create_task(self._ask(job, "POST", path, body))
            # Its answer holds the id without which the job cannot be cancelled.
            return await asyncio.shield(job.submission)

        return await retried(post, _SUBMITS_WITHIN, (EngineBusy,))

    async def _next(self, job: _Job, route: str, told: _Told) -> _Told:
        """Look at a job again, in its time."""
        if told.parts:  # whoever took them may have taken long
            job.heard = _now()
        if told.is_final:
            job.drains += 1
            if job.drains > _MOST_DRAINS:
                raise self._faults.failed("came to no end of its output")
        else:
            await asyncio.sleep(max(job.pause, len(self._jobs) / _LOOKS_PER_SECOND))
        told = await self._look(job, route)
        if not told.is_final:
            self._check_time(job)
        return told

    async def _outcome(self, job: _Job) -> _Told:
        """Return what a job that is over has put out, once that is known."""
        while not (told := await self._look(job, "status")).is_final:
            self._check_time(job)
            await asyncio.sleep(job.pause)
        return told

    async def _look(self, job: _Job, route: str) -> _Told:
        path = f"/{route}/{quote(job.id, safe='')}"
        ask = partial(self._ask, job, "GET", path)
        try:
            return await retried(ask, self._config.stalled_seconds, (EngineBusy, EngineUnavailable))
        except EngineFailed as error:
            if error.answered != HTTPStatus.NOT_FOUND:
                raise
            job.is_over = True
            raise self._faults.failed("has lost the job that it took") from error

    async def _ask(self, job: _Job, method: str, path: str, body: object = None) -> _Told:
        answer = await self._client.ask(method, path, body, limit=_LARGEST_ANSWER)
        match answer:
            case {"status": str(state)}:
                stream, identity = answer.get("stream"), answer.get("id")
                parts = tuple(map(_unwrapped, stream)) if isinstance(stream, list) else ()
                told = _Told(state, parts, answer.get("output"), answer.get("error"))
            case _:
                raise self._faults.failed("answered with what is no state of a job")
        self._note(job, identity, told)
        return told

    def _note(self, job: _Job, identity: object, told: _Told) -> None:
        moved = bool(told.parts) or told.state != job.state or not job.id
        if not job.id:
            if not isinstance(identity, str) or not 0 < len(identity) <= _LONGEST_ID:
                raise self._faults.failed("took a job and gave no id for it")
            job.id = identity
        job.pause = _SHORTEST_PAUSE if moved else min(job.pause * _PAUSE_GROWS, _LONGEST_PAUSE)
        job.state = told.state
        job.heard = _now() if told.parts else job.heard
        job.is_over = told.is_final
        if told.has_worker:
            if job.running is None:
                job.running = _now()
                self._waits.ended(job.wait)
            self._waits.at_work()

    def _check_time(self, job: _Job) -> None:
        """Give a job up that takes too long."""
        now, config = _now(), self._config
        if job.running is None:
            self._waits.goes_on(job.wait)
            if job.wait.seconds > config.queue_seconds:
                raise self._faults.unavailable(f"no worker took the job within {config.queue_seconds:g} s")
        elif now - job.running > config.job_seconds + _OVERDUE:
            raise self._faults.failed(f"was not done with the job within {config.job_seconds:g} s")
        elif job.heard is not None and now - job.heard > config.stalled_seconds:
            raise self._faults.failed(
                f"broke off in the middle of its job: nothing came for {config.stalled_seconds:g} s"
            )

    async def _check(self, job: _Job, told: _Told) -> None:
        """Raise what became of a job if it was not completed."""
        if told.state == _COMPLETED:
            if told.error:
                raise self._failed(told.error)
            return
        if told.state == _TIMED_OUT:
            raise self._timed_out(job)
        if told.state == _CANCELLED:
            raise self._faults.failed("did not finish: the job was cancelled at the endpoint")
        error = told.error
        if error is None:
            # A stream says that it failed, and not why.
            with suppress(EngineError):
                error = (await self._look(job, "status")).error
        raise self._failed(error, told.state)

    def _failed(self, error: object, state: str = _FAILED) -> EngineError:
        how = "failed" if state == _FAILED else f"ended in the state {printable(state)}"
        return self._faults.failed(how, error_sentence(error))

    def _timed_out(self, job: _Job) -> EngineError:
        if job.running is None:
            return self._faults.unavailable("no worker took the job before it expired")
        return self._faults.failed(f"was not done with the job within {self._config.job_seconds:g} s")

    def _leave(self, job: _Job) -> None:
        """Forget a job; if it may still run, have it cancelled, without waiting for that."""
        if job not in self._jobs:
            return
        self._jobs.discard(job)
        if job.is_over or job.submission is None:
            return
        task = asyncio.create_task(self._cancel(job, job.submission))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _cancel(self, job: _Job, submission: asyncio.Task[_Told]) -> None:
        with suppress(EngineError):
            await submission
        if not job.id or job.is_over:
            return
        path = f"/cancel/{quote(job.id, safe='')}"
        try:
            ask = partial(self._client.ask, "POST", path)
            self.cancelled += 1
            await retried(ask, _CANCELS_WITHIN, (EngineBusy, EngineUnavailable))
        except EngineError as error:
            log.warning("job %s could not be cancelled: %s", printable(job.id), error.for_log)


def _unwrapped(part: object) -> object:
    return part["output"] if isinstance(part, dict) and "output" in part else part


def _now() -> float:
    return asyncio.get_running_loop().time()

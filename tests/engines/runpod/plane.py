"""RunPod's side on loopback: the routes of one endpoint, a queue with real states, and workers.

A worker is a coroutine function that gets a job, puts parts out and returns its output. The plane can be told
to misbehave, route by route.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
from tests.engines.upstream import Asked, Script, Upstream, Wire, upstream

if TYPE_CHECKING:
    from stentor.types import Samples

KEY = "rpa_sesame"
FINAL = ("COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT")


@dataclass(eq=False)
class Job:
    """A job in the queue, at work, or over."""

    id: str
    input: Any
    policy: dict[str, Any]
    state: str = "IN_QUEUE"
    parts: list[Any] = field(default_factory=list)
    """Those that were not taken yet."""
    output: Any = None
    error: Any = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def put(self, part: Any) -> None:
        """Put a part of the output out."""
        self.parts.append(part)

    def end(self, state: str) -> None:
        """Be over, if that is not so yet."""
        if self.state not in FINAL:
            self.state = state
            self.over.set()


Worker: TypeAlias = Callable[[Job], Awaitable[Any]]


class WorkerFailed(Exception):
    """What a worker raises to fail with an error of any form."""

    def __init__(self, error: Any) -> None:
        self.error = error


@dataclass
class Plane:
    """An endpoint."""

    server: Upstream
    worker: Worker
    jobs: list[Job] = field(default_factory=list)
    calls: list[tuple[str, float]] = field(default_factory=list)
    """What was asked of which route, and when."""
    instead: dict[str, Script] = field(default_factory=dict)
    """What is done instead, by route."""
    refusals: dict[str, list[tuple[int, dict[str, str | int]]]] = field(default_factory=dict)
    """Statuses and headers that a route answers with first."""
    workers: int = 1000
    cold: asyncio.Event | None = None
    """While it is not set, no worker has started."""
    condition: dict[str, Any] = field(
        default_factory=lambda: {
            "jobs": {"inQueue": 0, "inProgress": 0},
            "workers": {"idle": 1, "running": 0},
        }
    )
    cancelled_at: list[float] = field(default_factory=list)
    most_at_once: int = 0
    _free: asyncio.Semaphore | None = None

    @property
    def url(self) -> str:
        return f"{self.server.url}/v2/echo"

    @property
    def inputs(self) -> list[Any]:
        return [job.input for job in self.jobs]

    def next_id(self) -> str:
        return f"job-{len(self.jobs)}-u1"

    def count(self, route: str) -> int:
        return sum(asked == route for asked, _ in self.calls)

    def refuse(self, route: str, times: int = 1, status: int = 429, **headers: str | int) -> None:
        """Answer the next requests for a route with a status."""
        self.refusals.setdefault(route, []).extend([(status, headers)] * times)

    async def serve(self, asked: Asked, wire: Wire) -> None:
        parts = urlsplit(asked.path)
        _, _, _, route, *rest = [*parts.path.split("/"), ""]
        self.calls.append((route, perf_counter()))
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            await wire.json({"error": "unauthorised"}, 401)
        elif self.refusals.get(route):
            status, headers = self.refusals[route].pop(0)
            await wire.json({"error": "told to"}, status, **headers)
        elif route in self.instead:
            await self.instead[route](asked, wire)
        elif route == "health":
            await wire.json(self.condition)
        elif route in ("run", "runsync"):
            await wire.json(await self._take(asked, route, parse_qs(parts.query)))
        else:
            job = next((job for job in self.jobs if job.id == unquote(rest[0])), None)
            if job is None:
                await wire.json({"error": "job not found"}, HTTPStatus.NOT_FOUND)
            else:
                await wire.json(self._tell(job, route))

    async def _take(self, asked: Asked, route: str, query: dict[str, list[str]]) -> dict[str, Any]:
        body = asked.json
        job = Job(self.next_id(), body["input"], body.get("policy", {}))
        self.jobs.append(job)
        job.task = asyncio.create_task(self._work(job))
        if route == "runsync":
            wait = int(query.get("wait", ["90000"])[0]) / 1000
            with_output = asyncio.create_task(job.over.wait())
            await asyncio.wait([with_output], timeout=wait)
            with_output.cancel()
            return self._tell(job, "status")
        return {"id": job.id, "status": job.state}

    def _tell(self, job: Job, route: str) -> dict[str, Any]:
        told: dict[str, Any] = {"id": job.id, "status": job.state}
        if route == "cancel":
            self.cancelled_at.append(perf_counter())
            if job.task and job.state not in FINAL:
                job.end("CANCELLED")
                job.task.cancel()
            told["status"] = job.state
        elif route == "stream":
            told["stream"] = [{"output": part} for part in job.parts]
            job.parts = []
        else:
            told |= {name: value for name in ("output", "error") if (value := getattr(job, name)) is not None}
        return told

    async def _work(self, job: Job) -> None:
        if self.cold:
            await self.cold.wait()
        if self._free is None:
            self._free = asyncio.Semaphore(self.workers)
        async with self._free:
            if job.state in FINAL:
                return
            job.state = "IN_PROGRESS"
            at_work = sum(other.state == "IN_PROGRESS" for other in self.jobs)
            self.most_at_once = max(self.most_at_once, at_work)
            try:
                output = await self.worker(job)
            except WorkerFailed as failure:
                job.error = failure.error
                job.end("FAILED")
                return
            # As the SDK does: an error that is returned is lifted out of the output.
            if isinstance(output, dict) and "error" in output:
                job.error = output.pop("error")
                job.output = output or None
                job.end("FAILED")
                return
            job.output = output
            job.end("COMPLETED")


AnyPlane = TypeVar("AnyPlane", bound=Plane)


@asynccontextmanager
async def plane(worker: Worker, *, port: int = 0, **told: Any) -> AsyncIterator[Plane]:
    """Run an endpoint for as long as the context lasts."""
    async with upstream(port=port) as server, serving(Plane(server, worker, **told)) as made:
        yield made


@asynccontextmanager
async def serving(made: AnyPlane) -> AsyncIterator[AnyPlane]:
    """Let an endpoint answer on its server, and end its jobs afterwards."""
    made.server.answers("*", made.serve)
    try:
        yield made
    finally:
        for job in made.jobs:
            if job.task:
                job.task.cancel()


def pcm16(samples: Samples) -> str:
    """Write samples as base64 of 16-bit numbers."""
    return base64.b64encode((samples * 32767).astype("<i2").tobytes()).decode()


def float32(samples: Samples) -> str:
    """Write samples as base64 of floats."""
    return base64.b64encode(samples.astype("<f4").tobytes()).decode()


def hum(seconds: float, rate: int = 24_000, hertz: float = 440.0) -> Samples:
    """Make a tone."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.25 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def streaming(parts: int = 2, seconds: float = 0.25, rate: int = 48_000, delay: float = 0.0) -> Worker:
    """Make a worker that streams a tone."""

    async def work(job: Job) -> None:
        for number in range(parts):
            await asyncio.sleep(delay)
            job.put({
                "status": "streaming",
                "chunk": number + 1,
                "format": "pcm_16",
                "audio_chunk": pcm16(hum(seconds, rate)),
                "sample_rate": rate,
            })
        job.put({"status": "complete", "format": "pcm_16", "total_chunks": parts})

    return work


def batch(output: Any, delay: float = 0.0) -> Worker:
    """Make a worker that gives an output at the end."""

    async def work(_job: Job) -> Any:
        await asyncio.sleep(delay)
        return json.loads(json.dumps(output))

    return work


def failing(error: Any) -> Worker:
    """Make a worker that fails."""

    async def work(_job: Job) -> None:
        raise WorkerFailed(error)

    return work


async def working(_job: Job) -> None:
    """Work, and never be done."""
    await asyncio.Event().wait()

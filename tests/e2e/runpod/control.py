"""RunPod between its callers and workers that are real: the worker loop of its SDK, in its own environment.

The wire towards the workers is what version 1.12 of the SDK asks for (`rp_job`, `rp_http`, `rp_ping`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from tests.engines.runpod.plane import FINAL, KEY, Job, Plane, serving, working
from tests.engines.upstream import Asked, Wire, upstream
from tests.tools import skip_or_fail

_SDK = Path(sys.prefix) / "runpod" / "bin" / "python"
_HANDLER = Path(__file__).with_name("handler.py")
_POLL = 5.0

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class ControlPlane(Plane):
    """An endpoint whose jobs are done by processes that come and take them."""

    waiting: asyncio.Queue[Job] = field(default_factory=asyncio.Queue)
    stops: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    ready: threading.Event = field(default_factory=threading.Event)
    """Set once a worker has asked for work."""
    pings: int = 0

    async def serve(self, asked: Asked, wire: Wire) -> None:
        parts = urlsplit(asked.path).path.split("/")
        route = parts[3] if len(parts) > 3 else ""
        if route == "job-take":
            await self._hand_out(wire)
        elif route == "job-stop":
            await self._tell_to_stop(wire)
        elif route in ("job-stream", "job-done"):
            await self._hear(route, unquote(parts[5]), asked, wire)
        elif route == "ping":
            self.pings += 1
            await wire.json({})
        else:
            await super().serve(asked, wire)

    async def _work(self, job: Job) -> None:
        self.waiting.put_nowait(job)
        try:
            await job.over.wait()
        except asyncio.CancelledError:
            self.stops.put_nowait(job.id)
            raise

    async def _hand_out(self, wire: Wire) -> None:
        self.ready.set()
        try:
            job = await asyncio.wait_for(self.waiting.get(), _POLL)
        except TimeoutError:
            await wire.whole(b"", 204)
            return
        job.state = "IN_PROGRESS"
        await wire.json({"id": job.id, "input": job.input})

    async def _tell_to_stop(self, wire: Wire) -> None:
        try:
            stopped = await asyncio.wait_for(self.stops.get(), _POLL)
        except TimeoutError:
            await wire.whole(b"", 204)
            return
        await wire.json({"jobsToStop": [stopped]})

    async def _hear(self, route: str, identity: str, asked: Asked, wire: Wire) -> None:
        job = next(job for job in self.jobs if job.id == identity)
        said = asked.json
        if job.state not in FINAL:
            if route == "job-stream":
                job.put(said["output"])
            else:
                job.output, job.error = said.get("output"), said.get("error")
                job.end("FAILED" if job.error else "COMPLETED")
        await wire.json({})


@asynccontextmanager
async def control_plane() -> AsyncIterator[ControlPlane]:
    """Run an endpoint that waits for workers."""
    async with upstream() as server, serving(ControlPlane(server, working)) as made:
        yield made


@contextmanager
def aside(context: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Keep a context in a thread with a loop of its own, for tests that wait for processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="aside")
    thread.start()

    def there(coroutine: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    try:
        value = there(context.__aenter__())
        try:
            yield value
        finally:
            there(context.__aexit__(None, None, None))
        there(_end_all())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_all() -> None:
    # A connection that is cancelled is a complaint in Python 3.11.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _told: None)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def with_sdk(program: str, plane: Plane) -> str:
    """Run a program in which RunPod's SDK is the caller of an endpoint; return what it printed."""
    _need_sdk()
    variables = {
        "RUNPOD_API_KEY": KEY,
        "RUNPOD_ENDPOINT_BASE_URL": plane.url.rpartition("/")[0],
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [_SDK, "-c", program], env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def _need_sdk() -> None:
    if not _SDK.exists():
        skip_or_fail("RunPod's SDK is not installed; `make test` installs it")


@contextmanager
def real_worker(plane: ControlPlane, form: str, folder: Path) -> Iterator[None]:
    """Run the worker loop of RunPod's SDK; it must not take a word of offence at what it is told."""
    _need_sdk()
    base = plane.url
    variables = {
        "RUNPOD_POD_ID": "pod1",
        "RUNPOD_AI_API_KEY": KEY,
        "RUNPOD_ENDPOINT_ID": "echo",
        "RUNPOD_WEBHOOK_GET_JOB": f"{base}/job-take/$ID?x=1",
        "RUNPOD_WEBHOOK_POST_OUTPUT": f"{base}/job-done/$RUNPOD_POD_ID/$ID?x=1",
        "RUNPOD_WEBHOOK_POST_STREAM": f"{base}/job-stream/$RUNPOD_POD_ID/$ID?x=1",
        "RUNPOD_WEBHOOK_PING": f"{base}/ping/$RUNPOD_POD_ID",
        "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
        "RUNPOD_SKIP_GPU_CHECK": "true",
        "RUNPOD_PING_INTERVAL": "1000",
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
    }
    with (
        (folder / "worker.log").open("wb") as log,
        subprocess.Popen(
            [_SDK, _HANDLER, form, folder], cwd=folder, env=variables, stdout=log, stderr=log,
            start_new_session=True,
        ) as process,
    ):  # fmt: skip
        try:
            assert plane.ready.wait(60), (folder / "worker.log").read_text("utf-8", "replace")[-4000:]
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its heartbeat is a process, too

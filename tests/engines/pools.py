"""A pool of workers whose speaker does what a test asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil

from stentor.engines.process import WorkerPool, WorkerSpec

SPEAKER = dedent("""
    import os, signal, sys, threading, time

    class Speaker:
        def __init__(self, options):
            if os.path.exists(options.get("broken", "")):
                raise RuntimeError("the model is missing")
            if options.get("hangs"):
                time.sleep(60)
            if options.get("exits"):
                os._exit(3)
            self.meeting = threading.Barrier(2, timeout=5)

        def speak(self, request, emit):
            getattr(self, request["do"])(request, emit)

        def echo(self, request, emit):
            for part in request["parts"]:
                emit(part.encode())

        def marked(self, request, emit):
            for part, marks in request["parts"]:
                emit(part.encode(), marks)

        def pid(self, request, emit):
            emit(str(os.getpid()).encode())

        def noisy(self, request, emit):
            print("out", flush=True)
            print("err", file=sys.stderr, flush=True)
            os.write(1, b"more")
            emit(b"sound")

        def die(self, request, emit):
            emit(b"last words")
            os.kill(os.getpid(), request["signal"])
            time.sleep(60)

        def leave(self, request, emit):
            os._exit(request["code"])

        def fail(self, request, emit):
            raise ValueError("no such word")

        def forever(self, request, emit):
            while emit(b"x" * 1000):
                time.sleep(0.001)

        def deaf(self, request, emit):
            emit(b"begun")
            time.sleep(60)

        def gated(self, request, emit):
            emit(b"begun ")
            while not os.path.exists(request["gate"]):
                time.sleep(0.002)
            emit(b"ended")

        def meet(self, request, emit):
            self.meeting.wait()
            emit(b"met")
""")


def workers() -> list[psutil.Process]:
    """List this process's workers; other tests may have left it a server."""
    return [
        child for child in psutil.Process().children() if any("worker.py" in part for part in child.cmdline())
    ]


class Pool(WorkerPool):
    """A pool that is easy to ask."""

    async def ask(self, do: str, **request: Any) -> bytes:
        async with asyncio.timeout(10):
            return b"".join([part.samples async for part in self.begin(do, **request)])

    def begin(self, do: str, max_seconds: float = 10_000, **request: Any) -> Any:
        return self.call({"do": do, **request}, max_seconds)

    async def pid(self) -> int:
        return int(await self.ask("pid"))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  processes set no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def opened(speaker: Path, **spec: Any) -> AsyncIterator[Pool]:
    given: dict[str, Any] = {"spares": 0, "options": {}, "site_packages": False} | spec
    pool = Pool(WorkerSpec("fake", speaker, "Speaker", bytes_per_second=1000, **given))
    pool.open()
    try:
        yield pool
    finally:
        await pool.close()

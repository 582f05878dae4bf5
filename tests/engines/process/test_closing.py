"""What is left of a pool of workers that is closed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import psutil
import pytest
from tests.engines.pools import opened, workers

from stentor.errors import (
    EngineCrashed,
    EngineError,
    EngineUnavailable,
)


async def test_closing_leaves_no_process_and_no_descriptor(speaker: Path) -> None:
    me = psutil.Process()
    before = me.num_fds()
    async with opened(speaker, replicas=2, spares=1, lanes=2) as pool:
        await pool.until(lambda: (pool.status().ready, pool.status().spare) == (2, 1))
        call = pool.begin("forever")
        await anext(call)
        with pytest.raises(EngineCrashed):
            await pool.ask("die", signal=signal.SIGSEGV)
        await call.aclose()
    assert workers() == []
    await asyncio.sleep(0.01)
    assert me.num_fds() == before


async def test_failed_starts_leave_no_descriptor(speaker: Path) -> None:
    me = psutil.Process()
    counts = []
    for _ in range(3):
        for spec in ({"options": {"broken": "/"}}, {"python": "/no/such/python"}):
            async with opened(speaker, lanes=2, **spec) as pool:
                with pytest.raises(EngineUnavailable):
                    await pool.ready()
        await asyncio.sleep(0.01)
        counts.append(me.num_fds())
    assert counts[1] == counts[2]
    assert workers() == []


async def test_closing_ends_the_requests_that_are_being_answered(speaker: Path) -> None:
    async with opened(speaker) as pool:
        task = asyncio.create_task(pool.ask("deaf"))
        await pool.until(lambda: pool.status().busy_lanes == 1)
    with pytest.raises(EngineError):
        await asyncio.wait_for(task, 2)


async def test_closing_ends_the_requests_that_wait(speaker: Path) -> None:
    async with opened(speaker, spares=1) as pool:
        holding = asyncio.create_task(pool.ask("deaf"))
        await pool.until(lambda: pool.status().busy_lanes == 1)
        waiting = [asyncio.create_task(pool.ask("deaf")) for _ in range(3)]
        await pool.until(lambda: pool.status().waiting == 3)
    answers = await asyncio.wait_for(asyncio.gather(holding, *waiting, return_exceptions=True), 1)
    assert all(isinstance(answer, EngineError) for answer in answers), answers


async def test_a_closed_pool_answers_nobody(speaker: Path) -> None:
    async with opened(speaker) as pool:
        await pool.ready()
    with pytest.raises(EngineUnavailable):
        await asyncio.wait_for(pool.ask("pid"), 1)


async def test_closing_twice_is_harmless(speaker: Path) -> None:
    async with opened(speaker) as pool:
        await pool.ready()
        await pool.close()


ORPHANAGE = dedent("""
    import asyncio, sys
    from pathlib import Path
    from stentor.engines.process import WorkerPool, WorkerSpec

    async def main():
        pool = WorkerPool(WorkerSpec("fake", Path(sys.argv[1]), "Speaker", {}, 1000, replicas=2, spares=0))
        pool.open()
        busy = pool.call({"do": "deaf"}, 1000)
        await anext(busy)
        async for pid in pool.call({"do": "pid"}, 1000):
            print(pid.samples.decode(), flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
""")


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a busy worker ends only when it next speaks")
def test_workers_end_with_their_parent_however_it_dies(speaker: Path) -> None:
    """One of the two is busy and would never look at its socket."""
    with subprocess.Popen([sys.executable, "-c", ORPHANAGE, speaker], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip().isdigit()
        workers = psutil.Process(parent.pid).children()
        assert len(workers) == 2
        parent.kill()
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []

"""Blocking work beside the event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest

from stentor import threads


async def test_the_result_comes_back() -> None:
    assert await threads.run(divmod, 7, 2) == (3, 1)


async def test_keywords_are_passed_on() -> None:
    assert await threads.run(int, "ff", base=16) == 255


async def test_the_failure_comes_back() -> None:
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)


async def test_the_loop_goes_on_while_a_function_blocks() -> None:
    """The function waits for something that only the loop can do, so it would never end in the loop."""
    event = threading.Event()
    waiting = asyncio.create_task(threads.run(event.wait, 10))
    await asyncio.sleep(0)
    event.set()
    assert await waiting is True


async def test_a_function_that_has_begun_runs_to_its_end() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    task = asyncio.create_task(threads.run(work))
    assert await threads.run(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert await threads.run(ended.wait, 10)


async def test_the_server_s_pool_is_the_one_that_is_used() -> None:
    asyncio.get_running_loop().set_default_executor(threads.pool())
    name = await threads.run(lambda: threading.current_thread().name)
    assert name.startswith("stentor")


def test_the_pool_lets_two_things_block_at_once() -> None:
    meeting = threading.Barrier(2, timeout=10)
    with threads.pool() as pool:
        assert sorted(pool.map(lambda _: meeting.wait(), range(2))) == [0, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux has a thread its own priority")
def test_the_pool_gives_way_to_the_event_loop_and_leaves_its_priority_alone() -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = nice()
    with threads.pool() as pool:
        assert pool.submit(nice).result() > before
    assert nice() == before

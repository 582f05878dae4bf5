"""A lane carries one request at a time, and is free when its worker is done."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from tests.engines.pools import opened

from stentor.engines import lane
from stentor.errors import EngineUnavailable

pytestmark = pytest.mark.e2e  # it starts processes


async def test_a_worker_that_does_not_hear_cancel_is_killed_and_replaced(
    speaker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "_CANCEL_WITHIN", 0.1)
    async with opened(speaker) as pool:
        before = await pool.pid()
        call = pool.begin("deaf")
        assert (await anext(call)).samples == b"begun"
        await call.aclose()
        assert await pool.pid() != before
        assert pool.status().restarts == 1
        assert not psutil.pid_exists(before)


def test_a_worker_has_seconds_to_hear_cancel() -> None:
    assert 0.5 <= lane._CANCEL_WITHIN <= 5


async def test_a_slow_listener_keeps_no_worker_from_the_others(speaker: Path) -> None:
    """All of the sound is read at once, whatever its caller does with it."""
    async with opened(speaker) as pool:
        slow = pool.begin("echo", parts=["a", "b"])
        assert (await anext(slow)).samples == b"a"
        async with asyncio.timeout(1):
            assert await pool.ask("echo", parts=["served"]) == b"served"
        assert [part.samples async for part in slow] == [b"b"]


async def test_a_worker_that_hangs_is_taken_for_hung_and_replaced(speaker: Path) -> None:
    """Nobody waits for ever for a process that was stopped or is stuck in native code."""
    async with opened(speaker, silent_for=0.1) as pool:
        before = await pool.pid()
        os.kill(before, signal.SIGSTOP)
        with pytest.raises(EngineUnavailable, match="said nothing"):
            await pool.pid()
        assert await pool.pid() != before


async def test_who_listens_slowly_is_not_taken_for_a_hung_worker(speaker: Path) -> None:
    async with opened(speaker, silent_for=0.05) as pool:
        slow = pool.begin("echo", parts=["a", "b"])
        assert (await anext(slow)).samples == b"a"
        await asyncio.sleep(0.15)
        assert [part.samples async for part in slow] == [b"b"]
        assert pool.status().restarts == 0


@pytest.mark.parametrize("name", ["SIGKILL"])
async def test_a_worker_that_is_killed_from_outside_does_not_blame_the_text(speaker: Path, name: str) -> None:
    """The kernel does so when memory runs out; the same text may be spoken the next time."""
    async with opened(speaker) as pool:
        call = pool.begin("die", signal=signal.Signals[name])
        assert (await anext(call)).samples == b"last words"
        with pytest.raises(EngineUnavailable, match=name) as raised:
            await anext(call)
        assert raised.value.retryable


async def test_a_worker_survives_what_ends_its_whole_group(speaker: Path) -> None:
    """What was begun ends when the server says so, not when the terminal or the init system does."""
    async with opened(speaker) as pool:
        pid = await pool.pid()
        for ending in (signal.SIGTERM, signal.SIGINT):
            os.kill(pid, ending)
        await asyncio.sleep(0.05)
        assert await pool.pid() == pid

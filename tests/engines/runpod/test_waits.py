"""How long jobs wait for a worker, and why."""

from __future__ import annotations

import asyncio
import logging

import pytest

from stentor.engines.runpod import waits
from stentor.engines.runpod.waits import Wait, Waits

WORKER = "the engine cloud waits for a worker"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(waits, "LONG_WAIT", 0.05)
    caplog.set_level(logging.INFO)


def begun(ago: float = 0.0) -> Wait:
    return Wait(asyncio.get_running_loop().time() - ago)


async def test_a_short_wait_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    counted, wait = Waits("cloud"), begun()
    counted.goes_on(wait)
    counted.ended(wait)
    assert (counted.cold_starts, counted.seconds, caplog.messages) == (0, 0.0, [])


async def test_a_long_wait_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    counted, wait = Waits("cloud"), begun(3.04)
    for _ in range(5):
        counted.goes_on(wait)
    counted.ended(wait)
    assert caplog.messages == [WORKER, "the engine cloud got a worker after 3.0 s"]
    assert counted.cold_starts == 1
    assert counted.seconds == pytest.approx(3.04, abs=0.02)


async def test_whoever_waits_behind_another_job_waits_for_no_start() -> None:
    counted, first, second = Waits("cloud"), begun(3.0), begun(2.0)
    counted.ended(first)
    counted.at_work()
    counted.ended(second)
    assert counted.cold_starts == 1


async def test_a_worker_that_fell_asleep_starts_again() -> None:
    counted = Waits("cloud")
    counted.at_work()
    await asyncio.sleep(0.01)
    later = begun()
    await asyncio.sleep(0.06)
    counted.ended(later)
    assert counted.cold_starts == 1


async def test_the_workers_are_looked_after_while_a_job_waits_and_once_it_has_one() -> None:
    seen: list[float | None] = []
    counted = Waits("cloud", seen.append)
    wait = begun(1.0)
    counted.goes_on(wait)
    counted.goes_on(wait)
    counted.ended(wait)
    assert [told and told >= 1.0 for told in seen] == [True, True, None]

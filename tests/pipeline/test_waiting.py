"""Whoever waits hears of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from stentor.pipeline import waiting
from stentor.pipeline.waiting import while_waiting


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_EVERY", 0.05)


async def test_each_second_is_told_until_the_work_is_done() -> None:
    work = asyncio.create_task(asyncio.sleep(0.17))
    told = [seconds async for seconds in while_waiting(work)]
    assert work.done()
    assert 1 <= len(told) <= 3
    assert told == sorted(told)
    assert told[0] >= 0.049


async def test_what_is_soon_done_is_waited_for_in_silence() -> None:
    work = asyncio.create_task(asyncio.sleep(0.01))
    assert [seconds async for seconds in while_waiting(work)] == []


async def test_work_that_fails_is_done() -> None:
    async def fail() -> None:
        raise ValueError

    work = asyncio.create_task(fail())
    assert [seconds async for seconds in while_waiting(work)] == []
    with pytest.raises(ValueError, match=r"^$"):
        await work


async def test_who_stops_waiting_leaves_the_work_alone() -> None:
    work = asyncio.create_task(asyncio.Event().wait())
    async with aclosing(while_waiting(work)) as waits:
        await anext(waits)
    assert not work.done()
    work.cancel()


async def test_a_caller_who_takes_long_is_told_no_more_than_once_at_a_time() -> None:
    work = asyncio.create_task(asyncio.sleep(0.2))
    told = []
    async for seconds in while_waiting(work):
        told.append(seconds)
        await asyncio.sleep(0.12)
    assert told == sorted(told)
    assert len(told) <= 3

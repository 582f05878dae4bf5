"""A cap with a bounded queue."""

from __future__ import annotations

import asyncio

import pytest

from stentor.engines.runpod.slots import Slots
from stentor.errors import EngineBusy


class Crowd:
    """Those who want in, by number, and the order in which they came in."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.entered: list[int] = []
        self.most = 0
        self.go = asyncio.Event()

    async def enter(self, number: int) -> None:
        async with self.slots.taken():
            self.entered.append(number)
            self.most = max(self.most, self.slots.busy)
            await self.go.wait()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_than_so_many_are_in_and_the_others_wait_in_order() -> None:
    crowd = Crowd(Slots("cloud", 2, 8))
    tasks = [asyncio.create_task(crowd.enter(number)) for number in range(6)]
    await settle()
    assert (crowd.slots.busy, crowd.slots.waiting) == (2, 4)
    crowd.go.set()
    await asyncio.gather(*tasks)
    assert crowd.entered == list(range(6))
    assert crowd.most == 2
    assert (crowd.slots.busy, crowd.slots.waiting) == (0, 0)


async def test_whoever_comes_to_a_full_queue_is_told_so() -> None:
    crowd = Crowd(Slots("cloud", 1, 1))
    tasks = [asyncio.create_task(crowd.enter(number)) for number in range(2)]
    await settle()
    with pytest.raises(EngineBusy, match="The engine cloud has too many requests waiting"):
        await crowd.enter(2)
    crowd.go.set()
    await asyncio.gather(*tasks)
    await crowd.enter(3)
    assert crowd.entered == [0, 1, 3]


async def test_who_leaves_the_queue_makes_room_and_who_leaves_its_place_frees_it() -> None:
    crowd = Crowd(Slots("cloud", 1, 1))
    inside, waiting = (asyncio.create_task(crowd.enter(number)) for number in range(2))
    await settle()
    waiting.cancel()
    await settle()
    assert crowd.slots.waiting == 0
    later = asyncio.create_task(crowd.enter(2))
    await settle()
    inside.cancel()
    await settle()
    assert crowd.entered == [0, 2]
    crowd.go.set()
    await later


async def test_without_a_queue_nobody_waits() -> None:
    crowd = Crowd(Slots("cloud", 1, 0))
    inside = asyncio.create_task(crowd.enter(0))
    await settle()
    with pytest.raises(EngineBusy):
        await crowd.enter(1)
    crowd.go.set()
    await inside

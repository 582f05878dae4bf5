"""How long workers stay."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.engines.local.hired import LONG, hired, starts_processes, until
from tests.engines.pools import workers

from stentor.engines.local import FOR_EVER


@starts_processes
async def test_zero_ends_the_workers_after_each_answer(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0) as team:
        first = await team.pid()
        assert team.state == "unloaded"
        await until(lambda: not workers())
        assert await team.pid() != first


@starts_processes
async def test_zero_keeps_what_was_loaded_by_hand_until_it_has_spoken(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0) as team:
        await team.load()
        await asyncio.sleep(0.05)
        assert team.state == "loaded"
        await team.pid()
        await until(lambda: not workers())


@starts_processes
async def test_seconds_count_from_the_last_answer(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.3) as team:
        before = await team.pid()
        for _ in range(6):
            await asyncio.sleep(0.1)
            assert await team.pid() == before
        await until(lambda: team.state == "unloaded" and not workers())
        assert await team.pid() != before


@starts_processes
async def test_what_is_spoken_does_not_count_as_idle(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker, keep_alive=0.05) as team:
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        await asyncio.sleep(0.2)
        gate.touch()
        assert await speaking == b"begun ended"


@starts_processes
async def test_a_slow_loading_does_not_count_as_idle(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.001) as team:
        await team.load()
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_no_time_is_up_while_a_loading_is_waited_for(speaker: Path) -> None:
    """Its worker was killed, so that it loads though it was loaded; one who waited for that has left."""
    async with hired(speaker) as team:
        await team.load()
        [worker] = workers()
        worker.kill()
        await until(lambda: not team.status().ready)
        leaving, waiting = asyncio.create_task(team.load(0.0001)), asyncio.create_task(team.load())
        await asyncio.sleep(0)
        leaving.cancel()
        await waiting
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_loading_can_say_how_long_it_stays(speaker: Path) -> None:
    async with hired(speaker) as team:
        await team.load(keep_alive=0.05)
        await until(lambda: team.state == "unloaded")
        await team.load(keep_alive=FOR_EVER)
        await asyncio.sleep(0.15)
        assert team.state == "loaded"
        await team.load(keep_alive=LONG)
        await team.load(keep_alive=0.05)
        await until(lambda: team.state == "unloaded")


@starts_processes
async def test_no_request_fails_because_its_time_is_up(speaker: Path) -> None:
    """Requests come just as the clock runs out, each a little later than the one before."""
    async with hired(speaker, keep_alive=0.01) as team:
        for number in range(40):
            assert await team.ask("echo", parts=["x"]) == b"x"
            await asyncio.sleep(0.0095 + number * 0.00003)

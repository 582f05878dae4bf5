"""Workers that die or cannot start, and everything at once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tests.engines.local.hired import Asked, hired, starts_processes, until
from tests.engines.pools import workers

from stentor.engines.local import FOR_EVER
from stentor.errors import EngineCrashed, EngineError, EngineUnavailable


class Crowd:
    """People who ask, leave, load and unload, and one who kills."""

    def __init__(self, team: Asked, seed: int) -> None:
        self._team = team
        self._chance = random.Random(seed)
        self.failures: list[BaseException] = []

    async def ask(self) -> None:
        try:
            assert await self._team.ask("echo", parts=["a", "b"]) == b"ab"
        except EngineUnavailable as error:
            if not any(told in str(error) for told in ("SIGKILL", "ended before it was ready")):
                self.failures.append(error)

    async def load(self) -> None:
        with suppress(EngineUnavailable):
            await asyncio.wait_for(self._team.load(self._chance.choice((None, 0, 0.01, FOR_EVER))), 10)

    async def unload(self) -> None:
        await asyncio.wait_for(self._team.unload(), 10)

    async def leave(self) -> None:
        with suppress(TimeoutError, EngineUnavailable):
            async with asyncio.timeout(self._chance.random() * 0.05):
                await self._team.ask("forever")

    async def kill(self) -> None:
        with suppress(psutil.Error):  # some end by themselves meanwhile
            for worker in workers():
                worker.kill()

    async def act(self, times: int) -> None:
        deeds = [self.ask] * 12 + [self.load, self.unload, self.unload, self.leave, self.leave, self.kill]
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for _ in range(times):
                group.create_task(self._chance.choice(deeds)())
                await asyncio.sleep(self._chance.random() * 0.01)


@starts_processes
@pytest.mark.parametrize("seed", [4, 5])
async def test_whatever_happens_at_once_everybody_is_answered(speaker: Path, seed: int) -> None:
    async with hired(speaker, replicas=2, spares=1) as team:
        crowd = Crowd(team, seed)
        await crowd.act(150)
        assert crowd.failures == []
        await team.load(FOR_EVER)
        assert await team.ask("echo", parts=["well"]) == b"well"
        await team.unload()
        assert workers() == []


@starts_processes
async def test_a_crash_while_unloading_waits_starts_nothing_anew(speaker: Path, tmp_path: Path) -> None:
    async with hired(speaker) as team:
        with team.in_use():
            speaking = asyncio.create_task(team.ask("deaf"))
            await until(lambda: team.status().busy_lanes == 1)
            unloading = asyncio.create_task(team.unload())
            await asyncio.sleep(0)
            os.kill(workers()[0].pid, signal.SIGSEGV)
            with pytest.raises(EngineCrashed):
                await speaking
        await asyncio.wait_for(unloading, 5)
        await asyncio.sleep(0.1)
        assert workers() == []
        assert await team.pid()


@starts_processes
async def test_a_crash_at_the_last_answer_does_not_keep_the_workers_for_ever(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.05) as team:
        await team.pid()
        with pytest.raises(EngineCrashed):
            await team.ask("die", signal=signal.SIGSEGV)
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_deaths_are_remembered(speaker: Path) -> None:
    async with hired(speaker) as team:
        for _ in range(2):
            with pytest.raises(EngineCrashed):
                await team.ask("leave", code=7)
            await until(lambda: team.state == "loaded")
            await team.unload()
        assert team.status().restarts == 2


@starts_processes
async def test_what_cannot_be_loaded_says_why_and_can_be_once_that_is_over(
    speaker: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with hired(speaker, options={"broken": str(broken)}) as team:
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="the model is missing"):
                await asyncio.wait_for(team.load(), 10)
        with pytest.raises(EngineUnavailable, match="the model is missing"):
            await team.pid()
        await team.unload()
        assert (team.state, workers()) == ("unloaded", [])
        assert "the model is missing" in (team.status().problem or "")
        broken.unlink()
        await team.load()
        assert team.status().problem is None
        assert await team.pid()


@starts_processes
async def test_loading_by_hand_does_not_wait_for_the_next_attempt(speaker: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with hired(speaker, options={"broken": str(broken)}) as team:
        with pytest.raises(EngineUnavailable):
            await team.load()
        assert team._pool is not None
        team._pool._failures = 5000  # the next would be in half a minute
        broken.unlink()
        await asyncio.wait_for(team.load(), 10)


@starts_processes
@pytest.mark.parametrize("keep_alive", [0, 0.05])
async def test_attempts_to_load_end_when_nobody_wants_it(
    speaker: Path, tmp_path: Path, keep_alive: float
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with hired(speaker, keep_alive, options={"broken": str(broken)}) as team:
        for attempt in (team.load(), team.pid()):
            with pytest.raises(EngineUnavailable):
                await attempt
            await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_closing_ends_a_loading_and_those_who_wait_for_it(speaker: Path) -> None:
    async with hired(speaker, options={"hangs": True}) as team:
        waiting = [asyncio.create_task(team.load()), asyncio.create_task(team.pid())]
        await until(lambda: bool(workers()))
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
    assert all(isinstance(answer, EngineError) for answer in answers), answers


@starts_processes
async def test_closing_ends_those_who_wait_for_the_last_answer(speaker: Path) -> None:
    async with hired(speaker) as team:
        speaking = asyncio.create_task(team.ask("deaf"))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
    await asyncio.wait_for(unloading, 1)
    with pytest.raises(EngineError):
        await asyncio.wait_for(speaking, 1)


@starts_processes
async def test_closing_as_the_workers_end_starts_no_new_ones(speaker: Path) -> None:
    async with hired(speaker) as team:
        await team.load()
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(team.pid())
        await asyncio.sleep(0)
    await unloading
    with pytest.raises(EngineUnavailable, match="it was closed"):
        await waiting


@starts_processes
async def test_nothing_runs_on_once_it_is_closed(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.01) as team:
        await team.load()
    await asyncio.sleep(0.05)
    await team.close()
    await team.unload()
    for asked in (team.load(), team.pid()):
        with pytest.raises(EngineUnavailable):
            await asyncio.wait_for(asked, 1)

"""Workers start when somebody asks, and end when nobody needs them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from tests.engines.local.hired import Asked, hired, starts_processes, until
from tests.engines.pools import workers

from stentor.errors import EngineBusy, EngineUnavailable


@starts_processes
async def test_the_first_request_starts_the_workers(speaker: Path) -> None:
    async with hired(speaker, replicas=2) as team:
        assert (team.state, workers()) == ("unloaded", [])
        assert await team.ask("echo", parts=["hello"]) == b"hello"
        assert team.state == "loaded"


@starts_processes
async def test_loading_waits_until_they_are_there_and_again_does_nothing(speaker: Path) -> None:
    async with hired(speaker) as team:
        await team.load()
        assert team.state == "loaded"
        [before] = workers()
        await team.load()
        assert workers() == [before]
        assert await team.pid() == before.pid


@starts_processes
async def test_unloading_ends_every_process_and_leaves_no_descriptor(speaker: Path) -> None:
    me = psutil.Process()
    before = me.num_fds()
    async with hired(speaker, replicas=2, spares=1) as team:
        for _ in range(3):
            await team.load()
            await until(lambda: team.status().spare == 1)
            assert len(workers()) == 3
            await team.unload()
            assert (team.state, workers()) == ("unloaded", [])
        await team.unload()
    await asyncio.sleep(0.01)
    assert me.num_fds() == before


@starts_processes
async def test_unloading_waits_for_what_is_spoken(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker) as team:
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = [asyncio.create_task(team.unload()) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in unloading)
        gate.touch()
        assert await speaking == b"begun ended"
        await asyncio.wait_for(asyncio.gather(*unloading), 5)
        assert workers() == []


@starts_processes
async def test_unloading_waits_for_an_answer_that_pauses(speaker: Path) -> None:
    """Between two sentences nothing is spoken, and the next must not wait for a model to load."""
    async with hired(speaker, keep_alive=0) as team:
        with team.in_use():
            before = await team.pid()
            unloading = asyncio.create_task(team.unload())
            await asyncio.sleep(0.05)
            assert await team.pid() == before
        await asyncio.wait_for(unloading, 5)
        assert workers() == []


@starts_processes
async def test_a_request_while_the_last_answer_is_waited_for_is_answered_as_ever(
    speaker: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker, replicas=2) as team:
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        assert await team.ask("echo", parts=["meanwhile"]) == b"meanwhile"
        assert not unloading.done()
        gate.touch()
        await asyncio.wait_for(asyncio.gather(speaking, unloading), 5)
        assert team.state == "unloaded"


@starts_processes
@pytest.mark.parametrize("lanes", [1, 3])
async def test_unloading_ends_though_there_is_always_somebody_who_is_spoken_to(
    speaker: Path, lanes: int
) -> None:
    """Answers of many sentences overlap for ever; none fails, and the old worker is gone."""
    over = asyncio.Event()
    heard: list[str] = []

    async def answer(team: Asked) -> None:
        with team.in_use():
            for _ in range(3):
                await sentence(team)

    async def sentence(team: Asked) -> None:
        await asyncio.sleep(0.01)
        heard.append(str(await team.pid()))

    async def listen(team: Asked, delay: float) -> None:
        await asyncio.sleep(delay)
        while not over.is_set():
            await answer(team)

    async with hired(speaker, lanes=lanes) as team:
        before = str(await team.pid())
        listeners = [asyncio.create_task(listen(team, 0.01 * number)) for number in range(4)]
        await until(lambda: len(heard) > 10)
        assert set(heard) == {before}
        async with asyncio.timeout(10):
            await team.unload()
        assert before not in {str(worker.pid) for worker in workers()}
        known = len(heard)
        await until(lambda: len(heard) > known + 10)
        over.set()
        await asyncio.gather(*listeners)
        assert before not in heard[known:]


@starts_processes
async def test_an_answer_is_not_parted_by_an_unloading_that_came_after_it_began(speaker: Path) -> None:
    async with hired(speaker) as team:
        with team.in_use():
            before = await team.pid()
            unloading = asyncio.create_task(team.unload())
            await asyncio.sleep(0)
            with team.in_use():
                assert await team.pid() == before
            assert [await team.pid() for _ in range(3)] == [before] * 3
            assert not unloading.done()
        await unloading
        assert workers() == []


@starts_processes
async def test_loading_frees_those_who_wait_for_an_unloading(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker, lanes=2) as team:
        with team.in_use():
            before = await team.pid()
            unloading = asyncio.create_task(team.unload())
            await asyncio.sleep(0)
            later = asyncio.create_task(team.ask("gated", gate=str(gate)))
            await until(lambda: team.status().busy_lanes == 1)
        waiting = asyncio.create_task(team.pid())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await team.load()
        assert await waiting == before
        await unloading
        gate.touch()
        assert await later == b"begun ended"
        assert team.state == "loaded"


@starts_processes
async def test_a_request_as_the_workers_end_starts_new_ones(speaker: Path) -> None:
    async with hired(speaker) as team:
        before = await team.pid()
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        assert team.state == "unloaded"
        [still] = workers()
        assert await team.pid() != before
        assert not still.is_running()
        await unloading


@starts_processes
async def test_loading_calls_off_an_unloading_that_waits(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker) as team:
        before = await team.pid()
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        await team.load()
        await asyncio.wait_for(unloading, 1)
        gate.touch()
        await speaking
        assert await team.pid() == before


@starts_processes
async def test_loading_as_the_workers_end_starts_new_ones(speaker: Path) -> None:
    async with hired(speaker) as team:
        before = await team.pid()
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        await team.load()
        await unloading
        assert team.state == "loaded"
        assert await team.pid() != before


@starts_processes
async def test_unloading_ends_a_loading_that_nobody_speaks_for(speaker: Path) -> None:
    async with hired(speaker, options={"hangs": True}) as team:
        loading = asyncio.create_task(team.load())
        await until(lambda: bool(workers()))
        assert team.state == "loading"
        await asyncio.wait_for(team.unload(), 5)
        assert workers() == []
        with pytest.raises(EngineUnavailable, match="it was unloaded"):
            await loading


@starts_processes
async def test_unloading_lets_those_who_wait_for_the_loading_speak(speaker: Path) -> None:
    async with hired(speaker) as team:
        asking = [asyncio.create_task(team.ask("echo", parts=["x"])) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.wait_for(team.unload(), 10)
        assert await asyncio.gather(*asking) == [b"x"] * 5
        assert team.state == "unloaded"


@starts_processes
async def test_many_requests_at_once_are_one_loading(speaker: Path) -> None:
    async with hired(speaker) as team:
        pids = await asyncio.gather(*(team.pid() for _ in range(50)))
        assert len(set(pids)) == 1
        assert [worker.pid for worker in workers()] == [pids[0]]


@starts_processes
async def test_as_many_may_wait_for_a_loading_as_for_a_worker(speaker: Path) -> None:
    async with hired(speaker, queue=3) as team:
        answers = await asyncio.gather(*(team.pid() for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, int, int, EngineBusy, EngineBusy]


@starts_processes
async def test_who_leaves_stops_waiting_and_the_loading_goes_on(speaker: Path) -> None:
    async with hired(speaker) as team:
        asking = asyncio.create_task(team.pid())
        await until(lambda: team.state == "loading")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asking, 0.5)
        [begun] = workers()
        await until(lambda: team.state == "loaded")
        assert workers() == [begun]


@starts_processes
@pytest.mark.parametrize("keep_alive", [0, 0.05])
async def test_a_loading_that_everybody_left_ends_by_itself(speaker: Path, keep_alive: float) -> None:
    async with hired(speaker, keep_alive) as team:
        asking = asyncio.create_task(team.pid())
        await until(lambda: team.state == "loading")
        asking.cancel()
        await until(lambda: team.state == "unloaded" and not workers())

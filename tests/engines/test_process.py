"""Worker processes: started, watched, spoken to, replaced when they die."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.engines.pools import opened, workers

from stentor.engines.lane import Part
from stentor.errors import (
    EngineBusy,
    EngineCrashed,
    EngineFailed,
    EngineUnavailable,
    RunawaySpeech,
)
from stentor.types import WordMark

pytestmark = pytest.mark.e2e  # it starts processes


async def test_what_the_worker_makes_arrives_in_its_order(speaker: Path) -> None:
    async with opened(speaker) as pool:
        parts = [part.samples async for part in pool.begin("echo", parts=["a", "b" * 1_000_000, "c"])]
    assert parts == [b"a", b"b" * 1_000_000, b"c"]


async def test_marks_arrive_with_the_samples_they_were_emitted_with(speaker: Path) -> None:
    parts = [("a", [(0, 3, 7), (4, 9, 2**32 - 1)]), ("b", []), ("", [(10, 12, 99)])]
    async with opened(speaker) as pool:
        arrived = [part async for part in pool.begin("marked", parts=parts)]
    assert arrived == [
        Part(b"a", (WordMark(0, 3, 7), WordMark(4, 9, 2**32 - 1))),
        Part(b"b"),
        Part(b"", (WordMark(10, 12, 99),)),
    ]


async def test_a_mark_that_is_none_fails_the_request_alone(speaker: Path) -> None:
    async with opened(speaker) as pool:
        with pytest.raises(EngineFailed):
            await pool.ask("marked", parts=[("a", [(-1, 3, 7)])])
        assert await pool.ask("echo", parts=["hello"]) == b"hello"


async def test_a_call_waits_until_a_worker_is_there(speaker: Path) -> None:
    async with opened(speaker) as pool:
        assert pool.status().ready == 0
        assert await pool.ask("echo", parts=["hello"]) == b"hello"


async def test_one_worker_answers_one_request_after_the_other(speaker: Path) -> None:
    async with opened(speaker) as pool:
        assert await pool.pid() == await pool.pid() != os.getpid()


async def test_what_a_worker_prints_is_not_sound(speaker: Path) -> None:
    async with opened(speaker) as pool:
        assert await pool.ask("noisy") == b"sound"


async def test_ready_tells_when_one_worker_is(speaker: Path) -> None:
    async with opened(speaker, replicas=2, spares=1) as pool:
        await pool.ready()
        assert pool.status().ready >= 1
        await pool.until(lambda: (pool.status().ready, pool.status().spare) == (2, 1))


async def test_callers_are_served_at_once_by_as_many_workers(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with opened(speaker, replicas=2) as pool:
        calls = [asyncio.create_task(pool.ask("gated", gate=str(gate))) for _ in range(3)]
        await pool.until(lambda: (pool.status().busy_lanes, pool.status().waiting) == (2, 1))
        gate.touch()
        assert await asyncio.gather(*calls) == [b"begun ended"] * 3


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS"])
async def test_a_crash_is_named_after_the_sound_before_it(speaker: Path, name: str) -> None:
    async with opened(speaker) as pool:
        call = pool.begin("die", signal=signal.Signals[name])
        assert (await anext(call)).samples == b"last words"
        with pytest.raises(EngineCrashed, match=name):
            await anext(call)


async def test_an_exit_is_a_crash_too(speaker: Path) -> None:
    async with opened(speaker) as pool:
        with pytest.raises(EngineCrashed, match="exit code 7"):
            await pool.ask("leave", code=7)


async def test_a_crash_harms_nobody_else(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with opened(speaker, replicas=2) as pool:
        other = asyncio.create_task(pool.ask("gated", gate=str(gate)))
        await pool.until(lambda: pool.status().busy_lanes == 1)
        with pytest.raises(EngineCrashed):
            await pool.ask("die", signal=signal.SIGSEGV)
        gate.touch()
        assert await other == b"begun ended"


async def test_the_spare_takes_over_and_a_new_one_is_started(speaker: Path) -> None:
    async with opened(speaker, spares=1) as pool:
        await pool.until(lambda: pool.status().spare == 1)
        spare_and_first = {child.pid for child in workers()}
        first = await pool.pid()
        with pytest.raises(EngineCrashed):
            await pool.ask("die", signal=signal.SIGSEGV)
        assert {await pool.pid()} == spare_and_first - {first}
        await pool.until(lambda: (pool.status().ready, pool.status().spare) == (1, 1))
        assert pool.status().restarts == 1


async def test_a_worker_that_dies_idle_is_replaced_before_anybody_asks(speaker: Path) -> None:
    async with opened(speaker) as pool:
        first = await pool.pid()
        os.kill(first, signal.SIGKILL)
        await pool.until(lambda: pool.status().restarts == 1)
        assert await pool.pid() != first


async def test_a_worker_that_was_just_killed_is_not_asked(speaker: Path) -> None:
    """Its process may not have been waited for yet, but its socket has ended."""
    async with opened(speaker, spares=1) as pool:
        first = await pool.pid()
        await pool.until(lambda: pool.status().spare == 1)
        os.kill(first, signal.SIGKILL)
        await asyncio.sleep(0.002)
        assert await pool.pid() != first


async def test_trouble_of_days_does_not_end_the_attempts(speaker: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with opened(speaker, options={"broken": str(broken)}) as pool:
        pool._failures = 5000
        with pytest.raises(EngineUnavailable):
            await pool.ready()
        await asyncio.sleep(0.05)
        assert any(not task.done() for task in pool._tasks)


async def test_those_who_wait_are_served_by_the_replacement(speaker: Path) -> None:
    async with opened(speaker) as pool:
        crashing = asyncio.create_task(pool.ask("die", signal=signal.SIGSEGV))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(pool.ask("echo", parts=["served"]))
        assert await waiting == b"served"
        with pytest.raises(EngineCrashed):
            await crashing


async def test_a_failure_of_the_engine_is_the_request_s_alone(speaker: Path) -> None:
    async with opened(speaker) as pool:
        before = await pool.pid()
        with pytest.raises(EngineFailed, match="fake failed: no such word") as failed:
            await pool.ask("fail")
        assert failed.value.for_log == "The engine fake failed"
        assert await pool.pid() == before
        assert pool.status().restarts == 0


async def test_a_runaway_is_stopped_and_its_worker_goes_on(speaker: Path) -> None:
    received = 0

    async def listen() -> None:
        nonlocal received
        async for part in pool.begin("forever", max_seconds=9.5):
            received += len(part.samples)

    async with opened(speaker) as pool:
        before = await pool.pid()
        with pytest.raises(RunawaySpeech, match="after 10 seconds"):
            await listen()
        assert received == 9000
        assert await pool.pid() == before


async def test_closing_early_frees_the_worker(speaker: Path) -> None:
    async with opened(speaker) as pool:
        before = await pool.pid()
        call = pool.begin("forever")
        await anext(call)
        await call.aclose()
        assert await pool.pid() == before
        assert pool.status().busy_lanes == 0


async def test_a_cancelled_listener_frees_the_worker(speaker: Path) -> None:
    async with opened(speaker) as pool:
        before = await pool.pid()
        task = asyncio.create_task(pool.ask("forever"))
        await pool.until(lambda: pool.status().busy_lanes == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await pool.pid() == before


async def test_only_so_many_may_wait(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with opened(speaker, queue=1) as pool:
        await pool.ready()
        calls = [asyncio.create_task(pool.ask("gated", gate=str(gate))) for _ in range(2)]
        await pool.until(lambda: pool.status().waiting == 1)
        with pytest.raises(EngineBusy):
            await pool.pid()
        gate.touch()
        assert await asyncio.gather(*calls) == [b"begun ended"] * 2
        assert await pool.pid()


async def test_those_who_wait_are_served_in_their_order(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    served: list[int] = []

    async def ask(number: int) -> None:
        await pool.ask("echo", parts=["x"])
        served.append(number)

    async with opened(speaker) as pool:
        holding = asyncio.create_task(pool.ask("gated", gate=str(gate)))
        await asyncio.sleep(0)
        calls = []
        for number in range(5):
            calls.append(asyncio.create_task(ask(number)))
            await asyncio.sleep(0)
        gate.touch()
        await asyncio.gather(holding, *calls)
    assert served == [0, 1, 2, 3, 4]


async def test_who_stops_waiting_takes_no_lane_along(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with opened(speaker) as pool:
        holding = asyncio.create_task(pool.ask("gated", gate=str(gate)))
        await pool.until(lambda: pool.status().busy_lanes == 1)
        waiting = asyncio.create_task(pool.pid())
        await pool.until(lambda: pool.status().waiting == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert pool.status().waiting == 0
        gate.touch()
        await holding
        assert await pool.pid()


async def test_who_stops_waiting_as_the_lane_is_handed_over_gives_it_back(
    speaker: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    async with opened(speaker) as pool:
        holding = asyncio.create_task(pool.ask("gated", gate=str(gate)))
        await pool.until(lambda: pool.status().busy_lanes == 1)
        waiting = asyncio.create_task(pool.pid())
        await pool.until(lambda: pool.status().waiting == 1)
        gate.touch()
        async with asyncio.timeout(5):
            while pool.status().waiting:  # noqa: ASYNC110  not one turn of the loop may be missed
                await asyncio.sleep(0)
        waiting.cancel()  # it has a lane by now, and does not know yet
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await holding == b"begun ended"
        async with asyncio.timeout(1):
            assert await pool.pid()
        assert pool.status().busy_lanes == 0


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"options": {"broken": "/"}}, "the model is missing"),
        ({"options": {"exits": True}}, "its process ended before it was ready"),
        ({"options": {"hangs": True}, "ready_within": 0.2}, "no answer within"),
        ({"python": "/no/such/python"}, "/no/such/python"),
    ],
)
async def test_an_engine_that_cannot_start_says_why(
    speaker: Path, spec: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(speaker, **spec) as pool:
        with pytest.raises(EngineUnavailable, match=reason):
            await pool.ready()
        with pytest.raises(EngineUnavailable, match=reason):
            await pool.ask("pid")
        status = pool.status()
    assert status.ready == 0
    assert reason in (status.problem or "")
    assert reason in caplog.text


async def test_those_who_wait_for_a_worker_that_cannot_start_are_told(speaker: Path) -> None:
    async with opened(speaker, options={"broken": "/"}) as pool:
        calls = [pool.ask("pid") for _ in range(3)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers] == [EngineUnavailable] * 3


async def test_an_engine_is_back_once_its_trouble_is_over(speaker: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    async with opened(speaker, options={"broken": str(broken)}) as pool:
        await pool.ready()
        broken.touch()
        with pytest.raises(EngineCrashed):
            await pool.ask("die", signal=signal.SIGSEGV)
        with pytest.raises(EngineUnavailable, match="the model is missing"):
            await pool.ask("pid")
        broken.unlink()
        await pool.until(lambda: pool.status().ready == 1)
        assert pool.status().problem is None
        assert await pool.pid()


async def test_what_could_not_start_is_tried_again_at_once_if_somebody_asks(
    speaker: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with opened(speaker, options={"broken": str(broken)}) as pool:
        pool._failures = 5000  # the next attempt would be in half a minute
        with pytest.raises(EngineUnavailable):
            await pool.ready()
        broken.unlink()
        await asyncio.sleep(0.01)
        pool.hurry()
        assert await pool.pid()
        before = await pool.pid()
        pool.hurry()
        assert await pool.pid() == before


async def test_several_lanes_are_served_at_once_by_one_worker(speaker: Path) -> None:
    """Each waits for the other inside the worker."""
    async with opened(speaker, lanes=2) as pool:
        assert await asyncio.gather(*(pool.ask("meet") for _ in range(2))) == [b"met", b"met"]
        assert len(workers()) == 1


async def test_cancelling_one_lane_leaves_the_other_alone(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with opened(speaker, lanes=2) as pool:
        other = asyncio.create_task(pool.ask("gated", gate=str(gate)))
        call = pool.begin("forever")
        await anext(call)
        await call.aclose()
        gate.touch()
        assert await other == b"begun ended"

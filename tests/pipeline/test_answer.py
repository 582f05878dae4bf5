"""If one engine cannot speak, the next does."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from tests.fakes import ScriptedEngine, silence, tone
from tests.pipeline.chains import GONE, answer, broken, listen, planner

from stentor.engines import Capabilities
from stentor.errors import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineUnavailable,
    NothingSpoken,
)


@pytest.mark.parametrize(
    "error",
    [
        GONE,
        EngineBusy("first"),
        EngineFailed("Broken."),
        EngineCrashed("first", "SIGSEGV"),
        NothingSpoken("first"),
    ],
)
async def test_whatever_fails_before_a_sound_the_next_engine_speaks(error: EngineError) -> None:
    first, second = broken("first", error), ScriptedEngine(name="second")
    answered = await answer(planner(first, second))
    assert await listen(answered) > 0
    assert answered.plan.engine is second
    assert answered.failures == [("first", error)]
    assert [said.text for said in second.asked] == ["One.", "Two."]
    assert (len(first.asked), first.closed) == (1, 1)


async def test_silence_is_a_failure_too() -> None:
    mute = ScriptedEngine([silence(0.3)], name="mute")
    answered = await answer(planner(mute, ScriptedEngine(name="second")))
    assert await listen(answered) > 0
    assert [name for name, _ in answered.failures] == ["mute"]


async def test_a_failure_after_the_first_sound_is_a_failure() -> None:
    first = ScriptedEngine([tone(0.5)] * 4, name="first", fail_at=2, error=GONE)
    second = ScriptedEngine(name="second")
    answered = await answer(planner(first, second))
    with pytest.raises(EngineUnavailable):
        await listen(answered)
    assert second.asked == []


async def test_without_a_route_nobody_takes_over() -> None:
    second = ScriptedEngine(name="second")
    with pytest.raises(EngineUnavailable):
        await listen(await answer(planner(broken("first"), second, routed=False)))
    assert second.asked == []


async def test_if_all_fail_the_first_failure_is_told() -> None:
    answered = await answer(planner(broken("a", EngineBusy("a")), broken("b"), broken("c")))
    with pytest.raises(EngineBusy):
        await listen(answered)
    assert [name for name, _ in answered.failures] == ["a", "b", "c"]


async def test_an_engine_without_the_voice_is_passed_over() -> None:
    stranger = ScriptedEngine(name="stranger", voices=("other",))
    third = ScriptedEngine(name="third")
    answered = await answer(planner(broken("first"), stranger, third))
    assert await listen(answered) > 0
    assert answered.plan.engine is third
    assert stranger.asked == []


async def test_an_engine_that_may_leave_nothing_out_and_has_to_is_passed_over() -> None:
    able = Capabilities(sample_rate=24_000, languages=("en",), seed=True)
    third = ScriptedEngine(name="third", capabilities=able)
    made = planner(broken("first", capabilities=able), ScriptedEngine(name="second"), third)
    answered = await answer(made, strict=True, seed=1)
    assert await listen(answered) > 0
    assert answered.plan.engine is third


async def test_if_the_next_may_not_speak_the_first_failure_is_told() -> None:
    able = Capabilities(sample_rate=24_000, languages=("en",), seed=True)
    answered = await answer(
        planner(broken("first", capabilities=able), ScriptedEngine(name="second")), strict=True, seed=1
    )
    with pytest.raises(EngineUnavailable):
        await listen(answered)


async def test_the_next_engine_speaks_in_its_own_way() -> None:
    """It has another pace, rate, and no seed."""
    abilities = Capabilities(sample_rate=8000, languages=("en",), speed=(0.5, 3.0))
    second = ScriptedEngine([tone(0.4, 8000)], name="second", capabilities=abilities)
    answered = await answer(planner(broken("first"), second), speed=2.0)
    assert await listen(answered) > 0
    assert {said.speed for said in second.asked} == {2.0}


async def test_what_was_spent_is_that_of_who_was_heard() -> None:
    answered = await answer(planner(broken("first"), ScriptedEngine(name="second")))
    size = await listen(answered)
    assert (answered.attempt.usage.characters, answered.attempt.usage.samples) == (8, size)


async def test_an_engine_that_takes_too_long_is_given_up() -> None:
    gate = asyncio.Event()
    slow = ScriptedEngine(name="slow", gate=gate)
    answered = await answer(planner(slow, ScriptedEngine(name="second"), deadlines={"slow": 0.02}))
    assert await listen(answered) > 0
    [(name, error)] = answered.failures
    assert name == "slow"
    assert "within 0.02 seconds" in error.message
    assert slow.closed == 1


async def test_a_deadline_holds_without_a_route() -> None:
    slow = ScriptedEngine(name="slow", gate=asyncio.Event())
    with pytest.raises(EngineUnavailable, match=r"within 0\.02 seconds"):
        await listen(await answer(planner(slow, routed=False, deadlines={"slow": 0.02})))
    assert slow.closed == 1


async def test_a_slow_engine_is_hedged_and_the_first_that_is_heard_goes_on() -> None:
    slow = ScriptedEngine(name="slow", gate=asyncio.Event())
    second = ScriptedEngine(name="second")
    answered = await answer(planner(slow, second, hedge_after=0.02))
    assert await listen(answered) > 0
    assert answered.plan.engine is second
    assert (slow.closed, slow.finished) == (1, 0)
    assert answered.failures == []
    assert answered.fallback == [("slow", "hedged")]


async def test_a_hedged_engine_may_still_win() -> None:
    gate = asyncio.Event()
    slow = ScriptedEngine(name="slow", gate=gate)
    slower = ScriptedEngine(name="slower", gate=asyncio.Event())
    answered = await answer(planner(slow, slower, hedge_after=0.02))
    task = asyncio.create_task(listen(answered))
    await asyncio.sleep(0.1)
    assert (len(slow.asked), len(slower.asked)) == (1, 1)
    gate.set()
    assert await task > 0
    assert answered.plan.engine is slow
    assert answered.fallback == []
    assert slower.closed == 1


@pytest.mark.parametrize("hedge", [None, 0.01])
async def test_a_caller_who_leaves_stops_every_engine(hedge: float | None) -> None:
    slow, slower = (ScriptedEngine(name=name, gate=asyncio.Event()) for name in ("slow", "slower"))
    task = asyncio.create_task(listen(await answer(planner(slow, slower, hedge_after=hedge))))
    await asyncio.sleep(0.06)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.closed == len(slow.asked) == 1
    assert slower.closed == len(slower.asked) == (1 if hedge else 0)


async def test_an_engine_that_goes_on_failing_is_asked_last() -> None:
    first, second = broken("first"), ScriptedEngine(name="second")
    made = planner(first, second)
    for _ in range(5):
        await listen(await answer(made))
    assert len(first.asked) == 3
    assert len(second.asked) == 10
    assert made.router.circuits["first"].state == "open"
    assert made.router.ledger.fallbacks == {
        ("first", "engine_unavailable"): 3,
        ("first", "circuit_open"): 2,
    }


async def test_engines_that_were_not_heard_are_told_in_the_order_of_the_route() -> None:
    resting, failing, heard = broken("resting"), broken("failing"), ScriptedEngine(name="heard")
    made = planner(failing, resting, heard, ScriptedEngine(name="last"))
    while not made.router.circuits["resting"].is_open:
        made.router.circuits["resting"].failed()
    answered = await answer(made)
    await listen(answered)
    assert answered.plan.engine is heard
    assert answered.fallback == [("failing", "engine_unavailable"), ("resting", "circuit_open")]
    assert resting.asked == []


async def test_a_server_that_wants_to_be_left_alone_is_told_as_busy() -> None:
    busy = EngineBusy("first", 20)
    busy.answered = 429
    made = planner(broken("first", busy), ScriptedEngine(name="second"))
    for _ in range(2):
        answered = await answer(made)
        await listen(answered)
        assert answered.fallback == [("first", "engine_busy")]
    assert made.router.ledger.fallbacks == {("first", "engine_busy"): 2}


async def test_the_log_says_why_an_engine_did_not_speak_in_our_own_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = EngineFailed("The engine first refused the request (400): no 'secret'.")
    refused.quotes = ": no 'secret'"
    await listen(await answer(planner(broken("first", refused), ScriptedEngine(name="second"))))
    assert [record.getMessage() for record in caplog.records] == [
        "the engine first did not speak: engine_failed: The engine first refused the request (400)."
    ]


async def test_nothing_is_counted_when_all_is_done() -> None:
    made = planner(broken("first"), ScriptedEngine(name="second"))
    await listen(await answer(made))
    assert {circuit.load for circuit in made.router.circuits.values()} == {0}


async def test_closing_early_stops_the_engine() -> None:
    engine = ScriptedEngine([tone(0.2)] * 50, name="first")
    chunks = (await answer(planner(engine))).chunks()
    assert np.abs((await anext(chunks)).samples).max() > 0
    await chunks.aclose()
    assert (engine.closed, engine.finished) == (1, 0)

"""If one engine cannot speak, the next does."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import ScriptedEngine, silence, tone

from stentor.engines import Capabilities, Price
from stentor.errors import (
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineFailed,
    EngineUnavailable,
    InvalidRequest,
    NothingSpoken,
)
from stentor.pipeline.answer import Answer
from stentor.pipeline.cast import Casting
from stentor.pipeline.circuit import Circuit, CircuitConfig
from stentor.pipeline.plan import Planner
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.types import Voice
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

GONE = EngineUnavailable("It is gone.")
TEXTS = (
    "It costs $25.",
    "Dr. Who, I presume?",
    "*Yes!*",
    "[pause:1s]",
    "(sad) Oh;",
    "- a list",
    "x" * 320,
    "1,000,000",
)


def broken(name: str, error: EngineError = GONE, **how: Any) -> ScriptedEngine:
    return ScriptedEngine(name=name, fail_at=0, error=error, **how)


def planner(
    *engines: ScriptedEngine,
    deadlines: dict[str, float] | None = None,
    prices: dict[str, Price] | None = None,
    routed: bool = True,
    **route: Any,
) -> Planner:
    catalog = Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))
    chain = {"engines": tuple(engine.name for engine in engines), **route}
    routes = [RouteConfig(**chain)] if routed else []
    return Planner(Casting(catalog), router=Router(catalog, routes, deadlines=deadlines, prices=prices))


async def answer(made: Planner, *, foretells: bool = False, **asked: Any) -> Answer:
    request = SpeechRequest(**{
        "text": "One. Two.",
        "model": "tts-1",
        "voice": "one",
        "format": "pcm",
        **asked,
    })
    return await Answer.to(made, request, foretells=foretells)


async def listen(answered: Answer) -> int:
    return sum([chunk.samples.size async for chunk in answered.chunks()])


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


PRICED = {"first": Price(per_request=0.25, per_character=0.001), "second": Price(per_request=1.0)}


@given(
    st.text(st.sampled_from("ab 1$.,;!\n()*[]:é—你好😀"), max_size=300)
    | st.lists(st.sampled_from(TEXTS), max_size=30).map(" ".join)
)
async def test_the_cost_that_is_foretold_is_the_one_that_is_booked(text: str) -> None:
    made = planner(ScriptedEngine(name="first"), prices=PRICED)
    answered = await answer(made, text=f"Yes. {text}", foretells=True)
    async with aclosing(answered.pieces()) as pieces:
        await anext(pieces)
        foretold = answered.foretold
        async for _ in pieces:
            pass
    assert foretold == answered.attempt.cost == made.router.ledger.totals["first"].cost


async def test_a_cost_is_foretold_only_where_the_text_says_it_and_somebody_asked() -> None:
    async def foretold(**how: Any) -> float | None:
        prices = {"first": Price(per_request=1.0, **how)}
        answered = await answer(planner(ScriptedEngine(name="first"), prices=prices), foretells=True)
        assert answered.foretold is None
        await listen(answered)
        return answered.foretold

    assert await foretold(per_character=0.5) == 5.0
    assert await foretold(per_second=0.5) is None
    unpriced = await answer(planner(ScriptedEngine(name="first")), foretells=True)
    unasked = await answer(planner(ScriptedEngine(name="first"), prices=PRICED))
    assert await listen(unpriced) > 0
    assert await listen(unasked) > 0
    assert (unpriced.foretold, unasked.foretold) == (None, None)


async def test_whoever_was_asked_is_booked_also_if_another_was_heard() -> None:
    slow = ScriptedEngine(name="first", gate=asyncio.Event())
    made = planner(slow, ScriptedEngine(name="second"), prices=PRICED, hedge_after=0.02)
    answered = await answer(made, foretells=True)
    await listen(answered)
    totals = made.router.ledger.totals
    assert answered.foretold == answered.attempt.cost == totals["second"].cost == 1.0
    assert (totals["first"].requests, totals["first"].characters, totals["first"].seconds) == (1, 4, 0.0)
    assert totals["first"].cost == 0.0  # it made no sound


@pytest.mark.parametrize("error", [EngineBusy("first"), EngineFailed("It broke."), NothingSpoken("first")])
async def test_who_was_not_heard_costs_nothing(error: EngineError) -> None:
    made = planner(broken("first", error), ScriptedEngine(name="second"), prices=PRICED)
    answered = await answer(made)
    await listen(answered)
    totals = made.router.ledger.totals
    assert (totals["first"].requests, totals["first"].cost) == (1, 0.0)
    assert answered.attempt.cost == totals["second"].cost == 1.0


async def test_who_was_heard_in_part_is_paid_for() -> None:
    first = ScriptedEngine([tone(0.2)] * 4, name="first", fail_at=2, error=GONE)
    made = planner(first, ScriptedEngine(name="second"), prices=PRICED)
    answered = await answer(made)
    with pytest.raises(EngineUnavailable):
        await listen(answered)
    assert answered.attempt.cost == made.router.ledger.totals["first"].cost == pytest.approx(0.254)


async def test_who_leaves_pays_for_what_was_asked() -> None:
    made = planner(ScriptedEngine([tone(0.2)] * 50, name="first"), prices=PRICED)
    pieces = (await answer(made)).pieces()
    await anext(pieces)
    await pieces.aclose()
    totals = made.router.ledger.totals["first"]
    assert (totals.requests, totals.characters) == (1, 4)
    assert totals.cost == pytest.approx(0.254)


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


def loads(made: Planner) -> set[int]:
    gc.collect()
    return {circuit.load for circuit in made.router.circuits.values()}


@pytest.mark.parametrize("fails", [False, True])
async def test_a_burst_is_shared_by_replicas(*, fails: bool) -> None:
    """Also if all of it comes at once from an engine that failed."""
    gate = asyncio.Event()
    a, b = (ScriptedEngine(name=name, gate=gate) for name in ("a", "b"))
    first = broken("first") if fails else ScriptedEngine(name="first")
    engines = ("first", ("a", "b")) if fails else (("a", "b"), "first")
    made = planner(first, a, b, engines=engines)
    await made.prepare("en")
    burst = asyncio.gather(*[answer_and_listen(made) for _ in range(20)])
    await asyncio.sleep(0.2)
    assert (len(a.asked), len(b.asked)) == (10, 10)
    gate.set()
    assert all(await burst)
    assert loads(made) == {0}


async def answer_and_listen(made: Planner) -> int:
    return await listen(await answer(made))


async def test_nothing_is_counted_of_what_was_refused_looked_at_cancelled_or_never_begun() -> None:
    slow = SlowToTell(name="a")
    made = planner(slow, ScriptedEngine(name="b"), engines=(("a", "b"),))
    with pytest.raises(InvalidRequest):
        await answer(made, voice="nobody")
    with pytest.raises(InvalidRequest):
        await answer(made, text="...")
    assert loads(made) == {0}
    plan = await made.plan(SpeechRequest("One.", "tts-1", "one"))
    assert loads(made) == {0}
    assert plan.engine is slow
    answered = await answer(made)
    assert loads(made) == {0, 1}
    del answered
    assert loads(made) == {0}
    pieces = (await answer(made)).pieces()
    await pieces.aclose()
    del pieces
    assert loads(made) == {0}
    slow.tells.clear()
    planning = asyncio.create_task(answer(made))
    await asyncio.sleep(0.01)
    assert loads(made) == {0, 1}
    planning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await planning
    assert loads(made) == {0}


def half_open() -> Circuit:
    """Make a circuit that has been open for long enough."""
    clock = iter([0.0, *[60.0] * 10_000])
    circuit = Circuit(CircuitConfig(open_after=1), lambda: next(clock))
    circuit.failed()
    return circuit


async def test_of_a_burst_one_request_tries_an_engine_that_failed() -> None:
    doubtful, second = (ScriptedEngine(name=name, gate=asyncio.Event()) for name in ("doubtful", "second"))
    made = planner(doubtful, second)
    await made.prepare("en")
    made.router.circuits["doubtful"] = half_open()
    burst = asyncio.gather(*[answer_and_listen(made) for _ in range(30)])
    await asyncio.sleep(0.2)
    assert (len(doubtful.asked), len(second.asked)) == (1, 29)
    for engine in (doubtful, second):
        assert engine.gate
        engine.gate.set()
    assert all(await burst)
    assert made.router.circuits["doubtful"].state == "closed"


class SlowToTell(ScriptedEngine):
    """Does not tell its voices while it may not."""

    def __init__(self, **script: Any) -> None:
        super().__init__(**script)
        self.tells = asyncio.Event()
        self.tells.set()

    async def voices(self) -> Sequence[Voice]:
        await self.tells.wait()
        return await super().voices()


async def test_a_preferred_engine_that_lacks_the_voice_has_no_place_kept() -> None:
    made = planner(ScriptedEngine(name="stranger", voices=("other",)), ScriptedEngine(name="second"))
    answered = await answer(made)
    assert [made.router.circuits[name].load for name in ("stranger", "second")] == [0, 1]
    await listen(answered)
    assert loads(made) == {0}


def told_to_wait(name: str, seconds: float | None = 30.0, answered: int | None = 429) -> EngineBusy:
    error = EngineBusy(name, seconds)
    error.answered = answered
    return error


async def test_who_says_when_to_ask_again_is_not_asked_before() -> None:
    first = broken("first", told_to_wait("first"))
    alone = planner(first, routed=False)
    for _ in range(6):
        with pytest.raises(EngineBusy) as refused:
            await answer_and_listen(alone)
        assert 29 < (refused.value.retry_after or 0) <= 30
    assert len(first.asked) == 1
    second = ScriptedEngine(name="second")
    chain = planner(broken("first", told_to_wait("first")), second)
    answers = [await answer(chain) for _ in range(2)]
    assert all([await listen(answered) for answered in answers])
    assert [answered.plan.engine for answered in answers] == [second, second]
    assert (await answer(chain)).plan.engine is second


@pytest.mark.parametrize("error", [EngineBusy("first"), told_to_wait("first", None)])
async def test_who_is_busy_and_does_not_say_how_long_is_asked_again(error: EngineBusy) -> None:
    first = broken("first", error)
    made = planner(first, ScriptedEngine(name="second"))
    for _ in range(3):
        assert await answer_and_listen(made)
    assert len(first.asked) == 3


async def test_closing_early_stops_the_engine() -> None:
    engine = ScriptedEngine([tone(0.2)] * 50, name="first")
    chunks = (await answer(planner(engine))).chunks()
    assert np.abs((await anext(chunks)).samples).max() > 0
    await chunks.aclose()
    assert (engine.closed, engine.finished) == (1, 0)

"""What speech costs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import ScriptedEngine, tone
from tests.pipeline.chains import GONE, answer, broken, listen, planner

from stentor.engines import Price
from stentor.errors import (
    EngineBusy,
    EngineError,
    EngineFailed,
    EngineUnavailable,
    NothingSpoken,
)
from stentor.pipeline.ledger import Ledger
from stentor.pipeline.speak import Spent, Usage

PRICES = {"cloud": Price(per_request=0.5, per_character=0.01, per_second=0.1)}


def spent(**engines: Spent) -> Usage:
    return Usage(engines=engines)


def test_a_request_costs_what_its_engine_does() -> None:
    assert Ledger(PRICES).cost(spent(cloud=Spent(10, 2.0, heard=True))) == pytest.approx(0.8)


def test_what_has_no_price_costs_nothing_that_could_be_told() -> None:
    assert Ledger(PRICES).cost(spent(espeak=Spent(10, 2.0, heard=True))) is None
    assert Ledger().cost(spent(cloud=Spent(10, 2.0, heard=True))) is None


def test_each_engine_of_a_request_is_paid_for_itself() -> None:
    usage = spent(cloud=Spent(10, 2.0, heard=True), espeak=Spent(500, 60.0, heard=True))
    assert Ledger(PRICES).cost(usage) == pytest.approx(0.8)


def test_who_was_not_heard_costs_nothing() -> None:
    ledger = Ledger(PRICES)
    refused = spent(cloud=Spent(10, 0.0), espeak=Spent(3, 0.5, heard=True))
    ledger.add(refused)
    totals = ledger.totals["cloud"]
    assert (totals.requests, totals.characters, totals.cost) == (1, 10, 0.0)
    assert ledger.cost(refused) == 0.0


def test_a_fallback_is_that_of_the_first_choice() -> None:
    ledger = Ledger()
    ledger.fell_back([])
    ledger.fell_back([("cloud", "engine_busy")])
    ledger.fell_back([("cloud", "engine_busy"), ("local", "engine_failed")])
    ledger.fell_back([("cloud", "engine_failed")])
    assert ledger.fallbacks == {("cloud", "engine_busy"): 2, ("cloud", "engine_failed"): 1}


@pytest.mark.parametrize(
    ("engines", "known"),
    [
        (("letters",), True),
        (("letters", "free"), True),
        (("letters", "seconds"), False),
        (("seconds",), False),
        (("free",), False),
        ((), False),
    ],
)
def test_a_cost_is_known_ahead_if_nobody_is_paid_by_the_second(
    engines: tuple[str, ...], *, known: bool
) -> None:
    prices = {"letters": Price(per_character=0.1), "seconds": Price(per_request=1.0, per_second=0.1)}
    asked = [ScriptedEngine(name=name) for name in engines]
    assert Ledger(prices).is_known_ahead(asked) is known


def test_totals_add_up_by_the_engine() -> None:
    ledger = Ledger(PRICES)
    ledger.add(spent(cloud=Spent(10, 2.0, heard=True)))
    ledger.add(spent(cloud=Spent(5, 1.0, heard=True), espeak=Spent(3, 0.5, heard=True)))
    cloud, espeak = ledger.totals["cloud"], ledger.totals["espeak"]
    assert (cloud.requests, cloud.characters, cloud.seconds) == (2, 15, 3.0)
    assert cloud.cost == pytest.approx(1.45)
    assert (espeak.requests, espeak.characters, espeak.cost) == (1, 3, 0.0)


def test_other_prices_leave_the_totals_and_what_is_on_its_way() -> None:
    before = Ledger(PRICES)
    usage = spent(cloud=Spent(10, 2.0, heard=True))
    before.add(usage)
    after = before.priced({"espeak": Price(per_request=1)})
    assert after.cost(usage) is None
    assert before.cost(usage) == pytest.approx(0.8)
    before.add(usage)
    after.add(usage)
    assert after.totals == before.totals
    assert after.totals["cloud"].requests == 3
    assert after.totals["cloud"].cost == pytest.approx(1.6)
    assert after.priced(None).cost(spent(espeak=Spent(1, 1.0, heard=True))) is None


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
async def test_who_fails_before_a_sound_costs_nothing(error: EngineError) -> None:
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

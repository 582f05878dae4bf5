"""What speech costs."""

from __future__ import annotations

import pytest
from tests.fakes import ScriptedEngine

from stentor.engines import Price
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

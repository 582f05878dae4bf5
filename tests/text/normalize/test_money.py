from __future__ import annotations

import re

import pytest

from stentor.text.normalize.money import Currency, Money, money_rules
from stentor.text.normalize.numbers import Number, NumberFormat

EURO = Currency("Euro", "Euro", "Cent", "Cent")
YEN = Currency("Yen", "Yen")
SIGNS = {"€": EURO, "EUR": EURO, "¥": YEN}


def money(written: str) -> Money | None:
    found: list[Money] = []

    def say(amount: Money) -> str:
        found.append(amount)
        return "x"

    for rule in money_rules(NumberFormat(",", "."), SIGNS, {"mio": "Million", "k": "tausend"}, say):
        match = rule.pattern.fullmatch(written)
        if match and re.fullmatch(rule.first, written[0]) and rule.read(match):
            return found[0]
    return None


@pytest.mark.parametrize(
    ("written", "whole", "fraction", "scale", "is_negative"),
    [
        ("5 €", "5", "", "", False),
        ("€5", "5", "", "", False),
        ("€ 5,50", "5", "50", "", False),
        ("1.234,50 €", "1234", "50", "", False),
        ("1,234.50 EUR", "1234", "50", "", False),
        ("5.50€", "5", "50", "", False),
        ("€,50", "0", "50", "", False),
        ("-5 €", "5", "", "", True),
        ("€-5", "5", "", "", True),
        ("5 Mio €", "5", "", "Million", False),
        ("€5k", "5", "", "tausend", False),
    ],
)
def test_amounts_are_understood(
    written: str, whole: str, fraction: str, scale: str, *, is_negative: bool
) -> None:
    assert money(written) == Money(is_negative, Number(whole, fraction), scale, EURO)


@pytest.mark.parametrize("written", ["5", "€", "5 EURO", "€1.2.3", "5 $"])
def test_what_is_no_amount_is_not_read(written: str) -> None:
    assert money(written) is None


def test_one_and_hundredths() -> None:
    def amount(whole: str, fraction: str = "", scale: str = "", currency: Currency = EURO) -> Money:
        return Money(False, Number(whole, fraction), scale, currency)

    assert amount("1").is_one
    assert amount("1", "00").is_one
    assert not amount("1", "01").is_one
    assert not amount("1", scale="Million").is_one
    assert amount("5", "07").hundredths == 7
    assert amount("5").hundredths == 0
    assert amount("5", "5").hundredths is None
    assert amount("5", "50", "Million").hundredths is None
    assert amount("5", "50", currency=YEN).hundredths is None
    assert amount("5", "00", currency=YEN).hundredths == 0

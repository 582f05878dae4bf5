from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.english.money import CURRENCIES, money_in_words
from stentor.text.normalize.english.style import Style
from stentor.text.normalize.money import Money
from stentor.text.normalize.numbers import Number


@pytest.mark.parametrize("sign", sorted(CURRENCIES))
def test_every_currency_is_read_on_both_sides_of_its_amount(sign: str) -> None:
    currency = CURRENCIES[sign]
    assert said(f"{sign} 5", "en-US") == f"five {currency.many}"
    assert said(f"1 {sign}", "en-US") == f"one {currency.one}"


def test_amounts_in_words() -> None:
    style, dollar = Style("en-US"), CURRENCIES["$"]
    assert money_in_words(Money(True, Number("1", "01"), "", dollar), style) == (
        "minus one dollar and one cent"
    )
    assert money_in_words(Money(False, Number("2", "50"), "", dollar), style, as_attribute=True) == (
        "two dollar and fifty cent"
    )
    assert money_in_words(Money(False, Number("1"), "million", dollar), style) == "one million dollars"


def test_a_currency_without_parts_has_decimals() -> None:
    assert said("¥5.50", "en-US") == "five point five zero yen"


def test_an_attribute_is_in_the_singular() -> None:
    assert said("a $5 bill, a $5-10 bill", "en-US") == "a five dollar bill, a five to ten dollar bill"
    assert said("a $5, the $5 and", "en-US") == "a five dollars, the five dollars and"


def test_pence_are_british() -> None:
    assert said("1p and 50p", "en-GB") == "one penny and fifty pence"
    assert said("50p", "en-US") == "fifty p"
    assert said("1080p", "en-GB") == "ten eighty p"


def test_a_code_is_no_part_of_a_word() -> None:
    assert said("5 EURO", "en-US") == "five EURO"
    assert said("MYUSD 5", "en-US") == "MYUSD five"

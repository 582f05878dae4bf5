from __future__ import annotations

import pytest

from stentor.text.normalize.grammar import (
    Grammar,
    Noun,
    is_above_zero_below_two,
    is_below_two,
    is_exactly_one,
)
from stentor.text.normalize.money import Currency, Money
from stentor.text.normalize.numbers import Number, NumberFormat

FORMAT = NumberFormat(decimal=",", grouping=".")
GERMAN = Grammar("de", FORMAT, "minus")
ITALIAN = Grammar("it", FORMAT, "meno", in_parts=" e ")
EURO = Currency("Euro", "Euro", "Cent", "Cent", "masculine")
YEN = Currency("Yen", "Yen", gender="masculine")


@pytest.mark.parametrize(
    ("whole", "fraction", "singulars"),
    [
        ("0", "", (False, True, False)),
        ("0", "5", (False, True, True)),
        ("1", "", (True, True, True)),
        ("01", "00", (True, True, True)),
        ("१", "", (True, True, True)),
        ("1", "5", (False, True, True)),
        ("2", "", (False, False, False)),
        ("", "5", (False, True, True)),
        ("1" * 6000, "", (False, False, False)),
    ],
)
def test_what_is_singular_differs(whole: str, fraction: str, singulars: tuple[bool, bool, bool]) -> None:
    number = Number(whole, fraction)

    assert (is_exactly_one(number), is_below_two(number), is_above_zero_below_two(number)) == singulars


def test_nouns_follow_their_number() -> None:
    hour = Noun("Stunde", "Stunden", "feminine")

    assert GERMAN.count(Number("1"), hour) == "eine Stunde"
    assert GERMAN.count(Number("2"), hour) == "zwei Stunden"
    assert GERMAN.count(Number("1", "5"), hour, is_negative=True) == "minus eins Komma fünf Stunden"
    assert GERMAN.count(Number("3"), Noun("Liter")) == "drei Liter"


@pytest.mark.parametrize(
    ("sign", "whole", "fraction", "scale", "currency", "spoken"),
    [
        ("", "5", "", "", EURO, "fünf Euro"),
        ("", "5", "00", "", EURO, "fünf Euro"),
        ("", "5", "05", "", EURO, "fünf Euro fünf"),
        ("", "0", "05", "", EURO, "fünf Cent"),
        ("-", "0", "05", "", EURO, "minus fünf Cent"),
        ("", "5", "5", "", EURO, "fünf Komma fünf Euro"),
        ("", "5", "50", "", YEN, "fünf Komma fünf null Yen"),
        ("-", "1", "5", "Million", EURO, "minus eins Komma fünf Millionen Euro"),
    ],
)
def test_amounts_are_told_in_parts(
    sign: str, whole: str, fraction: str, scale: str, currency: Currency, spoken: str
) -> None:
    scales = {"Million": Noun("Million", "Millionen", "feminine")}
    money = Money(bool(sign), Number(whole, fraction), scale, currency)

    assert GERMAN.amount(money, scales) == spoken


def test_some_languages_name_the_hundredths() -> None:
    euro = Currency("euro", "euro", "centesimo", "centesimi", "masculine")

    assert ITALIAN.amount(Money(False, Number("2", "01"), "", euro), {}) == "due euro e un centesimo"
    assert ITALIAN.amount(Money(False, Number("1", "50"), "", euro), {}) == "un euro e cinquanta centesimi"

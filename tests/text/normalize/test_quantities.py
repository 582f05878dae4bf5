from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.quantities import roman


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("5–10", "fünf bis zehn"),
        ("5 – 10 km", "fünf bis zehn Kilometer"),
        ("1,5-2,5 l", "eins Komma fünf bis zwei Komma fünf Liter"),
        ("10%-20%", "zehn Prozent bis zwanzig Prozent"),
        ("$5-$10", "fünf Dollar bis zehn Dollar"),
        ("9:00-17:00", "neun Uhr bis siebzehn Uhr"),
        ("10-5", "zehn-fünf"),
        (
            "12345-23456",
            "zwölftausenddreihundertfünfundvierzig-dreiundzwanzigtausendvierhundertsechsundfünfzig",
        ),
    ],
)
def test_a_dash_between_rising_numbers_is_to(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("-5", "minus fünf"),
        ("bei −5 °C", "bei minus fünf Grad Celsius"),
        ("(-5)", "(minus fünf)"),
        ("COVID-19", "COVID-neunzehn"),
        ("+5", "plus fünf"),
        ("1+5", "eins plus fünf"),
        (".5", "null Komma fünf"),
    ],
)
def test_signs_belong_to_a_number_at_its_beginning(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("192.168.0.1", "einhundertzweiundneunzig Punkt einhundertachtundsechzig Punkt null Punkt eins"),
        ("2.10.3", "zwei Punkt zehn Punkt drei"),
        ("1.234.567", "eine Million zweihundertvierunddreißigtausendfünfhundertsiebenundsechzig"),
        ("007", "null null sieben"),
        ("0,5", "null Komma fünf"),
        ("3:2", "drei zu zwei"),
    ],
)
def test_figures_that_are_no_amount_are_read_one_by_one(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("½", "einhalb"),
        ("2½", "zweieinhalb"),
        ("3/4", "drei Viertel"),
        ("3⁄4", "drei Viertel"),
        ("⅐", "ein Siebtel"),
        ("7/3", "sieben Drittel"),
        ("1/0", "eins Schrägstrich null"),
        ("10²", "zehn hoch zwei"),
        ("5×10⁻³ und 10^-3", "fünf mal zehn hoch minus drei und zehn hoch minus drei"),
        ("x⁻¹ und (a)⁺²", "x hoch minus eins und (a) hoch zwei"),
        ("10²³", "zehn hoch dreiundzwanzig"),
        ("H₂O", "H zwei O"),
        ("①", "eins"),
        ("ↈ", "einhunderttausend"),
        ("Ↄ", "Ↄ"),
    ],
)
def test_fractions_and_numerals_are_read(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


def test_units_take_spaces_and_none() -> None:
    assert (
        said("5km, 5 km, 5\u00a0km, 20° C", "de")
        == "fünf Kilometer, fünf Kilometer, fünf Kilometer, zwanzig Grad Celsius"
    )
    assert said("5 kmx, 5 Meilen", "de") == "fünf kmx, fünf Meilen"


@pytest.mark.parametrize(
    ("figures", "value"), [("I", 1), ("IV", 4), ("XIX", 19), ("XL", 40), ("CXC", 190), ("IIX", 0), ("", 0)]
)
def test_roman_numbers_have_values(figures: str, value: int) -> None:
    assert roman(figures) == value

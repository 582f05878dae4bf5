from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.english.quantities import fraction_in_words, parse_fraction
from stentor.text.normalize.english.style import Style


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("1/2", ("", 1, 2)),
        ("3 1/2", ("3", 1, 2)),
        ("3-1/2", ("3", 1, 2)),
        ("2½", ("2", 1, 2)),
        ("⅞", ("", 7, 8)),
        ("5/3", None),
        ("0/3", None),
        ("1/17", None),
    ],
)
def test_fractions_as_they_are_written(written: str, parts: tuple[str, int, int] | None) -> None:
    assert parse_fraction(written) == parts


def test_fractions_in_words() -> None:
    style = Style("en-US")
    assert fraction_in_words("", 1, 3, style) == "one third"
    assert fraction_in_words("", 2, 3, style) == "two thirds"
    assert fraction_in_words("1", 1, 4, style) == "one and a quarter"
    assert fraction_in_words("1", 3, 8, style) == "one and three eighths"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("the Airbus 330-200", "the Airbus three thirty two hundred"),
        ("a 737-8 at 7.5-10", "a seven thirty-seven eight at seven point five to ten"),
        (
            "pages 700-707 and 747-800",
            "pages seven hundred to seven hundred seven and seven forty-seven eight hundred",
        ),
        ("Boeing 7.5-10", "Boeing seven point five to ten"),
        ("5×10⁻³ m", "five times ten to the power of minus three m"),
        ("5x10^-3, 1.5x10³", "five times ten to the power of minus three, one point five times ten cubed"),
        ('a 13" laptop and a 15"-wide one', "a thirteen inch laptop and a fifteen inch-wide one"),
        ('It is 13".', "It is thirteen inches."),
        ('1" thick, 2½" long', "one inch thick, two and a half inches long"),
        ('8.5" x 11" paper', "eight point five by eleven inch paper"),
        ('24”x36”, 10 x 12"', "twenty-four by thirty-six inches, ten by twelve inches"),
        ('"I am 13", she said', '"I am thirteen", she said'),
        ('“Apollo 13” and ("room 13")', '“Apollo thirteen” and ("room thirteen")'),
        ("1/2 km", "half a kilometer"),
        ("3/4 oz", "three quarters of an ounce"),
        ("½ h", "half an hour"),
        ("1½ kg", "one and a half kilograms"),
        ("1.0 kg", "one point zero kilograms"),
        ("1 kg", "one kilogram"),
        ("a 10 km run", "a ten kilometer run"),
        ("a 10 km and", "a ten kilometers and"),
        ("1 kg-2 kg", "one to two kilograms"),
        ("500 g-1 kg", "five hundred grams to one kilograms"),
        ("6' 2\"", "six foot two"),
        ("5 A", "five A"),
        ("5 in", "five in"),
        ("5K", "five thousand"),
        ("5 in. tall, 5 ft. and 5 lbs.", "five inches tall, five feet and five pounds."),
        ("2x + 1 and 2x", "two x plus one and two times"),
        ("5 days/week, he/user", "five days per week, he/user"),
        ("3 x 4, 3 x 4 m, 3x4", "three times four, three by four meters, three by four"),
        ("300 K", "three hundred kelvins"),
        ("5/km", "five per kilometer"),
        ("-5 kg", "minus five kilograms"),
        ("10 000 km", "ten thousand kilometers"),
    ],
)
def test_measures(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("5 - 3", "five - three"),
        ("3 - 5", "three to five"),
        ("5-3", "five to three"),
        ("2 + 5-3", "two plus five minus three"),
        ("x = 5-3", "x equals five minus three"),
        ("7s and 6s", "seven seconds and six seconds"),
        ("49ers and 5ish", "forty-niners and five-ish"),
        ("3M rows, 3M and 12B", "three million rows, three M and twelve B"),
        ("5k-10k, 500k-1M", "five to ten thousand, five hundred thousand to one million"),
        ("the 747s", "the seven forty-sevens"),
        ("1234567890", "one two three four five six seven eight nine zero"),
        ("12,34", "twelve,thirty-four"),
    ],
)
def test_numbers(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken

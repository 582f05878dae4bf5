from __future__ import annotations

import pytest

from stentor.text.normalize.english.style import Style


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("1,234", "one thousand two hundred thirty-four"),
        (".5", "zero point five"),
        ("007", "zero zero seven"),
        ("0", "zero"),
        ("1 000 000", None),
        ("10 000", "ten thousand"),
        ("1234567890", "one two three four five six seven eight nine zero"),
        ("1,2", None),
    ],
)
def test_numbers_as_they_are_written(written: str, spoken: str | None) -> None:
    if written == "1 000 000":
        spoken = "one million"
    assert Style("en-US").number(written) == spoken


@pytest.mark.parametrize(
    ("digits", "spoken"),
    [
        ("7", "seven"),
        ("80", "eighty"),
        ("05", "zero five"),
        ("747", "seven forty-seven"),
        ("101", "one oh one"),
        ("300", "three hundred"),
        ("2015", "twenty fifteen"),
        ("0042", "zero zero four two"),
        ("12345", "one two three four five"),
    ],
)
def test_numbers_in_names(digits: str, spoken: str) -> None:
    assert Style("en-US").short(digits) == spoken


def test_regions() -> None:
    assert Style("en").is_american
    assert Style("en_US").is_american
    assert not Style("en-GB").is_american
    assert Style("en-GB").cardinal("105") == "one hundred and five"
    assert Style("en-US").cardinal("105") == "one hundred five"


def test_numbers_too_long_to_be_counted() -> None:
    assert Style("en").ordinal("1" * 5000).endswith("one oneth")
    assert Style("en").year("1" * 5000).endswith("one one")

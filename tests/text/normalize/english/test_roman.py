from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.english.roman import value_of


@pytest.mark.parametrize(
    ("roman", "value"),
    [
        ("I", 1),
        ("IV", 4),
        ("XIX", 19),
        ("XLII", 42),
        ("CCCXCIX", 399),
        ("IIII", None),
        ("VX", None),
        ("", None),
    ],
)
def test_values(roman: str, value: int | None) -> None:
    assert value_of(roman) == value


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("George I think", "George I think"),
        ("George I, who", "George the first, who"),
        ("George I of Greece", "George the first of Greece"),
        ("henry viii", "henry viii"),
        ("Act II, scene III", "Act two, scene three"),
        ("Part C", "Part C"),
        ("Vol. IV", "volume four"),
        ("Foo. IV", "Foo. IV"),
        ("Mister V", "Mister V"),
        ("Chapter MIX", "Chapter MIX"),
        ("World War I'd", "World War I'd"),
    ],
)
def test_numerals_stand_behind_names(written: str, spoken: str) -> None:
    assert said(written, "en-US").lower() == spoken.lower()

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.normalize.numbers import Number, NumberFormat

POINT, COMMA, SPACE = NumberFormat(".", ","), NumberFormat(",", "."), NumberFormat(",", ".", has_spaces=True)


@pytest.mark.parametrize(
    ("written", "point", "comma"),
    [
        ("1234", ("1234", ""), ("1234", "")),
        ("1,234", ("1234", ""), ("1", "234")),
        ("1.234", ("1", "234"), ("1234", "")),
        ("1,234.5", ("1234", "5"), ("1234", "5")),
        ("1.234,5", ("1234", "5"), ("1234", "5")),
        ("1.234.567", ("1234567", ""), ("1234567", "")),
        ("1,234,567", ("1234567", ""), ("1234567", "")),
        ("12,34,567.8", ("1234567", "8"), None),
        ("1'234.50", ("1234", "50"), ("1234", "50")),
        ("1\u202f234", ("1234", ""), ("1234", "")),
        ("1.5", ("1", "5"), ("1", "5")),
        ("1,5", None, ("1", "5")),
        ("1 234", None, None),
        ("3.11.4", None, None),
        ("1,23,4", None, None),
        ("1,2345", None, ("1", "2345")),
        ("", None, None),
        ("x", None, None),
        ("१२३", ("१२३", ""), ("१२३", "")),
    ],
)
def test_numbers_are_understood_in_both_formats(
    written: str, point: tuple[str, str] | None, comma: tuple[str, str] | None
) -> None:
    assert POINT.parse(written) == (Number(*point) if point else None)
    assert COMMA.parse(written) == (Number(*comma) if comma else None)


def test_plain_spaces_part_thousands_where_the_language_does_so() -> None:
    assert SPACE.parse("1 234 567,8") == Number("1234567", "8")


@given(st.integers(0, 10**24), st.integers(0, 10**6) | st.none())
def test_what_is_grouped_is_the_number_that_was_grouped(whole: int, fraction: int | None) -> None:
    behind = "" if fraction is None else str(fraction)
    written = f"{whole:,}" + (f".{behind}" if behind else "")
    assert POINT.parse(written) == Number(str(whole), behind)
    if written.count(",") != 1 or behind:
        turned = written.translate({ord(","): ".", ord("."): ","})
        assert COMMA.parse(turned) == Number(str(whole), behind)


@pytest.mark.parametrize("unit", ["1", "1,", "1,111", "1,111,", "1.111,", "1.", "12,34,", "1'111"])
def test_understanding_takes_linear_time(unit: str) -> None:
    assert effort(POINT.parse, unit) < 3

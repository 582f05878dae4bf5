"""Where faults are, and how many are named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.errors import InvalidMarkup
from stentor.text.markup.faults import Faults, line_and_column


@pytest.mark.parametrize(
    ("source", "place"),
    [("", (1, 1)), ("ab", (1, 3)), ("a\n", (2, 1)), ("a\r\n👋b", (2, 3)), ("\r\r\n\n", (4, 1))],
)
def test_lines_and_columns_are_counted_in_characters(source: str, place: tuple[int, int]) -> None:
    assert line_and_column(source, len(source)) == place


@given(st.text(st.sampled_from("ab\r\n世")))
def test_a_line_ends_as_xml_says(source: str) -> None:
    lines = re.split(r"\r\n|\r|\n", source)
    assert line_and_column(source, len(source)) == (len(lines), len(lines[-1]) + 1)


def test_ten_are_named_and_the_rest_counted() -> None:
    faults = Faults("", strict=False)
    for number in range(12):
        faults.complain(0, "{} was ignored", f"x{number}")
    warnings = faults.warnings()
    assert len(warnings) == 11
    assert warnings[0] == "'x0' was ignored (line 1, column 1)"
    assert warnings[-1] == "and 2 more"


def test_what_is_said_again_is_counted() -> None:
    faults = Faults("a\nb", strict=False)
    for at in (0, 2, 2):
        faults.complain(at, "{} was ignored", "x")
    for number in range(11):
        faults.complain(0, "{} was ignored", f"y{number}")
    faults.complain(2, "{} was ignored", "x")
    assert faults.warnings()[0] == "'x' was ignored (4 times, first at line 1, column 1)"
    assert faults.warnings()[-1] == "and 2 more"


def test_strict_refuses_the_first() -> None:
    with pytest.raises(InvalidMarkup) as caught:
        Faults("\na", strict=True).complain(1, "{} was ignored", "x")
    assert caught.value.message == (
        "With `strict`, nothing may be left out, but 'x' was ignored (line 2, column 1 of `input`)."
    )


def test_an_unknown_code_of_expat_is_still_a_sentence() -> None:
    with pytest.raises(InvalidMarkup, match=r"not well-formed XML: .* \(line 1, column 1 of `input`\)\."):
        Faults("<speak>", strict=False).explain(27, 0, None)

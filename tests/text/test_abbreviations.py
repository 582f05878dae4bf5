"""What a dot behind a word means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.text.abbreviations import Dot, dot_behind, ends


@pytest.mark.parametrize(
    ("before", "dot"),
    [
        ("met Dr", Dot.NEVER), ("met DR", Dot.NEVER), ("e.g", Dot.NEVER), ("z. B", Dot.NEVER),
        ("(i.e", Dot.NEVER), ("(incl", Dot.NEVER), ("excl", Dot.NEVER), ("costs Rs", Dot.NUMBER),
        ("El sr", Dot.NEVER), ("l’avv", Dot.NEVER), ("L'ing", Dot.NEVER), ("Dipl.-Ing", Dot.NEVER),
        ("डॉ", Dot.NEVER),
        ("met Gen", Dot.NEVER), ("the col", Dot.END), ("on the rep", Dot.END), ("Im II", Dot.NEVER),
        ("am 5", Dot.NEVER), ("costs 5", Dot.MONTH), ("in 1984", Dot.END), ("in 100", Dot.END),
        ("No", Dot.NUMBER), ("no", Dot.NUMBER), ("Goethestr", Dot.NUMBER), ("the sun", Dot.DAY),
        ("at 5 p.m", Dot.CLOCK), ("the U.S", Dot.NAME), ("Acme Inc", Dot.NAME), ("u. a", Dot.NAME),
        ("S.p.A", Dot.NAME),
        ("George W", Dot.INITIAL), ("J. R", Dot.INITIAL), ("J.R.R", Dot.NAME), ("А", Dot.INITIAL),
        ("It was I", Dot.END), ("Não é", Dot.END), ("это я", Dot.END), ("J. I", Dot.INITIAL),
        ("and etc", Dot.CLOSES), ("и т. д", Dot.CLOSES), ("ordinary", Dot.END), ("don't", Dot.END),
        ("example.com", Dot.END), ("https://a.b/c", Dot.END), ("2.0.1", Dot.END), ("", Dot.END),
        ("(", Dot.END),
    ],
)  # fmt: skip
def test_a_dot_is_judged_by_what_stands_before_it(before: str, dot: Dot) -> None:
    assert dot_behind(before, is_line_start=False) is dot


@pytest.mark.parametrize("before", ["1", "12", "- 3", "# 4", "text\n2"])
def test_a_number_at_the_start_of_a_line_is_that_of_an_item(before: str) -> None:
    assert dot_behind(before, is_line_start=True) is Dot.NEVER


def test_a_year_is_none() -> None:
    assert dot_behind("1984", is_line_start=True) is Dot.END


@pytest.mark.parametrize(
    ("dot", "word", "sign", "expected"),
    [
        (Dot.NUMBER, "7", " ", False), (Dot.NUMBER, "IV", " ", False), (Dot.NUMBER, "I", " ", True),
        (Dot.NUMBER, "Then", " ", True), (Dot.DAY, "5th", " ", False), (Dot.DAY, "Feb", ".", False),
        (Dot.DAY, "It", " ", True), (Dot.MONTH, "Mai", " ", False), (Dot.MONTH, "Bob", " ", True),
        (Dot.CLOCK, "Eastern", " ", False), (Dot.CLOCK, "The", " ", True), (Dot.NAME, "Army", " ", False),
        (Dot.NAME, "The", " ", True), (Dot.NAME, "C’", "e", True), (Dot.NAME, "", "(", False),
        (Dot.NAME, "", "", True),
        (Dot.INITIAL, "Tolkien", " ", False), (Dot.INITIAL, "La", " ", False), (Dot.INITIAL, "A", ".", False),
        (Dot.INITIAL, "It", " ", True), (Dot.INITIAL, "d'", "A", False), (Dot.NEVER, "The", " ", False),
        (Dot.END, "x", " ", True), (Dot.CLOSES, "Bob", " ", True),
    ],
)  # fmt: skip
def test_what_follows_decides_the_rest(dot: Dot, word: str, sign: str, expected: bool) -> None:  # noqa: FBT001
    assert ends(dot, word, sign) == expected


@given(st.text(max_size=40), st.booleans(), st.text(max_size=20), st.text(max_size=1))
def test_any_text_is_judged(before: str, is_line_start: bool, word: str, sign: str) -> None:  # noqa: FBT001
    dot = dot_behind(before, is_line_start=is_line_start)
    assert ends(dot, word, sign) in (True, False)

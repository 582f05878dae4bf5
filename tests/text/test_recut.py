"""Where text that is too long is cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.recut import is_inside, recut

TEXT = st.lists(
    st.sampled_from([
        *"abc  \n,;—、，字กเ",
        "\u0301",
        "क्",
        "\u200d",
        "👩",
        "🏽",
        "\U0001f1e6",
        "한",
        "\u1161",
        "ção, ",
    ]),
    max_size=120,
).map("".join)


def pieces(text: str, longest: int) -> list[str]:
    return [text[start:end] for start, end in recut(text, longest)]


@given(TEXT, st.integers(1, 40))
@example(" a", 1)
@example("a" + " " * 50 + "b", 10)
def test_nothing_but_white_space_is_left_out(text: str, longest: int) -> None:
    end = 0
    for start, stop in recut(text, longest):
        assert not text[end:start].strip()
        assert start < stop <= start + longest
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_cut_into_nothing(text: str) -> None:
    assert recut(text, 10) == []


def test_what_is_short_enough_stays_whole() -> None:
    assert pieces(" One, two, three. ", 16) == ["One, two, three."]


def test_a_clause_is_preferred_to_a_word() -> None:
    assert pieces("one two three, four five six seven eight", 30) == [
        "one two three,",
        "four five six seven eight",
    ]


def test_pieces_are_about_as_long_as_each_other() -> None:
    words = "word " * 25
    assert [len(piece) for piece in pieces(words, 100)] == [59, 64]
    assert [len(piece) for piece in pieces("字" * 110, 100)] == [55, 55]


def test_a_clause_in_the_middle_is_preferred_to_one_at_the_end() -> None:
    text = "a" * 40 + ", " + "b" * 40 + ", " + "c" * 10
    assert [len(piece) for piece in pieces(text, 90)] == [41, 52]


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301", "क्ष", "कि", "👩‍👩‍👧", "👍🏽", "🇩🇪", "❤️", "1️⃣", "각", "เก", "กำ",
        "🏴\U000e0067\U000e0062\U000e007f",
    ],
)  # fmt: skip
@pytest.mark.parametrize("longest", range(8, 14))
def test_what_is_read_as_one_character_stays_together(cluster: str, longest: int) -> None:
    found = pieces(cluster * 12, longest)
    assert all(len(piece) % len(cluster) == 0 for piece in found)


@pytest.mark.parametrize(
    ("text", "expected"), [("ab", False), ("e\u0301", True), ("🇩🇪", True), ("\r\n", False)]
)
def test_a_character_is_told_from_two(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_inside(text, 1) == expected


def test_thai_is_cut_at_its_spaces_and_tibetan_behind_a_syllable() -> None:
    assert pieces("สวัสดีครับ ขอบคุณครับ ลาก่อนครับ", 22) == ["สวัสดีครับ", "ขอบคุณครับ ลาก่อนครับ"]
    assert all(piece.endswith("་") for piece in pieces("བོད་སྐད་" * 6, 20))


def test_a_flood_of_marks_is_cut_all_the_same() -> None:
    found = pieces("a" + "\u0301" * 500, 100)
    assert max(map(len, found)) <= 100
    assert unicodedata.combining(found[-1][0])


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "a ", ", ", "，", "\u0301", "\U0001f1e6", "\u200d", "क्", "ก ", "- ", "—a", "a" + " " * 99],
)
def test_hostile_text_costs_linear_time(unit: str) -> None:
    assert effort(lambda text: recut(text, 300), unit) < 3

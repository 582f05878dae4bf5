"""What the library is given for an utterance, and where the words it reports stand in the utterance."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.espeak.phonemes import Phonemes
from stentor.engines.espeak.spoken import Spoken
from stentor.types import Pronunciation, Utterance, Voice, VoiceId, WordMark

PHONEMES = Phonemes()
RUN = re.compile("\\[\x02([^\\]]*)\\]\\]")


def spoken(text: str, *pronounced: tuple[int, int, str], **asked: Any) -> Spoken:
    pronunciations = tuple(Pronunciation(*said) for said in pronounced)
    utterance = Utterance(text, Voice(VoiceId("en-US"), "", "espeak"), pronunciations=pronunciations, **asked)
    return Spoken(utterance, PHONEMES, "gmw/en-US+f3")


@pytest.mark.parametrize(
    "text", ["Hello, world.", "", " a b ", "[[h@loU]]", "<speak>&amp;", "é́́ 😀", "a\nb\tc"]
)
def test_text_is_given_as_it_is(text: str) -> None:
    assert spoken(text).text == text


def test_commands_to_the_library_are_left_out() -> None:
    assert spoken("a\x01Vde b\x00c [\x02h@loU]] \x1b").text == "a Vde b c [ h@loU]]  "


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("I think", "I think,"),
        ("he said “go” ", "he said “go” ,"),
        ("(so", "(so,"),
        ("नमस्ते", "नमस्ते,"),
        ("🙂", "🙂,"),
        ("well,", "well,"),
        ("well.", "well."),
        ("well…", "well…"),
        ("好。", "好。"),
        ("“Go!”", "“Go!”"),
        ("", ""),
        ('")', '")'),
    ],
)
def test_an_utterance_that_goes_on_ends_with_a_comma_unless_it_ends_with_another_sign(
    text: str, given: str
) -> None:
    assert spoken(text, is_complete=False).text == given
    assert spoken(text, is_complete=True).text == text


def test_a_pronunciation_stands_instead_of_its_word() -> None:
    assert spoken("a tomato.", (2, 8, "təˈmɑːtoʊ")).text == "a [\x02t|@|'|m|A:|t|oU|]]."
    assert spoken("tomatoes", (0, 6, "ˈa")).text == "[\x02'|a|]] es"
    assert spoken("New York", (0, 8, "nuː ˈjɔːk")).text == "[\x02n|'|u:| '|j|O:|k|]]"


@pytest.mark.parametrize("ipa", ["", "  ", "苹果", "[[", "]]", "!"])
def test_a_pronunciation_that_says_nothing_leaves_the_word(ipa: str) -> None:
    assert spoken("a tomato", (2, 8, ipa)).text == "a tomato"


@pytest.mark.parametrize("place", [(3, 3), (5, 2), (-1, 2), (6, 99), (99, 100)])
def test_a_pronunciation_of_nothing_is_left_out(place: tuple[int, int]) -> None:
    assert spoken("a tomato", (*place, "ˈa")).text == "a tomato"


def test_of_two_pronunciations_of_one_word_the_first_counts() -> None:
    assert spoken("a b", (0, 3, "ˈi"), (2, 3, "ˈa")).text == "[\x02'|i|]]"


MARKED = [
    ("Hello world", [(0, 5, 1), (6, 11, 2)], ["Hello", "world"]),
    ("1,234 is", [(0, 2, 1), (0, 2, 2), (1, 2, 3), (2, 5, 4), (6, 8, 5)], ["1,", "234", "is"]),
    ("😀 so", [(0, 1, 1), (1, 2, 2), (2, 4, 3)], ["😀", "so"]),  # its name has two words
    ("the end😀", [(0, 3, 1), (4, 9, 2)], ["the", "end😀"]),
    ("so", [(0, 2, 1), (2, 3, 2), (9, 12, 3)], ["so"]),
]


@pytest.mark.parametrize(("text", "heard", "words"), MARKED)
def test_marks_are_words_of_the_text_and_none_comes_twice(
    text: str, heard: list[tuple[int, int, int]], words: list[str]
) -> None:
    marks = spoken(text).marks([WordMark(*mark) for mark in heard])
    assert [text[mark.start : mark.end] for mark in marks] == words


def test_a_word_that_was_marked_is_not_marked_again_with_later_sound() -> None:
    said = spoken("1,234 is")
    assert said.marks([WordMark(0, 5, 1)]) == (WordMark(0, 5, 1),)
    assert said.marks([WordMark(2, 5, 2), WordMark(6, 8, 3)]) == (WordMark(6, 8, 3),)


def test_marks_stand_in_the_text_that_was_pronounced_otherwise() -> None:
    text = "Say  tomato  to New York, now"
    said = spoken(text, (5, 11, "təˈmɑːtoʊ"), (16, 24, "nuː ˈjɔːk"), is_complete=False)
    places = [match.span() for match in re.finditer(r"[^\s\[\]]+", said.text.replace(",", " "))]
    marks = said.marks([WordMark(*place, at) for at, place in enumerate(places)])
    assert [text[mark.start : mark.end] for mark in marks] == ["Say", "tomato", "to", "New York", "now"]
    assert [mark.sample for mark in marks] == [0, 1, 2, 3, 5]


ipa = st.text("təˈmɑːoʊŋʃ ˌðæ[]|\x02?.,", max_size=40)


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-2, 60), st.integers(-2, 60), ipa), max_size=6))
def test_only_our_own_phonemes_are_read_as_phonemes(
    text: str, pronounced: list[tuple[int, int, str]]
) -> None:
    said = spoken(text, *pronounced).text
    runs = RUN.findall(said)
    assert said.count("\x02") == len(runs)
    for run in runs:
        assert set(run) <= set("t@'mA:oUNS,Da |")
        assert all(word.endswith("|") for word in run.split(" "))


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), ipa), max_size=6),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 20)), max_size=20),
)
def test_marks_are_in_order_and_inside_the_text(
    text: str, pronounced: list[tuple[int, int, str]], heard: list[tuple[int, int]]
) -> None:
    marks = spoken(text, *pronounced).marks([WordMark(start, start + size, 7) for start, size in heard])
    done = 0
    for mark in marks:
        assert done <= mark.start < mark.end <= len(text)
        done = mark.end


@pytest.mark.parametrize("count", [1, 3, 40])
def test_no_phonemes_stand_where_the_library_would_cut_a_clause(count: int) -> None:
    """After 725 bytes; what is left of them would be read as text."""
    word = "त" * 20
    text = " ".join([word] * count)
    said = spoken(text, *((at * 21, at * 21 + 20, "tʃɑː" * 15) for at in range(1, count, 2)))
    for clause in said.text.split("\n\n"):
        last = clause.rfind("]]")
        assert len(clause[: last + 1].encode()) <= 725
    assert len(RUN.findall(said.text)) >= count // 2
    marks = said.marks([WordMark(match.start(), match.end(), 0) for match in RUN.finditer(said.text)])
    assert [mark.start for mark in marks] == [at * 21 for at in range(1, count, 2)]


def test_a_pronunciation_may_be_as_long_as_it_likes() -> None:
    said = spoken("a b", (2, 3, "tʃɑːs " * 2000)).text
    assert said.count("tS|") == 2000
    assert max(len(clause) for clause in said.split("\n\n")) <= 725

"""What belongs to a word, and when it is heard, whatever marks an engine gives."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stentor.text.clean import is_speakable
from stentor.text.edits import Edit, Edited
from stentor.text.words import Heard, spread, timed_words, tokens
from stentor.types import Timed


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in tokens(text)]


def itself(position: int) -> tuple[int, int]:
    return position, position + 1


def marks_at(text: str, *times: tuple[str, float]) -> list[tuple[int, int, float]]:
    """Mark the first place of each word in a text."""
    return [(text.index(word), text.index(word) + len(word), time) for word, time in times]


def told(found: Sequence[Timed]) -> list[tuple[str, float]]:
    return [(word.text, round(word.start, 3)) for word in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fox, it’s said, “ran” (fast).", ["The", "fox,", "it’s", "said,", "“ran”", "(fast)."]),
        (
            "a well-known e.g. at 3.14 % & $5 👋",
            ["a", "well-known", "e.g.", "at", "3.14", "%", "&", "$5", "👋"],
        ),
        ("yes – no - or … * * *", ["yes –", "no -", "or …", "*", "*", "*"]),
        ("« Bonjour ! » dit-il : « Oui »", ["« Bonjour ! »", "dit-il :", "« Oui »"]),
        ("¿Qué? ¡No!", ["¿Qué?", "¡No!"]),
        ("- one\n- two\n\n—\n", ["one", "two"]),
        ("我爱Python编程。", ["我", "爱", "Python", "编", "程。"]),
        ("他说：“好！”（笑）3.5元", ["他", "说：", "“好！”", "（笑）", "3.5", "元"]),
        ("「ちょっと」キャラー、が゙", ["「ちょっ", "と」", "キャ", "ラー、", "が゙"]),
        ("ไปไหน ๑๒ บาท", ["ไป", "ไห", "น", "๑๒", "บา", "ท"]),
        ("ខ្មែរ។", ["ខ្មែ", "រ។"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("مرحبا، هل أنت؟", ["مرحبا،", "هل", "أنت؟"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया।"]),
        ("\u0301 ... — “” ()", []),
        ("", []),
    ],
)
def test_the_words_of_a_text_are_those_a_reader_sees(text: str, expected: list[str]) -> None:
    assert words(text) == expected


# Text in which a word could begin or end at almost every character.
TEXT = st.lists(
    st.sampled_from([*"abI1 5  \n\t.,!-–“”«»(（)…$&*_字好。「」っーไก็ខ្រ\u0301\u200b👋\u00a0é"])
).map("".join)


@given(TEXT | st.text())
def test_words_are_in_order_and_hold_all_that_can_be_said(text: str) -> None:
    spans = tokens(text)
    assert all(start < end for start, end in spans)
    assert all(end <= following for (_, end), (following, _) in pairwise(spans))
    inside = {at for start, end in spans for at in range(start, end)}
    assert not [text[at] for at in range(len(text)) if at not in inside and is_speakable(text[at])]
    assert all(text[start:end].strip() == text[start:end] for start, end in spans)


def test_a_word_begins_at_its_mark_and_ends_at_the_next() -> None:
    text = "One, two three."
    heard = Heard(text, 1.0, 3.0, marks_at(text, ("One", 1.1), ("two", 1.6), ("three", 2.2)))

    assert timed_words(text, heard, itself) == [
        Timed("One,", 1.1, 1.6, 0, 4),
        Timed("two", 1.6, 2.2, 5, 8),
        Timed("three.", 2.2, 3.0, 9, 15),
    ]


def test_words_said_as_one_share_the_time_by_their_length() -> None:
    text = "a cup of a tea"
    heard = Heard(text, 0.0, 2.0, marks_at(text, ("a", 0.0), ("cup", 0.2), ("of", 0.9), ("tea", 1.2)))

    assert told(timed_words(text, heard, itself)) == [
        ("a", 0.0), ("cup", 0.2), ("of", 0.9), ("a", 1.1), ("tea", 1.2),
    ]  # fmt: skip


def test_letters_that_make_one_sound_count_as_one() -> None:
    heard = Heard("of the", 0.0, 4.0, marks_at("of the", ("of", 0.0)))
    assert told(timed_words("of the", heard, itself)) == [("of", 0.0), ("the", 2.0)]


def test_words_before_the_first_mark_share_the_beginning() -> None:
    text = "to be or"
    heard = Heard(text, 1.0, 3.0, marks_at(text, ("or", 2.0)))

    assert told(timed_words(text, heard, itself)) == [("to", 1.0), ("be", 1.5), ("or", 2.0)]


def test_an_utterance_without_marks_is_shared_by_all_its_words() -> None:
    assert told(timed_words("ab abcd ef", Heard("ab abcd ef", 0.0, 8.0), itself)) == [
        ("ab", 0.0), ("abcd", 2.0), ("ef", 6.0),
    ]  # fmt: skip


def test_only_the_first_of_several_marks_counts() -> None:
    original = "It is $25, sir."
    edited = Edited(original, [Edit(6, 9, "twenty-five dollars")])
    times = marks_at(
        edited.text, ("It", 0), ("is", 0.2), ("twenty", 0.4), ("five", 0.7), ("dollars", 1), ("sir", 2)
    )

    found = timed_words(original, Heard(edited.text, 0.0, 2.5, times), edited.origin)

    assert told(found) == [("It", 0.0), ("is", 0.2), ("$25,", 0.4), ("sir.", 2.0)]
    assert [(word.source_start, word.source_end) for word in found] == [(0, 2), (3, 5), (6, 10), (11, 15)]


def test_words_read_as_one_thing_share_its_time() -> None:
    original = "for $2 million now"
    edited = Edited(original, [Edit(4, 14, "two million dollars")])
    times = marks_at(edited.text, ("for", 0), ("two", 1), ("million", 1.4), ("dollars", 1.8), ("now", 2.8))

    assert told(timed_words(original, Heard(edited.text, 0, 3, times), edited.origin)) == [
        ("for", 0.0), ("$2", 1.0), ("million", 1.4), ("now", 2.8),
    ]  # fmt: skip


def test_what_was_not_kept_is_not_shown_and_what_is_not_said_is_no_word() -> None:
    original = "See **[my page](http://a.b)** • _now_!"
    left_out = [(4, 7), (14, 29), (30, 31), (32, 33), (36, 37)]
    edited = Edited(original, [Edit(start, end, "") for start, end in left_out])

    found = timed_words(original, Heard(edited.text, 0.0, 4.0), edited.origin)

    assert edited.text == "See my page  now!"
    assert [word.text for word in found] == ["See", "my", "page", "now!"]
    places = [original[word.source_start : word.source_end] for word in found]
    assert places == ["See", "my", "page", "now_!"]


def test_a_symbol_with_a_mark_is_a_word_and_one_without_is_not() -> None:
    text = "a & b"
    named = Heard(text, 0.0, 3.0, marks_at(text, ("a", 0), ("&", 1), ("b", 2)))
    silent = Heard(text, 0.0, 3.0, marks_at(text, ("a", 0), ("b", 2)))

    assert told(timed_words(text, named, itself)) == [("a", 0.0), ("&", 1.0), ("b", 2.0)]
    assert told(timed_words(text, silent, itself)) == [("a", 0.0), ("b", 2.0)]


def test_a_mark_at_the_space_before_a_word_is_the_words() -> None:
    text = "one  “two”"
    assert told(timed_words(text, Heard(text, 0, 2, [(0, 3, 0.0), (3, 9, 1.5)]), itself)) == [
        ("one", 0.0),
        ("“two”", 1.5),
    ]


def test_an_utterance_is_a_part_of_the_original() -> None:
    original = "First one. Second one."
    said = original[11:]
    heard = Heard(said, 2.0, 4.0, marks_at(said, ("Second", 2.0), ("one", 3.0)))

    found = timed_words(original, heard, lambda at: (11 + at, 12 + at))

    assert found == [Timed("Second", 2.0, 3.0, 11, 17), Timed("one.", 3.0, 4.0, 18, 22)]


def test_a_word_that_was_cut_is_two() -> None:
    original = "abcdef"
    cut = [
        timed_words(original, Heard("abc", 0.0, 1.0), itself),
        timed_words(original, Heard("def", 1.0, 2.0), lambda at: (3 + at, 4 + at)),
    ]
    assert cut == [[Timed("abc", 0.0, 1.0, 0, 3)], [Timed("def", 1.0, 2.0, 3, 6)]]


def test_offsets_can_count_in_what_the_original_was_made_from() -> None:
    request = "<s>Tom &amp; Jerry</s>"
    readable = Edited(request, [Edit(0, 3, ""), Edit(7, 12, "&"), Edit(18, 22, "")])
    said = Edited(readable.text, [Edit(4, 5, "and")])
    heard = Heard(said.text, 0, 3, marks_at(said.text, ("Tom", 0), ("and", 1), ("Jerry", 2)))

    found = timed_words(readable.text, heard, said.origin, readable.origin)

    assert found == [Timed("Tom", 0, 1, 3, 6), Timed("&", 1, 2, 7, 12), Timed("Jerry", 2, 3, 13, 18)]


def test_words_of_a_script_without_spaces_are_its_characters() -> None:
    text = "你好。世界"
    found = timed_words(text, Heard(text, 0, 4, [(0, 2, 0.5), (3, 5, 2.0)]), itself)
    assert told(found) == [("你", 0.5), ("好。", 1.25), ("世", 2.0), ("界", 3.0)]


@pytest.mark.parametrize(
    ("marks", "starts"),
    [
        ([(0, 1, 5.0), (2, 3, 3.0), (4, 5, 7.0)], [5.0, 5.0, 7.0]),  # backwards
        ([(0, 1, -9.0), (2, 3, 2.5), (4, 5, 99.0)], [2.0, 2.5, 8.0]),  # out of the utterance
        ([(0, 1, 3.0), (-5, 2, 4.0), (99, 120, 5.0), (3, 3, 6.0), (4, 2, 6.0)], [3.0, 4.5, 6.0]),  # nowhere
        ([(4, 5, 7.0), (2, 3, 5.0), (0, 1, 3.0)], [3.0, 5.0, 7.0]),  # in any order
    ],
)
def test_marks_that_cannot_be_are_put_right(marks: list[tuple[int, int, float]], starts: list[float]) -> None:
    found = timed_words("a b c", Heard("a b c", 2.0, 8.0, marks), itself)
    assert [word.start for word in found] == starts
    assert found[-1].end == 8.0


def test_nothing_said_has_no_words() -> None:
    assert timed_words("", Heard("", 0.0, 0.0), Edited("", []).origin) == []
    assert timed_words("…", Heard("…", 0.0, 0.0, [(0, 1, 0.0)]), itself) == []
    assert timed_words("** **", Heard(" ", 0.0, 1.0), lambda _: (2, 3)) == []


@st.composite
def spoken(draw: st.DrawFn) -> tuple[str, Edited, Heard]:
    original = draw(TEXT)
    cuts = sorted(draw(st.lists(st.integers(0, len(original)), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    edited = Edited(original, [Edit(start, end, draw(TEXT)) for start, end in pairs])
    begin = draw(st.floats(0, 100))
    mark = st.tuples(st.integers(-3, 60), st.integers(-3, 60), st.floats(-200, 300))
    heard = Heard(edited.text, begin, begin + draw(st.floats(0, 50)), draw(st.lists(mark, max_size=12)))
    return original, edited, heard


@given(spoken())
@example(("a b", Edited("a b", []), Heard("a b", 1.0, 1.0, [(2, 3, 5.0)])))
def test_whatever_an_engine_says_words_are_in_order_and_within_the_utterance(
    case: tuple[str, Edited, Heard],
) -> None:
    original, edited, heard = case
    found = timed_words(original, heard, edited.origin)

    assert all(heard.begin <= word.start <= word.end <= heard.end for word in found)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(one.source_end <= other.source_start for one, other in pairwise(found))
    assert all(word.text and word.text == word.text.strip() for word in found)
    assert all(0 <= word.source_start < word.source_end <= len(original) for word in found)


@given(TEXT, st.floats(0, 100), st.floats(0.1, 100))
def test_text_as_it_was_written_keeps_each_of_its_words(text: str, begin: float, length: float) -> None:
    found = timed_words(text, Heard(text, begin, begin + length), itself)
    assert [word.text for word in found] == [word for word in words(text) if is_speakable(word)]
    assert all(text[word.source_start : word.source_end] == word.text for word in found)


def test_the_words_of_a_sentence_are_guessed_by_their_length() -> None:
    assert spread(Timed("Ab, abcd!", 1.0, 4.0, 10, 19)) == [
        Timed("Ab,", 1.0, 2.0, 10, 13),
        Timed("abcd!", 2.0, 4.0, 14, 19),
    ]


def test_words_of_a_sentence_that_is_not_as_it_stood_stand_for_all_of_it() -> None:
    assert [(word.source_start, word.source_end) for word in spread(Timed("a b", 0.0, 1.0, 5, 20))] == [
        (5, 20)
    ] * 2


@pytest.mark.parametrize(
    "hostile",
    [
        "(",
        "a((((",
        "((((字",
        " !",
        "« ",
        "«",
        "เ",
        "\u0301",
        "\u17d2",
        "…",
        "字\u0301",
        "\u200d",
        " -",
        "_",
        "👋 ",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(hostile: str) -> None:
    def took(size: int) -> float:
        text = hostile * (size // len(hostile))
        marks = [(at, size, 1.0) for at in range(size)]
        began = time.process_time()
        timed_words(text, Heard(text, 0.0, 1.0, marks), itself)
        return time.process_time() - began

    # Whatever else the machine does only adds.
    assert any(took(16_000) < 10 * took(4_000) for _ in range(4))

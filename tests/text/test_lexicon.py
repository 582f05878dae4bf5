"""Words of lexicons are found where a reader would find them, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.text.edits import Edited
from stentor.text.lexicon import (
    LONGEST_ALIAS,
    LONGEST_WORD,
    MOST_PARTS,
    Entry,
    Lexicon,
    Matcher,
    checked_alias,
    checked_language,
    checked_word,
)


def said(text: str, *entries: Entry, language: str | None = None) -> str:
    """Read a text with a lexicon."""
    return Edited(text, Matcher(entries).edits(text, language)).text


def alias(word: str, other: str = "X", language: str | None = None) -> Entry:
    return Entry((word,), other, language=language)


@pytest.mark.parametrize(
    ("word", "text", "read"),
    [
        ("sql", "SQL, Sql and sql", "X, X and X"),
        ("SQL", "SQL, Sql and sql", "X, Sql and sql"),
        ("Sql", "SQL, Sql and sql", "X, X and X"),
        ("sql", "MySQL sql2 my_sql sqlx sql-x", "MySQL sql2 my_sql sqlx X-x"),
        ("New York", "new york, NEW\n YORK, New Yorker", "X, X, New Yorker"),
        ("US", "us and US", "us and X"),
        ("iPhone", "an iPhone, an Iphone", "an X, an Iphone"),
        ("C++", "C++, c++ and C ++", "X, X and C ++"),
        (".net", "(.NET) x.net .nets", "(X) xX .nets"),
        (".NET", "(.NET) .net", "(X) .net"),
        ("AT&T", "AT&T, At&T", "X, At&T"),
        ("e.g.", "E.g. this", "X this"),
        ("O'Brien", "O\u2019Brien o'brien", "X X"),
        ("naïve", "nai\u0308ve", "X"),
        ("Straße", "STRASSE strasse", "X X"),
        ("❤", "I ❤\ufe0f you", "I X you"),
        ("हिन्दी", "हिन्दी हिन्दीभाषी", "X हिन्दीभाषी"),
        ("می", "می‌خواهم می", "می‌خواهم X"),
    ],
)
def test_words_are_found_whole_and_in_the_right_case(word: str, text: str, read: str) -> None:
    assert said(text, alias(word)) == read


@pytest.mark.parametrize(
    ("word", "text", "read"),
    [
        ("SQL", "SQL's and the SQLs' end", "X's and the SQLs' end"),
        ("we", "we'll, we're", "X'll, X're"),
        ("don", "don't, Don\u2019t, don's don", "don't, Don\u2019t, X's X"),
        ("ll", "we'll ll", "we'll X"),
        ("t", "don't 't t", "don't 'X X"),
        ("eau", "l'eau", "l'X"),
    ],
)
def test_what_stands_behind_an_apostrophe(word: str, text: str, read: str) -> None:
    assert said(text, alias(word)) == read


@pytest.mark.parametrize(
    ("word", "text", "read"),
    [
        ("東京", "東京都に東京がある。", "X都にXがある。"),
        ("กรุงเทพ", "อยู่กรุงเทพนะ", "อยู่Xนะ"),
        ("서울", "서울은 서울에서", "X은 X에서"),
        ("iPhone手机", "買iPhone手机了", "買X了"),
        ("ก", "กำ ก่", "Xำ ก่"),  # the mark makes another letter of it
    ],
)
def test_scripts_without_spaces_hold_words_anywhere(word: str, text: str, read: str) -> None:
    assert said(text, alias(word)) == read


def test_the_longest_phrase_that_begins_first_wins() -> None:
    entries = [alias("New York", "A"), alias("New York City", "B"), alias("York City Hall", "C")]
    assert said("New York City Hall, New York, New, York City Hall", *entries) == "B Hall, A, New, C"


def test_an_entry_has_many_words_and_either_is_said() -> None:
    assert said("colour, Color", Entry(("colour", "color"), "hue")) == "hue, hue"


def test_a_pronunciation_keeps_what_was_written_or_has_an_alias() -> None:
    matcher = Matcher([Entry(("tomato",), ipa="təˈmɑːtəʊ"), Entry(("SQL",), "sequel", "ˈsiːkwəl")])
    found = matcher.edits("Tomato SQL")
    assert [(edit.start, edit.end, edit.text, edit.ipa) for edit in found] == [
        (0, 6, "Tomato", "təˈmɑːtəʊ"),
        (7, 10, "sequel", "ˈsiːkwəl"),
    ]


@pytest.mark.parametrize(
    ("entry", "text", "holds"),
    [
        (None, None, True), (None, "de", True), ("en", None, False), ("en", "de", False),
        ("en", "en", True), ("en", "en-GB", True), ("en", "EN_us", True), ("en-GB", "en-GB", True),
        ("en-GB", "en", True), ("en-GB", "en-US", False), ("en-gb", "en-GB-oed", True),
        ("zh-Hant-TW", "zh", True), ("zh-Hant-TW", "zh-Hant", True), ("zh-Hant-TW", "zh-Hans", False),
        ("eng", "en", False),
    ],
)  # fmt: skip
def test_an_entry_holds_in_its_language(entry: str | None, text: str | None, holds: bool) -> None:  # noqa: FBT001
    assert (said("word", alias("word", language=entry), language=text) == "X") is holds


def test_the_nearest_language_wins() -> None:
    entries = [
        alias("a", "any"),
        alias("a", "en", "en"),
        alias("a", "gb", "en-GB"),
        alias("a", "us", "en-US"),
    ]
    read = {language: said("a", *entries, language=language) for language in ("fr", "en", "en-GB", "en-AU")}
    assert read == {"fr": "any", "en": "en", "en-GB": "gb", "en-AU": "en"}


def test_a_word_whose_case_is_kept_wins_over_one_in_any_case() -> None:
    for entries in ([alias("us", "we"), alias("US", "America")], [alias("US", "America"), alias("us", "we")]):
        assert said("US us", *entries) == "America we"


def test_within_a_lexicon_the_first_entry_wins_and_of_lexicons_the_last() -> None:
    server, voice = [alias("a", "1"), alias("a", "2"), alias("b", "1")], [alias("a", "3"), alias("a", "4")]
    assert [e.text for e in Matcher(server, voice).edits("a b")] == ["3", "1"]
    assert [e.text for e in Matcher(voice, server).edits("a b")] == ["1", "1"]


def test_matchers_stand_on_each_other() -> None:
    below = Matcher([alias("SQL", "1"), alias("New York City", "2"), alias("b", "3", "en")])
    above = Matcher([alias("sql", "4"), alias("York", "5"), alias("b", "6")])
    stacked = Matcher.stack([below, above])
    assert [e.text for e in stacked.edits("SQL New York City York b", "en")] == ["4", "2", "5", "6"]
    assert [e.text for e in below.edits("SQL York b")] == ["1"]
    assert Matcher.stack([]).edits("SQL") == []


def test_a_matcher_knows_whether_it_has_sounds_alone() -> None:
    alias, both = Matcher([Entry(("a",), alias="b")]), Matcher([Entry(("a",), alias="b", ipa="b")])
    alone = Matcher([Entry(("a",), ipa="b"), Entry(("c",), alias="d")])
    assert [matcher.has_sounds_alone for matcher in (alias, both, alone)] == [False, False, True]
    assert not Matcher.stack([alias, both]).has_sounds_alone
    assert Matcher.stack(iter([alone, both])).has_sounds_alone


def test_a_lexicons_language_is_that_of_its_entries() -> None:
    lexicon = Lexicon("x", "X", (alias("a", "1"), alias("b", "2", "de")), language="en")
    assert [e.language for e in lexicon.effective()] == ["en", "de"]
    assert list(Lexicon("x", "X", lexicon.entries).effective()) == list(lexicon.entries)


@pytest.mark.parametrize(
    ("taken", "read"),
    [
        ([], "Z X Z X"),
        ([(0, 1)], "a X Z X"),
        ([(1, 2)], "Z X Z X"),
        ([(2, 3)], "Z b Y Z X"),  # the longer phrase is cut off, so a shorter one is found
        ([(3, 4), (9, 11)], "Z b Y Z b c"),
        ([(4, 4)], "Z b Y Z X"),  # something is put in there
        ([(2, 2), (5, 5)], "Z X Z X"),
        ([(0, 99)], "a b c a b c"),
    ],
)
def test_what_is_taken_is_left_alone(taken: list[tuple[int, int]], read: str) -> None:
    text = "a b c a b c"
    entries = [alias("a", "Z"), alias("b c", "X"), alias("c", "Y")]
    assert Edited(text, Matcher(entries).edits(text, taken=taken)).text == read


WORDS = st.text("aBt'. 京", min_size=1, max_size=5).map(lambda word: " ".join(word.split())).filter(bool)


def naive(text: str, lexicons: Sequence[Sequence[Entry]]) -> list[tuple[int, int, str]]:
    """Look for each word at each place."""
    found = []
    start = 0
    while start < len(text):
        best: tuple[int, int, bool, str] | None = None
        for rank, entries in enumerate(lexicons):
            for entry in reversed(entries):  # the first one comes last, and wins
                (word,) = entry.graphemes
                kept = any(letter.isupper() for part in split(word) for letter in part[1:])
                for end in range(start + 1, len(text) + 1):
                    here = " ".join(text[start:end].split(" "))
                    if text[end - 1] == " " or text[start] == " " or not cut_well(text, start, end):
                        continue
                    same = flat(here) == flat(word) if kept else flat(here).lower() == flat(word).lower()
                    if same and (best is None or (end, rank, kept) >= best[:3]):
                        best = (end, rank, kept, entry.alias or "")
        if best:
            found.append((start, best[0], best[3]))
        start = best[0] if best else start + 1
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


def split(word: str) -> list[str]:
    return "".join(letter if letter in "aBt" else " " for letter in word).split()


def cut_well(text: str, start: int, end: int) -> bool:
    """Tell whether a stretch begins and ends where words do, and no English contraction is cut."""
    letters = "aBt"
    if start and text[start - 1] in letters and text[start] in letters:
        return False
    if end < len(text) and text[end - 1] in letters and text[end] in letters:
        return False
    first = split(text[start:])[:1] if text[start] in letters else []
    if first == ["t"] and start > 1 and text[start - 1] == "'" and text[start - 2] in (*letters, "京"):
        return False
    after = text[end:]
    begins_not = after.startswith("'t") and after[2:3] not in ("a", "B", "t")
    return not (begins_not and text[end - 1] in (*letters, "京"))


@given(
    st.text("aBt'. 京", max_size=25),
    st.lists(st.lists(st.tuples(WORDS, st.sampled_from("XYZ")), max_size=5), max_size=3),
)
def test_it_finds_what_a_slow_search_finds(text: str, words: list[list[tuple[str, str]]]) -> None:
    lexicons = [[alias(word, other) for word, other in given] for given in words]
    expected = naive(text, lexicons)
    whole = Matcher(*lexicons)
    assert [(edit.start, edit.end, edit.text) for edit in whole.edits(text)] == expected
    assert Matcher.stack(Matcher(entries) for entries in lexicons).edits(text) == whole.edits(text)


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=10),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_edits_are_apart_in_order_and_off_what_is_taken(
    text: str, pieces: list[tuple[int, int]], cuts: list[int]
) -> None:
    words = {flat(text[start:end]) for start, end in pieces} - {""}
    cuts = sorted(min(cut, len(text)) for cut in cuts)
    taken = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = Matcher([alias(word) for word in words]).edits(text, taken=taken)
    done = 0
    for edit in edits:
        assert done <= edit.start < edit.end <= len(text)
        assert all(end <= edit.start or start >= edit.end for start, end in taken)
        done = edit.end
    assert Edited(text, edits).text.count("X") >= len(edits)


@given(st.text(st.characters(exclude_characters="⁂"), min_size=1, max_size=30))
def test_every_word_that_is_accepted_is_found_where_it_stands_alone(written: str) -> None:
    try:
        word = checked_word(written)
    except ValueError:
        return
    assert said(word, alias(word)) == "X"
    assert said(f"⁂ {written} ⁂", alias(word)).split() == ["⁂", "X", "⁂"]


@pytest.mark.parametrize(
    ("written", "word"),
    [("  New \n York ", "New York"), ("nai\u0308ve", "naïve"), ("C++", "C++"), ("🙂", "🙂")],
)
def test_a_word_is_kept_in_one_spelling(written: str, word: str) -> None:
    assert checked_word(written) == word


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "must not be empty"),
        (" \n", "must not be empty"),
        ("\ufe0f", "must not be empty"),
        ("a\x00b", "must not hold control characters"),
        ("a\ud800", "must not hold control characters"),
        ("a" * (LONGEST_WORD + 1), "at most 100 characters; this one has 101"),
        ("京" * (MOST_PARTS + 1), "at most 30 parts; this one has 31"),
    ],
)
def test_what_is_no_word_is_refused(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        checked_word(written)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "something to say"),
        (" . ", "something to say"),
        ("a\x1b", "must not hold control characters"),
        ("a" * (LONGEST_ALIAS + 1), "at most 200 characters; this one has 201"),
    ],
)
def test_what_cannot_be_said_is_no_alias(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        checked_alias(written)


def test_an_alias_is_one_line() -> None:
    assert checked_alias(" structured\nquery  language ") == "structured query language"


@pytest.mark.parametrize(
    ("written", "tag"),
    [("en", "en"), ("pt_BR", "pt-BR"), ("English", "en"), ("auto", None), ("und", None), (" de ", "de")],
)
def test_a_language_is_a_tag(written: str, tag: str | None) -> None:
    assert checked_language(written) == tag


@pytest.mark.parametrize("written", ["e", "en-", "en--GB", "en GB", "klingonese", "en\nx", "a" * 1000])
def test_what_is_no_tag_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no language tag, such as en or pt-BR"):
        checked_language(written)


def seconds(matcher: Matcher, text: str) -> float:
    """Take the best of several."""
    times = []
    for _ in range(5):
        began = process_time()
        matcher.edits(text)
        times.append(process_time() - began)
    return min(times)


def test_time_grows_with_the_text_and_not_with_the_lexicon() -> None:
    text = "the quick brown fox jumps over the lazy dog " * 200
    few = Matcher([alias("zero")])
    many = Matcher([alias(f"word{number} and so on") for number in range(10_000)])
    assert seconds(many, text) < 5 * seconds(few, text) + 0.001
    assert seconds(many, text * 10) < 25 * seconds(many, text) + 0.001


@pytest.mark.parametrize("part", ["a ", ",", "AA ", "京", "a'", "\u0301", " ", "\ufe0f", "a\u0301"])
def test_time_grows_with_hostile_text_only_as_with_any(part: str) -> None:
    phrase = (part * MOST_PARTS)[: LONGEST_WORD - 1].strip() or "a"
    matcher = Matcher([alias(f"{phrase}{part}b"), alias(part.strip() or "b"), Entry((phrase.upper(),), "Y")])
    assert seconds(matcher, part * 20_000) < 25 * seconds(matcher, part * 2000) + 0.001

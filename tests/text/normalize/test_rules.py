from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.text.edits import Edit, Edited
from stentor.text.normalize import LANGUAGES, language_of
from stentor.text.normalize.numbers import NumberFormat
from stentor.text.normalize.rules import (
    CANDIDATE,
    DIGIT,
    LETTER,
    QUICK,
    Language,
    Rule,
    Settled,
    Switches,
    apply,
    shape_of,
)


def language(*rules: Rule, is_spaced: bool = True) -> Language:
    return Language("en", NumberFormat(".", ","), rules, is_spaced=is_spaced)


def rule(pattern: str, spoken: str | None, first: str = DIGIT) -> Rule:
    return Rule("numbers", first, re.compile(pattern), lambda _: spoken)


def read(text: str, spoken_by: Language, switches: Switches | None = None) -> str:
    return Edited(text, apply(spoken_by, text, switches or Switches(), ())).text


def test_the_first_rule_that_fits_reads() -> None:
    assert read("1 2", language(rule("1", "one"), rule(r"\d", "some"))) == "one some"


def test_what_a_rule_cannot_read_is_left_to_the_next() -> None:
    assert read("1", language(rule("1", None), rule("1", "one"))) == "one"
    assert read("1", language(rule("1", None))) == "1"


def test_a_rule_that_is_switched_off_still_keeps_others_away() -> None:
    spoken_by = language(
        Rule("units", DIGIT, re.compile("1 kg"), lambda _: "one kilogram"), rule(r"\d", "one")
    )
    assert read("1 kg 1", spoken_by, Switches(units=False)) == "1 kg one"


def test_a_rule_is_asked_only_where_its_first_character_is() -> None:
    assert read("a1", language(rule("a1", "x", first=DIGIT))) == "a1"
    assert read("a1", language(rule("a1", "x", first=LETTER))) == "x"


def test_words_are_kept_apart_where_words_have_spaces() -> None:
    spoken = rule("1", "one")
    assert read("a 1b", language(spoken)) == "a one b"
    assert read("字1字", language(spoken, is_spaced=False)) == "字one字"
    assert read("(1)", language(spoken)) == "(one)"


def test_two_words_that_meet_have_one_space_between_them() -> None:
    spoken_by = language(rule("1", "one"), Rule("symbols", "²", re.compile("²"), lambda _: " squared"))
    assert read("1²", spoken_by) == "one squared"


def test_nothing_is_edited_that_is_said_as_it_is_written() -> None:
    assert apply(language(rule("1", "1")), "1 1", Switches(), ()) == []


def test_what_is_taken_is_not_touched() -> None:
    spoken_by = language(rule(r"\d", "x"))
    assert apply(spoken_by, "1 2 3", Switches(), [(4, 5), (0, 1)]) == [Edit(2, 3, "x")]


def test_stretches_are_asked_for_from_left_to_right() -> None:
    settled = Settled([(5, 7), (1, 3)])
    asked = [(0, 1), (0, 2), (3, 5), (4, 6), (7, 9)]
    assert [settled.reaches(*stretch) for stretch in asked] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("plain words, nothing else", []),
        ("a dog 5", ["dog", "5"]),
        ("x86", ["x", "86"]),
        ("Dr. Who", ["Dr"]),
        ("well-known", ["well"]),
        ("é5", ["é", "5"]),
        ("$5 -5 .5", ["$", "5", "-", "5", ".", "5"]),
        ("- 5", ["5"]),
        ("½ m²", ["½", "²"]),
        ("naïve café", []),
        ("हिन्दी में", []),
    ],
)
def test_where_rules_may_begin(text: str, begins: list[str]) -> None:
    assert CANDIDATE.findall(text) == begins


def test_a_quick_look_finds_all_that_has_something() -> None:
    assert QUICK.search("The quick brown fox, isn't it?") is None
    for text in ("5", "½", "a.", "a-b", "$", "👍", "snake_case"):
        assert QUICK.search(text)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("7", "0"),
        ("1234567 m", "00000 a"),
        ("13:30 PM", "00:00 "),
        ("5\u00a0€, x", "0\u00a0€, "),
        ("٣٤%", "00%"),
    ],
)
def test_a_number_has_a_shape(text: str, shape: str) -> None:
    assert shape_of(text, 0) == shape


def test_a_rule_is_asked_only_for_numbers_of_its_shape() -> None:
    spoken_by = language(Rule("units", DIGIT, re.compile(r"\d.m"), lambda _: "x", re.compile("0 a")))
    assert read("1 m", spoken_by) == "x"
    assert read("1-m", spoken_by) == "1-m"


_PIECES = [
    *"""
    $ £ € US$ 5 1 12 123 12345 2024 1984 90s 1st 2nd 3/4 1/2 5-10 1.5 1,234 1.234 .5 3:30 pm a.m. PM kg
    km/h ° C % m² 5'10" x × 0x1f k bn p ¢ c ’ ″ 2h30 – 2024-01-02 20.1.2024 1080p 1e5 ish ers s 555-1234
    0800 192.168.1.1 a@b.c 1@b.com .com Jan. of the M sq ft ⁄ ½ st nd ˢᵗ 1️⃣ zł Uhr ,50 ,- 1'234 ( ) é Ω
    ３ ० 年 万 h , . - / : '
    """.split(),
    *(" ", " ", " ", "\u00a0", "\u202f", "\u20e3"),
]
_NUMBERS = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)


@pytest.mark.parametrize("tag", sorted({module: tag for tag, module in LANGUAGES.items()}.values()))
@given(text=_NUMBERS)
def test_a_shape_keeps_no_rule_from_what_it_reads(tag: str, text: str) -> None:
    spoken_by = language_of(tag)
    assert spoken_by is not None
    all_asked = replace(spoken_by, rules=tuple(replace(rule, shape=None) for rule in spoken_by.rules))
    assert apply(spoken_by, text, Switches(), ()) == apply(all_asked, text, Switches(), ())

"""How what is written is worded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stentor.pipeline.wording import Rules, Wording, worded
from stentor.text.lexicon import Entry, Matcher
from stentor.text.normalize import Switches
from stentor.text.script import Alias, Manner, Phonemes, SayAs, Words

RULES = Rules("en-US", Switches(), phonemes=True)


def words(text: str, reading: Any = None, start: int = 0) -> Words:
    return Words(text, start, start + len(text), Manner(), reading)


def said(*runs: Words, rules: Rules = RULES) -> Wording:
    return worded(runs, rules)


def test_plain_words_stay_as_they_are() -> None:
    wording = said(words("Hello there.", start=5))
    assert wording.spoken.text == wording.written.text == "Hello there."
    assert wording.written.origin(0) == (5, 6)


def test_numbers_are_put_into_words_and_lead_back() -> None:
    wording = said(words("It costs $25.", start=3))
    assert wording.spoken.text == "It costs twenty-five dollars."
    assert wording.spoken.origin(15) == (9, 12)
    assert wording.written.stretch(9, 12) == (12, 15)


def test_nothing_is_put_into_words_without_switches() -> None:
    assert said(words("It costs $25."), rules=replace(RULES, switches=None)).spoken.text == "It costs $25."


def test_an_emoji_that_is_not_read_has_nothing_unseen_behind_it() -> None:
    heart = words("I ❤\ufe0f it.")
    assert said(heart).spoken.text == "I red heart it."
    silent = said(heart, rules=replace(RULES, switches=Switches(emoji=False))).spoken
    assert silent.text == "I ❤ it."
    assert silent.origin(4) == (5, 6)
    assert said(heart, rules=replace(RULES, switches=None)).spoken.text == "I ❤ it."


def test_an_alias_is_said_instead() -> None:
    wording = said(
        words("The "), words("W3C", Alias("World Wide Web Consortium"), 4), words(" is 1.", None, 7)
    )
    assert wording.spoken.text == "The World Wide Web Consortium is one."
    assert wording.spoken.origin(10) == (4, 7)


def test_what_markup_settled_is_not_put_into_words_again() -> None:
    assert said(words("x", Alias("$5 & 7"))).spoken.text == "$5 & 7"


def test_say_as_reads_its_way() -> None:
    assert said(words("12", SayAs("digits"))).spoken.text == "one two"
    assert said(words("3", SayAs("ordinal"))).spoken.text == "third"


def test_what_is_no_such_thing_is_read_as_usual() -> None:
    assert said(words("5 apples", SayAs("date"))).spoken.text == "five apples"


def test_pronunciations_are_placed_in_what_is_said() -> None:
    wording = said(words("It costs $25, "), words("tomato", Phonemes("təˈmɑːtəʊ"), 14))
    [found] = wording.pronunciations
    assert wording.spoken.text[found.start : found.end] == "tomato"
    assert found.ipa == "təˈmɑːtəʊ"


def test_an_engine_without_phonemes_gets_none() -> None:
    rules = replace(RULES, phonemes=False)
    assert said(words("tomato", Phonemes("təˈmɑːtəʊ")), rules=rules).pronunciations == ()


def test_the_lexicon_comes_before_the_rules_and_behind_the_markup() -> None:
    lexicon = Matcher([Entry(("$5",), "a fiver"), Entry(("SQL",), "sequel"), Entry(("W3C",), "web folk")])
    wording = said(
        words("SQL for $5 from "), words("W3C", Alias("them"), 16), rules=replace(RULES, lexicon=lexicon)
    )
    assert wording.spoken.text == "sequel for a fiver from them"


def test_what_cannot_be_seen_vanishes() -> None:
    assert said(words("soft\N{SOFT HYPHEN}ly")).spoken.text == "softly"


def test_digits_in_fancy_dress_are_read_as_digits() -> None:
    wording = said(words("Only \uff12\uff15 or \U0001d7d1!", start=3))
    assert wording.spoken.text == "Only twenty-five or three!"
    assert wording.written.stretch(*wording.spoken.stretch(5, 16)) == (8, 10)
    assert wording.written.stretch(*wording.spoken.stretch(20, 25)) == (14, 15)


def test_a_soft_hyphen_parts_no_number() -> None:
    assert said(words("12\N{SOFT HYPHEN}34 apples")).spoken.text == said(words("1234 apples")).spoken.text

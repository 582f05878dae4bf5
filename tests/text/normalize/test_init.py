from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.normalize.readings import TEXTS, said

from stentor.text.edits import Edited
from stentor.text.normalize import LANGUAGES, Switches, language_of, normalize, prepare, say_as

_MARKED = st.lists(
    st.sampled_from([
        "**",
        "*",
        "_",
        "`",
        "[",
        "](x)",
        "&amp;",
        "<b>",
        "5",
        "$5",
        " kg",
        "a",
        " ",
        "\n",
        "# ",
        "- ",
        "|",
    ])
    | st.text(max_size=2),
    max_size=14,
).map("".join)


@pytest.mark.parametrize("tag", ["en-AU", "de-CH", "und"])
def test_a_language_that_was_prepared_is_loaded(tag: str) -> None:
    prepare(tag)
    known = language_of.cache_info().misses
    said("5 👍", tag)
    assert language_of.cache_info().misses == known


@pytest.mark.parametrize("tag", [*LANGUAGES, "en-GB", "de_AT", "zh-Hant-TW", "EN"])
def test_every_language_reads_a_number(tag: str) -> None:
    assert not any(map(str.isdecimal, said("5", tag)))


@pytest.mark.parametrize("tag", ["", "und", "xx-YY", "tlh", "x" * 10_000])
def test_in_an_unknown_language_only_markdown_goes(tag: str) -> None:
    assert said("**5** $ & 👍 a@b.com", tag) == "5 $ & 👍 a@b.com"
    assert say_as("5", "cardinal", "", tag) is None


def test_a_tag_may_be_written_in_many_ways() -> None:
    for tag in ("en-GB", "EN-gb", "en_GB"):
        assert said("👍 on 3/4/2024", tag) == "thumbs up on the third of April twenty twenty-four"


def test_a_language_is_built_once() -> None:
    assert language_of("en-NZ") is language_of("en-NZ")


def test_a_sentence_with_nothing_to_read_has_no_edits() -> None:
    assert normalize("The quick brown fox jumps over the lazy dog.", "en", Switches()) == []


def test_what_markdown_parts_is_read_as_one() -> None:
    text = "It costs **$1.5** million, *Dr.* Smith."
    edits = normalize(text, "en", Switches())
    edited = Edited(text, edits)
    assert edited.text == "It costs one point five million dollars, Doctor Smith."
    assert edited.stretch(*re.search("one.*dollars", edited.text).span()) == (11, 25)  # type: ignore[union-attr]


def test_what_is_taken_stays_between_marks() -> None:
    text = "**5** and _5 kg_ and 5"
    taken = [(text.index("5 kg"), text.index("5 kg") + 1)]
    assert Edited(text, normalize(text, "en", Switches(), taken)).text == "five and 5 kg and five"


def test_a_rule_that_reaches_what_is_taken_leaves_the_rest_to_others() -> None:
    assert Edited("5 kg", normalize("5 kg", "en", Switches(), [(2, 4)])).text == "five kg"


@given(_MARKED, st.data())
def test_edits_are_in_order_and_touch_nothing_taken(text: str, data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    taken = [(start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=False) if start < end]
    edits = normalize(text, "en", Switches(), taken)
    done = 0
    for edit in edits:
        assert done <= edit.start < edit.end <= len(text)
        assert all(edit.end <= start or end <= edit.start for start, end in taken)
        done = edit.end
    edited = Edited(text, edits)
    for start, end in taken:
        assert text[start:end] in edited.text


@given(TEXTS | _MARKED)
def test_everything_switched_off_changes_nothing(text: str) -> None:
    nothing = Switches(**dict.fromkeys(Switches.__slots__, False))
    assert normalize(text, "en", nothing) == []


@given(
    st.text(max_size=20),
    st.text(max_size=10),
    st.text(max_size=5),
    st.sampled_from(["en", "de", "ja", "tlh"]),
)
def test_say_as_takes_anything(text: str, kind: str, format_: str, tag: str) -> None:
    assert say_as(text, kind, format_, tag) is None

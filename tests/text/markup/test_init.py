"""One form for all markup, and when which is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.errors import InvalidMarkup
from stentor.text.markup import is_ssml, may_become_ssml, read
from stentor.text.script import Boundary, Break, Manner, Pause, Script, Words


def reading(source: str, *, ssml: bool | None = None, tags: bool = True, strict: bool = False) -> Script:
    return read(source, ssml=ssml, tags=tags, strict=strict, max_pause=10)


SSML = "<speak>a<break time='1s'/></speak>"


@pytest.mark.parametrize(
    "source",
    [
        SSML,
        f" \n\ufeff\t{SSML}",
        f"<?xml version='1.0'?>\n{SSML}",
        f"\ufeff\n<?xml version='1.0'?>\n{SSML}",
        SSML.replace("<speak>", "<speak\nversion='1.1'>"),
        "<s:speak xmlns:s='http://www.w3.org/2001/10/synthesis'>a<s:break time='1s'/></s:speak>",
    ],
)
def test_what_begins_as_ssml_is_ssml(source: str) -> None:
    words, pause = reading(source).items
    assert isinstance(words, Words)
    assert isinstance(pause, Pause)
    assert source[words.start : words.end] == words.text == "a"


@pytest.mark.parametrize(
    "source",
    [
        f"<!DOCTYPE speak PUBLIC '-//W3C//DTD SYNTHESIS 1.0//EN' ''>{SSML}",
        "<?xml version='1.0'?>\n<!DOCTYPE lolz [<!ENTITY lol 'lol'>]><speak>&lol;</speak>",
    ],
)
def test_a_document_type_is_refused_and_not_read_aloud(source: str) -> None:
    with pytest.raises(InvalidMarkup, match="A document type is not read"):
        reading(source)


@pytest.mark.parametrize(
    "source",
    [
        "a <speak>b</speak>",
        "<!DOCTYPE html>",
        "<?xml?><!DOCTYPES",
        "<speaker>b",
        "<speak",
        "<?xml?> <p>",
        "&lt;speak>",
    ],
)
def test_other_text_is_text(source: str) -> None:
    assert reading(source).items == (Words(source, 0, len(source), Manner()),)


@given(
    st.text(st.sampled_from(" \n\ufeff"), max_size=3),
    st.sampled_from(["", "<?xml version='1.0' encoding='utf-8'?>", "<?xml?>\n"]),
    st.sampled_from([
        *("<speak>", "<speak/>", "<speak version='1.1'", "<ssml:speak "),
        *("<!DOCTYPE speak ", "<!DOCTYPE\n ssml:speak>"),
    ]),
)
def test_no_beginning_of_ssml_is_taken_for_text(space: str, declaration: str, tag: str) -> None:
    source = f"{space}{declaration}{tag}"
    assert is_ssml(source, None)
    assert all(may_become_ssml(source[:length], None) for length in range(len(source) + 1))


@pytest.mark.parametrize(
    "begun", ["H", " (", "<p>", "<3 ", "<speaker>", "<?php ?> <p", "a <speak>", "<" + "a" * 27]
)
def test_it_is_soon_known_that_text_is_text(begun: str) -> None:
    assert not may_become_ssml(begun, None)
    assert may_become_ssml(begun, asked=True)
    assert not may_become_ssml("<speak>", asked=False)


def test_ssml_can_be_asked_for_and_refused() -> None:
    with pytest.raises(InvalidMarkup):
        reading("plain", ssml=True)
    assert reading(SSML, ssml=False).items == (Words(SSML, 0, len(SSML), Manner()),)


def test_tags_are_read_only_where_asked_for() -> None:
    text = "(happy) *Hello*"
    assert reading(text, tags=False).items == (Words(text, 0, len(text), Manner()),)
    assert len(reading(text).items) == 2
    assert reading("<speak>[pause]</speak>").items == (Words("[pause]", 7, 14, Manner()),)


def test_both_ways_give_the_same() -> None:
    tagged = [
        item for item in reading("[voice:nova]*Hello*[pause:1s]").items if not isinstance(item, Boundary)
    ]
    ssml = reading(
        '<speak><voice name="nova"><emphasis>Hello</emphasis><break time="1s"/></voice></speak>'
    ).items
    for one, other in zip(tagged, ssml, strict=True):
        if isinstance(one, Words) and isinstance(other, Words):
            assert (one.text, one.manner) == (other.text, other.manner)
        else:
            assert isinstance(one, Pause)
            assert isinstance(other, Pause)
            assert one.seconds == other.seconds


def test_strict_is_for_ssml() -> None:
    assert reading("<speak><x/><s>a</s></speak>").items[-1] == Boundary(Break.SENTENCE, 15)
    with pytest.raises(InvalidMarkup, match="With `strict`"):
        reading("<speak><x/></speak>", strict=True)


@given(st.text(), st.booleans())
def test_no_text_makes_it_fail(text: str, tags: bool) -> None:  # noqa: FBT001
    script = reading(text, ssml=False, tags=tags)
    assert tags or "".join(item.text for item in script.items if isinstance(item, Words)) == text

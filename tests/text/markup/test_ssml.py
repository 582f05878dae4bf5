"""SSML: what it becomes, what is refused and where, and that nothing hostile takes long."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort
from tests.text.markup.rendered import line

from stentor.errors import InvalidMarkup
from stentor.text.markup.ssml import read_ssml
from stentor.text.script import Alias, Boundary, Mark, Pause, Script, Words

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "markup" / "ssml.json").read_text("utf-8"))


def read(source: str, *, max_pause: float = 10, strict: bool = False) -> Script:
    return read_ssml(source, max_pause=max_pause, strict=strict)


def text_of(script: Script) -> str:
    return "".join(item.text for item in script.items if isinstance(item, Words))


def refused(source: str, **options: Any) -> InvalidMarkup:
    with pytest.raises(InvalidMarkup) as caught:
        read(source, **options)
    assert caught.value.param == "input"
    return caught.value


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["what"])
def test_each_construct_becomes_what_it_means(case: dict[str, Any]) -> None:
    script = read(case["source"])
    assert [line(item) for item in script.items] == case["items"]
    assert list(script.warnings) == case.get("warnings", [])


def test_the_example_in_the_reference_is_done() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "markup.md").read_text("utf-8")
    (example,) = re.findall(r"^```xml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert text_of(read(example, strict=True)).startswith("The W3C met on")


# Where it stands


TEXT = st.lists(st.sampled_from([*"ab ß世👋\u0301\u200f\u200b.\t\n\r", "\r\n"]), max_size=12).map("".join)
LEAF = st.one_of(
    TEXT,
    st.sampled_from([
        "&amp;", "&lt;", "&#65;", "&#x1F44B;", "<!-- no -->", "<?no?>", "<![CDATA[<b>&amp;\n]]>",
        "<![CDATA[]]>", "<![CDATA[&]]>", '<mark name="m"/>', "<break time='1ms'/>", "<s/>",
        '<say-as interpret-as="digits"> 1&#50; </say-as>',
        '<sub alias="c">d<w>e</w></sub>',
    ]),
)  # fmt: skip
ELEMENT = st.sampled_from([
    "p", "s", "w", "emphasis", 'prosody rate="slow"', 'prosody pitch="x"', 'voice name="v"', "unknown",
])  # fmt: skip
BODY = st.recursive(
    LEAF,
    lambda inner: st.tuples(ELEMENT, st.lists(inner, max_size=4)).map(
        lambda element: f"<{element[0]}>{''.join(element[1])}</{element[0].split()[0]}>"
    ),
    max_leaves=20,
)
DOCUMENT = st.tuples(st.sampled_from(["", "\ufeff", " \n"]), st.lists(BODY, max_size=5)).map(
    lambda parts: f"{parts[0]}<speak>{''.join(parts[1])}</speak>"
)


@given(DOCUMENT)
def test_words_map_back_to_the_source(source: str) -> None:
    last = 0
    for words in (item for item in read(source).items if isinstance(item, Words)):
        assert last <= words.start < words.end <= len(source)
        last = words.end
        stretch = source[words.start : words.end]
        if len(stretch) == len(words.text):
            assert words.text == stretch.replace("\r", " ").replace("\n", " ")
        elif words.reading is None:
            assert stretch[0] == "&"
            assert words.text == unescape(stretch)


@given(DOCUMENT)
def test_no_text_is_lost_or_changed_but_for_blanks(source: str) -> None:
    expected = "".join(ET.fromstring(source.lstrip("\ufeff \n")).itertext())
    assert "".join(text_of(read(source)).split()) == "".join(expected.split())


@given(DOCUMENT)
def test_blanks_stand_only_between_words(source: str) -> None:
    items = read(source).items
    for before, item in zip([None, *items], [*items, None], strict=True):
        if isinstance(before, Words) and not isinstance(item, (Words, Mark)):
            assert not before.text.isspace()
        if isinstance(item, Words) and isinstance(before, (Pause, Boundary, type(None))):
            assert not item.text.isspace()


@given(DOCUMENT)
def test_something_is_said_before_each_boundary(source: str) -> None:
    is_said = False
    for item in read(source).items:
        if isinstance(item, Words):
            is_said = is_said or not item.text.isspace()
        elif isinstance(item, Boundary):
            assert is_said
            is_said = False


def test_an_element_parts_no_word() -> None:
    assert text_of(read("<speak>un<emphasis>believ</emphasis>able</speak>")) == "unbelievable"


def test_blank_lines_are_no_paragraphs() -> None:
    assert text_of(read("<speak>one\n\n \r\n\r\ntwo</speak>")) == "one       two"


def test_what_references_bring_in_is_cleaned() -> None:
    script = read('<speak>a&#x7f;b <sub alias="c&#x85;&#10;d">e</sub></speak>')
    assert text_of(script) == "a b e"
    assert [item.reading for item in script.items if isinstance(item, Words)][-1] == Alias("c  d")


def test_marks_of_direction_and_characters_of_no_width_stay() -> None:
    text = "\u200fשלום\u200b\u202e abc" + "\u0301" * 1000
    assert text_of(read(f"<speak>{text}</speak>")) == text


# What is refused, and where


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("", (1, 1), "begins with <speak>"),
        ("hello", (1, 1), "begins with <speak>"),
        ("<html/>", (1, 1), "begins with <speak>"),
        ("<Speak/>", (1, 1), "begins with <speak>"),
        ("<x:speak xmlns:x='urn:other'/>", (1, 1), "begins with <speak>"),
        ("<speak>a & b</speak>", (1, 10), "& as text is written &amp;"),
        ("<speak>a < b</speak>", (1, 10), "< as text is written &lt;"),
        ("<speak>AT&T; R</speak>", (1, 10), "no entity '&T;'"),
        ("<speak>\n&amp;&nbsp;</speak>", (2, 6), "no entity '&nbsp;': write &#160;"),
        ("<speak><sub alias='é&euro;'>x</sub></speak>", (1, 21), "write &#8364;"),
        ("<speak>&" + "a" * 99 + ";</speak>", (1, 8), "no entity"),
        ("<speak>&#0;</speak>", (1, 8), "no such character"),
        ("<speak>&#xD800;</speak>", (1, 8), "no such character"),
        ("<speak>&#99999999999999999999;</speak>", (1, 8), "no such character"),
        ("<speak><break time=1s/></speak>", (1, 20), "in quotation marks"),
        ("<speak><break time/></speak>", (1, 19), "'/' cannot stand here"),
        ("<speak>é<p>\n<s>x</p></speak>", (2, 5), "'<s>' has to be closed before this"),
        ("<speak>世\r\r\n<p>x", (3, 1), "'<p>' is never closed"),
        ("<speak", (1, 1), "never closed"),
        ("<speak>a<!-- b", (1, 9), "never closed"),
        ("<speak><![CDATA[a", (1, 18), "never closed"),
        ("<speak a='1' a='2'/>", (1, 14), "same attribute twice"),
        ("<speak/>x", (1, 9), "Nothing may follow"),
        ("<speak/><speak/>", (1, 9), "Nothing may follow"),
        ("<speak><?xml version='1.0'?></speak>", (1, 8), "at the very beginning"),
        ("<?xml versio='1.0'?><speak/>", (1, 7), "declaration"),
        ("<speak xml:lang='&speak;'/>", (1, 18), "no entity"),
        ("<speak>👋<audio src='file:///etc/passwd'/></speak>", (1, 9), "plays no files"),
        ("<speak><p><break time='10.001s'/></p></speak>", (1, 11), "longer than the 10 seconds"),
        ("<speak><break time='999999999999999999s'/></speak>", (1, 8), "longer than the 10 seconds"),
        ("<!-- <!DOCTYPE --><!DOCTYPE speak><speak/>", (1, 19), "document type"),
        ("<!DOCTYPE speak SYSTEM 'http://localhost/x.dtd'><speak/>", (1, 1), "document type"),
        ("<!DOCTYPE s [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><speak/>", (1, 1), "document type"),
        ("<!DOCTYPE s [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><speak>&c;</speak>", (1, 1), "document type"),
    ],
)
def test_it_is_refused_with_a_reason_and_a_place(source: str, place: tuple[int, int], words: str) -> None:
    refusal = refused(source)
    assert words in refusal.message
    assert refusal.message.endswith(f"(line {place[0]}, column {place[1]} of `input`).")


def test_elements_may_be_nested_64_deep() -> None:
    assert text_of(read("<speak>" + "<p>" * 63 + "a" + "</p>" * 63 + "</speak>")) == "a"
    assert "64 deep" in refused("<speak>" + "<p>" * 64).message
    assert "64 deep" in refused("<speak>" + "<metadata>" * 100_000).message


def test_marks_are_bounded() -> None:
    assert len(read("<speak>" + "<mark name='a'/>" * 1_000 + "</speak>").items) == 1_000
    refusal = refused("<speak>" + "<mark name='a'/>" * 1_001 + "</speak>")
    assert refusal.message.startswith("A text may have 1,000 marks, and this one has more")
    assert "column 16008 " in refusal.message


def test_all_breaks_together_are_bounded() -> None:
    assert len(read("<speak>" + '<break time="0.1s"/>' * 10 + "</speak>", max_pause=0.1).items) == 10
    assert len(read("<speak>" + '<break time="0.7s"/>' * 10 + "</speak>", max_pause=0.7).items) == 10
    refusal = refused("<speak>" + '<break time="0.1s"/>' * 11 + "</speak>", max_pause=0.1)
    assert "All breaks together may last 1 seconds" in refusal.message
    assert "column 208 " in refusal.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<blink>a</blink>", "the element 'blink'"),
        ("<s loud='1'>a</s>", "the attribute 'loud' of `s`"),
        ("<prosody rate='nan'>a</prosody>", "'nan' is not understood"),
        ("<metadata/>", "`metadata`"),
        ("<phoneme ph='a'/>", "no text in it"),
        ("<phoneme ph='{}'>a</phoneme>", "U+007B"),
    ],
)
def test_strict_refuses_what_would_be_a_warning(body: str, words: str) -> None:
    source = f"<speak>\n{body}</speak>"
    assert words in read(source).warnings[0]
    refusal = refused(source, strict=True)
    assert words in refusal.message
    assert refusal.message.endswith("(line 2, column 1 of `input`).")


def test_strict_takes_what_is_done() -> None:
    for case in GOLDEN:
        if "warnings" not in case:
            assert read(case["source"], strict=True) == read(case["source"])


def test_only_so_many_warnings_are_kept() -> None:
    elements = "".join(f"<x{number}/>" for number in range(50_000))
    warnings = read(f"<speak>{elements}</speak>").warnings
    assert len(warnings) == 11
    assert warnings[-1] == "and 49990 more"


def test_a_long_name_makes_no_long_warning() -> None:
    script = read(f"<speak><{'x' * 100_000} {'y' * 100_000}='z'/></speak>")
    assert len(script.warnings[0]) < 120


# Hostile input

HOSTILE = {
    "tags": "<s/>",
    "sentences": "<p><s>a</s></p> ",
    "unknown": "<x y='z'/>",
    "references": "é&#65;",
    "line ends": "\r\n",
    "comments": "é<!---->",
    "CDATA": "<![CDATA[a]]>",
    "prosody": '<prosody rate="+9%" pitch="?">é</prosody>',
    "blanks": '<sub alias="a"> <w> </w></sub>',
    "combining": "\u0301",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_twice_the_markup_takes_twice_the_time(piece: str) -> None:
    assert effort(lambda text: read(f"<speak>{text}</speak>"), piece, 40_000) < 3


@pytest.mark.parametrize(
    "source",
    [
        "<speak>" + "<p>" * 100_000,
        "<" * 1_000_000,
        "&" * 1_000_000,
        "<speak>" + "&a;" * 300_000,
        "<speak>&" + "a" * 1_000_000,
        "<speak " + "a" * 1_000_000,
        "<!DOCTYPE " + "a" * 1_000_000,
        "<speak>" + "<![CDATA[" * 100_000,
        "\ufeff" * 1_000_000,
        "\N{REPLACEMENT CHARACTER}" + "\ud800" * 1000,
    ],
    ids=range(10),
)
def test_a_megabyte_of_nonsense_is_refused(source: str) -> None:
    assert len(refused(source).message) < 300


def test_a_long_attribute_is_read() -> None:
    script = read(f"<speak><sub alias='{'é' * 1_000_000}'>a</sub><break time='{'1' * 1_000_000}s'/></speak>")
    assert isinstance(script.items[0], Words)
    assert script.items[0].reading == Alias("é" * 1_000_000)
    assert "not understood" in script.warnings[0]


@given(
    st.lists(
        st.sampled_from([*"<>&;/!?[]-='\" ax#\n", "speak", "<p>", "</p>", "<![CDATA[", "<!--", "<break "])
    ).map("".join)
)
def test_nonsense_is_read_or_refused(text: str) -> None:
    for source in (text, f"<speak>{text}</speak>"):
        try:
            read(source)
        except InvalidMarkup:
            continue

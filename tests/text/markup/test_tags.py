"""Light tags: what they become, what is text, and that pieces give what the whole gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.text.effort import effort
from tests.text.markup.rendered import line

from stentor.errors import InvalidRequest
from stentor.text.markup.tags import TagReader
from stentor.text.script import Item, Manner, Pause, Words

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "markup" / "tags.json").read_text("utf-8"))


def read(pieces: Iterable[str], max_pause: float = 10) -> list[Item]:
    reader = TagReader(max_pause)
    items = [item for piece in pieces for item in reader.feed(piece)]
    return merged([*items, *reader.finish()])


def merged(items: Iterable[Item]) -> list[Item]:
    """Join words that are said in one manner and stand side by side."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if (
            isinstance(item, Words)
            and isinstance(last, Words)
            and (item.manner, item.start) == (last.manner, last.end)
        ):
            joined[-1] = Words(last.text + item.text, last.start, item.end, item.manner)
        else:
            joined.append(item)
    return joined


def spoken(text: str) -> str:
    return "".join(item.text for item in read([text]) if isinstance(item, Words))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["what"])
def test_each_construct_becomes_what_it_means(case: dict[str, Any]) -> None:
    items = TagReader(10).finish(case["source"])
    assert [line(item) for item in items] == case["items"]
    assert read(case["source"]) == merged(items)


# Text in which a reader has to decide something at almost every character.
TAGGED = st.lists(
    st.sampled_from([
        *"()[]*ab .\n\\!世/",
        *("**", "***", "happy", "(happy)", "[sad]", "[happy](u)", "\n\n", "\r\n", '." ', "\u0301", "-"),
        *("[pause]", "[pause:1ms]", "[pau", "se:1", "ms]", "[voice:x]", "[voice: a b", "[/voice]", "default"),
        *("[lang:de]", "[lang:?]", "[rate:2]", "[rate:z]", "[/rate]", "x" * 70, "word " * 39),
    ]),
    max_size=40,
).map("".join)  # fmt: skip


@st.composite
def pieces(draw: st.DrawFn) -> list[str]:
    text = draw(TAGGED)
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[begin:end] for begin, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@given(pieces())
@example(["(hap", "py) a"])
@example(["*a", "* b"])
@example(["*a*", "*b"])
@example(["[happy]", "(u)"])
@example(["(sad)a\n", " ", "\nb"])
@example(["***", "*a*"])
def test_any_pieces_give_what_the_whole_gives(parts: list[str]) -> None:
    whole = read(["".join(parts)])
    assert read(parts) == whole
    assert read("".join(parts)) == whole


@given(pieces())
def test_words_stand_where_they_say(parts: list[str]) -> None:
    text = "".join(parts)
    last = 0
    for item in read(parts):
        assert last <= item.start <= len(text)
        if isinstance(item, Words):
            assert item.text == text[item.start : item.end]
            last = item.end


@given(TAGGED)
def test_no_more_is_held_back_than_an_emphasis_may_be_long(text: str) -> None:
    reader = TagReader(10)
    for character in text:
        reader.feed(character)
        assert len(reader._buffer) <= 210


@given(st.text(st.characters(exclude_characters="([*")))
def test_text_without_a_tag_is_one_run_of_words(text: str) -> None:
    assert TagReader(10).finish(text) == ([Words(text, 0, len(text), Manner())] if text else [])


def test_nothing_is_held_back_that_cannot_become_a_tag() -> None:
    for text in ("Hello (as", "Hello (ha", "I [1", "2 * ", "a*b", "[voices", "[happy to", "****"):
        held = TagReader(10)
        said = sum(item.end - item.start for item in held.feed(text) if isinstance(item, Words))
        assert (said < len(text)) == (text == "Hello (ha"), text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One [pause:3600s] two", "'[pause:3600s]' is longer than the 10 seconds"),
        ("[pause 11]", "longer than the 10 seconds"),
        ("[pause:10s]" * 10 + "[pause:1ms]", "All pauses together may last 100 seconds"),
        ("[rate:50]fast", "'[rate:50]' is not between 0.1 and 10"),
    ],
)
def test_a_value_out_of_range_is_refused(text: str, words: str) -> None:
    for parts in ([text], text):
        with pytest.raises(InvalidRequest) as caught:
            read(parts)
        assert words in caught.value.message
        assert caught.value.param == "input"


def test_pauses_may_be_as_long_as_all_together() -> None:
    pauses = [item for item in read(["[pause:700ms]" * 10], max_pause=0.7) if isinstance(item, Pause)]
    assert len(pauses) == 10


@pytest.mark.parametrize(
    "text", ["f(x) = [1, 2]", "* one\n* two", "**kwargs", "5 * 3 * 2", "[happy](x)", "(sic)"]
)
def test_what_only_looks_like_a_tag_is_said(text: str) -> None:
    assert spoken(text) == text


HOSTILE = [
    "(", "[", "*", " *", " *a", "*a* ", " *a **b ***c", "**a *b* c** ", "(happy)", "x (happy) ", "[voice:",
    "[pause: ", "[voice:a]", "\n", ") (happy) ", "(happ", '." ',
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_text_takes_twice_the_time(piece: str) -> None:
    assert effort(lambda text: TagReader(10).finish(f"(sad){text}"), piece, 40_000) < 3

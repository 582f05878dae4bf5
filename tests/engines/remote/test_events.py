"""Server-sent events, in pieces of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.engines.remote.events import Event, EventReader

ENDS = ["\n", "\r\n", "\r"]


def read(stream: bytes, *sizes: int) -> list[Event]:
    """Read a stream in pieces of these sizes, and then the rest."""
    reader = EventReader(10_000)
    events = []
    for size in sizes:
        events += reader.push(stream[:size])
        stream = stream[size:]
    return events + reader.push(stream)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [Event("message", "a")]),
        (b"data:a\n\ndata:  b\n\n", [Event("message", "a"), Event("message", " b")]),
        (b"event: x\ndata: a\ndata: b\n\n", [Event("x", "a\nb")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("message", "a")]),
        (b": hello\n\nid: 5\nretry: 7\ndata: a\n\n", [Event("message", "a")]),
        (b"data\n\n", [Event("message", "")]),
        (b"event: x\n\ndata: a\n\n", [Event("message", "a")]),
        (b"event:\ndata: a\n\n", [Event("message", "a")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [Event("message", c) for c in "abc"]),
        (b"data: a\n", []),
        (b"data: \xff\n\n", [Event("message", "\N{REPLACEMENT CHARACTER}")]),
        (b"", []),
    ],
)
def test_an_event_is_what_the_standard_says(stream: bytes, events: list[Event]) -> None:
    assert read(stream) == events


@given(
    st.lists(st.tuples(st.sampled_from(["", "x"]), st.lists(st.text("ab:\u00e9 ", max_size=4), min_size=1))),
    st.sampled_from(ENDS),
    st.lists(st.integers(0, 9), max_size=40),
)
def test_it_does_not_matter_where_pieces_end(
    events: list[tuple[str, list[str]]], end: str, sizes: list[int]
) -> None:
    lines = []
    for kind, values in events:
        lines += [f"event: {kind}"] if kind else []
        lines += [*(f"data: {value}" for value in values), ""]
    stream = "".join(f"{line}{end}" for line in lines).encode()
    expected = [Event(kind or "message", "\n".join(values)) for kind, values in events]
    assert read(stream, *sizes) == expected


@given(st.binary(max_size=60), st.lists(st.integers(0, 5), max_size=20))
def test_any_bytes_are_read_alike_in_any_pieces(stream: bytes, sizes: list[int]) -> None:
    assert read(stream, *sizes) == read(stream)


@pytest.mark.parametrize("line", [b"data: " + b"a" * 50, b": " + b"a" * 50, b"a" * 50])
def test_an_event_without_an_end_is_not_held_for_ever(line: bytes) -> None:
    for pieces in ([line + b"\n"] * 30, [line] * 30):
        reader = EventReader(1000)
        with pytest.raises(ValueError, match="longer than 1,000 bytes"):
            [reader.push(piece) for piece in pieces]


def test_events_that_end_are_not_counted_together() -> None:
    reader = EventReader(100)
    assert sum(len(reader.push(b"data: " + b"a" * 80 + b"\n\n")) for _ in range(50)) == 50


@pytest.mark.parametrize("unit", ["a", "data: a\n", "data: a\n\n", ":\r\n"])
def test_an_event_in_small_pieces_takes_no_longer_for_being_long(unit: str) -> None:
    def feed(stream: str) -> None:
        reader = EventReader(10**6)
        for at in range(0, len(stream), 3):
            reader.push(stream[at : at + 3].encode())

    assert effort(feed, unit) < 3

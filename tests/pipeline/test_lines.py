"""What a plan is made of."""

from __future__ import annotations

from dataclasses import replace

from tests.pipeline.lines import line

from stentor.engines.tone import ToneEngine
from stentor.text.edits import Edit, Edited, Mapped


def test_a_line_knows_what_was_written_and_where() -> None:
    """In `<s>It costs $25.</s>`."""
    written = Mapped([("It costs $25.", 3, 16)])
    spoken = Edited(written.text, [Edit(9, 12, "twenty-five dollars")])
    said = line(ToneEngine(), spoken.text, written=written, spoken=spoken)

    assert said.utterance.text == "It costs twenty-five dollars."
    assert said.text == "It costs $25."
    assert said.place == (3, 16)


def test_a_line_that_is_a_part_stands_for_that_part() -> None:
    written = Mapped([("one two three", 0, 13)])
    whole = line(ToneEngine(), "one two three", written=written, spoken=written)
    part = replace(whole, utterance=replace(whole.utterance, text="two"), offset=4)

    assert (part.text, part.place) == ("two", (4, 7))

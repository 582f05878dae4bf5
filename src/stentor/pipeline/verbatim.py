"""Lines of text that was read, worded and planned elsewhere: it goes to an engine as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stentor.pipeline.lines import Line, between
from stentor.text.edits import Mapped
from stentor.text.recut import recut

if TYPE_CHECKING:
    from stentor.engines import Engine
    from stentor.types import Utterance


def verbatim(engine: Engine, utterance: Utterance) -> list[Line]:
    """Make lines of an utterance: one, unless it is longer than its engine takes.

    What the engine cannot do is taken from it; a pace it cannot speak at is made by stretching.
    """
    abilities = engine.capabilities
    slowest, fastest = abilities.speed
    lowest, highest = abilities.pitch
    speed = min(max(utterance.speed, slowest), fastest)
    said = replace(
        utterance,
        speed=speed,
        pitch=min(max(utterance.pitch, lowest), highest),
        style=utterance.style if utterance.style in abilities.styles else None,
        emphasis=utterance.emphasis if abilities.emphasis else None,
        pronunciations=utterance.pronunciations if abilities.phonemes else (),
        seed=utterance.seed if abilities.seed else None,
        instructions=utterance.instructions if abilities.instructions else None,
        marks=utterance.marks and abilities.marks,
    )
    text = utterance.text
    whole = Mapped([(text, 0, len(text))])
    stretches = recut(text, abilities.longest_utterance)
    return [
        Line(
            replace(
                said,
                text=text[start:end],
                pronunciations=between(said.pronunciations, start, end),
                is_complete=utterance.is_complete and number == len(stretches),
            ),
            engine,
            whole,
            whole,
            offset=start,
            stretch=utterance.speed / speed,
        )
        for number, (start, end) in enumerate(stretches, 1)
    ]

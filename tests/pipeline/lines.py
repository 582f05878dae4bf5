"""Lines without a plan, for tests of what comes after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stentor.pipeline.lines import Line
from stentor.text.edits import Mapped
from stentor.types import Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.engines import Engine

TONE = Voice(VoiceId("middle"), "440 Hz", "tone", ("und",))


def line(engine: Engine, text: str, *, speed: float = 1.0, timed: bool = False, **changes: Any) -> Line:
    """Make a line that says a text as it is written."""
    utterance = Utterance(text, TONE, speed=speed, marks=timed)
    written = Mapped([(text, 0, len(text))])
    return replace(Line(utterance, engine, written, written), **changes)


def lines(engine: Engine, *texts: str, **changes: Any) -> list[Line]:
    """Make several."""
    return [line(engine, text, **changes) for text in texts]

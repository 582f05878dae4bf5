"""What a plan is made of: lines to speak, one after the other, and the silence between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from stentor.text.edits import Mapped
from stentor.types import Pronunciation, Utterance

if TYPE_CHECKING:
    from stentor.engines import Engine


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence of the request's text: `text` stands at `start` up to `end`, in characters."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance, the engine that speaks it, and what is done with the sound."""

    utterance: Utterance
    engine: Engine
    written: Mapped
    """What the utterance was made of, mapped to the request's text."""
    spoken: Mapped
    """What was made of it, mapped to `written`."""
    offset: int = 0
    """Where the utterance's text begins in `spoken`."""
    stretch: float = 1.0
    """How many times faster the engine's audio is played; 1 leaves it alone."""
    volume: float = 0.0
    """In decibels above the voice's own."""
    pause: float = 0.0
    """Silence that follows if another line does, in seconds."""
    sentence: Span | None = None
    """The sentence that ends with this line."""
    marks: tuple[tuple[int, str], ...] = ()
    """Places in `written` whose time the caller wants to know, and their names."""

    @property
    def text(self) -> str:
        """What is said, as it is written."""
        start, end = self._stretch
        return self.written.text[start:end]

    @property
    def place(self) -> tuple[int, int]:
        """Where that stands in the request's text, in characters."""
        return self.written.stretch(*self._stretch)

    @property
    def _stretch(self) -> tuple[int, int]:
        return self.spoken.stretch(self.offset, self.offset + len(self.utterance.text))


@dataclass(frozen=True, slots=True)
class Rest:
    """Silence that was asked for, in place of the pause that the line before it makes by itself."""

    seconds: float
    marks: tuple[str, ...] = ()


Step: TypeAlias = Line | Rest


def between(said: Iterable[Pronunciation], start: int, end: int) -> tuple[Pronunciation, ...]:
    """Return the pronunciations of a part of a text, placed in that part."""
    return tuple(
        replace(one, start=max(one.start, start) - start, end=min(one.end, end) - start)
        for one in said
        if one.start < end and one.end > start
    )

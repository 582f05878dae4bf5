"""What markup becomes: words and how they are said, silences, boundaries and marks, in order.

SSML and light tags are both read into this one form; nothing behind it knows which it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

STYLES = ("neutral", "happy", "sad", "angry", "excited", "calm", "whispering", "fearful", "surprised")
"""How something may be said; each engine's own file says what it makes of them."""

Emphasis: TypeAlias = Literal["strong", "moderate", "reduced"]


class Break(Enum):
    """What stands behind a sentence, which decides how long the pause is."""

    CLAUSE = "clause"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Manner:
    """How words are said. None means: as the request says."""

    voice: str | None = None
    """A caller's name for a voice."""
    language: str | None = None
    """A BCP-47 tag."""
    rate: float = 1.0
    """How many times as fast as the request says."""
    pitch: float = 0.0
    """In semitones above the voice's own."""
    volume: float = 0.0
    """In decibels above the voice's own; -inf is silence."""
    emphasis: Emphasis | None = None
    style: str | None = None
    """One of STYLES."""


@dataclass(frozen=True, slots=True)
class SayAs:
    """Words to be read as a kind of thing: SSML's `say-as`."""

    kind: str
    """`cardinal`, `ordinal`, `digits`, `characters`, `date`, `time`, `telephone`, `currency`, `unit`,
    `fraction` or `verbatim`."""
    format: str = ""
    """Such as `dmy` for a date."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Words to be said instead: SSML's `sub`."""

    text: str


@dataclass(frozen=True, slots=True)
class Phonemes:
    """How words are pronounced, in the International Phonetic Alphabet: SSML's `phoneme`."""

    ipa: str


Reading: TypeAlias = SayAs | Alias | Phonemes


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text that is said in one manner.

    It stands at `start` up to `end` in the original, in characters. Where the two are as long as the text,
    each character stands for itself; otherwise the text as a whole stands for the whole stretch.
    """

    text: str
    start: int
    end: int
    manner: Manner
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """So many seconds of silence, beside whatever pause the words make by themselves."""

    seconds: float
    start: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """A sentence or paragraph ends here, whatever the punctuation says."""

    follows: Break
    start: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place whose time the caller wants to know."""

    name: str
    start: int


Item: TypeAlias = Words | Pause | Boundary | Mark


@dataclass(frozen=True, slots=True)
class Script:
    """A whole text, read."""

    items: tuple[Item, ...]
    """In the order in which they are heard."""
    warnings: tuple[str, ...] = ()
    """What was left out, a few words for each, fit for an answer's header."""

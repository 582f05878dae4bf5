"""The words of the project as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

VoiceId = NewType("VoiceId", str)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks. `id` is what a request says; `languages` are BCP-47 tags, the voice's own first."""

    id: VoiceId
    name: str
    engine: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordMark:
    """When a word is heard.

    The word stands at `start` up to `end` in the text of its utterance, in characters; it begins at `sample`,
    counted from the first sample of the utterance.
    """

    start: int
    end: int
    sample: int


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A piece of mono audio: float32 samples of shape (n,), full scale ±1, at `rate` hertz.

    `marks` may come with any chunk of an utterance, before or after their sound, also with an empty one.
    """

    samples: Samples
    rate: int
    marks: tuple[WordMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How the characters at `start` up to `end` of an utterance's text are pronounced, in IPA."""

    start: int
    end: int
    ipa: str


@dataclass(frozen=True, slots=True)
class Timed:
    """A word or a sentence of the original, and when it is heard, in seconds from the beginning.

    `text` stands at `source_start` up to `source_end` in the original, in characters.
    """

    text: str
    start: float
    end: float
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said in one breath.

    `speed` is within the engine's declared range; `pitch` is in semitones above the voice's own.
    `style` and `emphasis` are among those the engine declares; so is the use of `pronunciations`.
    An utterance that is not complete goes on with the next one: its voice should not fall at its end.
    With `marks`, the times of its words are wanted, from an engine that has them.
    """

    text: str
    voice: Voice
    language: str | None = None
    speed: float = 1.0
    pitch: float = 0.0
    style: str | None = None
    emphasis: str | None = None
    pronunciations: tuple[Pronunciation, ...] = ()
    is_complete: bool = True
    marks: bool = False
    seed: int | None = None
    instructions: str | None = None

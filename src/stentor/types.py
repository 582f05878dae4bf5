"""The words of the project as frozen values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NewType, Self, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

VoiceId = NewType("VoiceId", str)

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_DEEPEST = 64


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
class Sample:
    """A recording of someone's voice: mono, float32 of shape (n,), full scale ±1, at `rate` hertz.

    `transcript` is what is said in it, if that is known.
    """

    samples: Samples
    rate: int
    transcript: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an engine made of samples of a voice, in order to speak like it: JSON that only it understands.

    `id` is made of the content: `sha256:` and the SHA-256 of `written`, in hexadecimal.
    """

    id: str
    written: bytes = field(compare=False, repr=False)
    """A JSON object in ASCII, with sorted keys and no spaces."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Make one of a JSON object. Raises ValueError with a few words on what is wrong. Blocks."""
        if _is_deeper(content, _DEEPEST):
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
        try:
            # Piece by piece, so that no other thread waits for the whole of it.
            written = "".join(_CANONICAL.iterencode(content)).encode()
        except (TypeError, ValueError) as error:
            raise ValueError("it holds what JSON cannot write") from error
        return cls(f"sha256:{hashlib.sha256(written).hexdigest()}", written)

    @property
    def content(self) -> dict[str, Any]:
        """The object, read anew each time."""
        read: dict[str, Any] = json.loads(self.written)
        return read


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
    A `prompt` is spoken like the voice it was made of, whatever `voice` is; it came from an engine like this.
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
    prompt: Prompt | None = None


def _is_deeper(outermost: Mapping[str, Any], most: int) -> bool:
    """Tell whether objects and lists stand within each other more than `most` times."""
    level: list[Any] = [outermost]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, Mapping) else outer)
            if isinstance(inner, Mapping | list | tuple)
        ]
        if not level:
            return False
    return True

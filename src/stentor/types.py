"""The words of the project as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
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
class AudioChunk:
    """A piece of mono audio: float32 samples of shape (n,), full scale ±1, at `rate` hertz."""

    samples: Samples
    rate: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said in one breath.

    `start` is the offset of `text` in the request's own text, in characters.
    `speed` is within the engine's declared range; `pause` is the silence that follows, in seconds.
    """

    text: str
    voice: Voice
    start: int = 0
    language: str | None = None
    speed: float = 1.0
    seed: int | None = None
    instructions: str | None = None
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What was asked, in our own words, checked for type and range but not yet against any engine."""

    text: str
    model: str
    voice: str
    format: str = "mp3"
    speed: float = 1.0
    instructions: str | None = None
    language: str | None = None
    seed: int | None = None
    sample_rate: int | None = None
    strict: bool = False
    unknown_fields: tuple[str, ...] = field(default=())

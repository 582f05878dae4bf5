"""How styles, emphasis, pitch and speed become the four knobs that eSpeak NG has."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stentor.engines.espeak.voices import Timbre
    from stentor.types import Utterance

WORDS_PER_MINUTE = 175
NORMAL_VOLUME = 100
# Below 80 words a minute the library stops slowing down; above 449 it changes to another algorithm.
SLOWEST, FASTEST = 80, 449
SEMITONES = 8.0
"""How far each voice can go up and down; most can go to 9."""
_HIGHEST = 99  # of pitch and range


@dataclass(frozen=True, slots=True)
class Prosody:
    """How something is said, beside how it is said otherwise."""

    rate: float = 1.0
    """How many times as fast."""
    pitch: float = 0.0
    """In semitones."""
    range: float = 1.0
    """How many times as wide the melody is."""
    volume: float = 0.0
    """In decibels."""
    whispered: bool = False


STYLES = MappingProxyType({
    "neutral": Prosody(),
    "happy": Prosody(rate=1.08, pitch=2, range=1.4),
    "sad": Prosody(rate=0.85, pitch=-2, range=0.5, volume=-2),
    "angry": Prosody(rate=1.1, pitch=-1, range=1.5, volume=2),
    "excited": Prosody(rate=1.18, pitch=3, range=1.6, volume=1),
    "calm": Prosody(rate=0.9, pitch=-1, range=0.7, volume=-1),
    "whispering": Prosody(rate=0.92, volume=-6, whispered=True),
    "fearful": Prosody(rate=1.15, pitch=3, range=0.6, volume=-2),
    "surprised": Prosody(rate=1.05, pitch=4, range=1.7),
})
"""What a formant synthesiser can do of an emotion: pace, height, melody, loudness and breath."""

EMPHASIS = MappingProxyType({
    "strong": Prosody(rate=0.8, pitch=2, range=1.3, volume=2),
    "moderate": Prosody(rate=0.9, pitch=1, range=1.15, volume=1),
    "reduced": Prosody(rate=1.12, pitch=-1, range=0.8, volume=-3),
})

_PLAIN = Prosody()


def is_whispered(utterance: Utterance) -> bool:
    """Tell whether an utterance needs the breathy form of its timbre."""
    return STYLES.get(utterance.style or "", _PLAIN).whispered


def knobs(utterance: Utterance, timbre: Timbre) -> dict[str, int]:
    """Return the library's `rate`, `pitch`, `range` and `volume` for an utterance in a timbre."""
    style = STYLES.get(utterance.style or "", _PLAIN)
    emphasis = EMPHASIS.get(utterance.emphasis or "", _PLAIN)
    rate = WORDS_PER_MINUTE * utterance.speed * style.rate * emphasis.rate
    higher = 2 ** ((utterance.pitch + style.pitch + emphasis.pitch) / 12)
    # The melody's range is in hertz, so it grows with the pitch; and the library lowers the base as the range
    # grows, by this much of the base for each time that it is as wide. Its knob doubles the base in 50 steps.
    base = higher + (higher - 1) * timbre.melody
    return {
        "rate": min(max(round(rate), SLOWEST), FASTEST),
        "pitch": min(max(round(50 + 50 * log2(max(base, 0.5))), 0), _HIGHEST),
        "range": min(round(50 * higher * style.range * emphasis.range), _HIGHEST),
        "volume": round(NORMAL_VOLUME * 10 ** ((style.volume + emphasis.volume) / 20)),
    }

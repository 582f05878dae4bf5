"""Fits a voice of eSpeak NG to a recording: it speaks, is measured as the recording was, and is corrected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from math import log2
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from stentor import threads
from stentor.engines.espeak.adaptation import COLOUR, FORMANTS, GAIN, HIGHEST, LOWEST, PACE, Adaptation
from stentor.engines.espeak.hearing import BANDS, RATE, Hearing, centres, hear
from stentor.errors import UnusableRecording
from stentor.types import Sample

if TYPE_CHECKING:
    from stentor.types import Samples

Say: TypeAlias = Callable[[str, Adaptation | None], Awaitable["Samples"]]
"""Speaks as an adaptation has it, without its equaliser, or in the plain voice."""

TEXT = (
    "The old canoe slid along the smooth green bank, and a yacht lay beside the pier. "
    "Four hours of steady work were ahead of us before the rain would stop. "
    "Would you like some tea, or a cup of hot chocolate? "
    "She usually buys shells and toys in the small shop near the church. "
    "Nothing could be further from the truth."
)
"""What is said to compare: most sounds of English, and a usual melody."""

_ROUNDS = 3
_STEP = 6  # percent, from one place of formants to the next that is tried
_WIDEST = 14.0  # semitones between the lowest and the highest tone of a voice file
_CHANCE = 1.0  # decibels between two texts of one voice
# What a recording must be.
_SECONDS, _VOICED, _SYLLABLES, _CLIPPED = 1.5, 0.2, 1.0, 0.01
_USUAL_AT, _USUAL_POWER, _USUAL_WEIGHT = 100.0, 0.2, 0.06  # so women and men are


async def fit(samples: Sequence[Sample], say: Say) -> Adaptation:
    """Find the adaptation that comes nearest to recordings of one voice; raises UnusableRecording."""
    try:
        wanted = await threads.run(hear, samples)
    except ValueError as error:
        raise _refusal(str(error)) from error
    _check(wanted)
    plain = await _hear(await say(TEXT, None), pitch=False)
    tried = Adaptation(
        low=_tone(0.85 * wanted.hertz),
        high=_tone(1.2 * wanted.hertz),
        formants=100,
        pace=_between(wanted.syllables / plain.syllables, *PACE),
        gain=0.0,
        colour=(0.0,) * BANDS,
    )
    tried = await _with_formants(tried, wanted, say)
    for _ in range(_ROUNDS):
        tried = _with_pitch(tried, wanted, await _hear(await say(TEXT, tried)))
    return await _with_colour(tried, wanted, plain, await say(TEXT, tried))


def _check(heard: Hearing) -> None:
    if heard.seconds < _SECONDS:
        raise _refusal(f"it holds {heard.seconds:.1f} seconds of speech, and {_SECONDS:g} are needed")
    if heard.voiced < _VOICED or heard.syllables < _SYLLABLES:
        raise _refusal("what is heard in it is noise, or a steady sound, or a whisper")
    if heard.clipped > _CLIPPED:
        raise _refusal("it is distorted, as it was recorded too loud")


def _refusal(because: str) -> UnusableRecording:
    return UnusableRecording(f"`audio` is no sample of a voice: {because}.", param="audio")


async def _hear(samples: Samples, *, pitch: bool = True) -> Hearing:
    return await threads.run(hear, [Sample(samples, RATE)], pitch=pitch)


async def _with_formants(tried: Adaptation, wanted: Hearing, say: Say) -> Adaptation:
    """Try where formants could be: in steps, and in half a step around the best."""
    costs: dict[int, float] = {}

    async def try_all(options: Iterable[int]) -> int:
        for formants in options:
            heard = await _hear(await say(TEXT, replace(tried, formants=formants)), pitch=False)
            costs[formants] = _unlike(heard, wanted) + _unexpected(formants, wanted)
        return min(costs, key=costs.__getitem__)

    best = await try_all(range(FORMANTS[0], FORMANTS[1] + 1, _STEP))
    beside = (best - _STEP // 2, best + _STEP // 2)
    return replace(tried, formants=await try_all(at for at in beside if FORMANTS[0] <= at <= FORMANTS[1]))


def _unexpected(formants: int, wanted: Hearing) -> float:
    """Return how far formants are from where they usually are at a pitch: who speaks higher is shorter."""
    usual = 100 * (wanted.hertz / _USUAL_AT) ** _USUAL_POWER
    return float(_USUAL_WEIGHT * ((formants - usual) / 10) ** 2)


def _unlike(heard: Hearing, wanted: Hearing) -> float:
    """Compare by what no filter changes: how much each band varies as formants pass through it."""
    seen = (centres() > 1.5 * wanted.hertz) & (centres() < min(wanted.top, 6500))
    return 1.0 - float(np.corrcoef(heard.spread[seen], wanted.spread[seen])[0, 1])


def _with_pitch(tried: Adaptation, wanted: Hearing, heard: Hearing) -> Adaptation:
    middle = np.sqrt(tried.low * tried.high) * wanted.hertz / heard.hertz
    width = (
        12 * log2(tried.high / tried.low) * _between(wanted.semitones / max(heard.semitones, 0.5), 0.5, 2.0)
    )
    half = 2 ** (min(width, _WIDEST) / 24)
    return replace(tried, low=_tone(middle / half), high=_tone(middle * half))


async def _with_colour(tried: Adaptation, wanted: Hearing, plain: Hearing, spoken: Samples) -> Adaptation:
    own = await _hear(spoken, pitch=False)
    seen = centres() < wanted.top
    colour = wanted.colour - own.colour
    colour -= colour[seen].mean()
    colour = np.convolve(np.pad(colour, 1, "edge"), (0.25, 0.5, 0.25), "valid")
    colour = np.sign(colour) * np.clip(np.abs(colour) - _CHANCE, 0, COLOUR)
    colour[~seen] = min(colour[seen][-1], 0.0)
    filtered = await threads.run(replace(tried, colour=tuple(colour)).equaliser().push, spoken)
    louder = plain.level - (await _hear(filtered, pitch=False)).level
    louder = min(louder, 20 * np.log10(0.9 / np.abs(filtered).max()))
    return replace(
        tried, gain=round(_between(louder, -GAIN, GAIN), 2), colour=tuple(np.round(colour, 2).tolist())
    )


def _tone(hertz: float) -> int:
    return round(_between(hertz, LOWEST, HIGHEST))


def _between(number: float, least: float, most: float) -> float:
    return float(min(max(number, least), most))

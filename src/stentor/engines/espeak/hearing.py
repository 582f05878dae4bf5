"""What can be measured of a recording of a voice: its pitch, its melody, its colour and its pace.

The pitch is that of Boersma 1993 ("Accurate short-term analysis of the fundamental frequency"): the highest
peak of the autocorrelation, divided by that of the window. Octaves are settled as De Looze and Hirst 2008 do:
a second search goes only from a little below to a little above where most of the first found it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from stentor.audio.resample import resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stentor.types import Sample, Samples

    Numbers: TypeAlias = NDArray[np.floating[Any]]

RATE = 22_050
SECONDS = 45
"""Of a recording, that are listened to."""
_STEP, _WINDOW = RATE // 100, RATE * 6 // 100  # 10 ms and 60 ms
_GRID = 2048  # of the transform; more than a window and the longest lag
_AT_ONCE = 512  # frames; bounds the memory
_LOWEST, _HIGHEST = 55.0, 520.0  # hertz
_OCTAVE_COST = 0.02
_VOICED = 0.55  # of what a regular sound would have
_BELOW_LOUD = 35.0  # dB under the loud frames, at which it is a pause
_GAP = 15  # frames; a shorter pause belongs to speech
_FULL = 0.999  # scale
_VOWELS = (300.0, 2500.0)  # hertz
_SMOOTH, _QUIET, _DIP = 9, 25.0, 2.0  # frames; decibels under the loudest, and between two syllables
_HEARD = 0.9  # of the band of a recording, below its filter
_SHELF, _SHELF_GAIN = 2000.0, 10 ** (4 / 10)

BANDS = 30
_FIRST_BAND, _LAST_BAND = 80.0, 10_000.0
_FLOOR = 1e-10


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was measured of a recording. Levels are in decibels."""

    hertz: float
    """The median pitch of what is voiced; 0 if nothing is."""
    semitones: float
    """How wide the melody is: from the pitch that a tenth is below to that a tenth is above."""
    colour: Numbers
    """The level of each of `BANDS` bands where somebody speaks, over their mean."""
    spread: Numbers
    """By how much the level of each band varies; a filter does not change it."""
    top: float
    """Up to how many hertz there is something to hear."""
    level: float
    """How loud the speech is."""
    syllables: float
    """In a second of speech without its pauses."""
    seconds: float
    """Of speech."""
    voiced: float
    """Which part of the speech is voiced, from 0 to 1."""
    clipped: float
    """Which part of the samples is at full scale, from 0 to 1."""


def hear(recordings: Sequence[Sample], *, pitch: bool = True) -> Hearing:
    """Measure recordings of one voice, 45 s of them; without `pitch` in a fifth of the time. Blocks.

    Takes 8 ms of one core for each second. Raises ValueError with a few words for silence
    and nonsense.
    """
    heard = np.concatenate([_resampled(recording) for recording in recordings])[: SECONDS * RATE]
    frames = np.lib.stride_tricks.sliding_window_view(_padded(heard), _WINDOW)[::_STEP]
    power = np.concatenate([np.mean(part**2, axis=1) for part in _parts(frames)])
    loud = float(np.percentile(power, 95))
    speaking = (power > loud * 10 ** (-_BELOW_LOUD / 10)) & (power > _FLOOR)
    spoken = frames[speaking]
    if not len(spoken):
        raise ValueError("there is nothing to hear in it")
    levels = np.concatenate([_levels(part) for part in _parts(spoken)])
    colour = 10 * np.log10(np.mean(10 ** (levels / 10), axis=0))
    top = min(_HEARD * recording.rate / 2 for recording in recordings)
    hertz = _pitches(spoken) if pitch else np.zeros(len(spoken))
    voiced = hertz[hertz > 0]
    tenths = np.percentile(voiced, (10, 90)) if voiced.size else (1.0, 1.0)
    return Hearing(
        hertz=float(np.median(voiced)) if voiced.size else 0.0,
        semitones=12 * log2(tenths[1] / tenths[0]),
        colour=colour - colour[centres() < top].mean(),
        spread=levels.std(axis=0),
        top=top,
        level=_level(colour),
        syllables=_syllables(levels, speaking),
        seconds=len(spoken) * _STEP / RATE,
        voiced=voiced.size / len(spoken),
        clipped=max(_clipped(recording.samples) for recording in recordings),
    )


@cache
def centres() -> Numbers:
    """Return the middle of each band, in hertz."""
    return _edges()[1:-1]


def _resampled(recording: Sample) -> Samples:
    highest = np.abs(recording.samples).max(initial=1.0)
    if not np.isfinite(highest):
        raise ValueError("there are samples in it that are no numbers")
    return resampled(recording.samples / highest, recording.rate, RATE)


def _padded(samples: Samples) -> Samples:
    return np.pad(samples, (0, max(_WINDOW - samples.size, 0)))


def _clipped(samples: Samples) -> float:
    size = np.abs(samples)
    highest = size.max(initial=0)
    return float(np.mean(size >= _FULL * highest)) if highest >= _FULL else 0.0


def _level(colour: Numbers) -> float:
    """Return how loud a colour is, what is above 2 kHz counting more, as in ITU-R BS.1770."""
    weight = np.where(centres() > _SHELF, _SHELF_GAIN, 1.0) * np.diff(_edges())[1:]
    return float(10 * np.log10(np.sum(10 ** (colour / 10) * weight)))


def _parts(frames: Samples) -> Iterator[Samples]:
    for at in range(0, len(frames), _AT_ONCE):
        yield frames[at : at + _AT_ONCE]


def _pitches(frames: Samples) -> Numbers:
    """Return the pitch of each frame in hertz, 0 where it has none."""
    regular = np.concatenate([_regularity(part) for part in _parts(frames)])
    first = _peaks(regular, _LOWEST, _HIGHEST)
    if not first.any():
        return first
    quarter, three_quarters = np.percentile(first[first > 0], (25, 75))
    return _peaks(regular, max(0.65 * quarter, _LOWEST), min(1.9 * three_quarters, _HIGHEST))


def _regularity(frames: Samples) -> Numbers:
    """Return the autocorrelation of frames up to the lag of the lowest pitch; 1 is a regular sound."""
    window = np.hanning(_WINDOW).astype(np.float32)
    longest = round(RATE / _LOWEST) + 2
    product = _autocorrelation((frames - frames.mean(axis=1, keepdims=True)) * window)[:, :longest]
    tapered = _autocorrelation(window[None])[:, :longest]
    regular: Numbers = product / np.maximum(product[:, :1], _FLOOR) / (tapered / tapered[:, :1])
    return regular


def _autocorrelation(frames: Numbers) -> Numbers:
    made: Numbers = np.fft.irfft(np.abs(np.fft.rfft(frames, _GRID)) ** 2)
    return made


def _peaks(regular: Numbers, lowest: float, highest: float) -> Numbers:
    shortest, longest = int(RATE / highest), int(RATE / lowest) + 1
    before, here, after = (
        regular[:, shortest - 1 + at : min(longest, regular.shape[1] - 2) + at] for at in range(3)
    )
    lags = np.arange(shortest, shortest + here.shape[1])
    worth = np.where((here >= before) & (here > after), here - _OCTAVE_COST * np.log2(lags / shortest), -1.0)
    rows, best = np.arange(len(worth)), worth.argmax(axis=1)
    left, middle, right = (part[rows, best] for part in (before, here, after))
    curve = np.minimum(left - 2 * middle + right, -1e-9)
    lag = lags[best] + np.clip((left - right) / (2 * curve), -0.5, 0.5)
    hertz: Numbers = np.where((middle > _VOICED) & (worth[rows, best] > 0), RATE / lag, 0.0)
    return hertz


def _levels(frames: Samples) -> Numbers:
    """Return the level of each band of each frame."""
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), _GRID)) ** 2
    made: Numbers = 10 * np.log10(spectrum @ _filters().T + _FLOOR)
    return made


@cache
def _edges() -> Numbers:
    def mel(hertz: float) -> float:
        return 2595 * float(np.log10(1 + hertz / 700))

    steps = np.linspace(mel(_FIRST_BAND), mel(_LAST_BAND), BANDS + 2)
    made: Numbers = 700 * (10 ** (steps / 2595) - 1)
    return made


@cache
def _filters() -> Samples:
    """Return triangles on the mel scale, each of area 1, one row for each band."""
    edges, bins = _edges(), np.fft.rfftfreq(_GRID, 1 / RATE)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    made: Samples = (triangles / triangles.sum(axis=1, keepdims=True)).astype(np.float32)
    return made


def _syllables(levels: Numbers, speaking: NDArray[np.bool_]) -> float:
    """Count how often it grows and falls in a second of speech where vowels are loud."""
    vowels = levels[:, (centres() > _VOWELS[0]) & (centres() < _VOWELS[1])]
    loudness = np.full(len(speaking), -100.0)
    loudness[speaking] = 10 * np.log10(np.mean(10 ** (vowels / 10), axis=1))
    smooth = np.convolve(loudness, np.hanning(_SMOOTH) / np.hanning(_SMOOTH).sum(), "same")
    count, last, rises = 0, -100.0, True
    for level in smooth.clip(np.percentile(smooth[speaking], 95) - _QUIET).tolist():
        if rises == (level >= last):
            last = level
        elif abs(level - last) > _DIP:
            count += rises
            last, rises = level, not rises
    pauses = np.diff(np.flatnonzero(speaking)) - 1
    frames = speaking.sum() + pauses[pauses < _GAP].sum()
    return count * RATE / float(frames * _STEP)

"""Where a recording holds a voice: level and pitch from 20 ms to 20 ms.

The pitch is that of the highest peak of the autocorrelation, divided by that of the window;
source: Boersma 1993, "Accurate short-term analysis of the fundamental frequency".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stentor.audio.resample import resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stentor.types import Samples

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

STEP = 0.02
"""Seconds from one frame to the next."""
FAINTEST = -100.0
"""Decibels below full scale that count as no sound at all."""
_RATE = 16_000
_WINDOW = 768  # samples at that rate, 48 ms: nearly three periods of the lowest voice
_GRID = 2048  # of the transform; more than a window and the longest lag
_AT_ONCE = 256  # frames; bounds the memory
_LOWEST, _HIGHEST = 60, 500  # hertz
_RUMBLE = 60  # hertz; what is lower is not heard as anybody's
_OCTAVE_COST = 0.02
_VOICED = 0.6  # of what a regular sound would have
_BELOW_LOUD = 35.0  # decibels under the loud frames, at which it is a pause
_ABOVE_NOISE = 6.0
_GAP = 15  # frames; a shorter pause belongs to speech
_BLIP = 5  # frames; what is shorter is a click


@dataclass(frozen=True, slots=True)
class Voicing:
    """What was found in each frame; the frames begin `STEP` seconds apart."""

    levels: Numbers
    """In decibels below full scale."""
    hertz: Numbers
    """The pitch; 0 where there is none."""
    noise: float
    """The level of the quietest frames."""

    @property
    def loud(self) -> float:
        """The level of the loud frames."""
        return float(np.percentile(self.levels, 95)) if self.levels.size else FAINTEST

    @property
    def is_active(self) -> Flags:
        """Which frames are louder than pauses are."""
        loud = self.loud
        least = max(loud - _BELOW_LOUD, min(self.noise + _ABOVE_NOISE, loud - _ABOVE_NOISE), FAINTEST + 1)
        return self.levels > least

    @property
    def is_voiced(self) -> Flags:
        """Which frames are active and have a pitch."""
        return self.is_active & (self.hertz > 0)

    @property
    def is_speech(self) -> Flags:
        """Which frames are active or in a short pause between such; clicks are left out."""
        return _without_runs(~_without_runs(~self.is_active, _GAP), _BLIP)


def voicing(samples: Samples, rate: int) -> Voicing:
    """Look at mono samples. Blocks; takes some 4 ms of one core for each second."""
    heard = resampled(samples, rate, _RATE)
    step = round(STEP * _RATE)
    count = -(-heard.size // step)
    heard = np.pad(heard, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(heard, _WINDOW)[::step][:count]
    found = [_looked_at(frames[at : at + _AT_ONCE]) for at in range(0, count, _AT_ONCE)]
    levels = np.concatenate([levels for levels, _ in found] or [np.zeros(0)])
    hertz = np.concatenate([hertz for _, hertz in found] or [np.zeros(0)])
    return Voicing(levels, hertz, float(np.percentile(levels, 5)) if count else FAINTEST)


def _looked_at(frames: NDArray[np.float32]) -> tuple[Numbers, Numbers]:
    """Return the level and the pitch of each frame."""
    window = np.hanning(_WINDOW)
    power = np.square(np.abs(np.fft.rfft(frames * window, _GRID)))
    power[:, : _RUMBLE * _GRID // _RATE] = 0
    energy = (2 * power.sum(axis=1) - power[:, 0] - power[:, -1]) / _GRID
    levels = np.maximum(10 * np.log10(energy / np.square(window).sum() + 1e-12), FAINTEST)
    regular = np.fft.irfft(power, _GRID)
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, _GRID))), _GRID)
    lags = np.arange(_RATE // _HIGHEST, _RATE // _LOWEST + 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        strength = regular[:, lags] / regular[:, :1] / (own[lags] / own[0])
    strength = np.nan_to_num(strength, nan=0.0, posinf=0.0, neginf=0.0)
    before, inner, after = strength[:, :-2], strength[:, 1:-1], strength[:, 2:]
    is_peak = (inner >= before) & (inner > after)
    curve = np.where(is_peak, np.maximum(2 * inner - before - after, 1e-9), 1.0)
    height = inner + np.square(before - after) / (8 * curve)  # of a parabola through the three
    # A voice is as regular at twice its period: the shorter of two equal ones is meant.
    ranked = np.where(is_peak, height - _OCTAVE_COST * np.log2(lags[1:-1] / lags[0]), -1.0)
    best = np.arange(len(frames)), ranked.argmax(axis=1)
    lag = lags[1:-1][best[1]] + (after - before)[best] / (2 * curve[best])
    return levels, np.where((ranked[best] > 0) & (inner[best] > _VOICED), _RATE / lag, 0.0)


def _without_runs(flags: Flags, least: int) -> Flags:
    """Clear runs of set flags that are shorter than `least`, but for those at the ends."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    kept = flags.copy()
    for begin, end in edges.reshape(-1, 2):
        if end - begin < least and begin > 0 and end < flags.size:
            kept[begin:end] = False
    return kept

"""A filter that gives speech another colour, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stentor.engines.espeak.hearing import RATE, centres

if TYPE_CHECKING:
    from stentor.types import Samples

_TAPS, _FADED = 320, 64
_GRID = 4096
_KNEE = 0.8


class Equaliser:
    """Filters a stream of float32 samples at 22,050 Hz and keeps it within ±1.

    It is of minimum phase: what a word begins with is not heard later. `flush` has its last 15 ms.
    """

    def __init__(self, decibels: Sequence[float], gain: float) -> None:
        """Take the gain of each band of `hearing.BANDS`, in decibels, and a factor for all of them."""
        self._taps = _minimum_phase(decibels) * np.float32(gain)
        self._before = np.zeros(_TAPS - 1, np.float32)

    def push(self, samples: Samples) -> Samples:
        """Filter a chunk; as many samples come out as went in."""
        heard = np.concatenate([self._before, samples])
        self._before = heard[-(_TAPS - 1) :]
        size = 1 << (heard.size - 1).bit_length()
        product = np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(self._taps, size), size)
        return _within(product[_TAPS - 1 : heard.size].astype(np.float32))

    def flush(self) -> Samples:
        """Return what still sounds behind the last sample."""
        return self.push(np.zeros(_TAPS - 1, np.float32))


def _minimum_phase(decibels: Sequence[float]) -> Samples:
    """Design a filter by its cepstrum (Oppenheim and Schafer, "Discrete-Time Signal Processing", 13.4)."""
    bins = np.fft.rfftfreq(_GRID, 1 / RATE)
    logarithm = np.interp(np.log(bins + 20), np.log(centres() + 20), decibels) * np.log(10) / 20
    cepstrum = np.fft.irfft(logarithm)
    cepstrum[1 : _GRID // 2] *= 2
    cepstrum[_GRID // 2 + 1 :] = 0
    taps = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:_TAPS]
    taps[-_FADED:] *= np.linspace(1, 0, _FADED)
    made: Samples = taps.astype(np.float32)
    return made


def _within(samples: Samples) -> Samples:
    """Bend what is louder than -2 dB below full scale."""
    size = np.abs(samples)
    if size.max(initial=0) <= _KNEE:
        return samples
    bent = _KNEE + (1 - _KNEE) * np.tanh((size - _KNEE) / (1 - _KNEE))
    made: Samples = np.where(size > _KNEE, np.copysign(bent, samples), samples).astype(np.float32)
    return made

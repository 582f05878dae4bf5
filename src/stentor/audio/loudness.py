"""How loud a recording is to people; source: ITU-R BS.1770-5, annex 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stentor.types import Samples

    Numbers = NDArray[np.float64]

SILENT = -70.0
"""The absolute gate, in LUFS: nothing quieter is counted."""
_RELATIVE_GATE = -10.0
_OFFSET = -0.691
_STEP, _STEPS = 0.1, 4  # seconds from block to block, and how many of them a block has
_PIECE = 5.0  # seconds that are filtered at once
_TAIL = 0.5  # seconds, in which the filters fall silent


def loudness(samples: Samples, rate: int) -> float:
    """Return the integrated loudness of mono samples, in LUFS; `SILENT` if nothing is louder than that.

    What is shorter than a block of 0.4 s is taken for one block.
    """
    power = _blocks(samples, rate)
    loud = power[power > _power(SILENT)]
    if not loud.size:
        return SILENT
    gate = max(_power(_level(loud.mean()) + _RELATIVE_GATE), _power(SILENT))
    return max(_level(loud[loud > gate].mean()), SILENT)


def _blocks(samples: Samples, rate: int) -> Numbers:
    """Return the mean power of each block of 0.4 s, from 0.1 s to 0.1 s."""
    step = round(_STEP * rate)
    if samples.size < _STEPS * step:
        return np.concatenate([*_weighted(samples, rate, max(samples.size, 1)), np.zeros(0)])
    steps = np.concatenate(list(_weighted(samples, rate, step)))
    means: Numbers = np.lib.stride_tricks.sliding_window_view(steps, _STEPS).mean(axis=1)
    return means


def _weighted(samples: Samples, rate: int, step: int) -> Iterator[Numbers]:
    """Yield the mean power of each whole step, filtered as the head and the ear do.

    By the spectrum, since a recursion is slow here; piece by piece, since the spectrum is large.
    """
    piece, lead = -(-round(_PIECE * rate) // step) * step, round(_TAIL * rate)
    size = 1 << (piece + 2 * lead).bit_length()
    response = _response(rate, size)
    for begin in range(0, samples.size, piece):
        first = max(begin - lead, 0)
        part = samples[first : begin + piece]
        weighted = np.fft.irfft(np.fft.rfft(part, size) * response, size)[begin - first : part.size]
        whole = weighted[: weighted.size // step * step].reshape(-1, step)
        yield np.square(whole).mean(axis=1)


def _response(rate: int, size: int) -> NDArray[np.complex128]:
    at = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(at.size, np.complex128)
    for above, below in (_shelf(rate), _high_pass(rate)):
        response *= np.polyval(above[::-1], at) / np.polyval(below[::-1], at)
    return response


def _shelf(rate: int) -> tuple[list[float], list[float]]:
    """Return the first filter of the standard, which is given for 48 kHz, for any rate."""
    hertz, gain, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * hertz / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    above = [
        (high + band * k / quality + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - band * k / quality + k * k) / norm,
    ]
    return above, [1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]


def _high_pass(rate: int) -> tuple[list[float], list[float]]:
    hertz, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * hertz / rate)
    norm = 1 + k / quality + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]


def _level(power: float) -> float:
    return _OFFSET + 10 * math.log10(max(power, 1e-20))


def _power(level: float) -> float:
    return float(10 ** ((level - _OFFSET) / 10))

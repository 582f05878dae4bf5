"""Another pace at the same pitch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.fakes import tone

from stentor.audio.stretch import FASTEST, SLOWEST, Stretch

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 22_050
HERTZ = 330.0
FACTORS = (SLOWEST, 0.4, 0.5, 0.8, 1.3, 2.0, 2.57, FASTEST)


def stretched(samples: Samples, factor: float, step: int) -> Samples:
    stretch = Stretch(factor, RATE)
    parts = [stretch.push(samples[at : at + step]) for at in range(0, len(samples), step)]
    return np.concatenate([*parts, stretch.flush()])


def pitch(samples: Samples) -> float:
    """Return the strongest frequency, to a fraction of a cent."""
    size = 1 << 20
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))
    return float(np.argmax(spectrum)) * RATE / size


@pytest.mark.parametrize("factor", FACTORS)
def test_pitch_and_length_are_as_asked(factor: float) -> None:
    """Fed in pieces of 20 ms: the pitch within 10 cents, the length within 1%."""
    original = tone(6.0, RATE, HERTZ)
    played = stretched(original, factor, RATE // 50)
    assert abs(1200 * math.log2(pitch(played) / HERTZ)) < 10
    assert len(played) == pytest.approx(len(original) / factor, rel=0.01)


@pytest.mark.parametrize("factor", FACTORS)
def test_it_stays_as_loud_and_finite(factor: float) -> None:
    played = stretched(tone(1.0, RATE, HERTZ, level=0.5), factor, 441)
    assert played.dtype == np.float32
    assert np.isfinite(played).all()
    assert np.abs(played).max() == pytest.approx(0.5, rel=0.05)
    middle = played[len(played) // 4 : -len(played) // 4]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / math.sqrt(2), rel=0.05)


@pytest.mark.parametrize("factor", FACTORS)
def test_how_the_sound_was_cut_is_not_heard(factor: float) -> None:
    """The filter ends its frames a little differently: 5 ms at the end, and 40 dB below."""
    original = tone(1.0, RATE, HERTZ)
    whole, cut = stretched(original, factor, len(original)), stretched(original, factor, 331)
    assert len(cut) == pytest.approx(len(whole), abs=RATE // 200)
    same = min(len(cut), len(whole)) - RATE // 200
    assert np.linalg.norm(cut[:same] - whole[:same]) < 0.01 * np.linalg.norm(whole)


def test_the_first_sound_does_not_wait_for_the_last() -> None:
    stretch = Stretch(3.0, RATE)
    pieces = np.array_split(tone(3.0, RATE, HERTZ), 100)
    assert sum(len(stretch.push(piece)) for piece in pieces) > len(stretch.flush())


def test_silence_stays_silence() -> None:
    assert not stretched(np.zeros(RATE, np.float32), 0.5, 1000).any()


def test_nothing_in_nothing_out() -> None:
    assert Stretch(2.0, RATE).flush().size == 0

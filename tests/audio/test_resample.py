"""Another sample rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.fakes import tone

from stentor.audio.encode import SAMPLE_RATES
from stentor.audio.resample import Resampler

if TYPE_CHECKING:
    from stentor.types import Samples


def resampled(samples: Samples, source: int, target: int, step: int = 333) -> Samples:
    resampler = Resampler(source, target)
    parts = [resampler.push(samples[at : at + step]) for at in range(0, len(samples), step)]
    return np.concatenate([*parts, resampler.flush()])


@pytest.mark.parametrize("source", [22_050, 24_000])
@pytest.mark.parametrize("target", SAMPLE_RATES)
def test_a_tone_stays_the_same_tone_at_the_same_time(source: int, target: int) -> None:
    """As many samples as the ratio says, none late, and an error 80 dB below the tone."""
    found = resampled(tone(0.5, source, 440), source, target)
    assert len(found) == pytest.approx(0.5 * target, abs=1)
    assert found.dtype == np.float32
    ideal = tone(0.51, target, 440)[: len(found)]
    middle = slice(len(found) // 5, -len(found) // 5)
    assert np.std(found[middle] - ideal[middle]) < 1e-4 * np.std(ideal[middle])


def test_how_the_sound_was_cut_leaves_no_trace() -> None:
    noise = np.random.default_rng(7).uniform(-0.5, 0.5, 22_050).astype(np.float32)
    whole = resampled(noise, 22_050, 24_000, len(noise))
    np.testing.assert_allclose(resampled(noise, 22_050, 24_000, 97), whole, atol=1e-6)


def test_the_same_rate_changes_nothing() -> None:
    original = tone(0.1)
    np.testing.assert_array_equal(resampled(original, 24_000, 24_000), original)


def test_what_a_lower_rate_cannot_hold_is_removed_and_not_folded_back() -> None:
    """6 kHz would become 2 kHz at 8,000 samples a second."""
    found = resampled(tone(0.5, 24_000, 6000), 24_000, 8000)
    assert np.abs(found[400:-400]).max() < 1e-4


def test_the_last_samples_are_not_cut() -> None:
    original = np.zeros(2205, np.float32)
    original[-110:] = tone(110 / 22_050, 22_050, 1000, level=0.8)
    found = resampled(original, 22_050, 24_000)
    assert np.linalg.norm(found[-130:]) > 0.95 * np.linalg.norm(found)


def test_nothing_in_nothing_out() -> None:
    assert Resampler(22_050, 24_000).flush().size == 0
    assert Resampler(24_000, 24_000).flush().size == 0

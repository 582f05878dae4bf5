"""Where a recording holds a voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import silence, tone

from stentor.audio.voicing import FAINTEST, STEP, voicing

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 24_000


def buzz(seconds: float, hertz: float, rate: int = RATE, level: float = 0.2) -> Samples:
    """Make a sound with overtones, as vocal folds do."""
    whole = tone(seconds, rate, hertz, 1.0)
    for number in range(2, 8):
        whole += tone(seconds, rate, hertz * number, 1 / number)
    louder: Samples = whole * np.float32(level / np.abs(whole).max())
    return louder


def noise(seconds: float, level: float, rate: int = RATE) -> Samples:
    return np.random.default_rng(3).normal(0, level, round(seconds * rate)).astype(np.float32)


@pytest.mark.parametrize("hertz", [70, 100, 150, 220, 330, 450])
@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
def test_the_pitch_of_a_voice_is_found(hertz: float, rate: int) -> None:
    found = voicing(buzz(1.0, hertz, rate), rate)
    assert found.is_voiced.mean() > 0.9
    assert np.median(found.hertz[found.is_voiced]) == pytest.approx(hertz, rel=0.03)


@pytest.mark.parametrize("decibels", [20, 10])
def test_noise_does_not_hide_a_voice(decibels: float) -> None:
    voice = buzz(2.0, 120)
    level = float(np.sqrt(np.mean(np.square(voice)))) * 10 ** (-decibels / 20)
    found = voicing(voice + noise(2.0, level), RATE)
    assert (found.hertz > 0).mean() > 0.9
    assert np.median(found.hertz[found.hertz > 0]) == pytest.approx(120, rel=0.03)


@pytest.mark.parametrize("samples", [noise(2.0, 0.1), silence(2.0), np.full(RATE, 0.5, np.float32)])
def test_what_is_no_voice_has_no_pitch(samples: Samples) -> None:
    assert voicing(samples, RATE).is_voiced.mean() < 0.05


def test_levels_are_those_of_the_samples() -> None:
    found = voicing(np.concatenate([tone(1.0), tone(1.0, level=0.0025), silence(1.0)]), RATE)
    expected = 20 * np.log10(0.25 / np.sqrt(2))
    assert found.levels[10:40] == pytest.approx(expected, abs=0.1)
    assert found.levels[60:90] == pytest.approx(expected - 40, abs=0.1)
    assert found.levels[-20:] == pytest.approx(FAINTEST)
    assert found.loud == pytest.approx(expected, abs=0.1)
    assert found.noise == FAINTEST


def test_rumble_and_an_offset_are_nobody_s() -> None:
    rumble = tone(2.0, hertz=12.0, level=0.5) + np.float32(0.2)
    assert voicing(rumble, RATE).levels[1:-1].max() < -35  # its edges are heard


def test_short_pauses_belong_to_speech_and_clicks_do_not() -> None:
    click = tone(0.005, level=0.8)
    samples = np.concatenate([
        silence(1.0), click, silence(1.0), buzz(1.0, 150), silence(0.15), buzz(1.0, 150), silence(1.0),
        buzz(1.0, 150), silence(1.0),
    ])  # fmt: skip
    spoken = voicing(samples, RATE).is_speech
    begins = np.flatnonzero(np.diff(spoken.astype(int)) == 1) * STEP
    ends = np.flatnonzero(np.diff(spoken.astype(int)) == -1) * STEP
    assert begins == pytest.approx([2.005, 5.155], abs=0.06)
    assert ends == pytest.approx([4.155, 6.155], abs=0.06)


@pytest.mark.parametrize("size", [0, 1, 100, 479, 480, 481, 24_000, 24_000 * 11])
def test_there_is_a_frame_for_each_step(size: int) -> None:
    found = voicing(noise(size / RATE, 0.1), RATE)
    assert found.levels.shape == found.hertz.shape == found.is_active.shape == found.is_speech.shape
    assert found.levels.size == pytest.approx(size / RATE / STEP, abs=2)


@given(st.integers(0, 30_000), st.sampled_from([4000, 22_050, 192_000]), st.floats(0, 1))
def test_no_samples_do_harm(size: int, rate: int, level: float) -> None:
    samples = (level * np.random.default_rng(size).uniform(-1, 1, size)).astype(np.float32)
    found = voicing(samples, rate)
    assert np.isfinite(found.levels).all()
    assert ((found.hertz == 0) | ((found.hertz > 50) & (found.hertz < 600))).all()

"""What is measured of a recording, against recordings of which it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stentor.engines.espeak.equaliser import Equaliser
from stentor.engines.espeak.hearing import BANDS, RATE, SECONDS, centres, hear
from stentor.types import Sample

if TYPE_CHECKING:
    from stentor.types import Samples

RANDOM = np.random.default_rng(7)


def vowels(
    hertz: float = 120.0, seconds: float = 4.0, rate: int = RATE, semitones: float = 3.0, pace: float = 4.0
) -> Samples:
    """Make syllables of two formants; the pitch sways by so many semitones in all."""
    times = np.arange(round(seconds * rate)) / rate
    sway = hertz * 2 ** (semitones / 24 * np.sin(2 * np.pi * 0.7 * times))
    phase = 2 * np.pi * np.cumsum(sway) / rate
    move = 1 + 0.2 * np.sin(2 * np.pi * 1.3 * times)
    sound = np.zeros_like(times)
    for harmonic in range(1, int(0.45 * rate / (1.3 * hertz))):
        above = harmonic * sway
        shape = sum(1 / (1 + ((above - formant * move) / 120) ** 2) for formant in (600, 1700))
        sound += (shape + 0.002) * np.sin(harmonic * phase)
    sound *= 0.5 - 0.5 * np.cos(2 * np.pi * pace * times)
    made: Samples = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return made


@settings(max_examples=15, deadline=None)
@given(st.floats(70, 400), st.sampled_from([8000, 16_000, 22_050, 44_100, 48_000]))
def test_a_pitch_is_found_at_any_rate(hertz: float, rate: int) -> None:
    assert hear([Sample(vowels(hertz, 2.0, rate, semitones=0), rate)]).hertz == pytest.approx(hertz, rel=0.01)


def test_a_pitch_is_found_in_noise_and_without_its_fundamental() -> None:
    clean = vowels(200.0)
    noisy = clean + RANDOM.normal(0, 0.3 * np.sqrt(np.mean(clean**2)), clean.size).astype(np.float32)
    thin = Equaliser([-60.0 if hertz < 350 else 0.0 for hertz in centres()], 1.0).push(clean)
    for samples in (noisy, thin):
        assert hear([Sample(samples, RATE)]).hertz == pytest.approx(200, rel=0.02)


def test_the_width_of_a_melody_is_heard() -> None:
    widths = [hear([Sample(vowels(semitones=width), RATE)]).semitones for width in (1, 3, 8)]
    assert widths == pytest.approx([1, 3, 8], rel=0.25)


@pytest.mark.parametrize("pace", [3.0, 4.5, 6.0])
def test_syllables_are_counted(pace: float) -> None:
    heard = hear([Sample(vowels(pace=pace, seconds=6), RATE)])
    assert heard.syllables * heard.seconds == pytest.approx(6 * pace, abs=2)


def test_a_filter_changes_the_colour_and_not_how_it_varies() -> None:
    tilt = np.linspace(6, -6, BANDS)
    noise = (0.05 * RANDOM.normal(0, 1, 4 * RATE)).astype(np.float32)
    dull = Equaliser(tilt.tolist(), 0.7).push(noise)
    before, after = (hear([Sample(samples, RATE)]) for samples in (noise, dull))
    assert np.abs(after.colour - before.colour - (tilt - tilt.mean())).max() < 1.0
    assert np.abs(after.spread - before.spread).max() < 0.5
    assert after.level < before.level


def test_what_is_no_voice_has_no_pitch_or_no_syllables() -> None:
    times = np.arange(4 * RATE) / RATE
    noise = hear([Sample((0.1 * RANDOM.normal(0, 1, 4 * RATE)).astype(np.float32), RATE)])
    hum = hear([Sample((0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32), RATE)])
    assert noise.voiced < 0.05
    assert hum.syllables < 1


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(5), np.zeros(RATE), np.full(RATE, 1e-7)])
def test_silence_is_said(samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match="nothing to hear"):
        hear([Sample(samples.astype(np.float32), RATE)])


def test_distortion_is_seen_and_loudness_alone_is_not() -> None:
    loud = vowels() / np.abs(vowels()).max()
    assert hear([Sample(loud, RATE)]).clipped < 0.001
    assert hear([Sample(np.clip(4 * loud, -1, 1), RATE)]).clipped > 0.02


def test_several_recordings_are_one_voice_and_the_narrowest_says_how_far_it_is_heard() -> None:
    both = hear([Sample(vowels(100), RATE), Sample(vowels(100, rate=8000), 8000)])
    assert both.hertz == pytest.approx(100, rel=0.02)
    assert both.seconds > 6
    assert both.top == 3600


def test_only_the_beginning_of_a_long_recording_is_heard() -> None:
    long = np.concatenate([vowels(120)] * 13 + [vowels(240)] * 30)
    heard = hear([Sample(long, RATE)])
    assert heard.hertz == pytest.approx(120, rel=0.02)
    assert heard.seconds <= SECONDS

"""What is measured of recordings, on speech of two synthesisers and on what was done to it."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.audio.test_voicing import buzz, noise
from tests.engines.espeak.references import FLITE, recorded, recorded_from_flite
from tests.fakes import silence, tone

from stentor.audio.measures import Measures, measure
from stentor.audio.resample import Resampler
from stentor.engines.espeak import EspeakEngine

if TYPE_CHECKING:
    from stentor.types import Sample, Samples

RATE = 24_000
PITCHES = {"awb": 123, "kal": 87, "kal16": 87, "rms": 101, "slt": 167}


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    resampler = Resampler(rate, wanted)
    return np.concatenate([resampler.push(samples), resampler.flush()])


def of(sample: Sample) -> Measures:
    return measure(sample.samples, sample.rate)


@pytest_asyncio.fixture
async def espeak() -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0))
    await engine.open()
    yield engine
    await engine.close()


@pytest.mark.parametrize("voice", FLITE)
def test_clean_speech_measures_as_clean_speech(voice: str) -> None:
    sample = recorded_from_flite(voice)
    found = of(sample)
    assert found.seconds == sample.samples.size / sample.rate
    assert found.hertz == pytest.approx(PITCHES[voice], rel=0.1)
    assert 0.4 < found.voiced_share < 0.9
    assert 0.3 * found.seconds < found.voiced < 0.9 * found.seconds
    assert found.snr > 30
    assert found.clipped < 0.001
    assert found.silence < 0.3
    assert found.pitches is None
    assert 1.5 < found.semitones < 9
    assert found.bandwidth == pytest.approx(sample.rate / 2, rel=0.1)
    assert abs(found.offset) < 0.01
    assert -30 < found.loudness < -14


@pytest.mark.e2e
@pytest.mark.parametrize(("voice", "hertz"), [("en-US", 100), ("en-US+f2", 190), ("de", 100)])
async def test_speech_of_espeak_is_speech(espeak: EspeakEngine, voice: str, hertz: float) -> None:
    found = of(await recorded(espeak, voice))
    assert found.hertz == pytest.approx(hertz, rel=0.15)
    assert found.snr > 25
    assert found.voiced_share > 0.5
    assert found.semitones > 1
    assert found.pitches is None
    assert found.clipped < 0.001


@pytest.mark.parametrize("decibels", [25, 15, 5])
def test_noise_is_measured(decibels: float) -> None:
    speech = recorded_from_flite("slt")
    level = float(np.sqrt(np.mean(np.square(speech.samples)))) * 10 ** (-decibels / 20)
    noisy = speech.samples + noise(10 * speech.samples.size / RATE, level)[: speech.samples.size]
    assert measure(noisy, speech.rate).snr == pytest.approx(decibels, abs=3.5)


@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.002, 0.02, 0.2])
def test_clipping_is_measured_however_loud_it_is_played(gain: float, share: float) -> None:
    speech = recorded_from_flite("rms")
    samples = resampled(speech.samples, speech.rate, 48_000)
    top = np.quantile(np.abs(samples), 1 - share)
    found = measure((gain * np.clip(samples, -top, top)).astype(np.float32), 48_000)
    assert share < found.clipped * 1.1 < 1.8 * share


def test_clipping_on_one_side_is_clipping_as_well() -> None:
    samples = recorded_from_flite("rms").samples
    top = float(np.quantile(samples, 0.98))
    assert measure(samples.clip(-1, top), 16_000).clipped > 0.012


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000])
def test_bandwidth_is_that_of_the_narrowest_place_on_the_way(rate: int) -> None:
    speech = recorded_from_flite("slt")
    narrow = resampled(resampled(speech.samples, speech.rate, rate), rate, 48_000)
    assert measure(narrow, 48_000).bandwidth == pytest.approx(min(rate / 2, 7700), rel=0.06)


def test_two_people_have_two_pitches_and_one_has_one() -> None:
    low, high = recorded_from_flite("rms"), recorded_from_flite("slt")
    both = of(type(low)(np.concatenate([low.samples, high.samples]), low.rate)).pitches
    assert both is not None
    assert both == pytest.approx((101, 167), rel=0.06)
    assert of(low).pitches is None
    assert of(high).pitches is None


def test_pauses_and_offsets_are_measured() -> None:
    speech = recorded_from_flite("awb")
    pause = silence(speech.samples.size / speech.rate, speech.rate)
    found = measure(np.concatenate([speech.samples, pause]), speech.rate)
    assert found.silence == pytest.approx(0.5, abs=0.12)
    shifted = measure(speech.samples * np.float32(0.5) + np.float32(0.2), speech.rate)
    assert shifted.offset == pytest.approx(0.2, abs=0.01)
    assert shifted.hertz == pytest.approx(of(speech).hertz, rel=0.02)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(1, np.float32), silence(3.0)])
def test_nothing_measures_as_nothing(samples: Samples) -> None:
    found = measure(samples, RATE)
    assert (found.voiced, found.hertz, found.clipped, found.silence, found.snr) == (0, 0, 0, 1, 0)
    assert found.peak == found.level == -100


def test_what_is_no_speech_has_no_voice_or_no_melody() -> None:
    assert measure(noise(5.0, 0.1), RATE).voiced_share < 0.05
    hum = measure(buzz(5.0, 200), RATE)
    assert hum.voiced_share > 0.9
    assert hum.semitones < 0.5
    assert measure(tone(5.0, level=1.0), RATE).peak == pytest.approx(0, abs=0.1)


@given(st.integers(0, 20_000), st.sampled_from([4000, 22_050, 48_000]), st.floats(0, 1), st.booleans())
def test_no_samples_do_harm(size: int, rate: int, level: float, square: bool) -> None:  # noqa: FBT001
    samples = np.random.default_rng(size).uniform(-1, 1, size)
    samples = np.sign(samples) if square else samples
    found = measure((level * samples).astype(np.float32), rate)
    assert 0 <= found.clipped <= 1
    assert 0 <= found.silence <= 1
    assert 0 <= found.voiced_share <= 1
    assert all(np.isfinite(value) for value in (found.snr, found.loudness, found.noise, found.bandwidth))


def test_a_long_recording_takes_little_more_memory_than_itself() -> None:
    samples = noise(90.0, 0.1, 48_000)
    tracemalloc.start()
    try:
        measure(samples, 48_000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * samples.nbytes

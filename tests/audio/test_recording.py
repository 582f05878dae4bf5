"""Whether a recording is a good sample: what is refused, with which advice, and what is kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.audio.test_measures import resampled
from tests.audio.test_voicing import buzz, noise
from tests.engines.espeak.references import FLITE, recorded, recorded_from_flite
from tests.fakes import silence, tone
from tests.hearing import likeness, rms
from tests.recordings import written as sent

from stentor.audio.decode import decode
from stentor.audio.loudness import loudness
from stentor.audio.recording import MEDIA_TYPE, Finding, RecordingConfig, cleaned, judge, written
from stentor.engines.espeak import EspeakEngine

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 48_000


@cache
def speech(voice: str = "rms") -> Samples:
    sample = recorded_from_flite(voice)
    return resampled(sample.samples, sample.rate, RATE)


def refused(samples: Samples, rate: int = RATE, **config: float) -> dict[str, str]:
    return said(judge(samples, rate, RecordingConfig(**config)).refusals)


def warned(samples: Samples, rate: int = RATE, **config: float) -> dict[str, str]:
    return said(judge(samples, rate, RecordingConfig(**config)).warnings)


def said(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.code: finding.sentence for finding in findings}


def noisy(samples: Samples, decibels: float) -> Samples:
    level = rms(samples) * 10 ** (-decibels / 20)
    return (samples + noise(samples.size / RATE, level, RATE)[: samples.size]).astype(np.float32)


def clipped(samples: Samples, share: float) -> Samples:
    top = float(np.quantile(np.abs(samples), 1 - share))
    return (samples.clip(-top, top) / np.float32(top)).astype(np.float32)


@pytest.mark.parametrize("voice", FLITE)
def test_a_clean_recording_is_taken(voice: str) -> None:
    verdict = judge(speech(voice), RATE)
    assert verdict.refusals == ()
    assert set(said(verdict.warnings)) <= ({"dull"} if voice == "kal" else set())
    assert verdict.measures.seconds > 10


@pytest.mark.e2e
async def test_speech_of_espeak_is_taken(espeak: EspeakEngine) -> None:
    for voice in ("en-US", "en-US+f2", "de"):
        sample = await recorded(espeak, voice)
        verdict = judge(sample.samples, sample.rate)
        assert verdict.refusals == (), voice
        assert set(said(verdict.warnings)) <= {"little_speech"}, voice


@pytest_asyncio.fixture
async def espeak() -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0))
    await engine.open()
    yield engine
    await engine.close()


BAD: Mapping[str, tuple[Callable[[], Samples], str]] = {
    "too_short": (lambda: speech()[: 2 * RATE], r"is 2\.0 s long; record at least 3 s"),
    "silent": (lambda: silence(5.0, RATE), r"is silent; check .* microphone"),
    "too_quiet": (
        lambda: (speech() * np.float32(0.01)).astype(np.float32), r"too quiet, at -5\d dB .*; speak closer"
    ),
    "no_speech": (lambda: noise(5.0, 0.1, RATE), r"No voice is heard .*; record one person"),
    "too_little_speech": (
        lambda: np.concatenate([speech()[: 2 * RATE], silence(5.0, RATE)]), r"only 1\.\d s .*; speak until"
    ),
    "clipped": (lambda: clipped(speech(), 0.03), r"clipped in [34]\.\d % of its samples; record at a lower"),
    "noisy": (lambda: noisy(speech(), -2.0), r"only \d dB above the noise .*; record in a quieter"),
    "dull": (
        lambda: resampled(resampled(speech(), RATE, 5000), 5000, RATE), r"nothing above 2,[45]00 Hz.*; record"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", BAD)
def test_a_bad_recording_is_refused_with_advice(code: str) -> None:
    make, sentence = BAD[code]
    found = refused(make())
    assert set(found) == {code}
    assert re.search(sentence, found[code]), found[code]
    assert found[code].endswith(".")


@pytest.mark.parametrize("format_", ["mp3", "opus"])
def test_clipping_is_seen_behind_a_codec(format_: str) -> None:
    samples, rate = decode(sent(clipped(speech(), 0.1), RATE, format_), 60)
    assert set(refused(samples, rate)) == {"clipped"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: noise(5.0, 0.02, RATE),
        lambda: tone(5.0, RATE, 200.0),
        lambda: buzz(5.0, 130, RATE),
        lambda: (np.random.default_rng(1).random(5 * RATE) < 0.0005).astype(np.float32),
    ],
    ids=["noise", "tone", "hum", "clicks"],
)
def test_what_is_no_speech_is_not_taken_for_it(make: Callable[[], Samples]) -> None:
    assert set(refused(make())) == {"no_speech"}


POOR: Mapping[str, tuple[Callable[[], Samples], str]] = {
    "little_speech": (lambda: speech()[: 6 * RATE], r"only [345]\.\d s .*; 6 s or more"),
    "clipped": (lambda: clipped(speech(), 0.003), r"clipped in 0\.[345] % of its samples"),
    "noisy": (lambda: noisy(speech(), 8.0), r"only 1\d dB above the noise"),
    "dull": (lambda: resampled(resampled(speech(), RATE, 8000), 8000, RATE), r"nothing above (3,9|4,0)00 Hz"),
    "quiet": (lambda: (speech() * np.float32(0.1)).astype(np.float32), r"quiet, at -3\d dB"),
    "much_silence": (
        lambda: np.concatenate([speech(), silence(40.0, RATE)]), r"speaks in 6\d\.\d % of the recording"
    ),
    "two_voices": (
        lambda: np.concatenate([speech("rms"), speech("slt")]), r"at about (9\d|10\d) and 1[67]\d Hz; leave"
    ),
    "offset": (
        lambda: speech() * np.float32(0.5) + np.float32(0.1), r"off its middle by (9|10)\.\d %; check"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", POOR)
def test_a_poor_recording_is_taken_with_a_warning(code: str) -> None:
    make, sentence = POOR[code]
    samples = make()
    assert refused(samples) == {}
    found = warned(samples)
    assert set(found) == {code}
    assert re.search(sentence, found[code]), found[code]


def test_thresholds_are_the_operator_s() -> None:
    samples = speech()[: 4 * RATE]
    assert refused(samples) == {}
    assert set(refused(samples, shortest_seconds=5)) == {"too_short"}
    assert set(refused(samples, least_voiced_seconds=4)) == {"too_little_speech"}
    assert warned(samples, good_voiced_seconds=2) == {}
    assert set(refused(noisy(samples, 15.0), least_snr=25)) == {"noisy"}
    assert refused(clipped(samples, 0.03), most_clipped=0.1) == {}


def test_a_recording_may_be_bad_in_several_ways() -> None:
    samples = clipped(noisy(speech(), -2.0), 0.05)
    assert {"noisy", "clipped"} <= set(refused(samples))


@pytest.mark.parametrize("gain", [0.02, 0.3, 1.0])
def test_what_is_kept_is_as_loud_as_every_other(gain: float) -> None:
    kept = cleaned(speech() * np.float32(gain), RATE)
    assert loudness(kept, RATE) == pytest.approx(-23, abs=0.2)
    assert np.abs(kept).max() <= 10 ** (-1 / 20) + 1e-6


def test_a_peak_is_never_passed_for_loudness() -> None:
    samples = (speech() * np.float32(0.02)).astype(np.float32)
    samples[RATE] = 0.9
    kept = cleaned(samples, RATE)
    assert np.abs(kept).max() == pytest.approx(10 ** (-1 / 20), rel=0.01)
    assert loudness(kept, RATE) < -30


def test_silence_at_both_ends_goes_and_pauses_stay() -> None:
    spoken = speech()
    samples = np.concatenate([
        silence(3.0, RATE), spoken, silence(2.0, RATE), spoken, noise(4.0, 0.0001, RATE)
    ])  # fmt: skip
    kept = cleaned(samples, RATE)
    assert kept.size / RATE == pytest.approx(2 * spoken.size / RATE + 2.0, abs=0.5)
    assert likeness(kept, samples, most=4 * RATE) > 0.99
    assert abs(kept[0]) < 1e-4
    assert abs(kept[-1]) < 1e-4


def test_an_offset_goes() -> None:
    kept = cleaned(speech() * np.float32(0.5) + np.float32(0.2), RATE)
    assert abs(float(kept.mean())) < 0.001


def test_what_was_given_stays_as_it_was() -> None:
    samples = speech()
    before = samples.copy()
    cleaned(samples, RATE)
    judge(samples, RATE)
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(7, np.float32), silence(1.0)])
def test_of_nothing_nothing_is_kept(samples: Samples) -> None:
    assert np.array_equal(cleaned(samples, RATE), samples)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 24_000, 37_800, 44_100, 48_000])
def test_what_is_written_is_a_flac_of_the_samples(rate: int) -> None:
    samples = tone(1.0, rate)
    file = written(samples, rate)
    assert file.startswith(b"fLaC")
    assert MEDIA_TYPE == "audio/flac"
    read, at = decode(file, 10)
    assert at == rate
    assert np.abs(read - samples).max() < 2**-15


def test_what_is_written_holds_nothing_of_what_was_sent() -> None:
    assert b"evil" not in written(decode(sent(tone(1.0), 24_000, "wav") + b"evil", 10)[0], 24_000)


@given(st.integers(0, 30_000), st.sampled_from([4000, 22_050, 48_000]), st.floats(0, 1))
def test_no_samples_do_harm(size: int, rate: int, level: float) -> None:
    samples = (level * np.random.default_rng(size).uniform(-1, 1, size)).astype(np.float32)
    assert judge(samples, rate).refusals
    kept = cleaned(samples, rate)
    assert np.isfinite(kept).all()
    assert np.abs(kept).max(initial=0) <= 1

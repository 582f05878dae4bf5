"""Loudness, against the figures of the standard and FFmpeg's own meter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import av
import av.filter
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import silence, tone

from stentor.audio.loudness import SILENT, loudness

if TYPE_CHECKING:
    from stentor.types import Samples

RATES = (8000, 16_000, 22_050, 44_100, 48_000)


def metered(samples: Samples, rate: int) -> float:
    """Measure by FFmpeg's `ebur128`."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=rate, layout="mono", time_base=None)
    meter = graph.add("ebur128", "metadata=1:dualmono=0")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    said = ""
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], "flt", "mono")
    frame.sample_rate = rate
    graph.push(frame)
    graph.push(None)
    while True:
        try:
            pulled = graph.pull()
        except (av.EOFError, av.BlockingIOError):
            return float(re.sub("[^-0-9.]", "", said))
        said = pulled.metadata.get("lavfi.r128.I", said)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_tone_in_one_channel_is_three_below(rate: int) -> None:
    """BS.1770: 997 Hz at full scale in the left, right or centre channel reads -3.01 LKFS."""
    assert loudness(tone(5.0, rate, 997.0, 1.0), rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("rate", RATES)
def test_a_signal_that_is_half_as_high_is_six_below(rate: int) -> None:
    loud = np.random.default_rng(1).normal(0, 0.1, 4 * rate).astype(np.float32)
    assert loudness(loud, rate) - loudness(loud * np.float32(0.5), rate) == pytest.approx(6.02, abs=0.01)


def test_silence_does_not_count() -> None:
    spoken = tone(5.0, 48_000, 500.0)
    with_pauses = np.concatenate([silence(10.0, 48_000), spoken, silence(10.0, 48_000)])
    assert loudness(with_pauses, 48_000) == pytest.approx(loudness(spoken, 48_000), abs=0.3)


def test_a_quiet_part_does_not_count_beside_a_loud_one() -> None:
    """EBU Tech 3341, test 3, in one channel: 10 s at -36, 60 s at -23, 10 s at -36 dB."""
    loud, quiet = (tone(10.0, 48_000, 1000.0, 10 ** (level / 20)) for level in (-23, -36))
    parts = [quiet, *6 * [loud], quiet]
    assert loudness(np.concatenate(parts), 48_000) == pytest.approx(-26.0, abs=0.1)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_it_is_what_ffmpeg_s_meter_shows(rate: int) -> None:
    random = np.random.default_rng(2)
    swell = np.repeat(random.uniform(0.01, 0.3, 40), rate // 4)
    samples = np.clip(random.normal(0, 1, swell.size) * swell, -1, 1).astype(np.float32)
    assert loudness(samples, rate) == pytest.approx(metered(samples, rate), abs=0.3)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(100, np.float32), silence(5.0)])
def test_nothing_is_as_quiet_as_can_be(samples: Samples) -> None:
    assert loudness(samples, 24_000) == SILENT


def test_less_than_a_block_is_one_block() -> None:
    assert loudness(tone(0.2, 48_000, 997.0, 1.0), 48_000) == pytest.approx(-3.01, abs=0.3)


@given(st.integers(0, 5000), st.sampled_from(RATES), st.floats(0, 1))
def test_no_length_does_harm(size: int, rate: int, level: float) -> None:
    samples = (level * np.random.default_rng(size).uniform(-1, 1, size)).astype(np.float32)
    assert SILENT <= loudness(samples, rate) < 10

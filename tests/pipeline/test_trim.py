"""The edges of utterances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import silence, tone

from stentor.pipeline.trim import Trimmer

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 24_000
PAD = 240  # 10 ms
QUIET = 10 ** (-50 / 20)


def trim(*chunks: Samples, rate: int = RATE) -> Samples:
    """Trim one utterance."""
    trimmer = Trimmer(rate)
    return np.concatenate([*map(trimmer.push, chunks), trimmer.end()])


def sound(*parts: Samples) -> Samples:
    return np.concatenate(parts)


def steady(seconds: float, level: float = 0.25) -> Samples:
    """Sound without a wave: every sample is as loud."""
    return np.full(round(seconds * RATE), level, np.float32)


def loud_spans(samples: Samples) -> list[tuple[int, int]]:
    """Where something is above digital silence, from and to, gaps of less than 2 ms left out."""
    at = np.flatnonzero(samples)
    breaks = np.flatnonzero(np.diff(at) > 48)
    begins = at[np.r_[0, breaks + 1]]
    return list(zip(begins.tolist(), (at[np.r_[breaks, len(at) - 1]] + 1).tolist(), strict=True))


def test_silence_around_an_utterance_is_cut_but_for_10_ms() -> None:
    trimmed = trim(sound(silence(0.5), steady(0.2), silence(0.7)))
    assert len(trimmed) == PAD + 4800 + PAD
    assert not trimmed[:PAD].any()
    assert not trimmed[-PAD:].any()


def test_silence_that_comes_in_many_chunks_is_cut_too() -> None:
    trimmed = trim(silence(0.2), silence(0.1), steady(0.2), silence(0.1), silence(0.2), silence(0.1))
    assert len(trimmed) == PAD + 4800 + PAD


def test_less_silence_than_10_ms_is_left_as_it_is() -> None:
    trimmed = trim(sound(silence(0.004), steady(0.2), silence(0.003)))
    assert len(trimmed) == 96 + 4800 + 72


def test_noise_below_50_db_is_silence_and_above_is_not() -> None:
    below, above = steady(0.3, 0.9 * QUIET), steady(0.3, 1.1 * QUIET)
    assert len(trim(sound(below, steady(0.2), below))) == PAD + 4800 + PAD
    assert len(trim(sound(above, steady(0.2), above))) == 4800 + 2 * 7200


def test_a_pause_within_an_utterance_is_the_speaker_s_own() -> None:
    original = sound(steady(0.1), silence(0.4), steady(0.1))
    trimmed = trim(original)
    assert len(trimmed) == len(original)
    np.testing.assert_array_equal(trimmed[200:-200], original[200:-200])


def test_what_was_cut_from_the_beginning_is_counted() -> None:
    for chunks in ([silence(0.5)], [silence(0.2), silence(0.3)], [np.zeros(0, np.float32), silence(0.5)]):
        trimmer = Trimmer(RATE)
        for chunk in (*chunks, steady(0.2), silence(0.3)):
            trimmer.push(chunk)
        trimmer.end()
        assert trimmer.cut == 12_000 - PAD


def test_silence_alone_becomes_nothing() -> None:
    assert trim(silence(1.0), silence(0.5)).size == 0


def test_nothing_becomes_nothing() -> None:
    assert trim().size == 0


def test_the_edges_of_an_utterance_fade_over_5_ms() -> None:
    trimmed = trim(steady(0.1))
    edge = trimmed[:120]
    assert 0 < edge[0] < 0.001
    assert (np.diff(edge) > 0).all()
    np.testing.assert_allclose(trimmed[-120:], edge[::-1], rtol=1e-5)
    np.testing.assert_array_equal(trimmed[120:-120], steady(0.1)[120:-120])


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.5, 0.77])
def test_no_join_clicks(phase: float) -> None:
    """Wherever in its wave an utterance begins and ends, no bend is sharper than twice the tone's own."""
    wave = tone(0.5)[round(phase * 55) :]
    trimmed = sound(trim(wave), silence(0.05), trim(wave[:-17]), trim(wave[11:]))
    own = np.abs(np.diff(wave, 2)).max()
    edged = np.concatenate(([0, 0], trimmed, [0, 0]))
    assert np.abs(np.diff(edged, 2)).max() < 2 * own


def test_sound_is_let_go_as_soon_as_something_louder_follows() -> None:
    trimmer = Trimmer(RATE)
    first = trimmer.push(tone(0.1))
    assert len(first) >= 2400 - PAD
    assert len(trimmer.push(silence(0.1))) <= PAD
    assert len(trimmer.push(tone(0.1))) >= 2400


def test_a_sound_of_one_sample_is_kept() -> None:
    click = silence(0.1)
    click[1000] = 0.5
    trimmed = trim(click)
    assert len(trimmed) == 2 * PAD + 1
    assert np.flatnonzero(trimmed).tolist() == [PAD]


def test_the_engine_s_own_samples_are_left_alone() -> None:
    chunk = tone(0.1)
    chunk.setflags(write=False)
    trim(chunk, chunk)


def runs(lengths: list[tuple[float, int]]) -> Samples:
    return np.concatenate([np.zeros(0), *(np.full(n, level) for level, n in lengths)]).astype(np.float32)


RUN = st.tuples(st.sampled_from([0.0, 0.002, 0.25, -0.6]), st.integers(1, 60))
UTTERANCE = st.lists(RUN, max_size=8).map(runs)


@given(UTTERANCE, st.data())
def test_how_the_sound_was_cut_into_chunks_leaves_no_trace(samples: Samples, data: st.DataObject) -> None:
    """At 2,000 Hz, so that pads and fades lie within a few chunks."""
    ends = data.draw(st.lists(st.integers(0, len(samples)), max_size=6).map(sorted))
    np.testing.assert_array_equal(trim(*np.split(samples, ends), rate=2000), trim(samples, rate=2000))

"""The rules of silence."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import silence, tone

from stentor.pipeline.join import Joiner

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 24_000
PAD = 240  # 10 ms
QUIET = 10 ** (-50 / 20)


def join(*utterances: tuple[Iterable[Samples], float], rate: int = RATE) -> Samples:
    """Join utterances, each its chunks and the pause that follows."""
    joiner = Joiner(rate)
    parts: list[Samples] = []
    for chunks, pause in utterances:
        parts += [joiner.push(chunk) for chunk in chunks]
        parts.append(joiner.end(pause))
    return np.concatenate(parts)


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
    joined = join(([sound(silence(0.5), steady(0.2), silence(0.7))], 0.3))
    assert len(joined) == PAD + 4800 + PAD
    assert not joined[:PAD].any()
    assert not joined[-PAD:].any()


def test_silence_that_comes_in_many_chunks_is_cut_too() -> None:
    joined = join(([silence(0.2), silence(0.1), steady(0.2), silence(0.1), silence(0.2), silence(0.1)], 0.3))
    assert len(joined) == PAD + 4800 + PAD


def test_less_silence_than_10_ms_is_left_as_it_is() -> None:
    joined = join(([sound(silence(0.004), steady(0.2), silence(0.003))], 0.3))
    assert len(joined) == 96 + 4800 + 72


def test_noise_below_50_db_is_silence_and_above_is_not() -> None:
    below, above = steady(0.3, 0.9 * QUIET), steady(0.3, 1.1 * QUIET)
    assert len(join(([sound(below, steady(0.2), below)], 0.0))) == PAD + 4800 + PAD
    assert len(join(([sound(above, steady(0.2), above)], 0.0))) == 4800 + 2 * 7200


def test_a_pause_within_an_utterance_is_the_speaker_s_own() -> None:
    original = sound(steady(0.1), silence(0.4), steady(0.1))
    joined = join(([original], 0.3))
    assert len(joined) == len(original)
    np.testing.assert_array_equal(joined[200:-200], original[200:-200])


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.3, 1.0])
def test_between_two_utterances_is_the_pause_that_was_asked_for(pause: float) -> None:
    """With 10 ms of each utterance's own silence around it."""
    one = sound(silence(0.2), steady(0.2), silence(0.2))
    joined = join(([one], pause), ([one], pause))
    assert len(joined) == 2 * (PAD + 4800 + PAD) + round(pause * RATE)
    [(_, end), (begin, _)] = loud_spans(joined)
    assert begin - end == 2 * PAD + round(pause * RATE)


def test_the_pause_after_the_last_utterance_is_nobody_s() -> None:
    joined = join(([steady(0.2)], 5.0))
    assert len(joined) == 4800


def test_each_pause_is_its_utterance_s_own() -> None:
    joined = join(([steady(0.1)], 0.1), ([steady(0.1)], 0.4), ([steady(0.1)], 0.0))
    spans = loud_spans(joined)
    assert [later[0] - earlier[1] for earlier, later in pairwise(spans)] == [2400, 9600]


def test_an_utterance_without_sound_leaves_nothing_but_the_pause_before_it() -> None:
    joined = join(([steady(0.1)], 0.2), ([silence(0.5)], 0.3), ([], 0.3), ([steady(0.1)], 0.0))
    [(_, end), (begin, _)] = loud_spans(joined)
    assert begin - end == 4800


def test_silence_alone_becomes_nothing() -> None:
    assert join(([silence(1.0), silence(0.5)], 0.3), ([silence(0.2)], 0.3)).size == 0


def test_nothing_becomes_nothing() -> None:
    assert join(([], 0.3)).size == 0


def test_the_edges_of_an_utterance_fade_over_5_ms() -> None:
    joined = join(([steady(0.1)], 0.0))
    edge = joined[:120]
    assert 0 < edge[0] < 0.001
    assert (np.diff(edge) > 0).all()
    np.testing.assert_allclose(joined[-120:], edge[::-1], rtol=1e-5)
    np.testing.assert_array_equal(joined[120:-120], steady(0.1)[120:-120])


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.5, 0.77])
def test_no_join_clicks(phase: float) -> None:
    """Wherever in its wave an utterance begins and ends, no bend is sharper than twice the tone's own."""
    wave = tone(0.5)[round(phase * 55) :]
    joined = join(([wave], 0.05), ([wave[:-17]], 0.0), ([wave[11:]], 0.1))
    own = np.abs(np.diff(wave, 2)).max()
    edged = np.concatenate(([0, 0], joined, [0, 0]))
    assert np.abs(np.diff(edged, 2)).max() < 2 * own


def test_sound_is_let_go_as_soon_as_something_louder_follows() -> None:
    joiner = Joiner(RATE)
    first = joiner.push(tone(0.1))
    assert len(first) >= 2400 - PAD
    assert len(joiner.push(silence(0.1))) <= PAD
    assert len(joiner.push(tone(0.1))) >= 2400


def test_a_sound_of_one_sample_is_kept() -> None:
    click = silence(0.1)
    click[1000] = 0.5
    joined = join(([click], 0.0))
    assert len(joined) == 2 * PAD + 1
    assert np.flatnonzero(joined).tolist() == [PAD]


def test_the_engine_s_own_samples_are_left_alone() -> None:
    chunk = tone(0.1)
    chunk.setflags(write=False)
    join(([chunk, chunk], 0.1), ([chunk], 0.0))


def runs(lengths: list[tuple[float, int]]) -> Samples:
    return np.concatenate([np.zeros(0), *(np.full(n, level) for level, n in lengths)]).astype(np.float32)


RUN = st.tuples(st.sampled_from([0.0, 0.002, 0.25, -0.6]), st.integers(1, 60))
UTTERANCE = st.lists(RUN, max_size=8).map(runs)


@given(st.lists(st.tuples(UTTERANCE, st.sampled_from([0.0, 0.01])), max_size=3), st.data())
def test_how_the_sound_was_cut_into_chunks_leaves_no_trace(
    utterances: list[tuple[Samples, float]], data: st.DataObject
) -> None:
    """At 2,000 Hz, so that pads and fades lie within a few chunks."""
    cut = []
    for samples, pause in utterances:
        ends = data.draw(st.lists(st.integers(0, len(samples)), max_size=6).map(sorted))
        cut.append((np.split(samples, ends), pause))
    whole = join(([], 0.0), *(([samples], pause) for samples, pause in utterances), rate=2000)
    np.testing.assert_array_equal(join(([], 0.0), *cut, rate=2000), whole)

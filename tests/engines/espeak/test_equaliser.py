"""The filter: as asked, whatever the chunks, and never louder than full scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stentor.engines.espeak.equaliser import Equaliser
from stentor.engines.espeak.hearing import BANDS, RATE, centres

RANDOM = np.random.default_rng(3)
NOISE = (0.02 * RANDOM.normal(0, 1, RATE)).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 9000), max_size=12), st.lists(st.floats(-12, 12), min_size=BANDS, max_size=BANDS)
)
def test_chunks_are_filtered_as_the_whole_is(cuts: list[int], colour: list[float]) -> None:
    """So nothing is heard where one ends."""
    whole = Equaliser(colour, 0.5).push(NOISE)
    equaliser = Equaliser(colour, 0.5)
    parts = [equaliser.push(part) for part in np.split(NOISE, sorted(np.cumsum(cuts) % NOISE.size))]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


@pytest.mark.parametrize("band", [3, 12, 25])
def test_a_tone_is_changed_by_as_much_as_its_band(band: int) -> None:
    colour = [9.0 if abs(at - band) < 2 else 0.0 for at in range(BANDS)]
    tone = 0.01 * np.sin(2 * np.pi * centres()[band] * np.arange(RATE) / RATE).astype(np.float32)
    louder = Equaliser(colour, 1.0).push(tone)[RATE // 2 :]
    assert 20 * np.log10(louder.std() / tone.std()) == pytest.approx(9, abs=1)


def test_what_is_sudden_stays_sudden() -> None:
    """A word is not heard later, nor before its time."""
    click = np.zeros(2000, np.float32)
    click[1000] = 0.1
    heard = np.abs(Equaliser(np.linspace(12, -12, BANDS).tolist(), 1.0).push(click))
    assert not heard[:1000].max() > 1e-6
    assert np.sum(heard[1000:1050] ** 2) > 0.9 * np.sum(heard**2)


def test_what_sounds_on_comes_at_the_end() -> None:
    equaliser = Equaliser([12.0] * 5 + [0.0] * (BANDS - 5), 1.0)
    ended = equaliser.push(NOISE)
    rest = equaliser.flush()
    assert 0 < rest.size < 0.02 * RATE
    assert abs(rest[0]) <= 4 * ended.std()
    assert np.abs(rest[-20:]).max() < 0.05 * ended.std()


def test_the_loudest_speech_stays_within_full_scale_and_quiet_speech_as_it_is() -> None:
    loud = Equaliser([12.0] * BANDS, 5.0).push(NOISE * 40)
    assert 0.9 < np.abs(loud).max() <= 1
    np.testing.assert_allclose(Equaliser([0.0] * BANDS, 1.0).push(NOISE), NOISE, atol=1e-6)

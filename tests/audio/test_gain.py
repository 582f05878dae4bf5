"""Louder and softer."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fakes import tone

from stentor.audio.gain import amplified


def test_softer_is_exact() -> None:
    np.testing.assert_allclose(amplified(tone(0.1), 0.5), tone(0.1) / 2)


def test_nothing_changes_at_one() -> None:
    samples = tone(0.1)
    assert amplified(samples, 1.0) is samples


def test_silence_is_possible() -> None:
    assert not amplified(tone(0.1), 0.0).any()


def test_louder_is_exact_where_there_is_room() -> None:
    np.testing.assert_allclose(amplified(tone(0.1), 3.0), 3 * tone(0.1), rtol=1e-6)


@pytest.mark.parametrize("gain", [4.0, 10.0, 1e4])
def test_louder_than_full_scale_is_bent_and_not_cut(gain: float) -> None:
    louder = amplified(tone(0.1), gain)
    assert louder.dtype == np.float32
    assert 0.8 < np.abs(louder).max() <= 1.0
    assert (np.sign(louder) == np.sign(tone(0.1))).all()


def test_bending_keeps_the_order_of_samples() -> None:
    ramp = np.linspace(-1, 1, 1001, dtype=np.float32)
    assert (np.diff(amplified(ramp, 2.0)) >= 0).all()


def test_nothing_stays_nothing() -> None:
    assert amplified(np.zeros(0, np.float32), 2.0).size == 0

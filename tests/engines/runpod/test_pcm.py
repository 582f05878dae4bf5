"""Samples are known for what they are, whatever they are called."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.runpod.plane import hum

from stentor.engines.runpod.pcm import kind_of

LEVELS = st.floats(0.001, 1.0)
SIZES = st.integers(100, 4000)
SEEDS = st.integers(0, 2**32 - 1)


def speech(seed: int, size: int, level: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Noise that swells and fades, between silences."""
    chance = np.random.default_rng(seed)
    swell = np.clip(np.sin(np.arange(size) / size * 2 * np.pi), 0, 1)
    return (level * swell * chance.uniform(-1, 1, size)).astype(np.float32)


@given(SEEDS, SIZES, LEVELS)
def test_floats_are_known(seed: int, size: int, level: float) -> None:
    assert kind_of(speech(seed, size, level).tobytes()) == "<f4"


@given(SEEDS, SIZES, LEVELS)
def test_whole_numbers_are_known(seed: int, size: int, level: float) -> None:
    made = (32767 * speech(seed, size, level)).astype("<i2")
    assert kind_of(made.tobytes()) == ("<i2" if made.any() else None)


@pytest.mark.parametrize("level", [0.001, 0.1, 1.0])
def test_a_tone_is_known_either_way(level: float) -> None:
    tone = level * hum(0.5) * 4
    assert kind_of(tone.astype("<f4").tobytes()) == "<f4"
    assert kind_of((32767 * tone).astype("<i2").tobytes()) == "<i2"


def test_silence_says_nothing() -> None:
    assert kind_of(b"") is None
    assert kind_of(bytes(1000)) is None
    assert kind_of(bytes(1001)) is None


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(content: bytes) -> None:
    kind = kind_of(content)
    assert (kind is None) == (not content.strip(b"\0"))
    assert kind != "<f4" or len(content) % 4 == 0

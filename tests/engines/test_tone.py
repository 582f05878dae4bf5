"""The engine that hums: every sample is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.fakes import tone

from stentor.engines.tone import ToneEngine
from stentor.errors import UnknownVoice
from stentor.types import AudioChunk, Utterance, Voice, VoiceId, WordMark


async def hum(text: str, voice: str = "middle", *, amplitude: float = 0.25, **asked: Any) -> list[AudioChunk]:
    engine = ToneEngine(ToneEngine.Config(amplitude=amplitude))
    utterance = Utterance(text, Voice(VoiceId(voice), "", "tone"), **asked)
    return [chunk async for chunk in engine.synthesize(utterance)]


@pytest.mark.parametrize(("voice", "hertz"), [("low", 220), ("middle", 440), ("high", 880)])
async def test_the_voice_is_the_pitch_and_a_character_lasts_50_ms(voice: str, hertz: float) -> None:
    chunks = await hum("x" * 10, voice)
    samples = np.concatenate([chunk.samples for chunk in chunks])
    np.testing.assert_allclose(samples, tone(0.5, 24_000, hertz), atol=1e-3)


async def test_a_chunk_is_100_ms_and_the_last_what_is_left() -> None:
    assert [len(chunk.samples) for chunk in await hum("x" * 5)] == [2400, 2400, 1200]


@pytest.mark.parametrize("speed", [0.5, 1.3, 2.0])
async def test_twice_as_fast_is_half_as_long(speed: float) -> None:
    chunks = await hum("x" * 20, speed=speed)
    assert sum(len(chunk.samples) for chunk in chunks) == round(24_000 / speed)


@pytest.mark.parametrize(("speed", "character"), [(1.0, 1200), (2.0, 600), (1.25, 960)])
async def test_a_word_begins_with_its_first_character(speed: float, character: int) -> None:
    chunks = await hum(" one two  three", speed=speed, marks=True)
    marked = [mark for chunk in chunks for mark in chunk.marks]
    assert marked == [WordMark(*word, word[0] * character) for word in ((1, 4), (5, 8), (10, 15))]


async def test_nobody_is_told_of_words_unasked() -> None:
    assert not any(chunk.marks for chunk in await hum("one two"))


async def test_the_operator_says_how_loud_it_is() -> None:
    [chunk, *_] = await hum("x" * 10, amplitude=0.8)
    assert np.abs(chunk.samples).max() == pytest.approx(0.8, rel=1e-3)


@pytest.mark.parametrize("amplitude", [0, -1, 1.1])
def test_silence_and_more_than_full_scale_are_refused(amplitude: float) -> None:
    with pytest.raises(ValueError, match="amplitude"):
        ToneEngine.Config(amplitude=amplitude)


async def test_an_unknown_voice_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownVoice, match="Did you mean low or middle or high"):
        await hum("x", "alloy")

"""Where pieces of speech meet: no click, and no leap in loudness."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stentor.api.context import Context
from stentor.app import build
from stentor.engines.espeak import EspeakEngine
from stentor.pipeline.lines import Line
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.speak import speak
from stentor.pipeline.times import Times
from stentor.settings import Settings
from stentor.voices.aliases import OPENAI_VOICES

_QUIET = 10 ** (-50 / 20)
_NEAR = 0.005  # seconds on both sides of a join

TEXTS = {
    "sentences": "Apples fell! The boat sailed. Was it you? Oh. Time.",
    "manners": (
        "<speak>The <emphasis>small</emphasis> boat <prosody rate='150%'>sailed</prosody> across "
        "<prosody pitch='+4st'>the wide river</prosody> and <prosody volume='-6dB'>home</prosody> again "
        "<prosody volume='+6dB'>to us</prosody>.</speak>"
    ),
    "styles": "The old boat sailed. (happy) Across the river. (sad) And home again. (whispering) To the sea.",
    "voices": "We [voice:nova] should meet [voice:onyx] at noon. [voice:de] Guten Tag.",
    "scripts": "She said добрый вечер and left.",
    "rests": "Oh [pause:300ms] well [pause:20ms] then. [pause:1s] Go",
    "long": "all of us were going on and on along the endless road " * 6,
}

SENTENCE = "The small boat sailed across the river."
LONG = (
    "The small boat sailed across the river. She opened the green window this morning! "
    "Would they return from the city by Friday? My brother reads books in the garden. "
    "Nobody knows what will happen after the meeting is over, but everyone hopes for the best of it, "
    "as they had hoped the year before and the year before that, when the rain had come so late, "
    "and the harvest had been small. A strong wind blew the leaves off the old apple tree."
)


class Edges(Times):
    """Notes where lines begin and end in a stream, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[float, float]] = []

    def line(self, line: Line, marks: Sequence[tuple[int, int, float]], begin: float, end: float) -> None:
        """Note one."""
        self.lines.append((begin, end))
        super().line(line, marks, begin, end)


class Spoken:
    """What was made of a text, and where its pieces lie."""

    def __init__(self, samples: np.ndarray, rate: int, edges: Edges) -> None:
        self.samples = samples.astype(np.float64)
        self.rate = rate
        self.pieces = [(round(begin * rate), round(end * rate)) for begin, end in edges.lines]

    def loudness(self) -> list[float]:
        """Return how loud each piece is, in decibels below full scale."""
        return [10 * np.log10(np.mean(self.samples[begin:end] ** 2)) for begin, end in self.pieces]

    def roughness(self, around: int) -> float:
        """Return the greatest bend of the sound near a sample: its second difference."""
        near = round(_NEAR * self.rate)
        silence = np.zeros(near)
        padded = np.concatenate((silence, self.samples, silence))
        return float(np.max(bends(padded[around : around + 2 * near])))

    def usual_roughness(self) -> float:
        """Return the 99th percentile of what speech itself has, away from its edges."""
        near = round(_NEAR * self.rate)
        inside = [self.samples[begin + near : end - near] for begin, end in self.pieces]
        heard = [bends(piece)[np.abs(piece[1:-1]) > _QUIET] for piece in inside if piece.size > near]
        return float(np.percentile(np.concatenate(heard), 99))


def bends(samples: np.ndarray) -> np.ndarray:
    return np.abs(np.diff(samples, 2))


@asynccontextmanager
async def speaking(folder: Path) -> AsyncIterator[Context]:
    """Run the engine and all that stands before it, but for HTTP."""
    context = build(Settings(engines={"espeak": EspeakEngine.Config(replicas=1, spares=0)}, data_dir=folder))
    async with context.fleet.opened():
        yield context


async def said(context: Context, text: str, voice: str = "en-US", rate: int = 24_000, **asked: Any) -> Spoken:
    plan = await context.planner.plan(SpeechRequest(text, "tts-1", voice, sample_rate=rate, **asked))
    edges = Edges()
    chunks = [chunk.samples async for chunk in speak(plan.lines(), rate, times=edges)]
    return Spoken(np.concatenate(chunks), rate, edges)


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
@pytest.mark.parametrize("speed", [0.3, 0.5, 1, 2.2, 3.5])
async def test_a_join_is_no_rougher_than_speech(tmp_path: Path, speed: float, rate: int) -> None:
    async with speaking(tmp_path) as context:
        for name, text in TEXTS.items():
            spoken = await said(context, text, speed=speed, rate=rate)
            assert len(spoken.pieces) > 1, name
            usual = spoken.usual_roughness()
            joins = [edge for piece in spoken.pieces for edge in piece]
            assert max(map(spoken.roughness, joins)) <= usual, name


@pytest.mark.parametrize("speed", [0.3, 1, 3.5])
async def test_every_piece_begins_and_ends_quietly(tmp_path: Path, speed: float) -> None:
    async with speaking(tmp_path) as context:
        for name, text in TEXTS.items():
            spoken = await said(context, text, speed=speed)
            for begin, end in spoken.pieces:
                assert max(abs(spoken.samples[begin]), abs(spoken.samples[end - 1])) < _QUIET, name


async def test_a_click_would_be_found(tmp_path: Path) -> None:
    """The other tests mean something only if sound that is cut off is rougher than speech."""
    async with speaking(tmp_path) as context:
        spoken = await said(context, TEXTS["sentences"])
        begin, end = spoken.pieces[1]
        loudest = begin + int(np.argmax(np.abs(spoken.samples[begin:end])))
        usual = spoken.usual_roughness()
        spoken.samples[loudest:end] = 0
        assert spoken.roughness(loudest) > usual


async def test_the_pieces_of_one_voice_are_equally_loud(tmp_path: Path) -> None:
    async with speaking(tmp_path) as context:
        for speed in (0.5, 1, 3.5):
            levels = (await said(context, LONG, speed=speed)).loudness()
            assert len(levels) >= 6
            assert max(levels) - min(levels) <= 3


async def test_one_text_in_several_voices_is_about_equally_loud(tmp_path: Path) -> None:
    text = " ".join(f"[voice:{voice}] {SENTENCE}" for voice in OPENAI_VOICES)
    async with speaking(tmp_path) as context:
        levels = (await said(context, text)).loudness()
    assert len(levels) == len(OPENAI_VOICES)
    assert max(levels) - min(levels) <= 6

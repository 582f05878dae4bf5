"""Recordings of voices that are not the engine's own, and an ear of its own for how near it comes to them."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tests.hearing import pcm, pitches
from tests.tools import need

from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.types import Prompt, Sample, Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.types import Samples

READ = (
    "She had never seen the harbour so quiet. A grey boat rocked against the wall, and two gulls watched the "
    "fisherman mend his net. What would they find when the fog lifted? Nobody in the village could say, but "
    "every child had a story about the old lighthouse and its keeper. He used to bring apples to the school "
    "on Fridays, and he always laughed at the same joke."
)
"""What is said in the recordings."""
GERMAN = (
    "Gestern kaufte mein Bruder neun gelbe Zitronen und ein großes Glas Honig. Wollen wir nach Hause gehen, "
    "oder warten wir, bis der Regen aufhört? Niemand wusste, was der alte Mann dachte."
)
SAID = (
    "Nobody knew what the old man thought about it, but every child had a story to tell. "
    "Shall we go home, or wait for the rain to stop? "
    "Yesterday my brother bought nine yellow lemons and a huge jar of honey. "
    "Thank you for calling. Please hold the line, and choose one of the three options."
)
"""What is said by the prompts."""
VARIANTS = {
    "f2": "en-US+f2",
    "f3": "en-US+f3",
    "Annie": "en-US+Annie",
    "grandma": "en-US+grandma",
    "m7": "en-US+m7",
    "de f4": "de+f4",
}
FLITE = ("awb", "kal", "kal16", "rms", "slt")
_EDGES = 100 * 2 ** (np.arange(20) / 3)  # thirds of an octave, to 8 kHz


async def recorded(engine: EspeakEngine, voice: str, text: str = "") -> Sample:
    """Record one of the library's own voices."""
    text = text or (GERMAN if voice.startswith("de") else READ)
    return Sample(await spoken(engine, text, voice=voice), SAMPLE_RATE)


def recorded_from_flite(voice: str, text: str = READ) -> Sample:
    """Record a voice of flite, which is another synthesiser, made of recordings of people."""
    need("flite")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "said.wav")
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(file)], check=True, timeout=60)
        with wave.open(str(file)) as read:
            return Sample(pcm(read.readframes(read.getnframes())), read.getframerate())


async def spoken(
    engine: EspeakEngine, text: str = SAID, prompt: Prompt | None = None, voice: str = "en-US"
) -> Samples:
    """Speak sentence by sentence, as the pipeline would."""
    utterance = Utterance("", Voice(VoiceId(voice), "", "espeak"), prompt=prompt)
    sentences = [replace(utterance, text=f"{said.strip()}.") for said in text.rstrip(".").split(". ")]
    return np.concatenate([
        chunk.samples for sentence in sentences async for chunk in engine.synthesize(sentence)
    ])


def pitch(samples: Samples, rate: int = SAMPLE_RATE) -> float:
    """Return the median pitch of what is voiced, in hertz."""
    found = pitches(samples, rate)
    return float(np.median(found[found > 0]))


def distance(one: Sample, other: Sample) -> float:
    """Return how far apart the long-term average spectra of two recordings are, whatever their loudness.

    That is the mean difference over thirds of an octave from 100 Hz to where the narrower recording ends.
    """
    top = 0.45 * min(one.rate, other.rate)
    bands = np.sum(top > _EDGES) - 1
    apart = (_spectrum(one) - _spectrum(other))[:bands]
    return float(np.abs(apart - np.median(apart)).mean())


def _spectrum(sample: Sample) -> np.ndarray:
    """Return the level of each band in frames of 50 ms that are not quiet, in decibels."""
    size = sample.rate // 20
    frames = np.lib.stride_tricks.sliding_window_view(sample.samples, size)[:: size // 2]
    power = np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2
    loud = power.sum(axis=1)
    average = power[loud > 1e-3 * np.percentile(loud, 95)].mean(axis=0)
    hertz = np.fft.rfftfreq(size, 1 / sample.rate)
    bands = [
        average[(hertz >= low) & (hertz < 1.26 * low)].mean() if low < sample.rate / 2 else 0.0
        for low in _EDGES
    ]
    levels: np.ndarray = 10 * np.log10(np.array(bands) + 1e-9)
    return levels

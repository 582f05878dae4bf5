"""The espeak engine, easy to ask, and the library's own view of text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import espeakng_loader
import numpy as np

from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.types import Utterance, Voice, VoiceId, WordMark

if TYPE_CHECKING:
    from stentor.types import Samples


@dataclass(frozen=True)
class Heard:
    samples: Samples
    marks: tuple[WordMark, ...]

    @property
    def seconds(self) -> float:
        return self.samples.size / SAMPLE_RATE


class Speaking:
    """Says an utterance and keeps all of it."""

    def __init__(self, engine: EspeakEngine) -> None:
        self._engine = engine

    async def __call__(self, text: str, voice: str = "en-US", **asked: Any) -> Heard:
        utterance = Utterance(text, Voice(VoiceId(voice), "", "espeak"), **asked)
        chunks = [chunk async for chunk in self._engine.synthesize(utterance)]
        samples = np.concatenate([np.zeros(0, np.float32), *(chunk.samples for chunk in chunks)])
        return Heard(samples, tuple(mark for chunk in chunks for mark in chunk.marks))


_TRANSLATOR = dedent("""
    import ctypes, json, sys

    library, data, asked = json.load(sys.stdin)
    espeak = ctypes.CDLL(library)
    espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
    espeak.espeak_Initialize(2, 100, data.encode(), 0x8000)
    answers = []
    for voice, text in asked:
        espeak.espeak_SetVoiceByName(voice.encode())
        kept = ctypes.c_char_p(text.encode())
        pointer = ctypes.cast(kept, ctypes.c_void_p)
        answer = []
        while pointer.value:
            answer.append(espeak.espeak_TextToPhonemes(ctypes.byref(pointer), 1, 2).decode())
        answers.append(" ".join(answer))
    json.dump(answers, sys.stdout)
""")


def translated(asked: Sequence[tuple[str, str]]) -> list[str]:
    """Return what the library makes of texts in IPA; each is asked of a voice by its identifier."""
    places = (str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path()))
    ran = subprocess.run(
        [sys.executable, "-c", _TRANSLATOR],
        input=json.dumps([*places, asked]),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    answers: list[str] = json.loads(ran.stdout)
    return answers


def resemblance(one: Samples, other: Samples) -> float:
    """Return how alike two sounds are from 12 ms to 12 ms, whatever their pitch: 1 for the same."""
    first, second = spectra(one), spectra(other)
    frames = min(len(first), len(second))
    return float(np.corrcoef(first[:frames].ravel(), second[:frames].ravel())[0, 1])


def spectra(samples: Samples) -> np.ndarray:
    """Return the loudness of 16 bands of 500 Hz each, in decibels."""
    size = SAMPLE_RATE // 40
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames)) ** 2
    width = round(500 * size / SAMPLE_RATE)
    bands = np.stack([power[:, at : at + width].sum(axis=1) for at in range(0, 16 * width, width)], axis=1)
    return 10 * np.log10(bands + 1e-4)

"""Time to the first audible sample: short text, long text, and the library called directly."""

from __future__ import annotations

import ctypes
import io
import statistics
import time
from typing import Any

import av
import espeakng_loader
import numpy as np

from bench.measure import SENTENCE, Answer, Connection, spread, stentor

ROUNDS = 60
LONG = (SENTENCE + " ") * 61
AUDIBLE = 0.01


def main() -> None:
    direct = Direct()
    with stentor() as server, Connection(server.port) as connection:
        for format_ in ("pcm", "mp3"):
            for _ in range(10):
                connection.speak(input=SENTENCE, response_format=format_)
            short, long, bare = [], [], []
            for _ in range(ROUNDS):
                bare.append(direct.first_sound(SENTENCE))
                short.append(first_sound(connection, SENTENCE, format_))
                long.append(first_sound(connection, LONG[:4000], format_))
            ratio = statistics.median(long) / statistics.median(short)
            over = [one - other for one, other in zip(short, bare, strict=True)]
            print(
                f"{format_:4} library {statistics.median(bare):.2f} ms, one sentence {spread(short)} ms, "
                f"4,000 characters {spread(long)} ms, ratio {ratio:.2f}, "
                f"over the library {spread(over)} ms"
            )


def first_sound(connection: Connection, text: str, format_: str) -> float:
    """Milliseconds until so much of the file had come that a decoder makes an audible sample of it."""
    answer = connection.speak(input=text, response_format=format_)
    for when, size in answer.arrivals:
        if is_audible(answer, size, format_):
            return 1000 * when
    raise AssertionError("silence")


def is_audible(answer: Answer, size: int, format_: str) -> bool:
    if format_ == "pcm":
        samples = np.frombuffer(answer.body[: size // 2 * 2], "<i2") / 32768
        return bool((np.abs(samples) > AUDIBLE).any())
    try:
        with av.open(io.BytesIO(answer.body[:size]), format=format_) as container:
            frames = container.decode(audio=0)  # type: ignore[union-attr]  # "r" opens for reading
            return any((np.abs(frame.to_ndarray()) > AUDIBLE).any() for frame in frames)
    except (av.InvalidDataError, av.EOFError):
        return False


class Direct:
    """The library in this process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._library.espeak_Initialize(2, 100, str(espeakng_loader.get_data_path()).encode(), 0x8000)
        self._library.espeak_SetVoiceByName(b"gmw/en-US+f3")
        self._first = 0.0
        self._callback = signature(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if count > 0:
            sound = np.frombuffer(ctypes.string_at(samples, 2 * count), np.int16)
            if (np.abs(sound) > 32768 * AUDIBLE).any():
                self._first = time.perf_counter()
                return 1
        return 0

    def first_sound(self, text: str) -> float:
        began = time.perf_counter()
        self._library.espeak_Synth(text.encode(), len(text) + 1, 0, 0, 0, 1, None, None)
        return 1000 * (self._first - began)

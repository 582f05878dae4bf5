"""CPU of the encoders against FFmpeg's called as plainly as can be."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import av
import numpy as np

from bench.measure import spread
from stentor.audio.encode import FORMATS

RATE, SECONDS, ROUNDS = 24_000, 20, 9
CHUNK = RATE // 2


def main() -> None:
    samples = speech()
    for name in ("mp3", "opus", "aac", "flac"):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            theirs.append(cpu(lambda name=name: plain(name, samples)))  # type: ignore[misc]
            ours.append(cpu(lambda name=name: stentors(name, samples)))  # type: ignore[misc]
        ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
        each = 1000 * statistics.median(ours) / SECONDS
        print(f"{name:5} {each:.2f} ms for a second of audio, {spread(ratios)} of a plain loop")


def speech() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Something an encoder has to work for: a gliding buzz with noise, in syllables."""
    time_ = np.arange(RATE * SECONDS) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.7 * time_)) / RATE
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20))
    noise = np.random.default_rng(1).normal(0, 0.05, time_.size)
    return (0.2 * (buzz + noise) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time_))).astype(np.float32)


def stentors(name: str, samples: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    encoder = FORMATS[name].open(RATE, False)
    for begin in range(0, samples.size, CHUNK):
        encoder.encode(samples[begin : begin + CHUNK])
    encoder.finish()


class Sink:
    def write(self, part: bytes) -> int:
        return len(part)


_PLAIN: dict[str, tuple[str, str, int, dict[str, str], dict[str, str], str]] = {
    "mp3": ("mp3", "libmp3lame", 64_000, {"write_xing": "0"}, {"compression_level": "5"}, "flt"),
    "opus": ("ogg", "libopus", 48_000, {"page_duration": "20000"}, {"compression_level": "5"}, "flt"),
    "aac": ("adts", "aac", 64_000, {}, {"aac_coder": "fast"}, "fltp"),
    "flac": ("flac", "flac", 0, {}, {"frame_size": "1152"}, "s16"),
}


def plain(name: str, samples: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    container_name, codec, bit_rate, options, codec_options, kind = _PLAIN[name]
    container = av.open(Sink(), "w", format=container_name, options=options)
    stream: Any = container.add_stream(codec, rate=RATE, options=codec_options)
    stream.layout = "mono"
    if bit_rate:
        stream.bit_rate = bit_rate
    for begin in range(0, samples.size, CHUNK):
        part = samples[begin : begin + CHUNK]
        values = (part * 32767).astype(np.int16) if kind == "s16" else part
        frame = av.AudioFrame.from_ndarray(values.reshape(1, -1), format=kind, layout="mono")
        frame.sample_rate = RATE
        frame.pts = begin
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()


def cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began

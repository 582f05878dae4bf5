"""What the tests hear: files decoded to samples, and what can be said of samples."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from stentor.types import Samples


def pcm(data: bytes) -> Samples:
    """Read 16-bit little-endian samples; full scale is 1."""
    return (np.frombuffer(data, "<i2") / 32768).astype(np.float32)


def decode(data: bytes, format_: str, rate: int = 24_000) -> Samples:
    """Decode a file of any of the six formats, mono, at `rate`."""
    if format_ == "pcm":
        return pcm(data)
    container_format = {"opus": "ogg"}.get(format_, format_)
    with av.open(io.BytesIO(data), "r", format=container_format) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        frames = [resampled for frame in container.decode(audio=0) for resampled in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float32)


def rms(samples: Samples) -> float:
    """Return the root mean square; 0 for nothing."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def pitch(samples: Samples, rate: int = 24_000) -> float:
    """Return the loudest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum)) * rate / samples.size


def likeness(one: Samples, other: Samples, most: int = 4_000) -> float:
    """Return the best correlation of two sounds when one may be late by up to `most` samples."""
    length = 1 << (one.size + other.size).bit_length()
    product = np.fft.rfft(one, length) * np.conj(np.fft.rfft(other, length))
    shifted = np.fft.irfft(product, length)
    best = max(float(np.max(shifted[: most + 1])), float(np.max(shifted[-most:])))
    return best / float(np.linalg.norm(one) * np.linalg.norm(other) + 1e-12)


def pitches(samples: Samples, rate: int) -> np.ndarray:
    """Return the pitch of a voice from 25 ms to 25 ms, in hertz; 0 where it has none or is quiet.

    By autocorrelation of a window of 50 ms, divided by that of the window (Boersma 1993).
    """
    size = rate // 20
    window = np.hanning(size)
    tapered = _autocorrelation(window)
    shortest, longest = rate // 500, rate // 50
    quiet = 0.5 * rms(samples)

    def pitch_of(frame: np.ndarray) -> float:
        if rms(frame) < quiet:
            return 0.0
        product = _autocorrelation((frame - frame.mean()) * window)
        regular = (product / product[0] / np.maximum(tapered / tapered[0], 0.05))[shortest:longest]
        inner = regular[1:-1]
        tops = (inner >= regular[:-2]) & (inner > regular[2:])
        peaks = np.flatnonzero(tops & (inner > max(0.85 * regular.max(), 0.6)))
        return rate / (shortest + 1 + int(peaks[0])) if peaks.size else 0.0

    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    return np.array([pitch_of(frame) for frame in frames])


def _autocorrelation(frame: np.ndarray) -> np.ndarray:
    return np.fft.irfft(np.abs(np.fft.rfft(frame, 4 * frame.size)) ** 2)[: frame.size]


def onsets(samples: Samples, rate: int, quiet: float = 0.04, floor: float = -40.0) -> list[float]:
    """Return when something is heard behind at least so many seconds of quiet, and at first, in seconds."""
    loud = np.flatnonzero(np.abs(samples) > 10 ** (floor / 20))
    begins = np.concatenate((loud[:1], loud[1:][np.diff(loud) > quiet * rate]))
    return [float(begin) / rate for begin in begins]

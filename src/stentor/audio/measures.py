"""What can be measured of a recording that is to be a sample of somebody's voice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stentor.audio.loudness import loudness
from stentor.audio.voicing import FAINTEST, STEP, voicing

if TYPE_CHECKING:
    from stentor.audio.voicing import Flags, Numbers, Voicing
    from stentor.types import Samples

_NEAR_TOP = 0.95  # of the highest sample; what was cut off wanders that far down in a codec
_FLAT = 3  # samples in a row
_WINDOW = 2048  # samples, for the spectrum
_MOST_FRAMES = 512  # of which the spectrum is the mean
_BAND = 100  # hertz
_LEAST_OF_BAND = 65.0  # decibels under the loudest band; below, nothing is heard of it
_LEAST_OF_VOICE = 0.25  # of the voiced frames, that are a second voice's
_APART = 6.0  # semitones between two voices
_WITHIN = 2.5  # semitones, to which a voice strays from its own middle
_OCTAVE = 12.0
_STRAY = 0.8  # semitones from an octave, which is more likely an error than another voice


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of a recording. Levels are in decibels below full scale, shares from 0 to 1."""

    seconds: float
    level: float
    """Of the loud parts."""
    peak: float
    loudness: float
    """In LUFS."""
    noise: float
    """Of the quietest parts."""
    snr: float
    """By how many decibels the voice is above that noise."""
    clipped: float
    """Share of the samples that stand in a row at the highest value."""
    silence: float
    """Share of the time in which nobody speaks; short pauses belong to speech."""
    voiced: float
    """Seconds in which somebody's voice sounds."""
    voiced_share: float
    """Of what is no silence."""
    hertz: float
    """The middle of the pitch; 0 if there is none."""
    semitones: float
    """From the pitch that a tenth is below to that a tenth is above."""
    pitches: tuple[float, float] | None
    """The middles of two pitches, in hertz, between which there is nothing: probably two people."""
    bandwidth: float
    """Up to how many hertz there is something to hear."""
    offset: float
    """The mean of the samples; a microphone that works has none."""


def measure(samples: Samples, rate: int) -> Measures:
    """Measure mono samples, float32 of shape (n,). Blocks; takes some 5 ms of one core for each second."""
    offset = float(samples.mean(dtype=np.float64)) if samples.size else 0.0
    centred = samples - np.float32(offset)
    found = voicing(centred, rate)
    pitch = found.hertz[found.is_voiced]
    is_active = found.is_active
    low, middle, high = np.percentile(pitch, (10, 50, 90)) if pitch.size else (1.0, 0.0, 1.0)
    return Measures(
        seconds=samples.size / rate,
        level=found.loud,
        peak=_decibels(float(np.abs(samples).max(initial=0.0))),
        loudness=loudness(centred, rate),
        noise=found.noise,
        snr=_snr(found),
        clipped=_clipped(centred),
        silence=1 - float(found.is_speech.mean()) if is_active.any() else 1.0,
        voiced=pitch.size * STEP,
        voiced_share=pitch.size / max(int(is_active.sum()), 1),
        hertz=float(middle),
        semitones=12 * math.log2(high / low),
        pitches=_two_pitches(pitch),
        bandwidth=_bandwidth(centred, rate, is_active),
        offset=offset,
    )


def _decibels(amplitude: float) -> float:
    return max(20 * math.log10(max(amplitude, 1e-10)), FAINTEST)


def _snr(found: Voicing) -> float:
    """Compare the voiced frames with the quietest ones, whose noise the former hold as well."""
    voiced = found.levels[found.is_voiced]
    if not voiced.size:
        return 0.0
    noise = 10 ** (found.noise / 10)
    voice = float(np.mean(10 ** (voiced / 10))) - noise
    return max(10 * math.log10(max(voice / noise, 1e-3)), 0.0)


def _clipped(samples: Samples) -> float:
    """Count what stands in a row at the top or at the bottom; each has a height of its own."""
    flat = 0
    for side in (samples, -samples):
        top = float(side.max(initial=0.0))
        edges = np.flatnonzero(np.diff((side >= _NEAR_TOP * top) & (top > 0), prepend=False, append=False))
        lengths = edges[1::2] - edges[::2]
        flat += int(lengths[lengths >= _FLAT].sum())
    return flat / max(samples.size, 1)


def _two_pitches(pitch: Numbers) -> tuple[float, float] | None:
    """Find two heights of a voice that are too far apart, and each too steady, to be one person's."""
    if pitch.size < 2 / _LEAST_OF_VOICE:
        return None
    notes = 12 * np.log2(pitch)
    low, high = np.percentile(notes, (10, 90))
    for _ in range(10):
        is_high = notes > (low + high) / 2
        if is_high.all() or not is_high.any():
            return None
        low, high = np.median(notes[~is_high]), np.median(notes[is_high])
    least = min(is_high.mean(), 1 - is_high.mean())
    apart = high - low
    within = np.mean(np.abs(notes - np.where(is_high, high, low)))
    is_octave = abs(apart - _OCTAVE) < _STRAY
    if least < _LEAST_OF_VOICE or apart < _APART or within > _WITHIN or is_octave:
        return None
    return float(2 ** (low / 12)), float(2 ** (high / 12))


def _bandwidth(samples: Samples, rate: int, is_active: Flags) -> float:
    """Return where the spectrum of the active frames ends."""
    step = round(STEP * rate)
    begins = np.flatnonzero(is_active) * step
    begins = begins[begins + _WINDOW <= samples.size]
    if not begins.size:
        return 0.0
    begins = begins[:: -(-begins.size // _MOST_FRAMES)]
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[begins]
    power = np.square(np.abs(np.fft.rfft(frames * np.blackman(_WINDOW)))).mean(axis=0)
    bands = (np.fft.rfftfreq(_WINDOW, 1 / rate) / _BAND).astype(int)
    levels = 10 * np.log10(np.bincount(bands, power) + 1e-20)
    heard = np.flatnonzero(levels > levels.max() - _LEAST_OF_BAND)
    return min(float(heard[-1] + 1) * _BAND, rate / 2)

"""Whether a recording is a good sample of one voice, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stentor.audio.encode import FORMATS, encode_whole
from stentor.audio.loudness import SILENT, loudness
from stentor.audio.measures import Measures, measure
from stentor.audio.voicing import STEP, voicing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stentor.types import Samples

MEDIA_TYPE = FORMATS["flac"].media_type
"""Of what `written` writes."""
_FADE = 0.005  # seconds
_STEADY = 0.7  # semitones
_ALL_VOICED = 0.9


class RecordingConfig(BaseModel):
    """What a recording must be like to be a sample of somebody's voice, and what is made of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shortest_seconds: float = Field(default=3.0, ge=0, description="A shorter recording is refused.")
    least_voiced_seconds: float = Field(
        default=2.0, ge=0, description="A recording in which a voice sounds for less is refused."
    )
    good_voiced_seconds: float = Field(default=6.0, ge=0, description="Less than that is worth a warning.")
    least_voiced_share: float = Field(
        default=0.2, ge=0, le=1, description="Of what is no silence; with less it is noise, not speech."
    )
    least_level: float = Field(
        default=-50.0, le=0, description="In decibels below full scale; what is quieter is refused."
    )
    good_level: float = Field(default=-35.0, le=0, description="What is quieter is worth a warning.")
    most_clipped: float = Field(
        default=0.01, ge=0, le=1, description="Share of clipped samples above which a recording is refused."
    )
    good_clipped: float = Field(default=0.001, ge=0, le=1, description="More is worth a warning.")
    least_snr: float = Field(
        default=8.0, ge=0, description="Decibels of the voice above the noise; with less it is refused."
    )
    good_snr: float = Field(default=18.0, ge=0, description="Less is worth a warning.")
    least_bandwidth: float = Field(
        default=3000.0, ge=0, description="In hertz; a recording that holds nothing above is refused."
    )
    good_bandwidth: float = Field(default=6000.0, ge=0, description="Less is worth a warning.")
    most_silence: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of the time in which nobody speaks that is worth a warning.",
    )
    most_offset: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Of full scale; a larger mean of the samples is worth a warning.",
    )
    loudness: float = Field(
        default=-23.0, ge=-70, le=0, description="In LUFS, to which samples are brought before they are kept."
    )
    highest_peak: float = Field(
        default=-1.0, le=0, description="In decibels below full scale, which is not passed for that."
    )
    margin_seconds: float = Field(
        default=0.15, ge=0, description="How much of the silence around the speech is kept."
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a recording: a code for programs, a sentence with advice for people."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a recording."""

    measures: Measures
    refusals: tuple[Finding, ...]
    """Why it cannot be used; none if it can."""
    warnings: tuple[Finding, ...]
    """Why it will not sound as good as it could."""


def judge(samples: Samples, rate: int, config: RecordingConfig | None = None) -> Verdict:
    """Measure a recording, mono samples of shape (n,), and say what is wrong with it. Blocks."""
    config = config or RecordingConfig()
    measures = measure(samples, rate)
    empty = tuple(_is_nothing(measures, config))
    refusals = empty or (*_is_bad(measures, config),)
    return Verdict(measures, refusals, () if empty else tuple(_is_poor(measures, config)))


def cleaned(samples: Samples, rate: int, config: RecordingConfig | None = None) -> Samples:
    """Return what is kept of a recording: centred, trimmed to its speech, brought to one loudness. Blocks.

    It is made louder or softer by one factor, so that nothing is clipped or compressed.
    """
    config = config or RecordingConfig()
    if not samples.size:
        return samples
    centred = samples - np.float32(samples.mean(dtype=np.float64))
    kept = _trimmed(centred, rate, config.margin_seconds)
    now = loudness(kept, rate)
    peak = float(np.abs(kept).max(initial=0.0))
    if now <= SILENT or not peak:
        return kept
    gain = min(10 ** ((config.loudness - now) / 20), 10 ** (config.highest_peak / 20) / peak)
    louder: Samples = kept * np.float32(gain)
    return louder


def written(samples: Samples, rate: int) -> bytes:
    """Write samples as a FLAC of 16 bits, a file of our own making. Blocks."""
    return encode_whole("flac", samples, rate)


def _trimmed(samples: Samples, rate: int, margin: float) -> Samples:
    spoken = np.flatnonzero(voicing(samples, rate).is_speech)
    if not spoken.size:
        return samples
    begin = max(round((spoken[0] * STEP - margin) * rate), 0)
    end = min(round(((spoken[-1] + 1) * STEP + margin) * rate), samples.size)
    kept = samples[begin:end].copy()
    fade = np.linspace(0, 1, min(round(_FADE * rate), kept.size // 2), dtype=np.float32)
    kept[: fade.size] *= fade
    kept[kept.size - fade.size :] *= fade[::-1]
    return kept


def _is_nothing(found: Measures, config: RecordingConfig) -> Iterator[Finding]:
    """Say why there is nothing to judge; one reason is enough."""
    if found.seconds < config.shortest_seconds:
        yield Finding(
            "too_short",
            f"The recording is {found.seconds:.1f} s long; record at least {config.shortest_seconds:g} s.",
        )
    elif found.level < config.least_level:
        silent = found.peak <= config.least_level
        yield Finding(
            "silent" if silent else "too_quiet",
            "The recording is silent; check that the right microphone is on."
            if silent
            else f"The recording is too quiet, at {found.level:.0f} dB of full scale; "
            "speak closer to the microphone or raise its level.",
        )
    elif found.voiced_share < config.least_voiced_share or _is_tone(found):
        yield Finding(
            "no_speech",
            "No voice is heard in the recording; record one person who speaks, without music or noise.",
        )


def _is_tone(found: Measures) -> bool:
    """Tell a hum from speech, which rises, falls and has consonants."""
    return found.voiced_share > _ALL_VOICED and found.semitones < _STEADY


def _is_bad(found: Measures, config: RecordingConfig) -> Iterator[Finding]:
    if found.voiced < config.least_voiced_seconds:
        yield Finding(
            "too_little_speech",
            f"A voice sounds for only {found.voiced:.1f} s of the recording; "
            f"speak until it is at least {config.least_voiced_seconds:g} s, which takes about twice as long.",
        )
    if found.clipped > config.most_clipped:
        yield _clipping(found)
    if found.snr < config.least_snr:
        yield _noise(found)
    if found.bandwidth < config.least_bandwidth:
        yield _dullness(found)


def _is_poor(found: Measures, config: RecordingConfig) -> Iterator[Finding]:
    if config.least_voiced_seconds <= found.voiced < config.good_voiced_seconds:
        yield Finding(
            "little_speech",
            f"A voice sounds for only {found.voiced:.1f} s of the recording; "
            f"{config.good_voiced_seconds:g} s or more would be better.",
        )
    if config.good_clipped < found.clipped <= config.most_clipped:
        yield _clipping(found)
    if config.least_snr <= found.snr < config.good_snr:
        yield _noise(found)
    if config.least_bandwidth <= found.bandwidth < config.good_bandwidth:
        yield _dullness(found)
    yield from _is_odd(found, config)


def _is_odd(found: Measures, config: RecordingConfig) -> Iterator[Finding]:
    if found.level < config.good_level:
        yield Finding(
            "quiet",
            f"The recording is quiet, at {found.level:.0f} dB of full scale; speak closer to the microphone.",
        )
    if found.silence > config.most_silence:
        yield Finding(
            "much_silence",
            f"Nobody speaks in {_percent(found.silence)} of the recording; leave the long pauses out.",
        )
    if found.pitches:
        low, high = found.pitches
        yield Finding(
            "two_voices",
            f"Two voices may speak, at about {low:.0f} and {high:.0f} Hz; leave only one in the recording.",
        )
    if abs(found.offset) > config.most_offset:
        yield Finding(
            "offset",
            f"The recording is off its middle by {_percent(abs(found.offset))}; "
            "check the microphone and its cable.",
        )


def _clipping(found: Measures) -> Finding:
    return Finding(
        "clipped",
        f"The recording is clipped in {_percent(found.clipped)} of its samples; record at a lower level.",
    )


def _noise(found: Measures) -> Finding:
    return Finding(
        "noisy",
        f"The voice is only {found.snr:.0f} dB above the noise of the recording; "
        "record in a quieter place, closer to the microphone.",
    )


def _dullness(found: Measures) -> Finding:
    return Finding(
        "dull",
        f"The recording holds nothing above {found.bandwidth:,.0f} Hz, as on a telephone; "
        "record it with a better microphone or at a higher sample rate.",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

"""What a provider answered, and whether it is speech."""

from __future__ import annotations

import base64
import json
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from stentor.audio.encode import encode_whole
from stentor.audio.wav import RATES
from stentor.engines.provider.answers import TYPES, Whole, whole_sound
from stentor.engines.remote.client import Answer, Part
from stentor.errors import printable
from stentor.providercheck.finding import WrongError

TEXT = "The quick brown fox jumps over the lazy dog."
"""What the provider is asked to say."""
_SHORTEST, _LONGEST = 0.8, 12.0  # seconds in which anyone would say it
_AUDIBLE, _LOUDEST = 1e-3, 1.5  # root mean square; peak
_SMOOTH = 0.2  # correlation of neighbours: of speech 0.6 and more, of floats read as integers about 0
LARGEST = 2**26
"""Bytes of an answer."""
OK = 200


@dataclass(frozen=True, slots=True)
class Said:
    """A whole answer, and how long it took in seconds."""

    status: int
    media_type: str
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:  # noqa: ANN401  any JSON
        """What it says; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def shown(self) -> str:
        """Its status, and what it says of a failure if it does."""
        return f"{self.status}: {self.sentence}" if self.sentence else str(self.status)

    @property
    def sentence(self) -> str:
        """What it says of a failure, or its beginning; fit for a line."""
        if self.body and self.media_type == "text/html":
            return "a page of HTML"
        told = self.json
        reason = told.get("error") or told.get("detail") if isinstance(told, dict) else None
        reason = reason.get("message") if isinstance(reason, dict) else reason
        shown = reason if isinstance(reason, str) else self.body.decode("utf-8", "replace")
        return printable(" ".join(shown.split()), 120)


def whole(said: Said) -> Whole:
    """Read the JSON of an answer to `POST /v1/generate`."""
    remedy = 'answer 200 with {"audio": base64, "sample_rate": 24000, "dtype": "float32"}'
    if said.status != OK:
        raise WrongError(f"{said.shown}", remedy)
    try:
        return whole_sound(said.json)
    except ValueError as error:
        raise WrongError(f"it sent {error}", remedy) from error


def type_name(whole: Whole) -> str:
    """Return what the protocol calls the type of samples."""
    return next(name for name, sample in TYPES.items() if sample == whole.sample)


def _decoded(whole: Whole) -> Any:  # noqa: ANN401  an array of whatever type
    kind = np.dtype(whole.sample)
    if len(whole.content) % kind.itemsize:
        raise WrongError(
            f"{len(whole.content):,} bytes are no whole number of {type_name(whole)} samples",
            "say in `dtype` what the samples are",
        )
    read = np.frombuffer(whole.content, kind)
    with np.errstate(invalid="ignore"):  # what claims to be floats may be anything
        return read.astype(np.float64) if kind.kind == "f" else read / -float(np.iinfo(kind).min)


def length_of(whole: Whole) -> float:
    """Return how long samples last, in seconds."""
    return len(_decoded(whole)) / whole.rate


def judged(whole: Whole) -> str:
    """Say what samples are like; raises WrongError if nobody would call them speech."""
    samples = _decoded(whole)
    honest = f"send little-endian {type_name(whole)} within ±1, or say in `dtype` what they are"
    if not np.isfinite(samples).all():
        raise WrongError("samples that are no numbers", honest)
    peak = float(np.abs(samples).max(initial=0))
    if peak > _LOUDEST:
        raise WrongError(f"samples of up to {peak:.3g} times full scale", honest)
    level = float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0
    if level < _AUDIBLE:
        raise WrongError("silence", f"speak; or {honest}")
    if np.dot(samples[1:], samples[:-1]) < _SMOOTH * np.dot(samples, samples):
        raise WrongError("noise", honest)
    seconds = samples.size / whole.rate
    if not _SHORTEST < seconds < _LONGEST:
        raise WrongError(
            f"{len(TEXT)} characters last {seconds:.2f} s",
            "say the true `sample_rate` and `dtype`, and speak the whole text",
        )
    return f"{seconds:.2f} s at {whole.rate} Hz, peak {peak:.2f}"


async def streamed(answer: Answer, began: float) -> str:
    """Read speech events to their end."""
    remedy = "see the events in docs/reference/provider-protocol.md"
    if answer.status != OK:
        raise WrongError(f"answered with {answer.status}", remedy)
    rate, name = answer.headers.get("X-Sample-Rate", ""), answer.headers.get("X-Sample-Type", "float32")
    if not rate.isdecimal() or int(rate) not in RATES or name not in TYPES:
        raise WrongError(
            f"X-Sample-Rate {rate!r}, X-Sample-Type {name!r}", "name the rate and type in headers"
        )
    first, content = 0.0, []
    async with aclosing(answer.events(LARGEST)) as events:
        async for event in events:
            fields = _fields(event.data)
            if fields.get("type") == "speech.audio.done":
                break
            if fields.get("type") == "speech.audio.delta":
                first = first or perf_counter() - began
                content.append(_audio(fields))
        else:
            raise WrongError("the events end without speech.audio.done", remedy)
    seen = judged(Whole(b"".join(content), int(rate), TYPES[name]))
    return f"{len(content)} pieces, the first after {1000 * first:.0f} ms; {seen}"


def _fields(written: str) -> dict[str, Any]:
    try:
        fields = json.loads(written)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or fields.get("error"):
        raise WrongError(f"an event says {printable(written, 120)}", "send speech.audio events")
    return fields


def _audio(fields: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(fields["audio"], validate=True)
    except (LookupError, ValueError, TypeError) as error:
        raise WrongError("an event whose `audio` is not base64", "send samples in base64") from error


def recording(spoken: Whole) -> Part:
    """Make a file of what the provider said itself: no other voice is at hand."""
    samples = np.clip(_decoded(spoken), -1, 1).astype(np.float32)
    return Part("audio", encode_whole("wav", samples, spoken.rate), "voice.wav", "audio/wav")

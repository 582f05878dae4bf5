"""Voice prompts of a provider: what it is asked to make one of, what it made, and which ones it remembers."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from urllib.parse import quote, urlencode

import numpy as np

from stentor.audio.encode import encode_whole
from stentor.audio.resample import resampled
from stentor.engines.remote.client import Part
from stentor.types import Prompt, Sample

PATH = "/v1/create_voice_prompt"
LARGEST = 8 * 2**20
"""Bytes of a prompt, as JSON."""
_MOST = 4096
_LONGEST_ID = 200
_LONGEST_QUERY = 4000
_BETWEEN = 0.3  # seconds


class Remembered:
    """By what ids a provider knows prompts that were sent to it."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._ids: OrderedDict[str, str] = OrderedDict()

    def note(self, prompt: Prompt, identity: object) -> None:
        """Note what the provider called a prompt, if it did."""
        if isinstance(identity, str) and 0 < len(identity) <= _LONGEST_ID:
            self._ids[prompt.id] = identity
            self._ids.move_to_end(prompt.id)
            if len(self._ids) > self._most:
                self._ids.popitem(last=False)

    def forget(self, prompt: Prompt) -> None:
        """Note that the provider does not know it any more."""
        self._ids.pop(prompt.id, None)

    def reference(self, prompt: Prompt) -> bytes | None:
        """Write what to send instead of a prompt; None if the provider does not know it."""
        identity = self._ids.get(prompt.id)
        return None if identity is None else json.dumps({"id": identity}).encode()


def form(samples: Sequence[Sample], model: str | None) -> list[Part]:
    """Write samples of a voice as the form that `POST /v1/create_voice_prompt` takes. Blocks."""
    sample = joined(samples)
    parts = [Part("audio", encode_whole("wav", sample.samples, sample.rate), "voice.wav", "audio/wav")]
    parts += [Part("reference_text", sample.transcript)] if sample.transcript else []
    return parts + ([Part("model", model)] if model else [])


def path_of(samples: Sequence[Sample]) -> str:
    """Return the path with the transcript in its query, where the printed sample server reads it.

    One that is too long for a URL stands in the form alone.
    """
    transcript = joined_text(samples)
    query = urlencode({"reference_text": transcript}, quote_via=quote) if transcript else ""
    return f"{PATH}?{query}" if 0 < len(query) <= _LONGEST_QUERY else PATH


def joined(samples: Sequence[Sample]) -> Sample:
    """Make one recording of several, with a pause between them, at the rate of the first."""
    if len(samples) == 1:
        return samples[0]
    rate = samples[0].rate
    pause = np.zeros(round(_BETWEEN * rate), np.float32)
    parts = [part for sample in samples for part in (pause, resampled(sample.samples, sample.rate, rate))]
    return Sample(np.concatenate(parts[1:]), rate, joined_text(samples))


def joined_text(samples: Sequence[Sample]) -> str | None:
    """Return what is said in all samples; None if that is not known of one."""
    said = [sample.transcript for sample in samples if sample.transcript]
    return " ".join(said) if said and len(said) == len(samples) else None


def made(body: bytes) -> tuple[Prompt, object]:
    """Read the answer: the prompt, and what the provider calls it, if it does. Blocks.

    Raises ValueError with a few words.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("what is not JSON") from error
    content = told.get("voice_prompt") if isinstance(told, dict) else None
    if not isinstance(content, dict) or not content:
        raise ValueError("no `voice_prompt` that is an object with something in it")
    try:
        return Prompt.of(content), told.get("id")
    except ValueError as error:
        raise ValueError(f"a voice prompt that cannot be used: {error}") from error

"""What a worker put out: sound, or a link to it, or an excuse.

Workers of Echo-TTS are written by many hands. One kind gives the URL of a file, another base64 of a file
or of samples, at once or part by part; the names of the fields differ. An error may be a sentence, an object,
the JSON of one as text (the SDK's way to report an exception), or a whole traceback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stentor.engines.remote.faults import Faults

_SOUND = ("audio_chunk", "audio", "audio_base64")
_LINKS = ("audio_url", "url", "file_url")
_URLS = ("https://", "http://")
_SAID = ("error_message", "message", "error", "detail")
_DEEPEST = 4
_TRACEBACK = "Traceback (most recent call last)"
_OF_GENERATORS = ("handler: ", "traceback:")
"""What the SDK writes before and behind the words of an exception in a worker that streams."""
# What the names of formats mean where a part does not say its sample rate.
_RATES = {"pcm_16": 48_000, "pcm_24": 24_000}
_USUAL_RATE = 24_000


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound in base64: a file of some format, or samples at `rate` hertz."""

    content: str
    rate: int
    is_samples: bool = False
    """Whether it is said to be samples."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where sound can be fetched."""

    url: str


def read_output(output: object, faults: Faults, depth: int = 0) -> Iterator[Sound | Link]:
    """Yield what is to be heard of an output or a part of one; raises EngineFailed if it is an error."""
    if isinstance(output, str) and output.startswith(_URLS):
        yield Link(output)
    elif isinstance(output, list) and depth < _DEEPEST:
        for part in output:
            yield from read_output(part, faults, depth + 1)
    elif isinstance(output, dict):
        yield from _read_object(output, faults, depth)


def _read_object(output: Mapping[str, Any], faults: Faults, depth: int) -> Iterator[Sound | Link]:
    if output.get("error"):
        raise faults.failed("failed", error_sentence(output["error"]))
    sound = next((output[name] for name in _SOUND if isinstance(output.get(name), str)), None)
    link = _link(output)
    if sound and not sound.startswith(_URLS):
        is_samples = "audio_chunk" in output or str(output.get("format")).startswith("pcm")
        yield Sound(sound, _rate(output, faults), is_samples)
    elif link:
        yield Link(link)
    elif "tokens" in output:
        raise faults.failed(
            "answered in tokens of LinaCodec, which are not decoded here; "
            "its worker must give sound for the `output_format` that is set"
        )
    elif "output" in output and depth < _DEEPEST:
        yield from read_output(output["output"], faults, depth + 1)


def _link(output: Mapping[str, Any]) -> str | None:
    values = [output.get(name) for name in (*_LINKS, *_SOUND)] + list(output.values())
    return next((value for value in values if isinstance(value, str) and value.startswith(_URLS)), None)


def _rate(output: Mapping[str, Any], faults: Faults) -> int:
    rate = output.get("sample_rate")
    if rate is None:
        return _RATES.get(str(output.get("format")), _USUAL_RATE)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 8000 <= rate <= 192_000:  # noqa: PLR2004
        raise faults.failed("sent sound at a sample rate that cannot be")
    return int(rate)


def error_sentence(error: object) -> str:
    """Find in an error, of whatever form, what it says to people; without the traceback."""
    for _ in range(_DEEPEST):
        if isinstance(error, str) and error.lstrip().startswith("{"):
            try:
                error = json.loads(error)
            except (ValueError, RecursionError):
                break
        if not isinstance(error, dict):
            break
        error = next((error[name] for name in _SAID if error.get(name)), error.get("error_type"))
    return _without_traceback(error) if isinstance(error, str) else ""


def _without_traceback(said: str) -> str:
    before, found, traceback = said.partition(_TRACEBACK)
    before = before.strip()
    if found and before.endswith(_OF_GENERATORS[1]):
        before = before.removeprefix(_OF_GENERATORS[0]).removesuffix(_OF_GENERATORS[1]).strip()
    if not found or before:
        return before
    lines = traceback.strip().splitlines()
    return lines[-1].strip() if lines else ""

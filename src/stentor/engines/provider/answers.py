"""From a provider's answer to chunks of sound: JSON, events, or audio and nothing else."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stentor import threads
from stentor.audio.wav import RATES
from stentor.engines.remote.sound import Expected, Sound, chunks, heard, rate_of
from stentor.errors import EngineCrashed, EngineError, NothingSpoken, StentorError
from stentor.types import AudioChunk, WordMark

if TYPE_CHECKING:
    from stentor.engines.remote.client import Answer
    from stentor.engines.remote.faults import Faults

TYPES = {"float32": "<f4", "float64": "<f8", "float16": "<f2", "int16": "<i2", "int32": "<i4"}
"""What a provider may call its samples, and what they are: little-endian, as NumPy writes it."""
_USUAL = "float32"
_NOTHING = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class Whole:
    """Samples that came at once: their bytes, rate in hertz, and type as NumPy writes it."""

    content: bytes
    rate: int
    sample: str


class Hearing:
    """Turns the answer to one utterance into chunks at the expected rate, with the marks of its words.

    Answers are of at most `limit` bytes. Failures are StentorErrors.
    """

    def __init__(self, engine: str, faults: Faults, text: str, expected: Expected, limit: int) -> None:
        self._engine = engine
        self._faults = faults
        self._text = text
        self._expected = expected
        self._limit = limit
        self._last = WordMark(0, 0, 0)

    async def hear(self, answer: Answer) -> AsyncGenerator[AudioChunk, None]:
        """Yield the sound of an answer, whatever form it has."""
        if answer.media_type == "text/event-stream":
            source = self._events(answer)
        elif answer.media_type == "application/json":
            source = self._json(answer)
        else:
            source = heard(self._engine, answer, self._faults, self._expected, self._limit)
        async with aclosing(source) as sound:
            async for chunk in sound:
                yield chunk
                del chunk

    async def _json(self, answer: Answer) -> AsyncGenerator[AudioChunk, None]:
        body = await answer.read(self._limit)
        try:
            told, whole = await threads.run(_parsed, body)
        except ValueError as error:
            raise self._faults.failed(f"sent {error}") from error
        if whole is None:
            raise self.complained(body)
        expected = replace(self._expected, sample=whole.sample)
        sound = Sound(self._engine, self._faults, expected, rate=whole.rate)
        for chunk in chunks(await sound.push(whole.content), expected.rate):
            yield chunk
        for chunk in chunks(await sound.finish(), expected.rate):
            yield chunk
        for chunk in self._marks(told):
            yield chunk

    async def _events(self, answer: Answer) -> AsyncGenerator[AudioChunk, None]:
        """Yield the sound of speech events; an end that was not announced is a failure."""
        expected = replace(self._expected, sample=self._type_of(answer))
        sound = Sound(self._engine, self._faults, expected, rate=rate_of(answer))
        async with aclosing(answer.events(self._limit)) as events:
            async for event in events:
                fields = self._fields(event.data)
                if fields["type"] == "speech.audio.done":
                    break
                if fields["type"] == "speech.audio.delta":
                    for chunk in chunks(await sound.push(self._audio(fields)), expected.rate):
                        yield chunk
                for chunk in self._marks(fields):
                    yield chunk
            else:
                raise self._faults.failed("broke off in the middle of its answer: its events have no end")
        for chunk in chunks(await sound.finish(), expected.rate):
            yield chunk
        await answer.drain()

    def _type_of(self, answer: Answer) -> str:
        name = answer.headers.get("X-Sample-Type", _USUAL)
        if name not in TYPES:
            raise self._faults.failed("sends samples of a type that is not known", name)
        return TYPES[name]

    def _fields(self, written: str) -> dict[str, Any]:
        try:
            fields = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise self._faults.failed("sent an event that cannot be read") from error
        if not isinstance(fields, dict):
            raise self._faults.failed("sent an event that cannot be read")
        if fields.get("error"):
            raise self.complained(written.encode())
        return {**fields, "type": fields.get("type")}

    def _audio(self, fields: dict[str, Any]) -> bytes:
        try:
            return base64.b64decode(fields["audio"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            raise self._faults.failed("sent an event whose audio cannot be read") from error

    def _marks(self, fields: dict[str, Any]) -> list[AudioChunk]:
        """Read the times of words; those that make no sense, or go back, are left out."""
        words = fields.get("words")
        marks = []
        for word in words if isinstance(words, list) else ():
            mark = self._mark(word)
            if mark:
                self._last = mark
                marks.append(mark)
        return [AudioChunk(_NOTHING, self._expected.rate, tuple(marks))] if marks else []

    def _mark(self, word: Any) -> WordMark | None:  # noqa: ANN401  any JSON
        match word:
            case {"start": float() | int() as time, "char_start": int(start), "char_end": int(end)}:
                plausible = math.isfinite(time) and 0 <= time <= self._expected.seconds
                if not plausible or not self._last.end <= start < end <= len(self._text):
                    return None
                mark = WordMark(start, end, int(time * self._expected.rate))
                return mark if mark.sample >= self._last.sample else None
        return None

    def complained(self, body: bytes) -> StentorError:
        """Say why there is no sound, in words of the provider's."""
        return of_text(self._engine, body) or self._faults.complained(body)


def of_text(engine: str, body: bytes) -> EngineError | None:
    """Return the error that says a Stentor cannot speak this text; None if that is not what it said.

    Such an error says nothing of the engine's health.
    """
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if code in ("nothing_spoken", "nothing_to_speak"):
        return NothingSpoken(engine)
    return EngineCrashed(engine, "at its provider") if code == "engine_crashed" else None


def whole_sound(told: Any) -> Whole:  # noqa: ANN401  any JSON
    """Read the JSON of `POST /v1/generate`. Raises ValueError with a few words."""
    if not isinstance(told, dict) or told.get("audio") is None:
        raise ValueError("JSON without `audio`")
    rate, name = told.get("sample_rate"), told.get("dtype", _USUAL)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate not in RATES:
        raise ValueError("no `sample_rate` that is one")
    if not isinstance(name, str) or name not in TYPES:
        raise ValueError(f"samples of a `dtype` that is none of {', '.join(TYPES)}")
    return Whole(_content(told["audio"], TYPES[name]), int(rate), TYPES[name])


def _content(audio: Any, sample: str) -> bytes:  # noqa: ANN401  any JSON
    try:
        if isinstance(audio, str):
            return base64.b64decode(audio, validate=True)
        with np.errstate(over="ignore"):
            samples = np.squeeze(np.asarray(audio, sample))
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError("`audio` that is neither base64 nor numbers") from error
    if samples.ndim > 1:
        raise ValueError("more than one channel")
    return samples.tobytes()


def _parsed(body: bytes) -> tuple[Any, Whole | None]:
    """Read the whole answer; no sound if it is a complaint. Blocks."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("what is not JSON") from error
    return told, None if isinstance(told, dict) and told.get("error") else whole_sound(told)

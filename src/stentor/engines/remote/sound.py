"""From the bytes a server sends to chunks of sound, whatever it calls them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stentor import threads
from stentor.audio.decode import Decoder, PcmDecoder, decoder_for, is_frame, kind_of
from stentor.audio.resample import Resampler
from stentor.audio.wav import RATES
from stentor.errors import RunawaySpeech
from stentor.types import AudioChunk

if TYPE_CHECKING:
    from stentor.engines.remote.client import Answer
    from stentor.engines.remote.faults import Faults
    from stentor.types import Samples, Utterance

# The most that a second of speech takes up in files of OpenAI's formats, in bytes: their highest bit rates.
_BYTES_PER_SECOND = {"mp3": 40_000, "opus": 64_000, "aac": 72_000, "flac": 200_000}
_SILENCE = np.zeros(0, np.float32)
_HEAD = 12  # bytes by which a format is told
_HEAD_OF_OPUS = 36  # and by which Opus is told from what else may be in Ogg
_SLICE = 2**17  # bytes that are decoded at once
_CHUNK = 2**15  # samples that are handed on at once
_RATE_HEADERS = ("X-Audio-Sample-Rate", "X-Sample-Rate")
# Frames look like samples: they are looked for only where they were announced.
_FRAMED = ("audio/mpeg", "audio/mp3", "audio/aac", "audio/x-aac", "audio/aacp")
_NO_SOUND = ("application/json", "application/problem+json", "text/html", "text/plain")


# Of sound. A number or an emoji may be long when it is read out; nothing honest is longer.
_SECONDS_PER_CHARACTER, _SECONDS_AT_LEAST = 1.0, 15.0


def longest(utterance: Utterance) -> float:
    """Return the most seconds of sound that an utterance can explain."""
    return (_SECONDS_AT_LEAST + _SECONDS_PER_CHARACTER * len(utterance.text)) / utterance.speed


@dataclass(frozen=True, slots=True)
class Expected:
    """What an engine asked for, and what its chunks are to be."""

    rate: int
    """Of the chunks, and of samples that do not say theirs, in hertz."""
    seconds: float
    """The most that the text can explain."""
    sample: str = "<i2"
    """The type of samples that come alone, as NumPy writes it."""


class Sound:
    """Turns the bytes of one answer into samples at the expected rate, float32 of shape (n,).

    What they are is told by their beginning, and by what was announced only where that does not tell. A
    server that sends another format or rate than it was asked for is heard all the same. Raises EngineFailed,
    and RunawaySpeech for more than was expected.
    """

    def __init__(
        self,
        engine: str,
        faults: Faults,
        expected: Expected,
        media_type: str = "",
        rate: int | None = None,
    ) -> None:
        self._engine = engine
        self._faults = faults
        self.expected = expected
        self._media_type = media_type
        self._rate = rate or expected.rate
        self._head = b""
        self._decoder: Decoder | None = None
        self._resampler: Resampler | None = None
        self._samples = 0

    async def push(self, content: bytes) -> Samples:
        """Take some bytes; return the samples that are ready."""
        content = self._head + content if self._head else content
        if self._decoder is None:
            if len(content) < _HEAD:
                self._head = content
                return _SILENCE
            self._decoder = self._choose(content)
            self._head = b""
        slices = [content[at : at + _SLICE] for at in range(0, len(content), _SLICE)]
        ready = [await self._decode(self._decoder, part) for part in slices]
        return ready[0] if len(ready) == 1 else np.concatenate([_SILENCE, *ready])

    def is_written_in(self, format_: str, head: bytes) -> bool:
        """Tell by its first bytes whether the answer is a file in one of OpenAI's formats, to be handed on.

        Samples have to be of the expected rate and type.
        """
        kind = kind_of(head)
        if format_ == "pcm":
            is_expected = self._rate == self.expected.rate and self.expected.sample == "<i2"
            return bool(head) and kind is None and is_expected and self._media_type not in _FRAMED
        if format_ == "opus":
            return kind == "ogg" and b"OpusHead" in head
        return (kind or is_frame(head)) == format_

    def allow(self, format_: str, length: int) -> None:
        """Raise RunawaySpeech if so many bytes of a file in a format are more than was expected.

        Samples can be counted; of other files it is only known how long they are at least.
        """
        per_second = 2 * self.expected.rate if format_ == "pcm" else _BYTES_PER_SECOND[format_]
        if length > self.expected.seconds * per_second:
            raise RunawaySpeech(self._engine, length / per_second)

    async def finish(self) -> Samples:
        """Return what is left at the end."""
        if self._decoder is None:
            if not self._head:
                return _SILENCE
            self._decoder = self._choose(self._head)
        first = await self._decode(self._decoder, self._head)
        return np.concatenate([first, await self._decode(self._decoder, None)])

    def _choose(self, head: bytes) -> Decoder:
        kind = kind_of(head)
        if kind is None and self._media_type in _FRAMED:
            kind = is_frame(head)
        if kind:
            return decoder_for(kind, self.expected.seconds)
        return PcmDecoder(self._rate, self.expected.sample)

    async def _decode(self, decoder: Decoder, content: bytes | None) -> Samples:
        try:
            if decoder.blocking:
                samples = await threads.run(self._decoded, decoder, content)
            else:
                samples = self._decoded(decoder, content)
        except ValueError as error:
            raise self._faults.failed(f"sent {error}") from error
        self._samples += samples.size
        if self._samples > self.expected.seconds * self.expected.rate:
            raise RunawaySpeech(self._engine, self._samples / self.expected.rate)
        return samples

    def _decoded(self, decoder: Decoder, content: bytes | None) -> Samples:
        """Decode some bytes; None is the end. Raises ValueError."""
        samples = decoder.finish() if content is None else decoder.decode(content)
        if self._resampler is None:
            if decoder.rate is None:
                return samples
            self._resampler = Resampler(decoder.rate, self.expected.rate)
        ready = self._resampler.push(samples)
        return np.concatenate([ready, self._resampler.flush()]) if content is None else ready


async def sound_of(engine: str, answer: Answer, faults: Faults, expected: Expected) -> Sound:
    """Get ready for an answer whose body is audio; raises EngineFailed if it says it is something else."""
    if answer.media_type in _NO_SOUND:
        raise faults.silent(answer.media_type, await answer.complaint())
    return Sound(engine, faults, expected, answer.media_type, rate_of(answer))


async def heard(
    engine: str, answer: Answer, faults: Faults, expected: Expected, limit: int
) -> AsyncGenerator[AudioChunk, None]:
    """Yield the sound of an answer whose body is audio and nothing else, of at most `limit` bytes."""
    sound = await sound_of(engine, answer, faults, expected)
    async with aclosing(decoded(sound, answer.pieces(limit))) as chunks_:
        async for chunk in chunks_:
            yield chunk
            del chunk


async def decoded(sound: Sound, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[AudioChunk, None]:
    """Yield the sound of pieces of audio."""
    rate = sound.expected.rate
    async with aclosing(pieces):
        async for piece in pieces:
            for chunk in chunks(await sound.push(piece), rate):
                yield chunk
            del piece
    for chunk in chunks(await sound.finish(), rate):
        yield chunk


async def handed_on(
    sound: Sound, pieces: AsyncGenerator[bytes, None], format_: str
) -> AsyncGenerator[AudioChunk | bytes, None]:
    """Yield pieces of audio as they are if they are a file in a format, and otherwise their sound."""
    async with aclosing(pieces):
        head = b""
        async for piece in pieces:
            head += piece
            if len(head) >= _HEAD_OF_OPUS:
                break
        if not sound.is_written_in(format_, head):
            async with aclosing(decoded(sound, _behind(head, pieces))) as chunks_:
                async for chunk in chunks_:
                    yield chunk
                    del chunk
            return
        length = len(head)
        sound.allow(format_, length)
        yield head
        del head
        async for piece in pieces:
            length += len(piece)
            sound.allow(format_, length)
            yield piece
            del piece


async def _behind(head: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield head
    async for piece in pieces:
        yield piece


def chunks(samples: Samples, rate: int) -> Iterator[AudioChunk]:
    """Yield samples in chunks that nobody has to work on for long."""
    for at in range(0, samples.size, _CHUNK):
        yield AudioChunk(samples[at : at + _CHUNK], rate)


def rate_of(answer: Answer) -> int | None:
    """Return the sample rate that an answer's headers tell, in hertz; None if they tell none."""
    told = [answer.parameters.get("rate", ""), *(answer.headers.get(name, "") for name in _RATE_HEADERS)]
    rates = (int(written) for written in told if written.isdecimal() and len(written) <= 6)  # noqa: PLR2004
    return next((rate for rate in rates if rate in RATES), None)

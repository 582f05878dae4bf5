"""From what a worker put out to chunks of sound."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import TYPE_CHECKING

from stentor import threads
from stentor.audio.decode import PcmDecoder, decode, is_frame, kind_of
from stentor.audio.resample import Resampler
from stentor.engines.runpod import pcm
from stentor.engines.runpod.output import Link, Sound, read_output
from stentor.engines.runpod.retry import retried
from stentor.errors import EngineBusy, EngineFailed, EngineUnavailable, RunawaySpeech
from stentor.types import AudioChunk

if TYPE_CHECKING:
    from stentor.engines.remote.client import Client
    from stentor.types import Samples

_SLICE = 2**18  # bytes that are read at once
_DATA_URL = ";base64,"
_LARGEST_FILE = 32 * 2**20
_FETCHED_WITHIN, _TRIED_FOR = 60.0, 2.0
_GONE = (401, 403, 404, 410)
_LONGEST = 180.0
"""Seconds of sound for one utterance; nothing honest is longer."""


class Listener:
    """Makes chunks at one rate of whatever comes, in the order in which it comes.

    `encrypted` says that links must be, too. Failures are EngineErrors.
    """

    def __init__(self, client: Client, engine: str, rate: int, *, encrypted: bool) -> None:
        self._client = client
        self._faults = client.faults
        self._engine = engine
        self._rate = rate
        self._encrypted = encrypted
        self._kind: pcm.Kind = "<i2"
        self._source_rate = rate
        self._resampler: Resampler | None = None
        self._made = 0

    async def hear(self, output: object) -> AsyncGenerator[AudioChunk, None]:
        """Yield the sound of an output or a part of one."""
        for found in read_output(output, self._faults):
            parts, rate = await (self._linked(found) if isinstance(found, Link) else self._unpacked(found))
            for part in parts:
                for chunk in self._chunks(part, rate):
                    yield chunk
                    del chunk
                del part
                await asyncio.sleep(0)

    def rest(self) -> Iterator[AudioChunk]:
        """Yield what is still held."""
        if self._resampler:
            resampler, self._resampler = self._resampler, None
            yield from self._chunk(resampler.flush())

    async def _linked(self, link: Link) -> tuple[Iterator[Samples], int]:
        samples, rate = await self._file(await self._fetched(link.url))
        return _sliced(samples), rate

    async def _unpacked(self, sound: Sound) -> tuple[Iterator[Samples], int]:
        content = await self._decoded(sound.content)
        if kind_of(content):
            samples, rate = await self._file(content)
            return _sliced(samples), rate
        if not sound.is_samples and is_frame(content):
            try:
                samples, rate = await threads.run(decode, content, _LONGEST)
            except ValueError:
                pass  # samples may begin as a frame of MP3 does
            else:
                return _sliced(samples), rate
        return self._samples(content, sound.rate), sound.rate

    async def _decoded(self, text: str) -> bytes:
        head, comma, _ = text[:200].partition(_DATA_URL)
        start = len(head) + len(_DATA_URL) if comma else 0
        text = "".join(text.split()) if "\n" in text else text
        parts = []
        try:
            for begin in range(start, len(text), _SLICE):
                parts.append(base64.b64decode(text[begin : begin + _SLICE], validate=True))
                await asyncio.sleep(0)
        except (binascii.Error, ValueError) as error:
            raise self._faults.failed("sent sound that is not base64") from error
        return b"".join(parts)

    def _samples(self, content: bytes, rate: int) -> Iterator[Samples]:
        self._kind = pcm.kind_of(content) or self._kind
        if len(content) % 2:
            raise self._faults.failed("sent samples that are cut off")
        decoder = PcmDecoder(rate, self._kind)
        for begin in range(0, len(content), _SLICE):
            yield decoder.decode(content[begin : begin + _SLICE])

    async def _file(self, content: bytes) -> tuple[Samples, int]:
        try:
            if not (kind_of(content) or is_frame(content)):
                raise ValueError("what is no sound")  # noqa: TRY301  as the decoder does
            return await threads.run(decode, content, _LONGEST)
        except ValueError as error:
            raise self._faults.failed(f"gave {error}") from error

    async def _fetched(self, url: str) -> bytes:
        """Fetch a file before it expires; it is where the worker says, so it gets no key of ours."""
        if self._encrypted and not url.startswith("https:"):
            raise self._faults.failed("gave the URL of a result that is not encrypted")
        try:
            async with asyncio.timeout(_FETCHED_WITHIN):
                return await retried(partial(self._fetch, url), _TRIED_FOR, (EngineBusy, EngineUnavailable))
        except TimeoutError as error:
            raise self._faults.failed("gave a result that could not be fetched in time") from error
        except EngineFailed as error:
            if error.answered not in _GONE:
                raise
            raise self._faults.failed(f"gave a result that is not there ({error.answered})") from error

    async def _fetch(self, url: str) -> bytes:
        async with self._client.elsewhere(url) as answer:
            return await answer.read(_LARGEST_FILE)

    def _chunks(self, samples: Samples, rate: int) -> Iterator[AudioChunk]:
        if self._resampler is None or rate != self._source_rate:
            yield from self.rest()
            self._resampler = Resampler(rate, self._rate)
            self._source_rate = rate
        yield from self._chunk(self._resampler.push(samples))

    def _chunk(self, samples: Samples) -> Iterator[AudioChunk]:
        self._made += samples.size
        if self._made > _LONGEST * self._rate:
            raise RunawaySpeech(self._engine, self._made / self._rate)
        if samples.size:
            yield AudioChunk(samples, self._rate)


def _sliced(samples: Samples) -> Iterator[Samples]:
    step = _SLICE // 4
    return (samples[begin : begin + step] for begin in range(0, samples.size, step))

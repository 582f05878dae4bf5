"""Audio formats. A format is one object: its name, its media type and how an encoder for it is made.

One encoder serves one response: encoders that are joined click, drift and cut the last word.
"""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from stentor import threads
from stentor.audio import libav

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stentor.types import AudioChunk, Samples

SAMPLE_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


class Encoder(Protocol):
    """Turns the samples of one response into bytes."""

    blocking: bool
    """Whether a call is long enough to belong in a thread."""
    delay: int
    """Samples of silence that players hear before the first one that was encoded."""

    def encode(self, samples: Samples) -> bytes:
        """Take float32 samples of shape (n,) and return the bytes that are ready."""
        ...

    def finish(self) -> bytes:
        """Return the last bytes; of a whole answer, all of them."""
        ...

    def close(self) -> None:
        """Give back what is held, finished or not; does not wait, and twice is harmless."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write audio down.

    `open(rate, whole)` makes an encoder; with `whole` it gives everything at `finish`, with exact
    lengths in its header and gapless marks, where the format has them.
    """

    name: str
    media_type: str
    open: Callable[[int, bool], Encoder]
    sample_rates: tuple[int, ...] = SAMPLE_RATES


async def encoded(
    chunks: AsyncGenerator[AudioChunk | bytes, None], encoder: Encoder
) -> AsyncGenerator[bytes, None]:
    """Encode a stream of chunks; the parts joined are the file. Closing this closes `chunks`.

    A stream of bytes is a file already, of which every part is passed on.
    """
    is_file = False
    try:
        async with aclosing(chunks) as source:
            async for chunk in source:
                if isinstance(chunk, bytes):
                    is_file = True
                    part = chunk
                elif encoder.blocking:
                    part = await threads.run(encoder.encode, chunk.samples)
                else:
                    part = encoder.encode(chunk.samples)
                del chunk
                if part:
                    yield part
                del part  # a stream that waits for its engine keeps no audio
        if is_file:
            return
        last = await threads.run(encoder.finish) if encoder.blocking else encoder.finish()
        if last:
            yield last
    finally:
        encoder.close()


def encode_whole(format_: str, samples: Samples, rate: int) -> bytes:
    """Write samples as a file of a format. Blocks."""
    encoder = FORMATS[format_].open(rate, True)
    try:
        return encoder.encode(samples) + encoder.finish()
    finally:
        encoder.close()


def to_int16(samples: Samples) -> bytes:
    """Write float samples as 16-bit little-endian integers; full scale is 32768, louder is clipped."""
    scaled = samples * np.float32(32768)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768, 32767, out=scaled)
    return scaled.astype("<i2").tobytes()


class _Pcm:
    """16-bit little-endian mono samples and nothing else."""

    blocking = False
    delay = 0

    def encode(self, samples: Samples) -> bytes:
        return to_int16(samples)

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        return


class _Wav:
    """RIFF WAVE of 16-bit mono PCM."""

    blocking = False
    delay = 0
    # What SoX writes when it streams. Of the sizes tried (0, 0x7FFFFFFF, 0xFFFFFFFF and this), the only one
    # that FFmpeg, libsndfile, scipy, Python's wave and Chromium read to its end and SoX without a warning.
    _ENDLESS = 0x7FFFF000

    def __init__(self, rate: int, *, whole: bool) -> None:
        self._rate = rate
        self._held: list[bytes] | None = [] if whole else None
        self._begun = False

    def encode(self, samples: Samples) -> bytes:
        part = to_int16(samples)
        if self._held is not None:
            self._held.append(part)
            return b""
        head = b"" if self._begun else self._header(self._ENDLESS)
        self._begun = True
        return head + part

    def finish(self) -> bytes:
        if self._held is None:
            return b"" if self._begun else self._header(0)
        size = sum(map(len, self._held))
        return b"".join((self._header(size), *self._held))

    def close(self) -> None:
        self._held = None

    def _header(self, size: int) -> bytes:
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF", 36 + size, b"WAVE",
            b"fmt ", 16, 1, 1, self._rate, 2 * self._rate, 2, 16,
            b"data", size,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Codec:
    """How FFmpeg's muxer and encoder are opened for a format."""

    container: str
    codec: str
    sample_format: str = "flt"
    bit_rate: Callable[[int], int] | None = None
    container_options: Mapping[str, str] = field(default_factory=dict)
    codec_options: Mapping[str, str] = field(default_factory=dict)
    streamed: Mapping[str, str] = field(default_factory=dict)
    """Further container options for an answer whose end is not known yet."""
    delay: int = 0
    """Samples that the encoder puts before the first, and that only a header can tell players to cut."""
    is_marked: bool = False
    """Whether the header of a whole file does."""


class _Libav:
    """One FFmpeg encoder and muxer, fed by hand (PyAV)."""

    blocking = True

    def __init__(self, codec: _Codec, rate: int, *, whole: bool) -> None:
        self._codec = codec
        self._rate = rate
        self._whole = whole
        self.delay = 0 if whole and codec.is_marked else codec.delay
        self._written: io.BytesIO | _Sink = io.BytesIO() if whole else _Sink()
        self._container: Any = None
        self._stream: Any = None
        self._taken = 0
        self._abandoned = False
        self._in_use = threading.Lock()

    def encode(self, samples: Samples) -> bytes:
        with self._in_use:
            part = self._encode(samples)
        if self._abandoned:
            self.close()
        return part

    def _encode(self, samples: Samples) -> bytes:
        if self._container is None:
            self._open()
        if self._codec.sample_format == "s16":
            samples = np.frombuffer(to_int16(samples), np.int16)
        frame = libav.load().AudioFrame.from_ndarray(
            samples.reshape(1, -1), format=self._codec.sample_format, layout="mono"
        )
        frame.sample_rate = self._rate
        frame.pts = self._taken
        self._taken += samples.size
        self._container.mux(self._stream.encode(frame))
        return self._take()

    def finish(self) -> bytes:
        with self._in_use:
            if self._container is None:
                self._open()
            self._container.mux(self._stream.encode(None))
            self._container.close()
            return self._written.getvalue() if self._whole else self._take()

    def close(self) -> None:
        # A container that is never closed is held by a cycle, with all the encoder's memory, until Python
        # happens to look for cycles. One that a thread is still using is closed by that thread.
        self._abandoned = True
        if self._in_use.acquire(blocking=False):
            try:
                if self._container is not None:
                    self._container.close()
            finally:
                self._in_use.release()

    def _open(self) -> None:
        codec = self._codec
        options = {**codec.container_options, **({} if self._whole else codec.streamed)}
        self._container = libav.load().open(self._written, "w", format=codec.container, options=options)
        self._stream = self._container.add_stream(
            codec.codec, rate=self._rate, options=dict(codec.codec_options)
        )
        self._stream.layout = "mono"
        if codec.bit_rate:
            self._stream.bit_rate = codec.bit_rate(self._rate)
        self._container.start_encoding()

    def _take(self) -> bytes:
        return b"" if self._whole else self._written.getvalue()


class _Sink:
    """A file to FFmpeg that can only be written to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def getvalue(self) -> bytes:
        """Return what was written since the last call."""
        value = b"".join(self._parts)
        self._parts.clear()
        return value


def _opener(codec: _Codec) -> Callable[[int, bool], Encoder]:
    return lambda rate, whole: _Libav(codec, rate, whole=whole)


_MP3 = _Codec(
    container="mp3",
    codec="libmp3lame",
    bit_rate=lambda rate: 32_000 if rate <= 12_000 else 64_000 if rate <= 24_000 else 128_000,  # noqa: PLR2004
    codec_options={"compression_level": "5"},
    # The bit reservoir holds frames back; the Xing header needs a file that can be rewound.
    streamed={"write_xing": "0", "id3v2_version": "0", "flush_packets": "1"},
    delay=1105,
    is_marked=True,
)
_OPUS = _Codec(
    container="ogg",
    codec="libopus",
    bit_rate=lambda _: 48_000,
    codec_options={"application": "audio", "compression_level": "5"},
    # Without this an Ogg page is two seconds long, and so is the wait.
    streamed={"page_duration": "20000", "flush_packets": "1"},
)
_AAC = _Codec(
    container="adts",
    codec="aac",
    sample_format="fltp",
    bit_rate=lambda rate: 64_000 if rate <= 24_000 else 96_000,  # noqa: PLR2004
    codec_options={"aac_coder": "fast"},
    streamed={"flush_packets": "1"},
    delay=1024,
)
_FLAC = _Codec(
    container="flac",
    codec="flac",
    sample_format="s16",
    codec_options={"frame_size": "1152"},
    streamed={"flush_packets": "1"},
)

FORMATS: Mapping[str, Format] = {
    made.name: made
    for made in (
        Format("mp3", "audio/mpeg", _opener(_MP3)),
        Format("opus", "audio/opus", _opener(_OPUS), (8000, 12000, 16000, 24000, 48000)),
        Format("aac", "audio/aac", _opener(_AAC)),
        Format("flac", "audio/flac", _opener(_FLAC)),
        Format("wav", "audio/wav", lambda rate, whole: _Wav(rate, whole=whole)),
        Format("pcm", "audio/pcm", lambda _rate, _whole: _Pcm()),
    )
}

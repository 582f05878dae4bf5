"""Decode audio that others made, as it arrives or whole.

Nothing of it is believed: formats are those of a list, sample rates and channels must be plausible, and a
small file does not become a huge sound.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from stentor.audio import libav
from stentor.audio.wav import RATES, WavDecoder, tame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stentor.types import Samples

_CONTAINERS = "ogg,wav,flac,mp3,aac,aiff,w64,caf,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
_CODECS = (
    "mp3float,mp3,aac,flac,alac,opus,libopus,vorbis,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,"
    "pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_u8,pcm_alaw,pcm_mulaw"
)
_NAMES = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "webm"}
_STREAMED = {"mp3": "mp3float", "aac": "aac"}
_MOST_CHANNELS = 8
_BROKEN_PACKETS = 50
_CANCELLED = 0.005  # of the power of the channels, that is left of channels that cancel each other out
_LONGEST_TAG = 16 * 2**20
_EMPTY = np.zeros(0, np.float32)


class Decoder(Protocol):
    """Turns the bytes of one sound into mono samples. ValueError says in a few words what is wrong."""

    blocking: bool
    """Whether a call is long enough to belong in a thread."""
    rate: int | None
    """In hertz, once it is known."""

    def decode(self, content: bytes) -> Samples:
        """Take some bytes; return the samples that are ready, float32 of shape (n,), full scale ±1."""
        ...

    def finish(self) -> Samples:
        """Return what is left."""
        ...


def kind_of(content: bytes) -> str | None:
    """Tell a format by its first 12 bytes; None if they are none, or samples and nothing else.

    The frames of MP3 and AAC begin with too little to be told from samples; see `is_frame`.
    """
    if content[:4] in (b"RIFF", b"RF64") and content[8:12] == b"WAVE":
        return "wav"
    if content[:3] == b"ID3" and len(content) > 4 and content[3] < 5 and content[4] < 0xFF:  # noqa: PLR2004
        return "mp3"
    if content[4:8] == b"ftyp":
        return "mp4"
    magics = {b"OggS": "ogg", b"fLaC": "flac", b"\x1aE\xdf\xa3": "webm"}
    return magics.get(content[:4])


_LAYER_III = 0x02
_AAC_RATES = 13  # that have a number


def is_frame(content: bytes) -> str | None:
    """Tell whether bytes may be the beginning of a frame of MP3 or AAC, if that is what was announced."""
    if len(content) < 2 or content[0] != 0xFF or content[1] & 0xE0 != 0xE0:  # noqa: PLR2004  eleven bits are set
        return None
    layer, rest = content[1] & 0x06, content[2:3]
    if layer == 0:  # AAC's
        return "aac" if not rest or rest[0] >> 2 & 0x0F < _AAC_RATES else None
    if layer != _LAYER_III or (rest and (rest[0] >> 4 == 0x0F or rest[0] & 0x0C == 0x0C)):  # noqa: PLR2004  reserved
        return None
    return "mp3"


def decoder_for(kind: str, seconds: float) -> Decoder:
    """Make a decoder for what `kind_of` told; whatever is not read as it comes is read whole at the end."""
    if kind == "wav":
        return WavDecoder()
    return CodecDecoder(kind) if kind in _STREAMED else WholeDecoder(seconds)


class PcmDecoder:
    """Samples and nothing else; a piece may end within one."""

    blocking = False

    def __init__(self, rate: int, sample: str = "<i2") -> None:
        self.rate: int | None = rate
        self._type = np.dtype(sample)
        self._held = b""

    def decode(self, content: bytes) -> Samples:
        """Take some bytes; return the samples they complete."""
        content = self._held + content if self._held else content
        usable = len(content) // self._type.itemsize * self._type.itemsize
        self._held = content[usable:]
        read = np.frombuffer(content[:usable] if self._held else content, self._type)
        if self._type.kind == "f":
            with np.errstate(over="ignore", invalid="ignore"):
                return tame(read.astype(np.float32))
        samples: Samples = np.multiply(read, 2.0 ** (1 - 8 * self._type.itemsize), dtype=np.float32)
        return samples

    def finish(self) -> Samples:
        """Return nothing: what is left is no sample."""
        return _EMPTY


class CodecDecoder:
    """MP3 or AAC in ADTS, as it comes."""

    blocking = True

    def __init__(self, kind: str) -> None:
        self.rate: int | None = None
        self._kind = kind
        self._codec: Any = None
        self._tag = bytearray()
        self._skip: int | None = None  # bytes of a tag, once its head was read
        self._broken = 0

    def decode(self, content: bytes) -> Samples:
        """Take some bytes; return the samples of the frames they complete."""
        content = self._without_tag(content)
        return self._decoded(self._opened().parse(content)) if content else _EMPTY

    def finish(self) -> Samples:
        """Return the samples of the last frames."""
        codec = self._opened()
        last = [self._decoded(codec.parse(None)), self._decoded([None])]
        if self.rate is None:
            raise ValueError(f"nothing that is {self._kind.upper()}")
        return np.concatenate(last)

    def _opened(self) -> Any:  # noqa: ANN401  PyAV's context
        if self._codec is None:
            self._codec = libav.load().CodecContext.create(_STREAMED[self._kind], "r")
        return self._codec

    def _without_tag(self, content: bytes) -> bytes:
        """Leave out an ID3 tag: a picture in it may hold what looks like frames."""
        if self._skip is None:
            self._tag += content
            if len(self._tag) < 10:  # noqa: PLR2004  the head of a tag
                return b""
            content = bytes(self._tag)
            self._skip = _tag_length(content)
            if self._skip > _LONGEST_TAG:
                raise ValueError("a tag that is longer than any sound")
        skipped = min(self._skip, len(content))
        self._skip -= skipped
        return content[skipped:]

    def _decoded(self, packets: Any) -> Samples:  # noqa: ANN401  PyAV's packets
        av = libav.load()
        parts = [_EMPTY]
        for packet in packets:
            try:
                frames = self._opened().decode(packet)
            except av.EOFError:
                continue
            except av.FFmpegError as error:
                self._broken += 1
                if self._broken > _BROKEN_PACKETS:
                    raise ValueError(f"too much that is no {self._kind.upper()}") from error
                continue
            for frame in frames:
                self.rate = _checked(frame, self.rate)
                parts.append(_mono(frame))
        return np.concatenate(parts)


class WholeDecoder:
    """Any format of the list; nothing is heard before its end."""

    blocking = True

    def __init__(self, seconds: float) -> None:
        self.rate: int | None = None
        self._seconds = seconds
        self._held = bytearray()

    def decode(self, content: bytes) -> Samples:
        """Keep the bytes."""
        self._held += content
        return _EMPTY

    def finish(self) -> Samples:
        """Return all of it."""
        samples, self.rate = decode(bytes(self._held), self._seconds)
        return samples


@dataclass(frozen=True, slots=True)
class Source:
    """What samples were decoded from."""

    container: str
    """FFmpeg's name for it; the shortest that is usual where it has several."""
    codec: str
    rate: int
    """In hertz."""
    channels: int


def decode(content: bytes, seconds: float) -> tuple[Samples, int]:
    """Return the samples of a whole file, float32 of shape (n,), and their rate in hertz. Blocks.

    At most a little more than `seconds` are decoded. Raises ValueError with a few words.
    """
    parts = [_EMPTY]
    rate: int | None = None
    left = seconds
    for samples, source in pieces(io.BytesIO(content)):
        rate = source.rate
        parts.append(samples)
        left -= len(samples) / rate
        if left < 0:
            break
    if rate is None:
        raise ValueError("a file without audio")
    return np.concatenate(parts), rate


def pieces(file: io.BytesIO) -> Iterator[tuple[Samples, Source]]:
    """Yield the samples of a whole file frame by frame, mixed to mono, and what each was decoded from.

    Blocks. Raises ValueError with a few words.
    """
    av = libav.load()
    rate: int | None = None
    options = {"format_whitelist": _CONTAINERS, "codec_whitelist": _CODECS, "protocol_whitelist": ""}
    try:
        with av.open(file, options=options, metadata_errors="replace") as container:
            stream = next((stream for stream in container.streams if stream.type == "audio"), None)
            if stream is None:
                return
            name = container.format.name
            for frame in _frames(container, stream):
                rate = _checked(frame, rate)
                codec = stream.codec_context.codec.canonical_name
                yield _mono(frame), Source(_NAMES.get(name, name), codec, rate, frame.layout.nb_channels)
    except av.FFmpegError as error:
        raise ValueError("no audio of a format that is read") from error


def _frames(container: Any, stream: Any) -> Iterator[Any]:  # noqa: ANN401  PyAV's
    av = libav.load()
    broken = 0
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.FFmpegError as error:
            broken += 1
            if broken > _BROKEN_PACKETS:
                raise ValueError("a file of which too much is broken") from error


def _checked(frame: Any, before: int | None) -> int:  # noqa: ANN401  PyAV's frame
    rate: int = frame.sample_rate
    if rate not in RATES or not 1 <= frame.layout.nb_channels <= _MOST_CHANNELS:
        raise ValueError(f"{frame.layout.nb_channels} channels at {rate} Hz")
    if before not in (None, rate):
        raise ValueError("a sound that changes its sample rate")
    return rate


def _mono(frame: Any) -> Samples:  # noqa: ANN401  PyAV's frame
    channels = frame.layout.nb_channels
    read = frame.to_ndarray()
    read = read if frame.format.is_planar else read.reshape(-1, channels).T
    if read.dtype.kind == "f":
        samples = tame(read.astype(np.float32).reshape(channels, -1))
    else:
        bits = 8 * read.dtype.itemsize
        offset = 128 if read.dtype.kind == "u" else 0
        samples = (read.astype(np.float32) - np.float32(offset)) * np.float32(2.0 ** (1 - bits))
    if channels == 1:
        return samples.reshape(-1)
    mixed: Samples = samples.mean(axis=0, dtype=np.float32)
    is_cancelled = np.vdot(mixed, mixed) < _CANCELLED * np.vdot(samples, samples) / channels
    # A microphone that is wired wrongly has its second channel upside down.
    return samples[0].copy() if is_cancelled else mixed


def _tag_length(head: bytes) -> int:
    """Return how long the ID3 tag is that begins here; source: ID3v2.4.0, section 3.1."""
    if head[:3] != b"ID3":
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)

"""Recordings as people send them: in many formats, and made to do harm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from tests.fakes import tone

if TYPE_CHECKING:
    from stentor.types import Samples

FORMATS: Mapping[str, tuple[str, str]] = {
    "wav": ("wav", "pcm_s16le"),
    "wav, 24 bits": ("wav", "pcm_s24le"),
    "wav, floats": ("wav", "pcm_f32le"),
    "mp3": ("mp3", "libmp3lame"),
    "flac": ("flac", "flac"),
    "ogg": ("ogg", "vorbis"),
    "opus": ("ogg", "libopus"),
    "m4a": ("ipod", "aac"),
    "webm": ("webm", "libopus"),
    "aac": ("adts", "aac"),
}
"""FFmpeg's names for the containers and encoders of what people call formats."""


def written(samples: Samples, rate: int, format_: str, layout: str = "mono") -> bytes:
    """Write samples, float32 of shape (n,), on all channels of a file."""
    name, codec = FORMATS[format_]
    options = {"strict": "experimental"} if codec == "vorbis" else {}
    layout = "stereo" if codec == "vorbis" else layout  # FFmpeg's own encoder knows no other
    file = io.BytesIO()
    with av.open(file, "w", format=name) as made:
        stream: Any = made.add_stream(codec, rate=rate, options=options)
        stream.layout = layout
        context = stream.codec_context
        context.open()
        fitting = av.AudioResampler(context.format, layout, rate, context.frame_size or 4096)
        for at in range(0, samples.size, rate):
            part = np.repeat(samples[at : at + rate], context.layout.nb_channels)
            frame = av.AudioFrame.from_ndarray(part[np.newaxis], "flt", layout)
            frame.sample_rate = rate
            for fitted in fitting.resample(frame):
                made.mux(stream.encode(fitted))
        for fitted in fitting.resample(None):
            made.mux(stream.encode(fitted))
        made.mux(stream.encode(None))
    return file.getvalue()


def long_silence(hours: float = 24.0) -> bytes:
    """Write silence of many hours as a small FLAC."""
    file = io.BytesIO()
    block = 65_535
    with av.open(file, "w", format="flac") as made:
        stream: Any = made.add_stream("flac", rate=8000, options={"frame_size": str(block)})
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, block), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        for _ in range(round(hours * 3600 * 8000 / block)):
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return file.getvalue()


def opus_bomb(packets: int = 1_000_000) -> bytes:
    """Write packets of one byte each, of which each is 60 ms of sound; source: RFC 6716, section 3.1."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as made:
        stream: Any = made.add_stream("libopus", rate=48_000)
        stream.layout = "mono"
        made.start_encoding()
        for number in range(packets):
            packet = av.Packet(b"\x18")
            packet.stream = stream
            packet.time_base = stream.codec_context.time_base
            packet.pts = packet.dts = number * 2880
            packet.duration = 2880
            made.mux(packet)
    return file.getvalue()


def index_bomb() -> bytes:
    """Write an M4A of two kilobytes whose index claims two thousand million samples."""
    content = bytearray(written(tone(0.2, 24_000), 24_000, "m4a"))
    many = 0x7FFFFFF0
    struct.pack_into(">II", content, content.index(b"stsz") + 8, 1, many)
    struct.pack_into(">I", content, content.index(b"stts") + 12, many)
    struct.pack_into(">I", content, content.index(b"stsc") + 16, many)
    return bytes(content)


def wide(seconds: float = 5.0, format_: str = "flac", level: float = 0.25) -> bytes:
    """Write eight channels at 192 kHz."""
    return written(tone(seconds, 192_000, level=level), 192_000, format_, "7.1")


def without_audio() -> bytes:
    """Write a film without sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream: Any = made.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            made.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        made.mux(stream.encode(None))
    return file.getvalue()


def polyglot(content: bytes) -> bytes:
    """Make a file that is a recording and a zip archive at once."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written_:
        written_.writestr("../../evil.py", "import os")
    return content + archive.getvalue()


def liar(**lies: int) -> bytes:
    """Write a WAV of a second whose header lies: of `channels`, `rate`, `block`, `bits`, `size` or `riff`."""
    told = {"riff": 32_036, "channels": 1, "rate": 16_000, "block": 2, "bits": 16, "size": 32_000, **lies}
    body = (tone(1.0, 16_000) * 32767).astype("<i2").tobytes()
    header = struct.pack(
        "<4sI8sIHHIIHH4sI", b"RIFF", told["riff"], b"WAVEfmt ", 16, 1, told["channels"], told["rate"],
        told["rate"] * told["block"] & 0xFFFFFFFF, told["block"], told["bits"], b"data", told["size"],
    )  # fmt: skip
    return header + body


NO_RECORDINGS: Mapping[str, Callable[[], bytes]] = {
    "a stub": lambda: b"RIFF",
    "a text": lambda: b"Hello there, this is a recording. " * 100,
    "a page": lambda: b"<!doctype html><html><script>alert(1)</script>" * 50,
    "a program": lambda: b"\x7fELF" + bytes(5000),
    "an archive": lambda: polyglot(b""),
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "a film": without_audio,
    "a list of Apple's": lambda: (
        b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    ),
    "a list of FFmpeg's": lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "a session": lambda: b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n",
    "zeros": lambda: bytes(2**20),
    "a tag and nothing else": lambda: b"ID3\x04\x00\x00\x00\x01\x7f\x7f" + bytes(20_000),
    "a header and nothing else": lambda: liar()[:44],
    "a WAV at no rate": lambda: liar(rate=0),
    "a WAV at any rate": lambda: liar(rate=2**31 - 1),
    "a WAV of many channels": lambda: liar(channels=60_000, block=120_000 & 0xFFFF),
    "half an M4A": lambda: _half("m4a"),
}
"""What is no recording that anyone could use."""

BOMBS: Mapping[str, Callable[[], bytes]] = {
    "24 h of silence, FLAC": long_silence,
    "17 h of silence, Opus": opus_bomb,
    "an index of 2^31 samples": index_bomb,
    "130 s of 8 channels at 192 kHz": lambda: wide(130.0, level=0.0),
    "25 MB of zeros": lambda: bytes(25 * 2**20 - 1000),
    "25 MB of noise": lambda: np.random.default_rng(1).bytes(25 * 2**20 - 1000),
    "25 MB of heads of MP3": lambda: b"\xff\xfb\x90\x00" * (25 * 2**18 - 1000),
    "a tag of 24 MB": lambda: b"ID3\x04\x00\x00\x0b\x7f\x7f\x7f" + bytes(24 * 2**20),
}
"""Files of which a careless decoder makes too much, or takes too long about."""


def _half(format_: str) -> bytes:
    content = written(tone(4.0, 24_000), 24_000, format_)
    return content[: len(content) // 2]

"""Read RIFF WAVE as it arrives.

What streams call themselves is not to be trusted: sizes are guessed, zero or as large as can be, some
servers join whole files, and some describe the first part only.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from stentor.types import Samples

RATES = range(4000, 192_001)
"""Sample rates that are believed, in hertz."""
_MOST_CHANNELS = 8
_LONGEST_HEADER = 2**20
_ENDLESS = 0x7FFF0000  # 0, 0x7FFFF000, 0x7FFFFFFF and 0xFFFFFFFF are what streams say for "unknown"
_FILES = (b"RIFF", b"RF64")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_TYPES = {(_PCM, 8): "u1", (_PCM, 16): "<i2", (_PCM, 24): "", (_PCM, 32): "<i4", (_FLOAT, 32): "<f4",
          (_FLOAT, 64): "<f8"}  # fmt: skip


class WavDecoder:
    """Turns a WAV stream in pieces of any size into mono samples.

    Its methods raise ValueError with a few words on what is wrong.
    """

    blocking = False

    def __init__(self) -> None:
        self.rate: int | None = None
        """In hertz, once it is known."""
        self._held = bytearray()
        self._next: Callable[[list[Samples]], bool] = self._read_riff
        self._kind = (0, 0)
        self._channels = 1
        self._left: int | None = None  # bytes of audio, or of a chunk to skip; None is "until the end"
        self._header = 0

    def decode(self, content: bytes) -> Samples:
        """Take some bytes; return the samples they complete, float32 of shape (n,)."""
        self._held += content
        parts: list[Samples] = []
        while self._next(parts):
            pass
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def finish(self) -> Samples:
        """Check that there was any audio; nothing is held back but a broken last sample."""
        if self.rate is None:
            raise ValueError("a WAV without a header")
        return np.zeros(0, np.float32)

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._held)[:size])
        del self._held[:size]
        return taken

    def _read_riff(self, _parts: list[Samples]) -> bool:
        if len(self._held) < 12:  # noqa: PLR2004  RIFF, a size, WAVE
            return False
        head = self._take(12)
        if head[:4] not in _FILES or head[8:] != b"WAVE":
            raise ValueError("no WAV")
        self._header = 0
        self._next = self._read_chunk
        return True

    def _read_chunk(self, _parts: list[Samples]) -> bool:
        if len(self._held) < 8:  # noqa: PLR2004  a name and a size
            return False
        if self._held[:4] in _FILES:
            self._next = self._read_riff
            return True
        name, size = struct.unpack("<4sI", self._take(8))
        if name == b"data":
            return self._begin_audio(size)
        self._header += 8 + size
        if self._header > _LONGEST_HEADER:
            raise ValueError("a WAV whose header has no end")
        self._left = size + size % 2
        self._next = self._read_format if name == b"fmt " else self._skip
        return True

    def _read_format(self, _parts: list[Samples]) -> bool:
        size = self._left or 0
        if len(self._held) < size:
            return False
        described = self._take(size)
        if size < 16:  # noqa: PLR2004  the shortest there is
            raise ValueError("a WAV with a broken header")
        code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", described)
        if code == _EXTENSIBLE and size >= 26:  # noqa: PLR2004  the code is the beginning of a GUID
            code = struct.unpack_from("<H", described, 24)[0]
        if (code, bits) not in _TYPES:
            raise ValueError(f"a WAV of an encoding that is not read ({code}, {bits} bits)")
        if not 1 <= channels <= _MOST_CHANNELS or rate not in RATES:
            raise ValueError(f"a WAV of {channels} channels at {rate} Hz")
        if self.rate not in (None, rate):
            raise ValueError("a WAV that changes its sample rate")
        self.rate, self._channels, self._kind = rate, channels, (code, bits)
        self._next = self._read_chunk
        return True

    def _skip(self, _parts: list[Samples]) -> bool:
        skipped = min(self._left or 0, len(self._held))
        self._take(skipped)
        self._left = (self._left or 0) - skipped
        if self._left:
            return False
        self._next = self._read_chunk
        return True

    def _begin_audio(self, size: int) -> bool:
        if self.rate is None:
            raise ValueError("a WAV that does not say what it holds")
        self._left = None if size == 0 or size >= _ENDLESS else size
        self._next = self._read_audio
        return True

    def _read_audio(self, parts: list[Samples]) -> bool:
        code, bits = self._kind
        frame = self._channels * bits // 8
        usable = len(self._held) if self._left is None else min(len(self._held), self._left)
        if usable >= frame:
            taken = self._take(usable // frame * frame)
            parts.append(_samples(taken, code, bits, self._channels))
            self._left = None if self._left is None else self._left - len(taken)
        if self._left is None or self._left >= frame:
            return False
        self._next = self._read_behind
        return True

    def _read_behind(self, _parts: list[Samples]) -> bool:
        """Tell what follows the audio: another file, a chunk, or audio that the size did not count."""
        begin = self._left or 0  # an odd byte at the end of the audio
        if len(self._held) < begin + 9:
            return False
        for pad in (0, 1):
            name, size = struct.unpack_from("<4sI", self._held, begin + pad)
            if name in _FILES or (_is_name(name) and size <= _LONGEST_HEADER):
                self._take(begin + pad)
                self._next = self._read_chunk
                return True
        self._left = None
        self._next = self._read_audio
        return True


def _is_name(name: bytes) -> bool:
    return name.isascii() and name.decode("ascii").isprintable()


def _samples(content: bytes, code: int, bits: int, channels: int) -> Samples:
    if bits == 24:  # noqa: PLR2004  no type of NumPy's; the lowest byte of 32 bits stays empty
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        read = wide.view("<i4")[:, 0]
        bits = 32
    else:
        read = np.frombuffer(content, _TYPES[code, bits])
    if code == _FLOAT:
        samples = tame(read.astype(np.float32))
    elif bits == 8:  # noqa: PLR2004  the only one without a sign
        samples = (read.astype(np.float32) - np.float32(128)) / np.float32(128)
    else:
        samples = read.astype(np.float32) * np.float32(2.0 ** (1 - bits))
    return samples.reshape(-1, channels).mean(axis=1, dtype=np.float32) if channels > 1 else samples


def tame(samples: Samples) -> Samples:
    """Make floats from outside samples: numbers, and none beyond full scale."""
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -1, 1, out=samples)

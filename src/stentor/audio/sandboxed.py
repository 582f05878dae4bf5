"""Decode one recording in a process of its own, from which nothing else can be reached.

Run by `stentor.audio.sandbox` with the descriptor of a socket. It sends READY once FFmpeg is loaded, is sent
an order and the recording, gives up what it will not need, decodes, and ends. Frames to the server are
`u8 kind | u32 length | payload`, little-endian.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import resource
import signal
import socket
import struct
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from stentor.audio.decode import pieces
from stentor.audio.resample import Resampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stentor.audio.decode import Source
    from stentor.types import Samples

READY, SAMPLES, DONE, REFUSED = range(4)
FRAME = struct.Struct("<BI")
ORDER = struct.Struct("<QdIIQ")  # the fields of an order
LARGEST_FRAME = 2**18
HIGHEST_RATE = 48_000
"""In hertz; what has a higher rate is resampled, since nobody's voice needs it."""

_PR_SET_PDEATHSIG = 1
_LESS_URGENT = 5
_REHEARSED = 800  # samples


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be decoded, and what it may cost."""

    size: int
    """Of the recording, in bytes."""
    seconds: float
    """A longer sound is refused."""
    rate: int
    """What to resample to, in hertz; 0 is as it is, up to `HIGHEST_RATE`."""
    cpu_seconds: int
    memory: int
    """Bytes of address space beyond those in use when the recording has arrived."""

    def packed(self) -> bytes:
        """Write it as it is sent."""
        return ORDER.pack(self.size, self.seconds, self.rate, self.cpu_seconds, self.memory)


def main(arguments: list[str]) -> NoReturn:
    """Serve the one recording of this process."""
    parent, descriptor = map(int, arguments)
    _die_with_parent(parent)
    for terminating in (signal.SIGINT, signal.SIGTERM):
        # Both reach the whole process group; the server ends this process when it wants to.
        signal.signal(terminating, signal.SIG_IGN)
    os.nice(_LESS_URGENT)
    connection = socket.socket(fileno=descriptor)
    rehearse()
    send(connection, READY)
    order = Order(*ORDER.unpack(_receive(connection, ORDER.size).getbuffer()))
    file = _receive(connection, order.size)
    confine(order)
    serve(connection, file, order)
    os._exit(0)  # nothing is left to tidy up


def rehearse() -> None:
    """Decode a little, so that what is imported at its first use is imported while files can be opened."""
    size = 2 * _REHEARSED
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    header = struct.pack("<4sI4s", b"RIFF", 28 + size, b"WAVE") + kind + struct.pack("<4sI", b"data", size)
    for samples, source in pieces(io.BytesIO(header + bytes(size))):
        Resampler(source.rate, 2 * source.rate).push(samples)
    with contextlib.suppress(ValueError):
        list(pieces(io.BytesIO()))


def serve(connection: socket.socket, file: io.BytesIO, order: Order) -> None:
    """Decode a recording and send what it becomes, or why it does not."""
    source = None
    try:
        for samples, told in _resampled(file, order):
            source = told
            raw = samples.tobytes()
            for at in range(0, len(raw), LARGEST_FRAME):
                send(connection, SAMPLES, raw[at : at + LARGEST_FRAME])
    except ValueError as error:
        send(connection, REFUSED, str(error).encode())
    except MemoryError:
        send(connection, REFUSED, b"it takes more memory than a recording may")
    else:
        if source:
            send(connection, DONE, json.dumps(asdict(source)).encode())
        else:
            send(connection, REFUSED, b"a file without audio")


def _resampled(file: io.BytesIO, order: Order) -> Iterator[tuple[Samples, Source]]:
    """Yield the samples at the rate that was ordered; raises ValueError once they are too many."""
    resampler: Resampler | None = None
    source = None
    total = 0
    for samples, source in pieces(file):
        total += len(samples)
        if total > order.seconds * source.rate:
            raise ValueError(f"it is longer than {order.seconds:g} seconds")
        resampler = resampler or Resampler(source.rate, target_rate(source.rate, order.rate))
        yield resampler.push(samples), source
    if resampler and source:
        yield resampler.flush(), source


def target_rate(rate: int, wanted: int) -> int:
    """Return the rate at which a recording of a rate is handed over, in hertz."""
    return wanted or min(rate, HIGHEST_RATE)


def confine(order: Order) -> None:
    """Give up what decoding does not need: files, other processes, more memory, more time.

    Without a free descriptor neither a file nor a connection can be opened. What is open stays so.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_seconds, order.cpu_seconds + 1))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + order.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def send(connection: socket.socket, kind: int, payload: bytes = b"") -> None:
    """Write a frame; waits while nobody reads."""
    connection.sendall(FRAME.pack(kind, len(payload)) + payload)


def _receive(connection: socket.socket, size: int) -> io.BytesIO:
    received = io.BytesIO()
    while received.tell() < size:
        part = connection.recv(min(size - received.tell(), LARGEST_FRAME))
        if not part:
            os._exit(0)
        received.write(part)
    received.seek(0)
    return received


def _die_with_parent(parent: int) -> None:
    # A read at the socket's end does the same, but not while FFmpeg is busy.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)

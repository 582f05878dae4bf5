"""The loop inside a worker process: read a request, make sound, until the parent is gone.

Run as a script, by path, with any Python: it needs the standard library and the file of one speaker.
It must stay so: an engine may live in an environment where Stentor is not installed.

    python worker.py PARENT_PID SPEAKER_FILE:CLASS OPTIONS_JSON FD...

Each FD is a lane: a Unix socket that carries one request at a time. Frames are
`u32 length | u8 kind | payload`, little-endian. Cancelling is a frame, back-pressure is the socket,
a crash is its end.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SPEAK, CANCEL, READY, AUDIO, END, ERROR, MARKS = range(1, 8)
HEADER = struct.Struct("<IB")
MARK = struct.Struct("<III")

_PR_SET_PDEATHSIG = 1


class Emit(Protocol):
    """Hands samples to the server, and the times of words."""

    def __call__(self, samples: bytes, marks: Sequence[tuple[int, int, int]] = ()) -> bool:
        """Return whether anybody still listens.

        A mark is where a word begins and ends in the text, in characters, and its first sample, counted
        from the request's first. It may come before, with or after its sound; `samples` may be empty.
        """
        ...


class Speaker(Protocol):
    """What an engine's worker file holds: a class, made once with the engine's options."""

    def speak(self, request: dict[str, Any], emit: Emit) -> None:
        """Make the sound of one utterance, handing over samples as they are ready.

        Stop as soon as `emit` returns False. An exception becomes the request's error.
        """
        ...


class Lane:
    """The worker's end of a socket that carries one request at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._incoming = select.poll()
        self._incoming.register(connection, select.POLLIN)
        self._emitted = 0
        self._limit = 0
        self._stopped: str | None = None

    def serve(self, speaker: Speaker) -> NoReturn:
        """Answer requests until the parent closes the socket."""
        while True:
            kind, payload = self._read()
            if kind == SPEAK:  # a late CANCEL finds its request already ended
                self._answer(speaker, json.loads(payload))

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Write a frame; waits while the parent does not read."""
        self._socket.sendall(_frame(kind, payload))

    def _answer(self, speaker: Speaker, request: dict[str, Any]) -> None:
        self._emitted = 0
        self._limit = request["max_bytes"]
        self._stopped = None
        try:
            speaker.speak(request, self._emit)
        except Exception as error:  # noqa: BLE001  whatever an engine raises is that request's error
            self._stopped = "failed"
            fault = {"code": "failed", "message": str(error), "type": type(error).__name__}
        else:
            fault = {"code": self._stopped or "", "message": ""}
        if self._stopped in ("failed", "runaway"):
            self.send(ERROR, json.dumps(fault).encode())
        else:
            self.send(END)

    def _emit(self, samples: bytes, marks: Sequence[tuple[int, int, int]] = ()) -> bool:
        if self._stopped is None and self._incoming.poll(0):
            kind, _ = self._read()
            if kind == CANCEL:
                self._stopped = "cancelled"
        self._emitted += len(samples) + MARK.size * len(marks)
        if self._stopped is None and self._emitted > self._limit:
            self._stopped = "runaway"
        if self._stopped:
            return False
        frames = _frame(AUDIO, samples)
        if marks:
            frames = _frame(MARKS, b"".join([MARK.pack(*mark) for mark in marks])) + frames
        self._socket.sendall(frames)
        return True

    def _read(self) -> tuple[int, bytes]:
        length, kind = HEADER.unpack(self._receive(HEADER.size))
        return kind, self._receive(length)

    def _receive(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._socket.recv(size)
            if not part:
                os._exit(0)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _frame(kind: int, payload: bytes) -> bytes:
    return HEADER.pack(len(payload), kind) + payload


def main(arguments: list[str]) -> None:
    """Load the speaker, say READY on every lane, and serve."""
    parent, place, options, *descriptors = arguments
    _die_with_parent(int(parent))
    for terminating in (signal.SIGINT, signal.SIGTERM):
        # Both reach the whole process group; what was begun ends when the parent says so.
        signal.signal(terminating, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    lanes = [Lane(socket.socket(fileno=int(descriptor))) for descriptor in descriptors]
    try:
        speaker = _load(place)(json.loads(options))
    except Exception as error:  # noqa: BLE001  the parent reports it
        fault = {"code": "failed", "message": str(error), "type": type(error).__name__}
        lanes[0].send(ERROR, json.dumps(fault).encode())
        sys.exit(1)
    for lane in lanes[1:]:
        threading.Thread(target=lane.serve, args=(speaker,), daemon=True).start()
    for lane in lanes:
        lane.send(READY)
    lanes[0].serve(speaker)


def _load(place: str) -> Callable[[dict[str, Any]], Speaker]:
    path, _, name = place.rpartition(":")
    spec = importlib.util.spec_from_file_location("speaker", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Callable[[dict[str, Any]], Speaker] = getattr(module, name)
    return made


def _die_with_parent(parent: int) -> None:
    # A read at the socket's end does the same, but not while the engine is busy in native code.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Decode recordings of strangers, each in a process of its own, which reaches nothing and ends in time.

FFmpeg reads many formats in much C. A file that was made to break it breaks a process that holds only that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import stentor
from stentor import threads
from stentor.audio.decode import Source
from stentor.audio.sandboxed import (
    DONE,
    FRAME,
    HIGHEST_RATE,
    LARGEST_FRAME,
    READY,
    REFUSED,
    SAMPLES,
    Order,
    target_rate,
)
from stentor.audio.wav import tame
from stentor.errors import DecoderUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stentor.types import Samples

log = logging.getLogger(__name__)

READ = "WAV, MP3, FLAC, Ogg, Opus, M4A, WebM and AAC are read."
"""What is read, for people whose recording was not."""

_ROOT = Path(stentor.__file__).parents[1]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from stentor.audio.sandboxed import main; main(sys.argv[1:])"
)
_PIECE = 2**18  # bytes that are sent at once
_SURPLUS = 1.0  # seconds that a resampler may add
_TOO_LONG = ("SIGXCPU", "SIGKILL")


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding one recording may cost."""

    cpu_seconds: int = 2
    """With the start of the process, which takes a tenth of one."""
    memory: int = 32 * 2**20
    """Bytes beyond what the process takes with the recording in it."""
    wall_seconds: float = 20.0
    ready_within: float = 30.0
    """Seconds that a process may take to start."""
    at_once: int = 2
    """How many recordings are decoded at once; others wait."""
    spare_seconds: float = 60.0
    """How long a process that was started ahead waits for its recording."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A recording: mono, float32 of shape (n,), full scale ±1, at `rate` hertz."""

    samples: Samples
    rate: int
    source: Source
    """What it was decoded from."""


class Sandbox:
    """Decodes recordings in processes of their own.

    `warm` starts one ahead, if the sandbox was opened; else each is started when it is needed, in 0.1 s.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._is_open = False
        self._spare: asyncio.Task[_Decoder] | None = None
        self._expiry: asyncio.TimerHandle | None = None

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep a process that was started ahead until this ends."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False
            if spare := self._take_spare():
                await _discard(spare)

    def warm(self) -> None:
        """Start a process for a recording that is about to arrive; does not wait for it."""
        if self._is_open and self._spare is None:
            loop = asyncio.get_running_loop()
            self._spare = loop.create_task(_Decoder.started())
            self._expiry = loop.call_later(self._limits.spare_seconds, self._expire)

    async def decode(self, content: bytes, seconds: float, rate: int | None = None) -> Decoded:
        """Decode a file of at most `seconds` of sound, at a rate if one is wanted.

        Without one, its rate is its own, up to 48,000 Hz. Raises ValueError with a few words if the file is
        the reason, DecoderUnavailable if this machine is.
        """
        if not content:
            raise ValueError("an empty file")
        async with self._slots:
            decoder = await self._decoder()
            try:
                async with asyncio.timeout(self._limits.wall_seconds):
                    return await decoder.decode(content, self._order(content, seconds, rate))
            except TimeoutError as error:
                raise ValueError("it takes too long to decode") from error
            except (EOFError, OSError) as error:
                how = await decoder.died()
                log.warning("the decoder of a recording of %d bytes died: %s", len(content), how)
                raise ValueError(_words_on(how)) from error
            finally:
                await decoder.end()

    def _order(self, content: bytes, seconds: float, rate: int | None) -> Order:
        limits = self._limits
        return Order(len(content), seconds, rate or 0, limits.cpu_seconds, limits.memory)

    async def _decoder(self) -> _Decoder:
        starting = self._take_spare() or asyncio.create_task(_Decoder.started())
        try:
            async with asyncio.timeout(self._limits.ready_within):
                decoder = await starting
                await decoder.ready()
        except (EOFError, OSError) as error:  # TimeoutError is one
            log.exception("a decoder did not start")
            await _discard(starting)
            raise DecoderUnavailable from error
        except BaseException:
            await _discard(starting)
            raise
        return decoder

    def _take_spare(self) -> asyncio.Task[_Decoder] | None:
        spare, self._spare = self._spare, None
        if self._expiry:
            self._expiry.cancel()
        return spare

    def _expire(self) -> None:
        if spare := self._take_spare():
            self._expired = asyncio.get_running_loop().create_task(_discard(spare))


class _Decoder:
    """A process that decodes one recording."""

    def __init__(self, process: asyncio.subprocess.Process, connection: socket.socket) -> None:
        self._process = process
        self._socket = connection
        self._held = bytearray()
        self._is_ending = False  # by itself

    @classmethod
    async def started(cls) -> _Decoder:
        """Start the process. Nothing of this one's environment goes there; keys may be in it."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                _PROGRAM,
                str(_ROOT),
                str(os.getpid()),
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                env={"OPENBLAS_NUM_THREADS": "1"},  # which would start one for each core
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL if not log.isEnabledFor(logging.DEBUG) else None,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return cls(process, ours)

    async def ready(self) -> None:
        """Wait until it can take a recording; raises EOFError or OSError if it never will."""
        kind, _ = await self._frame()
        if kind != READY:
            raise EOFError

    async def decode(self, content: bytes, order: Order) -> Decoded:
        """Send the recording and gather what it becomes.

        Raises ValueError if it was refused, EOFError or OSError if the process died.
        """
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._socket, order.packed())
        whole = memoryview(content)
        for at in range(0, len(whole), _PIECE):
            await loop.sock_sendall(self._socket, whole[at : at + _PIECE])
        most = int(4 * (order.rate or HIGHEST_RATE) * (order.seconds + _SURPLUS))
        sound = bytearray()
        while True:
            kind, payload = await self._frame()
            self._is_ending = kind in (DONE, REFUSED)
            if kind == REFUSED:
                raise ValueError(payload.decode("utf-8", "replace"))
            if kind == DONE:
                return await threads.run(_decoded, sound, payload, order)
            sound += payload
            if kind != SAMPLES or len(sound) > most:
                raise EOFError

    async def _frame(self) -> tuple[int, bytes]:
        kind, length = FRAME.unpack(await self._receive(FRAME.size))
        if length > LARGEST_FRAME:
            raise EOFError
        return kind, await self._receive(length)

    async def _receive(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        while len(self._held) < size:
            part = await loop.sock_recv(self._socket, _PIECE)
            if not part:
                raise EOFError
            self._held += part
        taken = bytes(memoryview(self._held)[:size])
        del self._held[:size]
        return taken

    async def died(self) -> str:
        """End the process and say how it did, as `SIGSEGV` or `exit code 1`."""
        self._is_ending = True
        await self.end()
        code = self._process.returncode or 0
        if code >= 0:
            return f"exit code {code}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    async def end(self) -> None:
        """Kill the process, unless it ends by itself."""
        self._socket.close()
        if self._is_ending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._process.wait()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()


def _decoded(sound: bytearray, payload: bytes, order: Order) -> Decoded:
    """Put together what the process says it found; it may be in the hands of the recording."""
    try:
        told = json.loads(payload)
        source = Source(str(told["container"]), str(told["codec"]), int(told["rate"]), int(told["channels"]))
        samples = tame(np.frombuffer(sound, "<f4"))
    except (ValueError, TypeError, LookupError) as error:
        raise EOFError from error
    return Decoded(samples, target_rate(source.rate, order.rate), source)


def _words_on(how: str) -> str:
    return "it takes too long to decode" if how in _TOO_LONG else "a file that the decoder cannot stand"


async def _discard(starting: asyncio.Task[_Decoder]) -> None:
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError, OSError):
        await (await starting).end()

"""One socket to a worker, and the request it carries."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from stentor.engines import worker
from stentor.errors import EngineCrashed, EngineFailed, EngineUnavailable, RunawaySpeech
from stentor.types import WordMark

if TYPE_CHECKING:
    from stentor.engines.process import WorkerSpec

_LAST = (worker.END, worker.ERROR)
_CANCEL_WITHIN = 2.0
_NOT_THE_TEXTS_FAULT = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
"""Signals that come from outside: an operator, or the kernel when memory runs out."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a worker handed over at once: samples as it made them, and the times of words."""

    samples: bytes
    marks: tuple[WordMark, ...] = ()


class Owner(Protocol):
    """What a lane needs of its worker."""

    async def died(self) -> str:
        """Wait for the process to end and say how."""
        ...

    def terminate(self) -> None:
        """Kill the process."""
        ...

    def lane_freed(self, lane: Lane) -> None:
        """Take back a lane that is ready for the next request."""
        ...


class _Call:
    """One request on a lane: the frames that came for it and were not taken yet."""

    __slots__ = ("frames", "waiter")

    def __init__(self) -> None:
        self.frames: deque[tuple[int, bytes]] = deque()
        self.waiter: asyncio.Future[None] | None = None

    def arrived(self, kind: int, payload: bytes) -> None:
        self.frames.append((kind, payload))
        self.wake()

    def wake(self) -> None:
        if self.waiter and not self.waiter.done():
            self.waiter.set_result(None)


class Lane(asyncio.Protocol):
    """The gateway's end of a socket that carries one request at a time.

    It is free again as soon as the worker is done, whether or not its caller has heard all of it: what a
    request may make is bounded, and is read as fast as it is made.
    """

    def __init__(self, spec: WorkerSpec, owner: Owner) -> None:
        self._spec = spec
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._call: _Call | None = _Call()  # the first is for READY
        self._is_ready = False
        self._abandoned: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether the worker is still at the other end."""
        return not self._closed

    async def ready(self) -> None:
        """Wait for the worker's READY; raises EngineFailed with its reason."""
        assert self._call is not None  # noqa: S101  nothing was called yet
        kind, payload = await self._next(self._call)
        self._call = None
        if kind == worker.ERROR:
            raise EngineFailed(json.loads(payload)["message"])
        if kind != worker.READY:
            raise EngineFailed("its process ended before it was ready")
        self._is_ready = True

    async def call(self, request: dict[str, Any], max_seconds: float) -> AsyncGenerator[Part, None]:
        """Send one request and yield what is made of it."""
        most = {"max_bytes": int(max_seconds * self._spec.bytes_per_second)}
        self._call = call = _Call()
        self._write(worker.SPEAK, json.dumps(request | most).encode())
        marks: tuple[WordMark, ...] = ()
        try:
            while True:
                kind, payload = await self._next(call)
                if kind == worker.AUDIO:
                    yield Part(payload, marks)
                    del payload
                    marks = ()
                    continue
                if kind == worker.MARKS:
                    marks = tuple(WordMark(*mark) for mark in worker.MARK.iter_unpack(payload))
                    continue
                if kind == worker.END:
                    return
                await self._raise(kind, payload, max_seconds)
        finally:
            if self._call is call:
                self._abandon()

    async def _raise(self, kind: int, payload: bytes, max_seconds: float) -> None:
        if kind != worker.ERROR:
            how = await self._owner.died()
            if how in _NOT_THE_TEXTS_FAULT:
                raise EngineUnavailable(f"The engine {self._spec.engine} was stopped ({how}). Try again.")
            raise EngineCrashed(self._spec.engine, how)
        fault = json.loads(payload)
        if fault["code"] == "runaway":
            raise RunawaySpeech(self._spec.engine, max_seconds)
        quotes = f": {fault['message']}"
        failure = EngineFailed(f"The engine {self._spec.engine} failed{quotes}")
        failure.quotes = quotes
        raise failure

    def _abandon(self) -> None:
        """Tell the worker to stop; the lane is free again at its END, or the worker is killed."""
        self._call = None
        if not self._closed:
            self._write(worker.CANCEL)
            loop = asyncio.get_running_loop()
            self._abandoned = loop.call_later(_CANCEL_WITHIN, self._owner.terminate)

    async def _next(self, call: _Call) -> tuple[int, bytes]:
        while not call.frames:
            if self._closed:
                return 0, b""
            call.waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self._spec.silent_for):
                    await call.waiter
            except TimeoutError as error:
                self._owner.terminate()
                raise EngineUnavailable(
                    f"The engine {self._spec.engine} said nothing for {self._spec.silent_for:g} s "
                    "and was restarted. Try again."
                ) from error
            finally:
                call.waiter = None
        return call.frames.popleft()

    def _write(self, kind: int, payload: bytes = b"") -> None:
        if self._transport and not self._closed:
            self._transport.write(worker.HEADER.pack(len(payload), kind) + payload)

    def close(self) -> None:
        """Close the socket."""
        if self._abandoned:
            self._abandoned.cancel()
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Cut what arrived into frames."""
        buffer = self._buffer
        buffer += data
        begin = 0
        while len(buffer) - begin >= worker.HEADER.size:
            length, kind = worker.HEADER.unpack_from(buffer, begin)
            end = begin + worker.HEADER.size + length
            if end > len(buffer):
                break
            self._arrived(kind, bytes(buffer[begin + worker.HEADER.size : end]))
            begin = end
        if begin:
            del buffer[:begin]

    def _arrived(self, kind: int, payload: bytes) -> None:
        call = self._call
        if call:
            call.arrived(kind, payload)
        if kind in _LAST and self._is_ready:
            self._call = None
            if self._abandoned:
                self._abandoned.cancel()
                self._abandoned = None
            self._owner.lane_freed(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Wake whoever waits: the worker is gone."""
        self._closed = True
        if self._abandoned:
            self._abandoned.cancel()
        if self._call:
            self._call.wake()

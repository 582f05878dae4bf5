"""A server on loopback that answers as it is told, well or badly, on real sockets."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

_LONGEST_BODY = 2**24


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes
    connection: int
    """Which one it came on, counted from 0."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """What an answer is written to."""

    def __init__(
        self, upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._upstream = upstream
        self._reader = reader
        self.writer = writer

    async def send(self, content: bytes) -> None:
        """Send bytes as they are; raises ConnectionError once the caller has left."""
        self.writer.write(content)
        await self.writer.drain()

    async def head(self, status: int = 200, /, **headers: str | int) -> None:
        """Send a status and headers; a `_` in a header's name is written as `-`."""
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([f"HTTP/1.1 {status} Told", *lines, "", ""]).encode("latin-1"))

    async def whole(self, content: bytes, status: int = 200, /, **headers: str | int) -> None:
        """Answer with a body of known length."""
        await self.head(status, **headers, Content_Length=len(content))
        await self.send(content)

    async def json(self, value: Any, status: int = 200, /, **headers: str | int) -> None:
        """Answer with JSON."""
        await self.whole(json.dumps(value).encode(), status, Content_Type="application/json", **headers)

    async def chunks(self, parts: Iterable[bytes], delay: float = 0.0, **headers: str | int) -> None:
        """Answer with a chunked body, with a pause before each part."""
        await self.head(**headers, Transfer_Encoding="chunked")
        for part in parts:
            await asyncio.sleep(delay)
            await self.chunk(part)
        await self.send(b"0\r\n\r\n")

    async def chunk(self, part: bytes) -> None:
        """Send one chunk of a chunked body."""
        await self.send(b"%x\r\n%b\r\n" % (len(part), part))

    async def left(self) -> None:
        """Wait until the caller has left, and note when that was."""
        with suppress(ConnectionError):
            while await self._reader.read(65_536):
                pass
        self._upstream.left_at.append(perf_counter())
        self._upstream.left.set()

    def cut(self) -> None:
        """Tear the connection."""
        self.writer.transport.abort()


Script: TypeAlias = Callable[[Asked, Wire], Awaitable[None]]


@dataclass(slots=True)
class Upstream:
    """The server: a script for each path, and what it was asked."""

    scripts: dict[str, Script] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    left_at: list[float] = field(default_factory=list)
    """When callers left whom a script had waited for."""
    connections: int = 0
    url: str = ""
    server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def answers(self, path: str, script: Script) -> None:
        """Say what to do with requests for a path; `*` is for all others."""
        self.scripts[path] = script

    def stop(self) -> None:
        """Refuse connections and tear those that are there, as a process that is killed."""
        if self.server:
            self.server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        self.connections += 1
        self._writers.add(writer)
        try:
            while asked := await _read(reader, number):
                self.asked.append(asked)
                script = self.scripts.get(asked.path) or self.scripts.get("*") or _not_found
                await script(asked, Wire(self, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


@asynccontextmanager
async def upstream(tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Upstream]:
    """Run one for as long as the context lasts."""
    made = Upstream()
    made.server = await asyncio.start_server(made.serve, "127.0.0.1", port, ssl=tls)
    name = "https://localhost" if tls else "http://127.0.0.1"
    made.url = f"{name}:{made.server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        made.stop()
        await asyncio.sleep(0)


async def _read(reader: asyncio.StreamReader, connection: int) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(min(int(headers.get("content-length", 0)), _LONGEST_BODY))
    return Asked(method, path, headers, body, connection)


async def _not_found(_asked: Asked, wire: Wire) -> None:
    await wire.json({"detail": "Not Found"}, 404)


def whole(content: bytes, status: int = 200, /, **headers: str | int) -> Script:
    """Always give the same answer."""

    async def script(_asked: Asked, wire: Wire) -> None:
        await wire.whole(content, status, **headers)

    return script


def gives_json(value: Any, status: int = 200, /, **headers: str | int) -> Script:
    """Always give the same JSON."""
    return whole(json.dumps(value).encode(), status, Content_Type="application/json", **headers)


def chunked(parts: Iterable[bytes], delay: float = 0.0, **headers: str | int) -> Script:
    """Always give the same chunked answer."""
    given = list(parts)

    async def script(_asked: Asked, wire: Wire) -> None:
        await wire.chunks(given, delay, **headers)

    return script

"""Ways in which a server may answer that mean harm, or are broken enough to do it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from tests.engines.upstream import Asked, Script, Wire, gives_json, whole

_MANY = 100_000


async def silent(_asked: Asked, wire: Wire) -> None:
    """Say nothing."""
    await wire.left()


async def slow_headers(_asked: Asked, wire: Wire) -> None:
    """Send headers for ever, one by one."""
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await wire.send(b"X-A: b\r\n")
        await asyncio.sleep(0.02)


async def many_headers(_asked: Asked, wire: Wire) -> None:
    await wire.head(**{f"X_{number}": "a" for number in range(5000)}, Content_Length=0)


async def long_header(_asked: Asked, wire: Wire) -> None:
    await wire.head(X_Long="a" * _MANY, Content_Length=0)


async def long_status(_asked: Asked, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 " + b"a" * _MANY + b"\r\nContent-Length: 0\r\n\r\n")


async def only_continues(_asked: Asked, wire: Wire) -> None:
    """Say for ever that the answer is coming."""
    while True:
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.001)


async def stalls(_asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="application/json")
    await wire.chunk(b'{"audio"')
    await wire.left()


async def drips(_asked: Asked, wire: Wire) -> None:
    """Send a byte now and then, so that it never stalls."""
    await wire.head(Transfer_Encoding="chunked", Content_Type="text/event-stream")
    while True:
        await wire.chunk(b":")
        await asyncio.sleep(0.05)


async def too_short(_asked: Asked, wire: Wire) -> None:
    await wire.head(Content_Length=1000, Content_Type="application/json")
    await wire.send(b'{"a')
    wire.writer.close()


async def cut(_asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="application/json")
    await wire.chunk(b'{"a')
    await asyncio.sleep(0.01)
    wire.cut()


async def cut_at_once(_asked: Asked, wire: Wire) -> None:
    wire.cut()


async def broken_chunks(_asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="application/json")
    await wire.send(b"-5\r\nhello\r\n")


async def huge_chunk(_asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="application/json")
    await wire.send(b"f" * 40 + b"\r\nhello\r\n")


async def long_extension(_asked: Asked, wire: Wire) -> None:
    """Name the size of a chunk, and go on in its line for ever."""
    await wire.head(Transfer_Encoding="chunked", Content_Type="application/json")
    await wire.send(b"5;")
    while True:
        await wire.send(b"a" * 10_000)


async def two_lengths(_asked: Asked, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}")
    await wire.left()


async def no_length(_asked: Asked, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")
    await wire.left()


async def endless(_asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="application/json")
    while True:
        await wire.chunk(b"[" * 65_536)


async def endless_event(_asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="text/event-stream")
    while True:
        await wire.chunk(b"data: " + b"a" * 65_536)


async def endless_events(_asked: Asked, wire: Wire) -> None:
    """Send small events that say nothing, for ever."""
    await wire.head(Transfer_Encoding="chunked", Content_Type="text/event-stream")
    while True:
        await wire.chunk(b'data: {"type":"speech.audio.timestamps"}\n\n' * 100)


async def not_http(_asked: Asked, wire: Wire) -> None:
    await wire.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


GARBAGE: tuple[Any, ...] = (
    None, True, 5, "audio", [], {}, [[]], {"audio": None}, {"audio": {}}, {"audio": [None]},
    {"audio": "AAAA"}, {"audio": "AAAA", "sample_rate": "24000"}, {"audio": "AAAA", "sample_rate": 0},
    {"audio": "AAAA", "sample_rate": -24_000}, {"audio": "AAAA", "sample_rate": 10**9},
    {"audio": "AAAA", "sample_rate": 24_000.5}, {"audio": "AAAA", "sample_rate": True},
    {"status": None}, {"status": "COMPLETED"}, {"id": {}, "status": "COMPLETED"},
    {"id": "1", "status": "COMPLETED", "output": {"audio": {}}}, {"id": "1", "status": "?" * 1000},
    {"id": "1", "status": "FAILED", "error": {"error": {"error": []}}},
)  # fmt: skip
NO_JSON = (
    b"", b"{", b"\xff\xfe\x00", b'{"a": NaN', b"[" * _MANY, b'{"a":' * _MANY, b"1" * _MANY,
    b'"' + b"\\" * _MANY, b'{"audio": 1e999999}', b"\0" * 1000,
)  # fmt: skip

SCRIPTS: Mapping[str, Script] = {
    **{
        script.__name__: script
        for script in (
            silent, slow_headers, many_headers, long_header, long_status, only_continues, stalls, drips,
            too_short, cut, cut_at_once, broken_chunks, huge_chunk, long_extension, two_lengths, no_length,
            endless, endless_event, endless_events, not_http,
        )
    },
    "compressed": whole(b"\x1f\x8b\x08" + b"\0" * 100, Content_Encoding="gzip"),
    "no content": whole(b"", 204),
    "switched": whole(b"", 101, Upgrade="websocket"),
    "html": whole(b"<html>Welcome</html>", Content_Type="text/html"),
    "a long complaint": whole(b"no! " * _MANY, 500),
    **{f"json {json.dumps(value)[:40]}": gives_json(value) for value in GARBAGE},
    **{f"no json {body[:8]!r}": whole(body, Content_Type="application/json") for body in NO_JSON},
}  # fmt: skip

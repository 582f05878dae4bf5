"""HTTP of servers that cost as little as one can: enough for the requests of a bench, and no more."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Exchange(asyncio.Protocol):
    """One connection; it has one request at a time, and `answer` is called with each."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def answer(self, transport: asyncio.WriteTransport, head: bytes, body: bytes) -> None:
        """Write the answer to a request, now or later."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, received: bytes) -> None:
        self._received += received
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        assert self._transport is not None
        self.answer(self._transport, head, body)


def write_json(transport: asyncio.WriteTransport, value: object) -> None:
    """Answer with JSON."""
    body = json.dumps(value).encode()
    transport.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
        % (len(body), body)
    )


async def listen(exchange: Callable[[], Exchange]) -> None:
    """Serve on a free port of loopback, which is printed as a URL."""
    server = await asyncio.get_running_loop().create_server(exchange, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()

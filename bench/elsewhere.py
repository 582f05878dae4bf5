"""`python -m bench.elsewhere`: a server of every kind that begins to speak, and notes when it is left.

It speaks as OpenAI's API, as a provider and as an endpoint of RunPod. `GET /left` is when the last caller
left: the end of the connection, or the call of `/cancel`, by the monotonic clock; 0 if it is there.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SAMPLES = bytes(range(256)) * 200


class Speaker(asyncio.Protocol):
    """One connection."""

    left = 0.0
    """When a caller left, on any of them."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None
        self._speaks = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        if self._speaks:
            Speaker.left = time.monotonic()

    def data_received(self, received: bytes) -> None:
        self._received += received
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        assert self._transport is not None
        self._answer(self._transport, head.split(b" ", 2)[1].decode())

    def _answer(self, transport: asyncio.WriteTransport, path: str) -> None:
        match path.split("/"):
            case [*_, "left"]:
                _whole(transport, {"left": Speaker.left})
            case ["", "v1", "audio", "speech"]:
                self._begin(transport, "audio/pcm", _SAMPLES)
            case ["", "v1", "generate"]:
                delta = {"type": "speech.audio.delta", "audio": base64.b64encode(_SAMPLES).decode()}
                self._begin(transport, "text/event-stream", f"data: {json.dumps(delta)}\n\n".encode())
            case [*_, "run"]:
                Speaker.left = 0.0
                _whole(transport, {"id": "job", "status": "IN_QUEUE"})
            case [*_, "stream", "job"]:
                _whole(transport, {"id": "job", "status": "IN_PROGRESS", "stream": [{"output": _part()}]})
            case [*_, "cancel", "job"]:
                Speaker.left = time.monotonic()
                _whole(transport, {"id": "job", "status": "CANCELLED"})
            case _:
                _whole(transport, {"data": [], "status": "healthy", "workers": {"idle": 1}, "jobs": {}})

    def _begin(self, transport: asyncio.WriteTransport, media_type: str, content: bytes) -> None:
        Speaker.left = 0.0
        self._speaks = True
        transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\nx-sample-type: int16\r\nx-sample-rate: 24000\r\n"
            b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (media_type.encode(), len(content), content)
        )


def _part() -> dict[str, object]:
    audio = base64.b64encode(_SAMPLES).decode()
    return {"status": "streaming", "format": "pcm_16", "audio_chunk": audio, "sample_rate": 24_000}


def _whole(transport: asyncio.WriteTransport, value: object) -> None:
    body = json.dumps(value).encode()
    transport.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
        % (len(body), body)
    )


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Speaker, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())

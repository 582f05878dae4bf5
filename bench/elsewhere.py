"""`python -m bench.elsewhere`: a server of every kind that begins to speak, and notes when it is left.

It speaks as OpenAI's API, as a provider and as an endpoint of RunPod. `GET /left` is when the last caller
left: the end of the connection, or the call of `/cancel`, by the monotonic clock; 0 if it is there.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time

from bench.wire import Exchange, listen, write_json

_SAMPLES = bytes(range(256)) * 200


class Speaker(Exchange):
    """One connection."""

    left = 0.0
    """When a caller left, on any of them."""

    def __init__(self) -> None:
        super().__init__()
        self._speaks = False

    def connection_lost(self, _error: Exception | None) -> None:
        if self._speaks:
            Speaker.left = time.monotonic()

    def answer(self, transport: asyncio.WriteTransport, head: bytes, _body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        match path.split("/"):
            case [*_, "left"]:
                write_json(transport, {"left": Speaker.left})
            case ["", "v1", "audio", "speech"]:
                self._begin(transport, "audio/pcm", _SAMPLES)
            case ["", "v1", "generate"]:
                delta = {"type": "speech.audio.delta", "audio": base64.b64encode(_SAMPLES).decode()}
                self._begin(transport, "text/event-stream", f"data: {json.dumps(delta)}\n\n".encode())
            case [*_, "run"]:
                Speaker.left = 0.0
                write_json(transport, {"id": "job", "status": "IN_QUEUE"})
            case [*_, "stream", "job"]:
                write_json(transport, {"id": "job", "status": "IN_PROGRESS", "stream": [{"output": _part()}]})
            case [*_, "cancel", "job"]:
                Speaker.left = time.monotonic()
                write_json(transport, {"id": "job", "status": "CANCELLED"})
            case _:
                write_json(transport, {"data": [], "status": "healthy", "workers": {"idle": 1}, "jobs": {}})

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


if __name__ == "__main__":
    asyncio.run(listen(Speaker))

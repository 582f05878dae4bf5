"""Memory of a stream that waits for its engine: HTTP, server-sent events, WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets

from bench.measure import Running, bare, stentor

COUNT = 512
SETTINGS = '[speech]\ndefault_engine = "paced"\n[engines.paced]\n'


def main() -> None:
    with bare("paced") as other:
        print(f"bare ASGI    {asyncio.run(grown(other, http({}))):.1f} KiB a stream")
    for name, opener in (
        ("HTTP", http({})),
        ("events", http({"stream_format": "sse"})),
        ("WebSocket", websocket),
    ):
        with stentor(SETTINGS) as server:
            print(f"{name:12} {asyncio.run(grown(server, opener)):.1f} KiB a stream")


async def grown(server: Running, opener: object) -> float:
    """Return the gateway's growth in KiB for each stream that is open and waits for its next chunk."""
    assert callable(opener)
    warm = [await opener(server.port) for _ in range(32)]
    await asyncio.sleep(1)
    for writer in warm:
        writer.close()
    await asyncio.sleep(1)
    before = server.pss()
    writers = [await opener(server.port) for _ in range(COUNT)]
    await asyncio.sleep(1.5)
    after = server.pss()
    for writer in writers:
        writer.close()
    return (after - before) / COUNT


def http(extra: dict[str, str]) -> object:
    async def opened(port: int) -> asyncio.StreamWriter:
        fields = {"model": "tts-1", "voice": "paced", "input": "600", "response_format": "pcm", **extra}
        body = json.dumps(fields).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /v1/audio/speech HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body) + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head[:20], head
        return writer

    return opened


async def websocket(port: int) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(secrets.token_bytes(16))
    writer.write(
        b"GET /v1/audio/speech/stream HTTP/1.1\r\nhost: bench\r\n"
        b"upgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: " + key + b"\r\n\r\n"
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    config = {"type": "session.config", "voice": "paced", "response_format": "pcm"}
    for message in (config, {"type": "input.text", "text": "600"}):
        writer.write(_frame(json.dumps(message).encode()))
    return writer


def _frame(payload: bytes) -> bytes:
    mask = secrets.token_bytes(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes([0x81, 0x80 | len(payload)]) + mask + masked

"""Many paced streams at once, against a bare ASGI application that does the same; and players' underruns."""

from __future__ import annotations

import asyncio
import json
import statistics
import time

from bench.engines import CHUNK_SECONDS, RATE
from bench.measure import bare, spread, stentor

ROUNDS, CHUNKS = 5, 30
SETTINGS = '[speech]\ndefault_engine = "paced"\n[engines.paced]\n'
CUSHION = 0.2  # seconds of audio a player has before it begins


def main() -> None:
    with stentor(SETTINGS) as server, bare("paced") as other:
        for count in (1, 64, 256, 512):
            ratios, late = [], []
            for _ in range(ROUNDS):
                theirs, _ = asyncio.run(play(other.port, count))
                ours, underruns = asyncio.run(play(server.port, count))
                ratios.append(ours / theirs)
                late.append(underruns)
            print(
                f"{count:3} streams of {CHUNKS * CHUNK_SECONDS:.0f} s: finish at {spread(ratios)} "
                f"of bare ASGI, {statistics.median(late):.0f} underran"
            )


async def play(port: int, count: int) -> tuple[float, int]:
    """Play streams at once; returns the seconds until all ended, and how many players ran dry."""
    body = json.dumps({
        "model": "tts-1",
        "voice": "paced",
        "input": str(CHUNKS),
        "response_format": "pcm",
    }).encode()
    began = time.perf_counter()
    underruns = await asyncio.gather(*(_stream(port, body) for _ in range(count)))
    return time.perf_counter() - began, sum(underruns)


async def _stream(port: int, body: bytes) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/audio/speech HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head[:20], head
    starts: float | None = None
    total = 0
    ran_dry = False
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
        now = time.perf_counter()
        starts = starts or now + CUSHION
        ran_dry |= now > starts + total / (2 * RATE)
        total += size
    writer.close()
    expected = 2 * RATE * CHUNKS * CHUNK_SECONDS
    assert abs(total - expected) < 2 * RATE * CHUNK_SECONDS, (total, expected)
    return ran_dry

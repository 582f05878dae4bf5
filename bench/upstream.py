"""`python -m bench.upstream`: a server with OpenAI's speech API that costs as little as one can.

It has its files ready, and sends each in 20 pieces: at once, or 1 ms apart in the voice `paced`.
"""

from __future__ import annotations

import asyncio
import json

from bench.encoding import RATE, speech
from bench.wire import Exchange, listen, write_json
from stentor.audio.encode import FORMATS

PIECES, SECONDS = 20, 4
_PAUSE = 0.001
_LISTED = {
    "object": "list",
    "data": [{"id": "tts-1", "object": "model"}],
    "voices": ["alloy", "paced"],
}


def main() -> None:
    asyncio.run(serve())  # uvloop would join pieces; asyncio's own loop gives each to the kernel by itself


async def serve() -> None:
    files = {name: pieces_of(name) for name in FORMATS}
    await listen(lambda: Speaker(files))


def pieces_of(name: str) -> list[bytes]:
    """Return a file in a format as what is sent: 20 chunks, and the last, which is empty."""
    encoder = FORMATS[name].open(RATE, False)
    content = encoder.encode(speech()[: RATE * SECONDS]) + encoder.finish()
    size = -(-len(content) // PIECES)
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    assert len(pieces) == PIECES, name
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b"")]


class Speaker(Exchange):
    """One connection."""

    def __init__(self, files: dict[str, list[bytes]]) -> None:
        super().__init__()
        self._files = files
        self._sending: asyncio.Task[None] | None = None

    def connection_lost(self, _error: Exception | None) -> None:
        if self._sending:
            self._sending.cancel()

    def answer(self, transport: asyncio.WriteTransport, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST"):
            self._speak(transport, json.loads(body))
        else:
            write_json(transport, _LISTED)

    def _speak(self, transport: asyncio.WriteTransport, asked: dict[str, str]) -> None:
        name = asked.get("response_format", "mp3")
        transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n"
            % FORMATS[name].media_type.encode()
        )
        if asked["voice"] == "paced":
            self._sending = asyncio.create_task(self._paced(transport, self._files[name]))
            return
        for piece in self._files[name]:
            transport.write(piece)

    async def _paced(self, transport: asyncio.WriteTransport, pieces: list[bytes]) -> None:
        for piece in pieces:
            transport.write(piece)
            await asyncio.sleep(_PAUSE)


if __name__ == "__main__":
    main()

"""A server that another one speaks by, in a process of its own, so that it can be killed.

`python -m tests.e2e.peer KIND PORT` speaks what engines of that kind understand. A text with `hold` in it
gets no answer, one with `begin` its beginning; each is told on standard output as soon as that is so.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stentor.audio.encode import to_int16
from tests.engines.runpod.plane import Job, pcm16, plane, working
from tests.engines.upstream import Asked, Script, Wire, gives_json, upstream
from tests.fakes import tone

_SECONDS = 0.5


class Peer:
    """The process, and where it listens."""

    def __init__(self, kind: str, port: int = 0) -> None:
        self._kind = kind
        self.port = port
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        """Start it, at its port if it had one."""
        command = [sys.executable, "-m", "tests.e2e.peer", self._kind, str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.heard())
        return self.process

    def heard(self) -> str:
        """Wait until it says something."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline().strip()
        assert said, "the peer ended"
        return said

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.communicate()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def peer(kind: str) -> Iterator[Peer]:
    """Run one for as long as the context lasts."""
    made = Peer(kind)
    try:
        yield made
    finally:
        made.kill()


def _say(word: str) -> None:
    print(word, flush=True)


def _answers(head: Mapping[str, str], first: bytes, rest: bytes) -> Script:
    """Answer as the text says: with nothing, with the first part, or with all of it."""

    async def script(asked: Asked, wire: Wire) -> None:
        text = str(asked.json)
        if "hold" in text:
            _say("held")
            await wire.left()
            return
        await wire.head(Transfer_Encoding="chunked", **head)
        await wire.chunk(first)
        if "begin" in text:
            _say("begun")
            await wire.left()
            return
        await wire.chunk(rest)
        await wire.send(b"0\r\n\r\n")

    return script


async def _openai(port: int) -> None:
    async with upstream(port=port) as made:
        made.answers("/v1/models", gives_json({"data": []}))
        made.answers("/v1/audio/speech", _answers({"Content_Type": "audio/pcm"}, _samples(), _samples()))
        await _serve(made.url)


async def _provider(port: int) -> None:
    head = {
        "Content_Type": "text/event-stream", "X_Sample_Rate": "24000", "X_Sample_Type": "int16",
    }  # fmt: skip
    delta = {"type": "speech.audio.delta", "audio": base64.b64encode(_samples()).decode()}
    done = {"type": "speech.audio.done"}
    async with upstream(port=port) as made:
        made.answers("/health", gives_json({"status": "healthy", "model": "m", "device": "cpu"}))
        made.answers("/v1/generate", _answers(head, _event(delta), _event(delta) + _event(done)))
        await _serve(made.url)


async def _runpod(port: int) -> None:
    async def work(job: Job) -> Any:
        text = job.input["text"]
        if "hold" in text:
            _say("held")
            return await working(job)
        job.put(_part())
        while job.parts:  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)
        if "begin" in text:
            _say("begun")
            return await working(job)
        job.put(_part())
        return None

    async with plane(work, port=port) as made:
        await _serve(made.server.url)


def _samples() -> bytes:
    return to_int16(tone(_SECONDS))


def _event(fields: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()


def _part() -> dict[str, Any]:
    part = {"status": "streaming", "format": "pcm_16", "sample_rate": 24_000}
    return {**part, "audio_chunk": pcm16(tone(_SECONDS))}


async def _serve(url: str) -> None:
    _say(url.rpartition(":")[2])
    await asyncio.Event().wait()


if __name__ == "__main__":
    kinds = {"openai": _openai, "provider": _provider, "runpod": _runpod}
    asyncio.run(kinds[sys.argv[1]](int(sys.argv[2])))

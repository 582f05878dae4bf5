"""Engines elsewhere: how soon the next one is asked, how soon one is left, and what a second Stentor adds."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.request import urlopen

import numpy as np

from bench.first_sound import LONG
from bench.measure import SENTENCE, Connection, module, stentor
from stentor.engines import Capabilities, Engine
from stentor.engines.openai import OpenAiEngine
from stentor.engines.remote.faults import Faults
from stentor.errors import EngineError, EngineUnavailable
from stentor.pipeline.answer import Answer
from stentor.pipeline.cast import Casting
from stentor.pipeline.circuit import CircuitConfig
from stentor.pipeline.live import LiveAnswer
from stentor.pipeline.plan import Planner
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.types import AudioChunk, Utterance, Voice, VoiceId
from stentor.voices.aliases import OPENAI_VOICES, VoiceMap
from stentor.voices.catalog import Catalog

DECISIONS, LEFT, HOPS = 1000, 100, 500
KINDS = ("openai", "provider", "runpod")

Clock: TypeAlias = dict[str, tuple[float, float]]
"""Wall and CPU time of what happened last."""


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def main() -> None:
    with Path(os.devnull).open("w") as nowhere:
        logging.basicConfig(stream=nowhere, force=True)  # what is logged is part of the time
        asyncio.run(decisions())
    for kind in KINDS:
        leaving(kind)
    hop()


# From a failure to the next engine


class Failing(Engine):
    """Fails, and notes when."""

    name = "failing"
    capabilities = Capabilities(sample_rate=24_000, languages=("en",))

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def voices(self) -> Sequence[Voice]:
        return [Voice(VoiceId(name), name, self.name, ("en",)) for name in OPENAI_VOICES]

    async def synthesize(self, _utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        await asyncio.sleep(0)
        self._clock["known"] = now()
        if self._clock:
            raise EngineUnavailable("It is gone.")
        yield AudioChunk(np.zeros(0, np.float32), 24_000)


class Next(Engine):
    """Notes when it is asked, and hums."""

    name = "next"
    capabilities = Capabilities(sample_rate=24_000, languages=("en",), speed=(0.5, 2.0), seed=True)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def voices(self) -> Sequence[Voice]:
        return [Voice(VoiceId(name), name, self.name, ("en",)) for name in OPENAI_VOICES]

    async def synthesize(self, _utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        self._clock["asked"] = now()
        yield AudioChunk(np.full(2400, 0.25, np.float32), 24_000)


async def decisions() -> None:
    print("from a failure that is known to the next engine that is asked, in ms")
    clock: Clock = {}
    with noting(clock):
        await decided("an engine that fails", Failing(clock), clock)
        async with refusing() as url:
            await decided("a server that says 503", far(url), clock)
        await decided("a server that is gone", far(url), clock)


def far(url: str) -> Engine:
    return OpenAiEngine(OpenAiEngine.Config(url=url, probe_seconds=0))


@contextmanager
def noting(clock: Clock) -> Iterator[None]:
    """Note when a server's failure is known: its status and what it says of it, or that it is not there."""
    answered, broke = Faults.answered, Faults.broke

    def noted(make: Callable[..., EngineError]) -> Callable[..., EngineError]:
        def made(*arguments: Any, **named: Any) -> EngineError:
            clock["known"] = now()
            return make(*arguments, **named)

        return made

    Faults.answered, Faults.broke = noted(answered), noted(broke)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Faults.answered, Faults.broke = answered, broke  # type: ignore[method-assign]


class refusing:  # noqa: N801  read as a function
    """Run a server that is always busy, and never says for how long; it stops listening at the end."""

    async def __aenter__(self) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
                await reader.readexactly(int(length or 0))
                writer.write(
                    b"HTTP/1.1 503 Busy\r\ncontent-type: application/json\r\n"
                    b'content-length: 24\r\n\r\n{"error": "No GPU free"}'
                )

        async def tried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        self._server = await asyncio.start_server(tried, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()


async def decided(said: str, first: Engine, clock: Clock) -> None:
    first.name = "first"
    following = Next(clock)
    engines: dict[str, Engine] = {first.name: first, following.name: following}
    catalog = Catalog(engines, first.name, VoiceMap({}, None))
    route = RouteConfig(engines=tuple(engines))
    never = CircuitConfig(open_after=10**9)
    planner = Planner(Casting(catalog), router=Router(catalog, [route], never))
    await first.open()
    ways: dict[str, tuple[Callable[[Planner, str], Any], str]] = {
        "request, 64 characters": (requested, SENTENCE),
        "request, 4,000 characters": (requested, LONG[:4000]),
        "session, 64 characters": (in_session, SENTENCE),
    }
    try:
        for way, (speak, text) in ways.items():
            walls, cpus = [], []
            for number in range(DECISIONS + 50):
                await speak(planner, text)
                if number >= 50:
                    walls.append(1000 * (clock["asked"][0] - clock["known"][0]))
                    cpus.append(1000 * (clock["asked"][1] - clock["known"][1]))
            print(f"  {said:22} {way:26} {percentiles(walls)}; CPU {percentiles(cpus)}")
    finally:
        await first.close()


async def requested(planner: Planner, text: str) -> None:
    answer = await Answer.to(planner, SpeechRequest(text, "tts-1", "alloy"))
    async with aclosing(answer.chunks()) as chunks:
        await anext(chunks)


async def in_session(planner: Planner, text: str) -> None:
    plan = await planner.plan_session(SpeechRequest("", "tts-1", "alloy"))
    answer = await LiveAnswer.to(planner, plan, eager=True)
    steps = [*await answer.feed(text), *await answer.finish()]
    while True:
        try:
            async with aclosing(answer.speak(steps, None)) as chunks:
                await anext(chunks)
                return
        except EngineError as error:
            steps = await answer.instead(error)


# Leaving

_ELSEWHERE = """\
[speech]
default_engine = "far"
[engines.far]
kind = "{kind}"
url = "{url}"
api_key = "sesame"
probe_seconds = 0
[engines.espeak]
enabled = false
"""


def leaving(kind: str) -> None:
    with module("bench.elsewhere") as upstream:
        url = f"http://127.0.0.1:{upstream.port}"
        with stentor(
            _ELSEWHERE.format(kind=kind, url=f"{url}/v2/job" if kind == "runpod" else url)
        ) as server:
            waited = [1000 * left(server.port, f"{url}/left") for _ in range(LEFT)]
    print(f"from a caller who leaves to the {kind} server that knows: {percentiles(waited)} ms")


def left(port: int, told: str) -> float:
    with Connection(port) as connection:
        connection.send(input=SENTENCE, response_format="pcm")
        assert connection.first_bytes(2000).startswith(b"HTTP/1.1 200")
        time.sleep(0.02)
        began = time.monotonic()
    while not (ended := _read(told)):
        assert time.monotonic() - began < 10, "nobody was told"
        time.sleep(0.01)
    return ended - began


def _read(url: str) -> float:
    with urlopen(url) as answer:
        found: float = json.load(answer)["left"]
        return found


# One Stentor by another

_HUMS = '[speech]\ndefault_engine = "tone"\n[engines.espeak]\nenabled = false\n'
_BY_ANOTHER = """\
[speech]
default_engine = "far"
[engines.far]
kind = "provider"
url = "http://127.0.0.1:{port}"
[engines.espeak]
enabled = false
"""


def hop() -> None:
    """Take turns at the far server itself, and at one that speaks by it."""
    with (
        stentor(_HUMS) as far,
        stentor(_BY_ANOTHER.format(port=far.port)) as near,
        Connection(far.port) as direct,
        Connection(near.port) as through,
    ):
        for format_ in ("pcm", "mp3"):
            request = {"input": SENTENCE, "response_format": format_}
            for connection in (direct, through) * 50:
                connection.speak(**request)
            began = near.cpu()
            pairs = [(first(direct, request), first(through, request)) for _ in range(HOPS)]
            cpu = 1000 * (near.cpu() - began) / HOPS
            alone = statistics.median(one for one, _ in pairs)
            print(
                f"{format_}: first chunk {alone:.2f} ms; a second Stentor adds "
                f"{percentiles([two - one for one, two in pairs])} ms, and {cpu:.2f} ms of CPU in all"
            )


def first(connection: Connection, request: dict[str, str]) -> float:
    answer = connection.speak(**request)
    assert answer.status == 200, answer.body
    return 1000 * answer.arrivals[0][0]


def percentiles(values: Sequence[float]) -> str:
    ordered = sorted(values)
    return f"p50 {statistics.median(ordered):.3f}, p99 {ordered[int(0.99 * (len(ordered) - 1))]:.3f}"

"""Clients who leave, write too much, or take nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.api.inprocess import make_api
from tests.fakes import ScriptedEngine, tone

from stentor.api.context import ApiConfig
from stentor.engines import Engine


class Remote:
    """The other end of a socket, which need not do what a client library would."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: list[dict[str, Any]] = []
        self.takes = asyncio.Event()
        self.takes.set()

    def say(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self.says.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def leave(self) -> None:
        self.says.put_nowait({"type": "websocket.disconnect", "code": 1005})

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        self.heard.append(message)


@asynccontextmanager
async def remote(engine: Engine, within: float = 1, **config: Any) -> AsyncIterator[Remote]:
    """Connect; the server must be done with the session at the end, within so many seconds."""
    other = Remote()
    other.says.put_nowait({"type": "websocket.connect"})
    scope = {
        "type": "websocket", "path": "/v1/audio/speech/stream", "headers": [], "query_string": b"",
        "subprotocols": [], "extensions": {},
    }  # fmt: skip
    app = make_api(engine, api=ApiConfig(**config))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(app(scope, other.says.get, other.send))
        yield other
        async with asyncio.timeout(within):
            await serving


def sentences(count: int) -> list[dict[str, Any]]:
    return [{"type": "input.text", "text": "A sentence. "}] * count


STREAMED = {"type": "session.config", "response_format": "pcm", "stream_audio": True}


def endless() -> ScriptedEngine:
    return ScriptedEngine([tone(0.05)] * 10_000, delay=0.01)


async def begun(engine: ScriptedEngine) -> None:
    while not engine.made:  # noqa: ASYNC110  a fake that waits for nobody has no event
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("last", [[], [{"type": "session.close"}]])
@pytest.mark.parametrize("count", [1, 300])
async def test_leaving_is_heard_at_any_time(count: int, last: list[dict[str, Any]]) -> None:
    engine = endless()
    async with remote(engine) as other:
        other.say(STREAMED, *sentences(count), {"type": "input.done"}, *last)
        await begun(engine)
        other.leave()
    assert engine.closed == 1
    assert engine.made < 100


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("config", "count"), [({}, 10_000), ({"max_body_bytes": 8192}, 500)], ids=["messages", "text"]
)
async def test_who_writes_far_ahead_of_the_speech_is_told_so(config: dict[str, Any], count: int) -> None:
    engine = endless()
    async with remote(engine, **config) as other:
        for _ in range(count // 50):
            other.say(*sentences(50), {"type": "input.done"})
    assert other.heard[-1]["type"] == "websocket.close"
    assert other.heard[-1]["code"] == 1008
    assert 0 < len(other.heard[-1]["reason"].encode()) <= 123
    assert engine.closed == len(engine.asked)


@pytest.mark.e2e
async def test_much_at_once_is_no_trouble_as_long_as_it_can_be_handled() -> None:
    async with remote(ScriptedEngine(), within=20) as other:
        letters: list[dict[str, Any]] = [{"type": "input.text", "text": letter} for letter in "a" * 1500]
        for _ in range(4):
            other.say(*letters, {"type": "input.done"})
        other.say({"type": "session.close"})
    assert other.heard[-1]["code"] == 1000


async def test_who_takes_nothing_is_let_go() -> None:
    engine = endless()
    async with remote(engine, websocket_idle_seconds=0.1) as other:
        other.say(STREAMED, *sentences(1), {"type": "input.done"})
        await begun(engine)
        other.takes.clear()
    assert engine.closed == 1


@pytest.mark.e2e
async def test_who_takes_no_goodbye_is_let_go() -> None:
    async with remote(ScriptedEngine(), websocket_idle_seconds=0.1) as other:
        await asyncio.sleep(0.01)  # it was accepted
        assert other.heard
        other.takes.clear()

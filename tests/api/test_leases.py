"""A request keeps its engines, over HTTP and over the WebSocket."""

from __future__ import annotations

import asyncio

from starlette.testclient import TestClient

from stentor.engines import Engine
from stentor.engines.tone import ToneEngine
from tests.api.inprocess import client_of, make_api, speech
from tests.fakes import ScriptedEngine


class Closing(ToneEngine):
    """Remembers that it was closed."""

    is_closed = False

    async def close(self) -> None:
        self.is_closed = True


def change(context: object, engine: Engine) -> None:
    """Let an engine take the place of the only one."""
    context.fleet.replace({engine.name: engine})  # type: ignore[attr-defined]
    context.catalog.use(context.fleet.engines, engine.name)  # type: ignore[attr-defined]
    context.planner.router.use()  # type: ignore[attr-defined]


async def test_an_answer_is_finished_by_the_engine_that_began_it() -> None:
    gate = asyncio.Event()
    old, new = ScriptedEngine(name="one", gate=gate), ScriptedEngine(name="one")
    api = make_api(old)
    body = speech(voice="two", response_format="pcm")
    async with client_of(api) as client:
        running = asyncio.create_task(client.post("/v1/audio/speech", json=body))
        while not old.asked:  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.001)
        change(api.state.context, new)
        assert (await client.post("/v1/audio/speech", json=body)).status_code == 200
        assert (len(old.asked), len(new.asked), old.shut) == (1, 1, 0)
        gate.set()
        answer = await running
        await asyncio.sleep(0.01)
    assert (answer.status_code, len(answer.content)) == (200, 2 * 4800)
    assert (old.shut, new.shut) == (1, 0)


async def test_an_engine_that_is_tested_is_not_closed_under_the_test() -> None:
    gate = asyncio.Event()
    old = ScriptedEngine(name="one", gate=gate)
    api = make_api(old)
    async with client_of(api) as client:
        running = asyncio.create_task(client.post("/v1/engines/one/test"))
        while not old.asked:  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.001)
        change(api.state.context, ScriptedEngine(name="one"))
        await asyncio.sleep(0.01)
        assert old.shut == 0
        gate.set()
        assert (await running).json()["ok"] is True
        await asyncio.sleep(0.01)
    assert old.shut == 1


def test_a_session_keeps_its_engine_between_its_sentences() -> None:
    old, new = Closing(), Closing()
    api = make_api(old)
    with TestClient(api) as client:
        assert client.portal
        with client.websocket_connect("/v1/audio/speech/stream") as socket:
            socket.send_json({"type": "session.config", "voice": "low", "response_format": "pcm"})
            socket.send_json({"type": "input.text", "text": "One sentence. And"})
            while socket.receive().get("bytes") is None:
                pass
            client.portal.call(change, api.state.context, new)
            assert not old.is_closed
            socket.send_json({"type": "input.text", "text": " another."})
            socket.send_json({"type": "input.done"})
            while '"session.done"' not in (socket.receive().get("text") or ""):
                pass
            assert not old.is_closed
        client.portal.call(asyncio.sleep, 0.05)
        assert [engine.is_closed for engine in (old, new)] == [True, False]

"""Alive, ready, and how it is."""

from __future__ import annotations

import platform

import httpx

from stentor import __version__
from stentor.engines import EngineHealth
from stentor.engines.tone import ToneEngine
from tests.api.inprocess import assert_envelope, client_of, make_api
from tests.fakes import ScriptedEngine


class Ailing(ScriptedEngine):
    """Says what it is told to about its health."""

    def __init__(self, health: EngineHealth, name: str = "ailing") -> None:
        super().__init__(name=name)
        self._health = health

    def health(self) -> EngineHealth:
        return self._health


async def test_a_server_that_can_speak_is_ok(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": __version__,
        "python": platform.python_version(),
        "default_engine": "tone",
        "engines": {"tone": {"status": "ok"}},
    }


async def test_a_default_engine_that_cannot_speak_degrades_the_server_and_says_why() -> None:
    broken = Ailing(EngineHealth(ready=False, figures={"workers": 0, "restarts": 3}, problem="no library"))
    async with client_of(make_api(broken, ToneEngine())) as client:
        told = (await client.get("/health")).json()
        refused = await client.get("/health/ready")
    assert told["status"] == "degraded"
    assert told["engines"]["ailing"] == {
        "status": "unavailable",
        "workers": 0,
        "restarts": 3,
        "problem": "no library",
    }
    assert told["engines"]["tone"] == {"status": "ok"}
    assert "no library" in assert_envelope(refused, 503, "engine_unavailable")
    assert int(refused.headers["retry-after"]) >= 1


async def test_another_engine_that_cannot_speak_keeps_the_server_ready() -> None:
    broken = Ailing(EngineHealth(ready=False, problem="no library"))
    async with client_of(make_api(ToneEngine(), broken)) as client:
        assert (await client.get("/health")).json()["status"] == "ok"
        assert (await client.get("/health/ready")).status_code == 200


async def test_an_engine_still_starting_is_not_ready_but_alive() -> None:
    async with client_of(make_api(Ailing(EngineHealth(ready=False)))) as client:
        assert (await client.get("/health/live")).json() == {"status": "ok"}
        assert "starting" in assert_envelope(await client.get("/health/ready"), 503, "engine_unavailable")

"""Alive, ready, and how it is."""

from __future__ import annotations

import platform

import httpx
import pytest

from stentor import __version__
from stentor.engines import Capabilities, EngineHealth
from stentor.engines.tone import ToneEngine
from stentor.errors import EngineUnavailable
from stentor.pipeline.routes import RouteConfig
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import LoadedEngine, ScriptedEngine


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
        "model": "tone",
        "device": "cpu",
        "version": __version__,
        "python": platform.python_version(),
        "default_engine": "tone",
        "capabilities": {"cloning": False, "prompt_ids": True},
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


async def test_an_engine_that_goes_on_failing_is_not_well_and_may_be_asked() -> None:
    gone = ScriptedEngine(name="gone", fail_at=0, error=EngineUnavailable("It is gone."))
    async with client_of(make_api(gone)) as client:
        assert (await client.get("/health")).json()["status"] == "ok"
        for _ in range(3):
            await client.post("/v1/audio/speech", json=speech(voice="one"))
        told = (await client.get("/health")).json()
        up = (await client.get("/prometheus")).text
        assert (await client.get("/health/ready")).status_code == 200
    assert told["status"] == "degraded"
    assert told["engines"]["gone"] == {"status": "degraded", "problem": "it failed 3 times in a row"}
    assert 'stentor_engine_up{engine="gone"} 0' in up


async def test_another_engine_that_cannot_speak_keeps_the_server_ready() -> None:
    broken = Ailing(EngineHealth(ready=False, problem="no library"))
    async with client_of(make_api(ToneEngine(), broken)) as client:
        assert (await client.get("/health")).json()["status"] == "ok"
        assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("models", [(), ("tts-1", "tts-1-hd")])
async def test_a_server_whose_route_has_an_engine_that_can_speak_is_ready(models: tuple[str, ...]) -> None:
    gone = Ailing(EngineHealth(ready=False, problem="no answer"))
    route = RouteConfig(engines=(("ailing",), "tone"), models=models)
    async with client_of(make_api(gone, ToneEngine(), routes=[route])) as client:
        told = (await client.get("/health")).json()
        assert (await client.get("/health/ready")).json() == {"status": "ok"}
    assert (told["status"], told["model"]) == ("degraded", "ailing")


@pytest.mark.parametrize(
    "route",
    [
        RouteConfig(engines=("ailing", "tone"), models=("ailing",)),
        RouteConfig(engines=("ailing", "tone"), voices=("nova",)),
        RouteConfig(engines=("ailing", "tone"), languages=("de",)),
    ],
)
async def test_a_route_for_some_requests_alone_makes_no_server_ready(route: RouteConfig) -> None:
    gone = Ailing(EngineHealth(ready=False, problem="no answer"))
    async with client_of(make_api(gone, ToneEngine(), routes=[route])) as client:
        assert_envelope(await client.get("/health/ready"), 503, "engine_unavailable")


async def test_a_route_in_which_nobody_can_speak_says_why_of_each() -> None:
    first = Ailing(EngineHealth(ready=False, problem="no answer"), "first")
    second = Ailing(EngineHealth(ready=False, problem="no library"), "second")
    route = RouteConfig(engines=("first", "second"))
    async with client_of(make_api(ToneEngine(), first, second, routes=[route])) as client:
        sentence = assert_envelope(await client.get("/health/ready"), 503, "engine_unavailable")
        assert (await client.get("/health")).json()["status"] == "degraded"
    assert sentence == (
        "The engine first is not ready: no answer. The engine second is not ready: no library."
    )


async def test_what_the_first_choice_runs_on_and_what_it_waits_for_is_told() -> None:
    waits = Ailing(EngineHealth(ready=True, activity="1 job waits for a worker"), "cloud")
    waits.capabilities = Capabilities(24_000, ("en",), device="remote")
    async with client_of(make_api(waits)) as client:
        told = (await client.get("/health")).json()
        listed = (await client.get("/v1/engines/cloud")).json()
    assert (told["model"], told["device"]) == ("cloud", "remote")
    assert told["engines"]["cloud"]["activity"] == listed["activity"] == "1 job waits for a worker"


async def test_an_engine_that_is_not_loaded_can_speak_all_the_same() -> None:
    async with client_of(make_api(LoadedEngine(name="heavy"))) as client:
        told = (await client.get("/health")).json()
        assert (await client.get("/health/ready")).status_code == 200
    assert told["status"] == "ok"
    assert told["engines"]["heavy"] == {"status": "ok", "state": "unloaded"}


async def test_an_engine_still_starting_is_not_ready_but_alive() -> None:
    async with client_of(make_api(Ailing(EngineHealth(ready=False)))) as client:
        assert (await client.get("/health/live")).json() == {"status": "ok"}
        assert "starting" in assert_envelope(await client.get("/health/ready"), 503, "engine_unavailable")

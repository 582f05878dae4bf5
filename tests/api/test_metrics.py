"""What Prometheus is told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from stentor.engines import EngineHealth, Price
from stentor.errors import EngineBusy, EngineUnavailable
from stentor.pipeline.routes import RouteConfig
from tests.api.inprocess import client_of, make_api, speech
from tests.fakes import ScriptedEngine, tone

SPEECH = "/v1/audio/speech"


async def scraped(client: httpx.AsyncClient) -> dict[str, float]:
    """Return each series by its name and the values of its labels."""
    answer = await client.get("/prometheus")
    assert answer.status_code == 200
    return {
        " ".join((sample.name.removeprefix("stentor_"), *_labels(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _labels(labels: dict[str, str]) -> list[str]:
    return [labels["engine"], *(value for name, value in labels.items() if name != "engine")]


def chain(first: ScriptedEngine, **more: Any) -> FastAPI:
    route = RouteConfig(engines=("first", "second"), hedge_after=more.pop("hedge_after", None))
    return make_api(first, ScriptedEngine([tone(0.5)], name="second"), routes=[route], **more)


async def test_prometheus_gets_its_own_format(client: httpx.AsyncClient) -> None:
    answer = await client.get("/prometheus", headers={"Accept": "application/openmetrics-text;version=x"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.startswith("# HELP stentor_engine_up ")
    assert answer.text.endswith("\n")


async def test_what_each_engine_was_asked_and_what_that_costs() -> None:
    price = Price(per_request=0.5, per_character=0.01, per_second=0.1)
    engine = ScriptedEngine([tone(0.5)], name="cloud")
    async with client_of(make_api(engine, prices={"cloud": price})) as client:
        assert (await scraped(client))["engine_requests_total cloud"] == 0
        for _ in range(2):
            await client.post(SPEECH, json=speech("Hello."))
        told = await scraped(client)
    assert told["engine_requests_total cloud"] == 2
    assert told["engine_characters_total cloud"] == 12
    assert told["engine_audio_seconds_total cloud"] == pytest.approx(1.0, abs=0.05)
    seconds = told["engine_audio_seconds_total cloud"]
    assert told["engine_cost_total cloud"] == pytest.approx(2 * 0.56 + 0.1 * seconds)


async def test_a_fallback_is_counted_by_who_failed_and_why() -> None:
    busy = ScriptedEngine(name="first", fail_at=0, error=EngineBusy("first"))
    async with client_of(chain(busy)) as client:
        assert not any(name.startswith("fallbacks") for name in await scraped(client))
        await client.post(SPEECH, json=speech())
        await client.post(SPEECH, json=speech(stream_format="sse"))
        told = await scraped(client)
    assert told["fallbacks_total first engine_busy"] == 2
    assert sum(name.startswith("fallbacks") for name in told) == 1


async def test_what_nobody_could_speak_is_no_fallback() -> None:
    gone = ScriptedEngine(name="gone", fail_at=0, error=EngineUnavailable("It is gone."))
    async with client_of(make_api(gone)) as client:
        assert (await client.post(SPEECH, json=speech(voice="one"))).status_code == 503
        told = await scraped(client)
    assert not any(name.startswith("fallbacks") for name in told)
    assert told["engine_requests_total gone"] == 1


async def test_a_circuit_shows_its_state() -> None:
    gone = ScriptedEngine(name="first", fail_at=0, error=EngineUnavailable("It is gone."))
    async with client_of(chain(gone)) as client:
        before = await scraped(client)
        for _ in range(3):
            await client.post(SPEECH, json=speech())
        after = await scraped(client)
    states = ("closed", "open", "half-open")
    assert [before[f"engine_circuit_state first {state}"] for state in states] == [1, 0, 0]
    assert [after[f"engine_circuit_state first {state}"] for state in states] == [0, 1, 0]
    assert after["engine_load first"] == 0


class Renting(ScriptedEngine):
    """Counts jobs elsewhere."""

    def health(self) -> EngineHealth:
        figures = {"queued": 2, "running": 1, "cancelled": 4, "cold_starts": 3, "cold_start_ms": 41_500}
        return EngineHealth(ready=False, figures={**figures, "other": 9}, problem="it is gone")


async def test_jobs_elsewhere_and_how_long_workers_took_to_start() -> None:
    async with client_of(make_api(Renting(name="cloud"), ScriptedEngine(name="local"))) as client:
        told = await scraped(client)
    assert (told["engine_up cloud"], told["engine_up local"]) == (0, 1)
    assert (told["engine_jobs cloud queued"], told["engine_jobs cloud running"]) == (2, 1)
    assert told["engine_jobs_cancelled_total cloud"] == 4
    assert told["engine_cold_start_seconds_count cloud"] == 3
    assert told["engine_cold_start_seconds_sum cloud"] == 41.5
    assert not any("jobs" in name or "cold" in name for name in told if name.endswith("local"))


async def test_callers_cannot_make_series() -> None:
    async with client_of(make_api(ScriptedEngine(name="only"))) as client:
        before = await scraped(client)
        for number in range(5):
            await client.post(SPEECH, json=speech(voice=f"v{number}", model=f"m{number}"))
        assert (await scraped(client)).keys() == before.keys()


async def test_an_engine_that_was_removed_is_not_told_any_more() -> None:
    busy = ScriptedEngine(name="first", fail_at=0, error=EngineBusy("first"))
    api = chain(busy)
    async with client_of(api) as client:
        await client.post(SPEECH, json=speech())
        api.state.context.planner.router.ledger.fell_back([("past", "engine_busy")])
        told = await scraped(client)
    assert [name for name in told if name.startswith("fallbacks")] == ["fallbacks_total first engine_busy"]
    assert not any(" past" in name for name in told)


async def test_it_is_described(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()["paths"]["/prometheus"]["get"]
    assert list(described["responses"]["200"]["content"]) == ["text/plain"]
    assert (await client.post("/prometheus")).headers["allow"] == "GET"

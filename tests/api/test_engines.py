"""The engines and how they are."""

from __future__ import annotations

import httpx

from stentor.errors import EngineUnavailable
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine

ENGINES = "/v1/engines"


async def test_each_engine_is_listed_with_its_state(client: httpx.AsyncClient) -> None:
    [listed] = (await client.get(ENGINES)).json()["data"]
    assert (listed["name"], listed["status"], listed["circuit"], listed["load"]) == (
        "tone",
        "ok",
        "closed",
        0,
    )
    assert listed["spent"] == {"requests": 0, "characters": 0, "seconds": 0.0, "cost": 0.0}
    assert (await client.get(f"{ENGINES}/tone")).json() == listed


async def test_what_was_spent_adds_up(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await client.post("/v1/audio/speech", json=speech("x" * 20, response_format="pcm"))
    spent = (await client.get(f"{ENGINES}/tone")).json()["spent"]
    assert (spent["requests"], spent["characters"], round(spent["seconds"], 2)) == (2, 40, 2.0)


async def test_an_engine_that_fails_shows_it() -> None:
    broken = ScriptedEngine(name="gone", fail_at=0, error=EngineUnavailable("It is gone."))
    async with client_of(make_api(broken)) as client:
        for _ in range(3):
            await client.post("/v1/audio/speech", json=speech(voice="one"))
        assert (await client.get(f"{ENGINES}/gone")).json()["circuit"] == "open"
        told = (await client.post(f"{ENGINES}/gone/test")).json()
    assert told["ok"] is False
    assert told["error"]["code"] == "engine_unavailable"


async def test_an_engine_says_one_word(client: httpx.AsyncClient) -> None:
    told = (await client.post(f"{ENGINES}/tone/test")).json()
    assert (told["ok"], told["voice"], told["seconds"]) == (True, "low", 0.3)
    assert 0 < told["first_sound_ms"] <= told["total_ms"]


async def test_an_engine_without_voices_cannot_be_tried() -> None:
    async with client_of(make_api(ScriptedEngine(name="mute", voices=()))) as client:
        told = (await client.post(f"{ENGINES}/mute/test")).json()
    assert told["ok"] is False
    assert "lists no voice" in told["error"]["message"]


async def test_an_unknown_engine_is_not_found(client: httpx.AsyncClient) -> None:
    assert_envelope(await client.get(f"{ENGINES}/x"), 404, "not_found", "name")
    assert_envelope(await client.post(f"{ENGINES}/x/test"), 404, "not_found", "name")

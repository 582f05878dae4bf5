"""The engines and how they are."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message

from stentor.api.context import ApiConfig
from stentor.engines import Price
from stentor.errors import EngineUnavailable
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import LoadedEngine, ScriptedEngine

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
        listed = (await client.get(f"{ENGINES}/gone")).json()
        assert (listed["circuit"], listed["status"]) == ("open", "degraded")
        assert listed["problem"] == "it failed 3 times in a row"
        told = (await client.post(f"{ENGINES}/gone/test")).json()
    assert told["ok"] is False
    assert told["error"]["code"] == "engine_unavailable"


async def test_an_engine_says_one_word(client: httpx.AsyncClient) -> None:
    told = (await client.post(f"{ENGINES}/tone/test")).json()
    assert (told["ok"], told["voice"], told["seconds"]) == (True, "low", 0.3)
    assert 0 < told["first_sound_ms"] <= told["total_ms"]


async def test_it_is_said_by_who_speaks_for_the_first_of_openai_s_names() -> None:
    speaker = ScriptedEngine(name="speaker", voices=["afrikaans", "english"])
    speaker.openai_voices = {"alloy": "english"}
    async with client_of(make_api(speaker)) as client:
        told = (await client.post(f"{ENGINES}/speaker/test")).json()
    assert (told["ok"], told["voice"]) == (True, "english")
    assert speaker.asked[0].voice.id == "english"


async def test_an_engine_without_voices_cannot_be_tried() -> None:
    async with client_of(make_api(ScriptedEngine(name="mute", voices=()))) as client:
        told = (await client.post(f"{ENGINES}/mute/test")).json()
    assert told["ok"] is False
    assert "lists no voice" in told["error"]["message"]


async def test_the_word_is_booked_and_tells_how_the_engine_does() -> None:
    engine = ScriptedEngine(name="cloud")
    api = make_api(engine, prices={"cloud": Price(per_request=0.5)})
    async with client_of(api) as client:
        api.state.context.planner.router.circuits["cloud"].failed()
        await client.post(f"{ENGINES}/cloud/test")
        shown = (await client.get(f"{ENGINES}/cloud")).json()
    assert (shown["spent"]["requests"], shown["spent"]["cost"], shown["load"]) == (1, 0.5, 0)
    assert shown["spent"]["seconds"] > 0
    broken = ScriptedEngine(name="broken", fail_at=0, error=EngineUnavailable("It is away."))
    async with client_of(make_api(broken)) as client:
        for _ in range(3):
            await client.post(f"{ENGINES}/broken/test")
        assert (await client.get(f"{ENGINES}/broken")).json()["circuit"] == "open"


async def test_an_engine_is_tested_once_at_a_time() -> None:
    engine, other = ScriptedEngine(name="slow", gate=asyncio.Event()), ScriptedEngine(name="other")
    assert engine.gate
    async with client_of(make_api(engine, other)) as client:
        running = asyncio.create_task(client.post(f"{ENGINES}/slow/test"))
        while not engine.asked:  # noqa: ASYNC110  an engine sets no event
            await asyncio.sleep(0.001)
        again = await client.post(f"{ENGINES}/slow/test")
        assert "tested already" in assert_envelope(again, 409, "conflict", "name")
        assert (await client.post(f"{ENGINES}/other/test")).json()["ok"]
        engine.gate.set()
        assert (await running).json()["ok"]
        assert (await client.post(f"{ENGINES}/slow/test")).json()["ok"]


async def test_a_test_stops_when_its_caller_leaves() -> None:
    engine = ScriptedEngine(name="slow", gate=asyncio.Event())
    api = make_api(engine)
    sent: list[Message] = []

    async def receive() -> Message:
        while not engine.asked:  # noqa: ASYNC110  an engine sets no event
            await asyncio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": f"{ENGINES}/slow/test", "headers": [], "query_string": b"",
        "http_version": "1.1",
    }  # fmt: skip
    async with asyncio.timeout(5):
        await api(scope, receive, send)
    assert (engine.closed, sent) == (1, [])
    assert engine.gate
    engine.gate.set()
    async with client_of(api) as client:
        assert (await client.post(f"{ENGINES}/slow/test")).json()["ok"]


async def test_an_unknown_engine_is_not_found(client: httpx.AsyncClient) -> None:
    assert_envelope(await client.get(f"{ENGINES}/x"), 404, "not_found", "name")
    assert_envelope(await client.post(f"{ENGINES}/x/test"), 404, "not_found", "name")
    for verb in ("load", "unload"):
        assert_envelope(await client.post(f"{ENGINES}/x/{verb}"), 404, "not_found", "name")


async def test_an_engine_is_loaded_and_unloaded() -> None:
    async with client_of(make_api(LoadedEngine(name="heavy"))) as client:
        assert (await client.get(f"{ENGINES}/heavy")).json()["state"] == "unloaded"
        for verb, state in (("load", "loaded"), ("load", "loaded"), ("unload", "unloaded")):
            answer = await client.post(f"{ENGINES}/heavy/{verb}")
            assert (answer.status_code, answer.json()["state"]) == (200, state)
            assert answer.json() == (await client.get(f"{ENGINES}/heavy")).json()


async def test_the_answer_waits_until_it_is_loaded() -> None:
    gate = asyncio.Event()
    async with client_of(make_api(LoadedEngine(name="heavy", gate=gate))) as client:
        loading = asyncio.create_task(client.post(f"{ENGINES}/heavy/load"))
        await asyncio.sleep(0.05)
        assert not loading.done()
        assert (await client.get(f"{ENGINES}/heavy")).json()["state"] == "loading"
        gate.set()
        assert (await loading).json()["state"] == "loaded"


async def test_an_engine_that_cannot_be_loaded_says_why() -> None:
    broken = LoadedEngine(name="heavy", refuses=EngineUnavailable("The model is missing."))
    async with client_of(make_api(broken)) as client:
        refused = await client.post(f"{ENGINES}/heavy/load")
    assert assert_envelope(refused, 503, "engine_unavailable") == "The model is missing."
    assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize("verb", ["load", "unload"])
async def test_an_engine_without_anything_to_load_says_so(client: httpx.AsyncClient, verb: str) -> None:
    sentence = assert_envelope(await client.post(f"{ENGINES}/tone/{verb}"), 409, "conflict", "name")
    assert "tone" in sentence
    described = (await client.get(f"{ENGINES}/tone")).json()
    assert (described["state"], described["keep_alive"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [(None, None), ({}, None), ({"keep_alive": None}, None), ({"keep_alive": 0}, 0), ({"keep_alive": -1}, -1),
     ({"keep_alive": "5m"}, 300), ({"keep_alive": 1.5}, 1.5)],
)  # fmt: skip
async def test_loading_may_say_how_long_it_stays(body: dict[str, Any] | None, seconds: float | None) -> None:
    engine = LoadedEngine(name="heavy")
    async with client_of(make_api(engine)) as client:
        told = await client.post(f"{ENGINES}/heavy/load", json=body)
        assert (told.status_code, told.json()["keep_alive"]) == (200, seconds)
    assert engine.keep_alive == seconds


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"keep_alive": "soon"}, "keep_alive"),
        ({"keep_alive": True}, "keep_alive"),
        ({"keep_alive": 1e300}, "keep_alive"),
        ({"keep_alive": []}, "keep_alive"),
        ({"keepalive": 1}, "keepalive"),
    ],
)
async def test_what_is_no_way_to_load_is_refused(body: dict[str, Any], param: str) -> None:
    engine = LoadedEngine(name="heavy")
    async with client_of(make_api(engine)) as client:
        assert_envelope(await client.post(f"{ENGINES}/heavy/load", json=body), 400, "invalid_request", param)
    assert engine.state == "unloaded"


async def test_a_body_that_is_no_json_is_refused() -> None:
    api = make_api(LoadedEngine(name="heavy"), api=ApiConfig(max_body_bytes=1024))
    async with client_of(api) as client:
        post = f"{ENGINES}/heavy/load"
        assert_envelope(await client.post(post, data={"keep_alive": "0"}), 415, "unsupported_media_type")
        assert_envelope(await client.post(post, content=b"{"), 400, "unreadable_body")
        assert_envelope(await client.post(post, content=b" " * 2000), 413, "body_too_large")


@pytest.mark.parametrize("verb", ["load", "unload"])
async def test_who_leaves_waits_no_longer(verb: str) -> None:
    engine = LoadedEngine(name="heavy", gate=asyncio.Event())
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    path = f"{ENGINES}/heavy/{verb}"
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [], "http_version": "1.1", "scheme": "http", "client": None, "server": None,
    }  # fmt: skip
    async with asyncio.timeout(5):
        await make_api(engine)(scope, receive, send)
    assert sent == []

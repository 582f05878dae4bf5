"""The provider protocol, as other servers ask it."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from stentor.engines import Capabilities, Price
from stentor.errors import EngineUnavailable
from stentor.pipeline.routes import RouteConfig
from tests.api.inprocess import assert_envelope, client_of, make_api
from tests.fakes import ScriptedEngine, tone

GENERATE = "/v1/generate"


def sound(told: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(told["audio"]), {"float32": "<f4", "int16": "<i2"}[told["dtype"]])


async def test_the_protocol_s_four_fields_are_enough(client: httpx.AsyncClient) -> None:
    body = {"text": "Hello there.", "voice_prompt": {}, "language": "en", "seed": 7}
    answer = await client.post(GENERATE, json=body)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["sample_rate"], told["dtype"]) == (24_000, "float32")
    assert len(sound(told)) == pytest.approx(12 * 0.05 * 24_000, abs=2)
    assert 0.2 < np.abs(sound(told)).max() <= 0.25


async def test_samples_may_be_integers(client: httpx.AsyncClient) -> None:
    told = (await client.post(GENERATE, json={"text": "Hello.", "dtype": "int16"})).json()
    assert 0.2 < np.abs(sound(told)).max() / 32768 <= 0.25


async def test_text_is_said_as_it_is() -> None:
    engine = ScriptedEngine()
    async with client_of(make_api(engine)) as client:
        await client.post(GENERATE, json={"text": "It costs $5. [pause:1s] *Yes*."})
    assert [asked.text for asked in engine.asked] == ["It costs $5. [pause:1s] *Yes*."]


async def test_what_an_engine_can_be_told_reaches_it() -> None:
    able = Capabilities(
        24_000, ("en",), speed=(0.5, 2), pitch=(-4, 4), styles=("sad",), emphasis=True, seed=True,
        instructions=True, phonemes=True,
    )  # fmt: skip
    engine = ScriptedEngine(capabilities=able)
    body = {
        "text": "tomato", "voice": "two", "seed": 7, "speed": 1.5, "pitch": -2, "style": "sad",
        "language": "en", "emphasis": "strong", "instructions": "Softly.", "is_complete": False,
        "pronunciations": [{"start": 0, "end": 6, "ipa": "təˈmɑːtəʊ"}, {"start": 90, "end": 99, "ipa": "a"}],
    }  # fmt: skip
    async with client_of(make_api(engine)) as client:
        assert (await client.post(GENERATE, json=body)).status_code == 200
    [asked] = engine.asked
    assert (asked.voice.id, asked.seed, asked.speed, asked.pitch, asked.style) == ("two", 7, 1.5, -2, "sad")
    assert (asked.emphasis, asked.instructions, asked.is_complete) == ("strong", "Softly.", False)
    assert [(one.start, one.end) for one in asked.pronunciations] == [(0, 6)]


async def test_events_bring_samples_as_they_are_made() -> None:
    engine = ScriptedEngine([tone(0.5)] * 3)
    async with client_of(make_api(engine)) as client:
        answer = await client.post(
            GENERATE, json={"text": "Hello.", "dtype": "int16"}, headers={"Accept": "text/event-stream"}
        )
    assert (answer.headers["x-sample-rate"], answer.headers["x-sample-type"]) == ("24000", "int16")
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
    assert [event["type"] for event in events] == ["speech.audio.delta"] * (len(events) - 1) + [
        "speech.audio.done"
    ]
    assert len(events) > 3
    size = sum(len(base64.b64decode(event["audio"])) for event in events[:-1])
    assert size / 2 / 24_000 == pytest.approx(1.5, abs=0.01)
    assert events[-1]["usage"]["output_tokens"] == 30


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_words_are_told_where_they_stand(client: httpx.AsyncClient, accept: str) -> None:
    answer = await client.post(GENERATE, json={"text": "One two.", "marks": True}, headers={"Accept": accept})
    if accept == "application/json":
        words = answer.json()["words"]
    else:
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
        [words] = [event["words"] for event in events if event["type"] == "speech.audio.timestamps"]
    assert [(word["word"], word["start"], word["char_start"], word["char_end"]) for word in words] == [
        ("One", 0.0, 0, 3), ("two.", 0.2, 4, 8),
    ]  # fmt: skip


async def test_the_printed_sample_server_s_way_of_asking_is_taken(client: httpx.AsyncClient) -> None:
    """Its fields are in the query, and its body is the voice prompt itself."""
    answer = await client.post(GENERATE, params={"text": "Hello.", "language": "en", "seed": 3}, json={})
    assert len(sound(answer.json())) > 0
    named = await client.post(GENERATE, params={"text": "Hello."}, json={"voice": "low"})
    assert named.headers["x-stentor-voice"] == "low"
    wrong = await client.post(GENERATE, params={"text": "Hello.", "seed": "many"}, json={})
    assert_envelope(wrong, 400, "invalid_request", "seed")


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_voice_may_have_a_name_in_any_script(accept: str) -> None:
    async with client_of(make_api(ScriptedEngine(voices=("小艺",), name="ключ"))) as client:
        asked = {"text": "Hello.", "voice": "小艺", "model": "ключ"}
        answer = await client.post(GENERATE, json=asked, headers={"Accept": accept})
    assert answer.status_code == 200
    assert (answer.headers["x-stentor-voice"], answer.headers["x-stentor-engine"]) == ("??", "????")


async def test_a_prompt_may_name_a_voice(client: httpx.AsyncClient) -> None:
    answer = await client.post(GENERATE, json={"text": "Hello.", "voice_prompt": {"voice": "high"}})
    assert answer.headers["x-stentor-voice"] == "high"


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"text": "..."}, "nothing_to_speak", "input"),
        ({"text": "x" * 5000}, "text_too_long", "input"),
        ({"text": "Hi.", "voice": "nobody"}, "voice_not_found", "voice"),
        ({"text": "Hi.", "model": "nothing"}, "model_not_found", "model"),
        ({"text": "Hi.", "voice_prompt": {"ref_code": [1, 2]}}, "invalid_request", "voice_prompt"),
        ({"text": "Hi.", "speed": 9}, "invalid_request", "speed"),
        ({"text": "Hi.", "dtype": "float64"}, "invalid_request", "dtype"),
        ({"text": "Hi.", "style": "funky"}, "invalid_request", "style"),
        ({}, "invalid_request", "text"),
    ],
)
async def test_what_is_wrong_is_said(
    client: httpx.AsyncClient, fields: dict[str, Any], code: str, param: str
) -> None:
    assert_envelope(await client.post(GENERATE, json=fields), 400, code, param)


@pytest.mark.parametrize("path", ["/v1/create_voice_prompt", "/v1/transcribe"])
async def test_what_is_not_done_here_is_said_plainly(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, files={"audio": b"RIFF"}, data={"reference_text": "Hi."})
    assert_envelope(answer, 501, "not_offered")


def chain(*engines: ScriptedEngine, **more: Any) -> FastAPI:
    """Make an API with a route through all engines."""
    return make_api(*engines, routes=[RouteConfig(engines=tuple(one.name for one in engines))], **more)


EVENTS = {"Accept": "text/event-stream"}


@pytest.mark.parametrize("headers", [{}, EVENTS])
async def test_what_is_spoken_for_another_server_is_booked_and_its_cost_told(headers: dict[str, str]) -> None:
    engine = ScriptedEngine(name="cloud")
    api = make_api(engine, prices={"cloud": Price(per_request=0.5, per_character=0.01)})
    async with client_of(api) as client:
        answer = await client.post(GENERATE, json={"text": "Hello."}, headers=headers)
        described = (await client.get("/v1/engines/cloud")).json()
    assert answer.headers["x-stentor-cost"] == "0.56"
    spent = described["spent"]
    assert (spent["requests"], spent["characters"], round(spent["cost"], 9)) == (1, 6, 0.56)
    assert described["load"] == 0
    if headers:
        assert json.loads(answer.text.splitlines()[-2][6:])["usage"]["cost"] == 0.56


async def test_what_is_paid_by_the_second_is_told_with_the_whole() -> None:
    api = make_api(ScriptedEngine([tone(0.5)], name="cloud"), prices={"cloud": Price(per_second=2.0)})
    async with client_of(api) as client:
        whole = await client.post(GENERATE, json={"text": "Hello."})
        events = await client.post(GENERATE, json={"text": "Hello."}, headers=EVENTS)
    assert float(whole.headers["x-stentor-cost"]) == pytest.approx(1.0, abs=0.05)
    assert "x-stentor-cost" not in events.headers


async def test_an_engine_that_fails_here_is_left_alone_everywhere() -> None:
    broken = ScriptedEngine(name="broken", fail_at=0, error=EngineUnavailable("It is away."))
    async with client_of(make_api(broken)) as client:
        for _ in range(3):
            answer = await client.post(GENERATE, json={"text": "Hello."})
            assert_envelope(answer, 503, "engine_unavailable")
        assert (await client.get("/v1/engines/broken")).json()["circuit"] == "open"


async def test_an_engine_that_makes_no_sound_in_time_is_given_up() -> None:
    engine = ScriptedEngine(name="slow", gate=asyncio.Event())
    api = make_api(engine)
    api.state.context.planner.router.deadlines = {"slow": 0.02}
    async with client_of(api) as client:
        answer = await client.post(GENERATE, json={"text": "Hello."})
    assert "no sound within 0.02 seconds" in assert_envelope(answer, 503, "engine_unavailable")
    assert engine.closed == 1


@pytest.mark.parametrize("headers", [{}, EVENTS])
async def test_the_next_engine_of_a_route_speaks_if_the_first_cannot(headers: dict[str, str]) -> None:
    """It speaks in the voice that it has by that name, at its own rate."""
    broken = ScriptedEngine(name="broken", fail_at=0, error=EngineUnavailable("It is away."))
    other = ScriptedEngine(name="other", rate=16_000, voices=("low", "high"))
    async with client_of(chain(broken, other)) as client:
        answer = await client.post(GENERATE, json={"text": "Hello."}, headers=headers)
        totals = {
            one["name"]: one["spent"]["requests"] for one in (await client.get("/v1/engines")).json()["data"]
        }
    assert answer.status_code == 200
    assert answer.headers["x-stentor-engine"] == "other"
    assert answer.headers["x-stentor-fallback"] == "broken: engine_unavailable"
    assert answer.headers["x-stentor-voice"] == "low"
    rate = answer.headers["x-sample-rate"] if headers else str(answer.json()["sample_rate"])
    assert rate == "16000"
    assert totals == {"broken": 1, "other": 1}
    assert (broken.closed, other.finished) == (1, 1)


@pytest.mark.parametrize(
    "fields", [{"model": "broken", "voice": "one"}, {"voice": "mine"}, {"voice_prompt": {"voice": "mine"}}]
)
async def test_nobody_else_speaks_for_an_engine_or_a_voice_that_is_named(fields: dict[str, Any]) -> None:
    gone = EngineUnavailable("It is away.")
    broken = ScriptedEngine(name="broken", fail_at=0, error=gone, voices=("mine", "one"))
    other = ScriptedEngine(name="other")
    async with client_of(chain(broken, other)) as client:
        answer = await client.post(GENERATE, json={"text": "Hello.", **fields})
    assert_envelope(answer, 503, "engine_unavailable")
    assert other.asked == []


async def test_an_answer_that_has_begun_is_not_said_again_by_another() -> None:
    broken = ScriptedEngine([tone(0.1)] * 3, name="broken", fail_at=1, error=EngineUnavailable("It is away."))
    other = ScriptedEngine(name="other")
    async with client_of(chain(broken, other)) as client:
        answer = await client.post(GENERATE, json={"text": "Hello."}, headers=EVENTS)
    assert answer.headers["x-stentor-engine"] == "broken"
    assert json.loads(answer.text.splitlines()[-2][6:])["type"] == "speech.audio.error"
    assert other.asked == []


async def test_an_engine_that_failed_lately_is_asked_last() -> None:
    broken = ScriptedEngine(name="broken", fail_at=0, error=EngineUnavailable("It is away."))
    other = ScriptedEngine(name="other")
    async with client_of(chain(broken, other)) as client:
        for _ in range(5):
            answer = await client.post(GENERATE, json={"text": "Hello."})
    assert len(broken.asked) == 3
    assert answer.headers["x-stentor-fallback"] == "broken: circuit_open"


async def test_a_wrong_request_takes_no_place() -> None:
    async with client_of(make_api(ScriptedEngine(name="one"))) as client:
        for fields in ({"text": "..."}, {"text": "Hi.", "voice": "nobody"}):
            assert (await client.post(GENERATE, json=fields)).status_code == 400
        assert (await client.get("/v1/engines/one")).json()["load"] == 0

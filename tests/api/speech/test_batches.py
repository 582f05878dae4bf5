"""Several texts in one request."""

from __future__ import annotations

import base64

import pytest
from tests.api.inprocess import assert_envelope, client_of, make_api
from tests.fakes import ScriptedEngine
from tests.hearing import decode, pcm, pitch

from stentor import errors
from stentor.api.context import ApiConfig
from stentor.engines.tone import ToneEngine

SPEECH = "/v1/audio/speech"


async def test_a_batch_answers_each_item_in_its_place() -> None:
    engine, other = ScriptedEngine(), ToneEngine()
    body = {
        "voice": "two",
        "response_format": "pcm",
        "speed": 2,
        "items": [
            {"input": "First."},
            {"input": "..."},
            {"input": "Third.", "model": "tone", "voice": "high", "response_format": "flac", "speed": 1},
            {"input": "Fourth.", "speed": 9},
            {"input": "Fifth.", "voice": "nobody"},
            {"input": "Sixth.", "pitch": 1},
        ],
    }
    async with client_of(make_api(engine, other)) as client:
        answer = await client.post(f"{SPEECH}/batch", json=body)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["total"], told["succeeded"], told["failed"]) == (6, 3, 3)
    results = told["results"]
    assert [result["index"] for result in results] == list(range(6))
    assert [result["status"] for result in results] == [
        "success", "error", "success", "error", "error", "success",
    ]  # fmt: skip
    assert results[0]["media_type"] == "audio/pcm"
    assert pcm(base64.b64decode(results[0]["audio_data"])).size == pytest.approx(0.1 * 24_000, rel=0.1)
    assert results[0]["usage"]["input_tokens"] == len("First.")
    assert results[2]["media_type"] == "audio/flac"
    assert pitch(decode(base64.b64decode(results[2]["audio_data"]), "flac")) == pytest.approx(880, abs=4)
    assert results[1]["error"]["code"] == "nothing_to_speak"
    assert results[3]["error"]["param"] == "items.3.speed"
    assert results[4]["error"]["code"] == "voice_not_found"
    assert "'pitch'" in results[5]["warnings"][0]
    assert {asked.voice.id for asked in engine.asked} == {"two"}


async def test_an_engine_that_fails_in_a_batch_fails_its_item_alone() -> None:
    failing = ScriptedEngine(fail_at=0, error=errors.EngineCrashed("scripted", "SIGSEGV"))
    items = [{"input": "A.", "model": "scripted", "voice": "one"}, {"input": "B.", "voice": "low"}]
    async with client_of(make_api(ToneEngine(), failing)) as client:
        told = (await client.post(f"{SPEECH}/batch", json={"items": items})).json()
    assert [result["status"] for result in told["results"]] == ["error", "success"]
    assert told["results"][0]["error"]["code"] == "engine_crashed"


async def test_a_batch_has_a_limit() -> None:
    items = [{"input": "Hi."}] * 3
    async with client_of(make_api(api=ApiConfig(max_batch_items=2))) as client:
        over = await client.post(f"{SPEECH}/batch", json={"items": items})
        within = await client.post(f"{SPEECH}/batch", json={"items": items[:2]})
    assert "2 items" in assert_envelope(over, 400, "invalid_request", "items")
    assert within.json()["succeeded"] == 2


async def test_a_batch_has_the_defaults_of_one_text() -> None:
    engine = ScriptedEngine(voices=("alloy",))
    async with client_of(make_api(engine)) as client:
        told = (await client.post(f"{SPEECH}/batch", json={"items": [{"input": "Hi."}]})).json()
    assert told["results"][0]["media_type"] == "audio/mpeg"
    assert "warnings" not in told["results"][0]
    assert [asked.voice.id for asked in engine.asked] == ["alloy"]


async def test_a_batch_shares_the_length_of_one_answer() -> None:
    """What an item that failed had taken is there for the others."""
    items = [{"input": "x" * 100}] + [{"input": "x" * 20}] * 5
    async with client_of(make_api(api=ApiConfig(max_whole_seconds=3))) as client:
        told = (await client.post(f"{SPEECH}/batch", json={"items": items})).json()
    codes = [result.get("error", {}).get("code") for result in told["results"]]
    assert codes.count("answer_too_long") == told["failed"]
    assert codes[0] == "answer_too_long"
    assert 1 <= told["succeeded"] <= 3

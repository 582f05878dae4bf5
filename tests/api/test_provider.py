"""The provider protocol, as other servers ask it."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest

from stentor.engines import Capabilities
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

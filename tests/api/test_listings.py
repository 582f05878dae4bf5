"""Models and voices as the callers of many servers look for them."""

from __future__ import annotations

import httpx
import pytest

from stentor.engines.tone import ToneEngine
from stentor.voices.aliases import OPENAI_VOICES
from stentor.voices.catalog import OPENAI_MODELS
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine


@pytest.mark.parametrize("path", ["/v1/models", "/v1/audio/models"])
async def test_models_are_listed_in_openais_shape(path: str) -> None:
    async with client_of(make_api(ToneEngine(), ScriptedEngine())) as client:
        told = (await client.get(path)).json()
    assert told["object"] == "list"
    assert [model["id"] for model in told["data"]] == [*OPENAI_MODELS, "tone", "scripted"]
    for model in told["data"]:
        assert model["object"] == "model"
        assert isinstance(model["created"], int)
        assert model["owned_by"] == ("scripted" if model["id"] == "scripted" else "tone")


async def test_a_model_says_what_its_engine_can_do(client: httpx.AsyncClient) -> None:
    told = (await client.get("/v1/models/tone")).json()
    assert told["licence"] == "Apache-2.0"
    assert told["capabilities"] == {
        "languages": ["und"],
        "sample_rate": 24_000,
        "speed": [0.5, 2.0],
        "instructions": False,
        "seed": False,
        "styles": [],
        "pitch": [0, 0],
        "emphasis": False,
        "phonemes": False,
        "marks": True,
        "cloning": False,
        "longest_utterance": 300,
    }


async def test_each_listed_model_is_found_alone_and_can_speak(client: httpx.AsyncClient) -> None:
    for model in (await client.get("/v1/models")).json()["data"]:
        assert (await client.get(f"/v1/models/{model['id']}")).json() == model
        spoken = await client.post("/v1/audio/speech", json=speech(model=model["id"]))
        assert spoken.status_code == 200


async def test_an_unknown_model_is_404(client: httpx.AsyncClient) -> None:
    sentence = assert_envelope(await client.get("/v1/models/gpt%0a9"), 404, "not_found", "model")
    assert "gpt" in sentence


async def test_voices_are_listed_for_every_kind_of_caller() -> None:
    api = make_api(ToneEngine(), ScriptedEngine(), names={"narrator": "high"})
    async with client_of(api) as client:
        told = (await client.get("/v1/audio/voices")).json()
    assert told["uploaded_voices"] == []
    voices = told["voices"]
    names = [voice["id"] for voice in voices]
    assert names == ["narrator", *OPENAI_VOICES, "low", "middle", "high", "one", "two"]
    narrator = voices[0]
    assert narrator == {
        "id": "narrator",
        "voice_id": "narrator",
        "name": "880 Hz",
        "engine": "tone",
        "speaks_as": "high",
        "languages": ["und"],
        "preview_url": None,
    }


async def test_each_listed_voice_is_found_alone_and_can_speak() -> None:
    async with client_of(make_api(ToneEngine(), ScriptedEngine(), names={"narrator": "high"})) as client:
        for voice in (await client.get("/v1/audio/voices")).json()["voices"]:
            assert (await client.get(f"/v1/audio/voices/{voice['id']}")).json() == voice
            spoken = await client.post("/v1/audio/speech", json=speech(voice=voice["id"]))
            assert spoken.headers["x-stentor-voice"] == voice["speaks_as"]
            assert spoken.headers["x-stentor-engine"] == voice["engine"]


@pytest.mark.parametrize("name", ["nobody", "..%2f..%2fetc%2fpasswd", "a%00b", "%ff"])
async def test_an_unknown_voice_is_404(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/v1/audio/voices/{name}")
    if answer.json()["error"]["param"] is None:  # a slash makes it another path
        assert_envelope(answer, 404, "not_found")
    else:
        assert_envelope(answer, 404, "not_found", "voice_id")

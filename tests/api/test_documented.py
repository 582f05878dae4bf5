"""What the OpenAPI document says is what the server does."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import jsonschema_rs
import pytest

from stentor.api.documented import failures
from tests.api.inprocess import speech


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    told: dict[str, Any] = (await client.get("/openapi.json")).json()
    return told


OPTIONAL = ("X-Stentor-Cost", "X-Stentor-Fallback", "X-Stentor-Warning", "X-Stentor-Seed")


def check(document: dict[str, Any], answer: httpx.Response, path: str) -> None:
    """Hold an answer against what is written about it."""
    written = document["paths"][path]["post"]["responses"][str(answer.status_code)]
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in written["content"], media_type
    if media_type == "application/json":
        schema = written["content"][media_type]["schema"] | {"components": document["components"]}
        jsonschema_rs.validate(schema, answer.json())
    for name in written.get("headers", {}):
        assert name.lower() in answer.headers or name in OPTIONAL, name


@pytest.mark.parametrize("format_", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_each_format_is_answered_as_written(
    client: httpx.AsyncClient, document: dict[str, Any], format_: str
) -> None:
    path = "/v1/audio/speech"
    check(document, await client.post(path, json=speech(response_format=format_)), path)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/audio/speech", speech(stream_format="sse")),
        ("/v1/audio/speech", speech("")),
        ("/v1/audio/speech", {}),
        ("/v1/audio/speech/base64", speech()),
        ("/v1/audio/speech/base64", speech(voice="nobody")),
        ("/v1/audio/speech/batch", {"items": [{"input": "Hi.", "pitch": 1}, {"input": "..."}]}),
        ("/v1/audio/speech/batch", {"items": []}),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_each_answer_is_as_written(
    client: httpx.AsyncClient, document: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    check(document, await client.post(path, json=body), path)


async def test_bodies_are_described_although_the_routes_read_them(document: dict[str, Any]) -> None:
    for path, model in (
        ("/v1/audio/speech", "SpeechBody"),
        ("/v1/audio/speech/base64", "SpeechBody"),
        ("/v1/audio/speech/batch", "BatchBody"),
    ):
        asked = document["paths"][path]["post"]["requestBody"]
        assert asked["required"]
        assert asked["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{model}"}
    required = document["components"]["schemas"]["SpeechBody"]["required"]
    assert sorted(required) == ["input", "model", "voice"]


async def test_the_described_body_is_the_one_that_is_taken(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    schema = {"$ref": "#/components/schemas/SpeechBody", "components": document["components"]}
    good = speech(voice={"id": "low"}, sample_rate=16_000, seed=None, speed=4)
    jsonschema_rs.validate(schema, good)
    assert (await client.post("/v1/audio/speech", json=good)).status_code == 200
    for wrong in ({"speed": 5}, {"response_format": "ogg"}, {"sample_rate": 1}, {"stream_format": "x"}):
        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.validate(schema, good | wrong)
        assert (await client.post("/v1/audio/speech", json=good | wrong)).status_code == 400


def test_failures_are_described_by_their_status() -> None:
    described = failures(404, 503)
    assert described[404]["description"] == "Not Found"
    assert described[503]["description"] == "Service Unavailable"


async def test_the_base64_answer_is_a_file(client: httpx.AsyncClient) -> None:
    told = (await client.post("/v1/audio/speech/base64", json=speech(response_format="flac"))).json()
    assert base64.b64decode(told["audio"], validate=True).startswith(b"fLaC")

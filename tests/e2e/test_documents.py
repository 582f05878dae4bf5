"""What the server says of itself to people and to tools."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stentor.audio.encode import FORMATS
from tests.e2e.server import Server


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
    return told


def test_every_field_of_a_speech_body_is_described_with_an_example(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["SpeechBody"]["properties"]
    assert {"model", "input", "voice", "instructions", "response_format", "speed", "stream_format"} <= set(
        fields
    )
    for name, field in fields.items():
        assert field.get("description", "").endswith("."), name
        assert field.get("examples"), name


def test_the_formats_are_those_the_server_has(document: dict[str, Any]) -> None:
    field = document["components"]["schemas"]["SpeechBody"]["properties"]["response_format"]
    assert field["enum"] == list(FORMATS)
    assert field["default"] == "mp3"


def test_an_example_body_from_the_document_is_spoken(server: Server, document: dict[str, Any]) -> None:
    """What /docs fills in when somebody presses "Try it out" works as it is."""
    fields = document["components"]["schemas"]["SpeechBody"]["properties"]
    body = {name: field["examples"][0] for name, field in fields.items()}
    answer = httpx.post(f"{server.url}/v1/audio/speech", json=body, timeout=30)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/audio/speech", "post"),
        ("/v1/audio/speech/base64", "post"),
        ("/v1/audio/speech/batch", "post"),
        ("/v1/audio/voices", "get"),
        ("/v1/audio/voices/{voice_id}", "get"),
        ("/v1/audio/models", "get"),
        ("/v1/models", "get"),
        ("/v1/models/{model}", "get"),
        ("/health", "get"),
        ("/health/live", "get"),
        ("/health/ready", "get"),
    ],
)
def test_every_route_is_summed_up(document: dict[str, Any], path: str, method: str) -> None:
    route = document["paths"][path][method]
    assert route["summary"]
    assert route["description"].endswith(".")
    for answer in route["responses"].values():
        assert answer["description"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for held in value.values() for found in references(held)]
        return [found for held in value for found in references(held)] if isinstance(value, list) else []

    found = set(references(document))
    assert found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_people_can_read_it_in_a_browser(server: Server, path: str) -> None:
    answer = httpx.get(server.url + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Stentor" in answer.text
    assert "/openapi.json" in answer.text

"""The application around the routers: errors, documentation, browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from stentor import __version__
from stentor.api.context import ApiConfig, Context
from stentor.api.server import create_api
from stentor.engines.tone import ToneEngine
from stentor.lexicons.store import LexiconStore
from stentor.pipeline.cast import Casting
from stentor.pipeline.plan import PlanConfig, Planner
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine


async def test_a_path_that_is_not_there_is_404_and_says_where_to_look(client: httpx.AsyncClient) -> None:
    assert "/docs" in assert_envelope(await client.get("/v1/audio/sing"), 404, "not_found")


@pytest.mark.parametrize("path", ["/a%0d%0ab", "/%ff", "/" + "x" * 5000, "/%F0%9F%98%80"])
async def test_a_strange_path_is_shown_in_bounds(client: httpx.AsyncClient, path: str) -> None:
    assert len(assert_envelope(await client.get(path), 404, "not_found")) < 250


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/audio/speech", "POST"), ("DELETE", "/v1/models", "GET"), ("POST", "/health", "GET")],
)
async def test_a_wrong_method_is_405_and_names_the_right_one(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert method in assert_envelope(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/v1/models/", "/health/", "/v1/audio/speech/", "/docs/"])
async def test_a_slash_too_many_is_404_and_leads_nowhere_else(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Host": "elsewhere.example"})
    assert_envelope(answer, 404, "not_found")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("status", "code"), [(403, "forbidden"), (501, "not_implemented"), (503, "service_unavailable")]
)
async def test_what_the_framework_refuses_has_the_type_of_its_status(status: int, code: str) -> None:
    api = make_api()

    @api.get("/refused")
    async def refuse() -> None:
        raise HTTPException(status, "Not now.", headers={"Retry-After": "9"})

    async with client_of(api) as client:
        answer = await client.get("/refused")
    assert assert_envelope(answer, status, code) == "Not now."
    assert answer.headers["retry-after"] == "9"


async def test_a_fault_tells_the_caller_nothing_of_the_inside() -> None:
    class Broken(ScriptedEngine):
        async def find_voice(self, _name: str, _language: str | None) -> Any:
            raise RuntimeError("/home/somebody/models/secret.bin")

    async with client_of(make_api(Broken())) as client:
        answer = await client.post("/v1/audio/speech", json=speech())
    assert "secret" not in assert_envelope(answer, 500, "internal_error")


async def test_browsers_may_not_call_unless_an_origin_was_allowed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/live", headers={"Origin": "https://one.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (("https://one.example",), "https://one.example", "https://one.example"),
        (("https://one.example",), "https://two.example", None),
        (("*",), "https://two.example", "*"),
    ],
)
async def test_an_allowed_origin_may_call_and_read_the_headers(
    origins: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    async with client_of(make_api(api=ApiConfig(cors_origins=origins))) as client:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        before = await client.options("/v1/audio/speech", headers=asked)
        spoken = await client.post("/v1/audio/speech", json=speech(), headers={"Origin": origin})
        refused = await client.post("/v1/audio/speech", json=speech(""), headers={"Origin": origin})
    assert (before.status_code == 200) is (allowed is not None)
    for answer in (spoken, refused):
        assert answer.headers.get("access-control-allow-origin") == allowed
        if allowed:
            exposed = answer.headers["access-control-expose-headers"].lower()
            assert "x-request-id" in exposed
            assert "x-stentor-warning" in exposed


async def test_a_browser_can_read_even_a_fault() -> None:
    """Without the header a page sees no status and no sentence, only that something failed."""

    def broken(_utterance: object) -> Any:
        raise RuntimeError

    api = make_api(ScriptedEngine(broken), api=ApiConfig(cors_origins=("https://one.example",)))
    async with client_of(api) as client:
        answer = await client.post(
            "/v1/audio/speech", json=speech(), headers={"Origin": "https://one.example"}
        )
    assert answer.status_code == 500
    assert answer.headers.get("access-control-allow-origin") == "https://one.example"


async def test_the_operator_names_the_documentation() -> None:
    async with client_of(make_api(api=ApiConfig(title="Our voices", version="7"))) as client:
        told = (await client.get("/openapi.json")).json()["info"]
        page = (await client.get("/docs")).text
    assert (told["title"], told["version"]) == ("Our voices", "7")
    assert "Our voices" in page


async def test_the_version_is_ours_unless_the_operator_says_otherwise(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json()["info"]["version"] == __version__


def test_the_lifespan_is_entered_and_left(tmp_path: Path) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        seen.append("opened")
        yield
        seen.append("closed")

    catalog = Catalog({"tone": ToneEngine()}, "tone", VoiceMap({}, None))
    store = LexiconStore(tmp_path)
    planner = Planner(Casting(catalog, store), PlanConfig())
    api = create_api(Context(catalog, planner, store, ApiConfig()), lifespan)
    with TestClient(api) as client:
        assert client.get("/health/live").status_code == 200
        assert seen == ["opened"]
    assert seen == ["opened", "closed"]


def test_two_applications_know_nothing_of_each_other() -> None:
    with TestClient(make_api(limit=5)) as small, TestClient(make_api()) as large:
        assert small.post("/v1/audio/speech", json=speech("Hello.")).status_code == 400
        assert large.post("/v1/audio/speech", json=speech("Hello.")).status_code == 200

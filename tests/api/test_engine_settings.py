"""How engines are set, over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from stentor.app import create_app
from stentor.settings import load_settings
from tests.api.inprocess import assert_envelope, client_of, make_api, speech

ENGINES = "/v1/engines"
LOUD = {"kind": "tone", "amplitude": 1.0}
FAR = {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": "sesame", "probe_seconds": 0}
TOML = """
[api]
max_body_bytes = 5000
[speech]
default_engine = "tone"
[engines.espeak]
enabled = false
[engines.quiet]
kind = "tone"
[[routes]]
voices = ["hum"]
engines = ["quiet"]
"""


def make_app(folder: Path, **environ: str) -> FastAPI:
    (folder / "stentor.toml").write_text(TOML)
    own = {"STENTOR_DATA_DIR": str(folder / "kept"), "STENTOR_CHANGE_ENGINES": "true"}
    return create_app(load_settings(environ=own | environ, folder=folder))


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Call a server whose engines may be changed."""
    app = make_app(tmp_path)
    async with app.router.lifespan_context(app), client_of(app) as caller:
        yield caller


async def test_what_is_set_is_shown_beside_the_defaults(client: httpx.AsyncClient) -> None:
    shown = (await client.get(f"{ENGINES}/quiet/settings")).json()
    assert {**shown, "defaults": shown["defaults"]["amplitude"]} == {
        "name": "quiet",
        "object": "engine.settings",
        "kind": "tone",
        "in_use": True,
        "at_run_time": False,
        "set": {"kind": "tone"},
        "fixed": {},
        "defaults": 0.25,
        "secrets": {},
    }


async def test_an_engine_is_put_and_speaks_at_once(client: httpx.AsyncClient) -> None:
    put = await client.put(f"{ENGINES}/loud", json=LOUD)
    assert put.status_code == 200
    assert (put.json()["set"], put.json()["at_run_time"]) == (LOUD, True)
    assert put.json() == (await client.get(f"{ENGINES}/loud/settings")).json()
    answer = await client.post("/v1/audio/speech", json=speech(model="loud", response_format="pcm"))
    assert answer.headers["x-stentor-engine"] == "loud"
    for path, key in (("/v1/models", "data"), ("/v1/audio/voices", "voices"), (ENGINES, "data")):
        assert "loud" in json.dumps((await client.get(path)).json()[key])
    assert "loud" in (await client.get("/health")).json()["engines"]
    assert (await client.delete(f"{ENGINES}/loud")).status_code == 204
    for path in ("/v1/models", "/v1/audio/voices", ENGINES, "/health"):
        assert "loud" not in (await client.get(path)).text
    gone = await client.post("/v1/audio/speech", json=speech(model="loud"))
    assert_envelope(gone, 400, "model_not_found", "model")


async def test_what_is_shown_can_be_sent_back(client: httpx.AsyncClient) -> None:
    await client.put(f"{ENGINES}/far", json=FAR)
    shown = (await client.get(f"{ENGINES}/far/settings")).json()
    again = await client.put(f"{ENGINES}/far", json=shown["set"])
    assert again.json() == shown
    assert shown["secrets"] == {"api_key": True, "proxy": False}


async def test_a_key_is_kept_cleared_and_never_sent_elsewhere(client: httpx.AsyncClient) -> None:
    async def has_key(**changes: Any) -> bool:
        sent = {**FAR, **changes}
        if changes.get("api_key", "") == "":
            del sent["api_key"]
        told: bool = (await client.put(f"{ENGINES}/far", json=sent)).json()["secrets"]["api_key"]
        return told

    assert await has_key(api_key="sesame")
    assert await has_key(model="other")
    assert not await has_key(api_key=None)
    assert not await has_key()
    assert await has_key(api_key="sesame")
    assert not await has_key(url="http://127.0.0.1:10/v1")
    assert not await has_key()


EXTRA = {"lang_code": "a", "api_key": "sesame", "more": {"Authorization": "Bearer sesame"}}
MASKED = {"lang_code": "a", "api_key": "********", "more": {"Authorization": "********"}}


async def test_secrets_in_free_tables_are_masked_and_the_masks_stand_for_them(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    def extra(name: str) -> object:
        return app.state.context.fleet.engines[name]._config.extra

    async with app.router.lifespan_context(app), client_of(app) as client:
        put = await client.put(f"{ENGINES}/far", json={**FAR, "extra": EXTRA})
        assert put.json()["set"]["extra"] == MASKED
        shown = await client.get(f"{ENGINES}/far/settings")
        assert "sesame" not in put.text + shown.text
        changed = {**MASKED, "lang_code": "b"}
        again = await client.put(f"{ENGINES}/far", json={**shown.json()["set"], "extra": changed})
        assert again.json()["set"]["extra"] == changed
        assert extra("far") == {**EXTRA, "lang_code": "b"}
        elsewhere = {**shown.json()["set"], "url": "http://127.0.0.1:10/v1"}
        moved = await client.put(f"{ENGINES}/far", json=elsewhere)
        assert moved.json()["set"]["extra"] == {"lang_code": "a", "more": {}}
        assert extra("far") == {"lang_code": "a", "more": {}}


async def test_masks_stand_for_what_the_settings_files_have_and_copy_none_of_it(tmp_path: Path) -> None:
    """A key in a file may be changed there later on."""
    app = make_app(tmp_path)
    with (tmp_path / "stentor.toml").open("a") as file:
        file.write("""
[engines.far]
kind = "openai"
url = "http://127.0.0.1:9/v1"
probe_seconds = 0
extra = { api_key = "sesame", lang_code = "a" }
""")
    for _ in range(2):
        own = {"STENTOR_DATA_DIR": str(tmp_path / "kept"), "STENTOR_CHANGE_ENGINES": "true"}
        app = create_app(load_settings(environ=own, folder=tmp_path))
        async with app.router.lifespan_context(app), client_of(app) as client:
            shown = (await client.get(f"{ENGINES}/far/settings")).json()["set"]
            assert shown["extra"] == {"api_key": "********", "lang_code": "a"}
            assert (await client.put(f"{ENGINES}/far", json={**shown, "model": "other"})).status_code == 200
            engine = app.state.context.fleet.engines["far"]
            assert engine._config.extra == {"api_key": "sesame", "lang_code": "a"}
        assert "sesame" not in (tmp_path / "kept" / "engines.json").read_text()


async def test_engines_and_routes_are_put_together(client: httpx.AsyncClient) -> None:
    body = {"engines": {"loud": LOUD, "far": FAR}, "routes": [{"engines": ["far", "loud"]}]}
    put = await client.put(ENGINES, json=body)
    assert put.status_code == 200
    assert [told["name"] for told in put.json()["data"]] == ["loud", "far"]
    assert put.json()["routes"] == [{"engines": ["far", "loud"]}]
    assert "sesame" not in put.text
    answer = await client.post("/v1/audio/speech", json=speech())
    assert answer.headers["x-stentor-engine"] == "loud"
    assert answer.headers["x-stentor-fallback"].startswith("far: ")
    for still_needed in ({"engines": {"loud": None}}, {"engines": {"far": {**FAR, "enabled": False}}}):
        refused = await client.put(ENGINES, json=still_needed)
        assert "route 1," in assert_envelope(refused, 409, "conflict")
    taken_back = await client.put(ENGINES, json={"engines": {"loud": None, "far": None}, "routes": None})
    assert (taken_back.json()["data"], taken_back.json()["routes"][0]["voices"]) == ([], ["hum"])
    assert (await client.put(ENGINES, json={})).status_code == 200


REFUSED: list[tuple[str, Any, int, str, str | None]] = [
    ("/new", {"kind": "opanai"}, 400, "invalid_request", None),
    ("/new", {"kind": 5}, 400, "invalid_request", "kind"),
    ("/new", {"kind": ""}, 400, "invalid_request", "kind"),
    ("/new", {"kind": "tone", "enabled": "no"}, 400, "invalid_request", "enabled"),
    ("/new", [], 400, "invalid_request", None),
    ("/new", {**LOUD, "loud": 1}, 400, "invalid_request", None),
    ("/a%20b", LOUD, 400, "invalid_request", None),
    ("/new", {"kind": "provider", "voice_prompts": "/etc/passwd"}, 400, "invalid_request", None),
    ("/tone", {"enabled": False}, 409, "conflict", None),
    ("", {"engines": {"nobody": None}}, 404, "not_found", "name"),
    ("", {"engines": {"quiet": None}}, 409, "conflict", None),
    ("", {"engines": {"new": 5}}, 400, "invalid_request", "engines.new"),
    ("", {"engines": {"new": {"kind": 5}}}, 400, "invalid_request", "engines.new.kind"),
    ("", {"routes": [{"engines": ["nobody"]}]}, 400, "invalid_request", None),
    ("", {"routes": [{"engines": ["tone", "tone"]}]}, 400, "invalid_request", None),
    ("", {"routes": [{"engines": ["tone"], "weights": {"x": 2}}]}, 400, "invalid_request", None),
    ("", {"routes": ["tone"]}, 400, "invalid_request", "routes.0"),
    ("", {"route": []}, 400, "invalid_request", "route"),
]


@pytest.mark.parametrize(("path", "body", "status", "code", "param"), REFUSED)
async def test_what_is_wrong_is_a_sentence(
    client: httpx.AsyncClient, path: str, body: Any, status: int, code: str, param: str | None
) -> None:
    before = (await client.get(ENGINES)).json()
    assert_envelope(await client.put(f"{ENGINES}{path}", json=body), status, code, param)
    assert (await client.get(ENGINES)).json() == before


async def test_an_engine_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    assert_envelope(await client.get(f"{ENGINES}/nobody/settings"), 404, "not_found", "name")
    assert_envelope(await client.delete(f"{ENGINES}/nobody"), 404, "not_found", "name")
    assert_envelope(await client.delete(f"{ENGINES}/quiet"), 409, "conflict")


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["", "/loud"])
async def test_only_json_can_change_anything(
    client: httpx.AsyncClient, path: str, media_type: str | None
) -> None:
    headers = {"content-type": media_type} if media_type else {}
    answer = await client.put(f"{ENGINES}{path}", content=json.dumps(LOUD).encode(), headers=headers)
    assert_envelope(answer, 415, "unsupported_media_type")


async def test_a_body_is_read_like_any_other(client: httpx.AsyncClient) -> None:
    large = await client.put(f"{ENGINES}/loud", json={**LOUD, "kind": "x" * 6000})
    assert_envelope(large, 413, "body_too_large")
    headers = {"content-type": "application/json"}
    broken = await client.put(f"{ENGINES}/loud", content=b'{"kind": "tone", "kind": "x"}', headers=headers)
    assert_envelope(broken, 400, "unreadable_body", "kind")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('"extra": ' + '{"a": ' * 40 + "1" + "}" * 40, "unreadable_body"),
        ('"extra": ' + "[" * 400 + "]" * 400, "unreadable_body"),
        ('"extra": {"a": "\\ud800"}', "unreadable_body"),
        ('"extra": {"\\udfff": 1}', "unreadable_body"),
        ('"model": "\\ud800"', "unreadable_body"),
        ('"\\ud800": 1', "unreadable_body"),
        ('"a\\nb": 1', "invalid_request"),
        (f'"{"x" * 4000}": 1', "invalid_request"),
        ('"url": "' + "x" * 4000 + '"', "invalid_request"),
        ('"connections": 1e400', "unreadable_body"),
        ('"connections": NaN', "unreadable_body"),
    ],
)
async def test_what_could_not_be_kept_or_shown_is_refused(
    client: httpx.AsyncClient, written: str, code: str
) -> None:
    headers = {"content-type": "application/json"}
    body = f'{{"kind": "openai", "probe_seconds": 0, {written}}}'
    for path, sent in (("/odd", body), ("", f'{{"engines": {{"odd": {body}}}}}')):
        answer = await client.put(f"{ENGINES}{path}", content=sent.encode(), headers=headers)
        assert len(assert_envelope(answer, 400, code)) < 600
    assert (await client.get(f"{ENGINES}/odd/settings")).status_code == 404


async def test_nothing_changes_unless_the_operator_allows_it(tmp_path: Path) -> None:
    app = make_app(tmp_path, STENTOR_CHANGE_ENGINES="false")
    async with client_of(app) as client:
        for refused in (
            await client.put(f"{ENGINES}/loud", json=LOUD),
            await client.put(f"{ENGINES}/loud", content=b"no json"),
            await client.put(ENGINES, json={}),
            await client.delete(f"{ENGINES}/quiet"),
        ):
            assert "`change_engines = true`" in assert_envelope(refused, 403, "forbidden")
        assert_envelope(await client.get(f"{ENGINES}/quiet/settings"), 403, "forbidden")
    assert not (tmp_path / "kept").exists()


async def test_an_application_that_cannot_change_says_so() -> None:
    async with client_of(make_api()) as client:
        assert_envelope(await client.get(f"{ENGINES}/tone/settings"), 501, "not_offered")


async def test_a_change_that_cannot_be_kept_is_not_made(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    (tmp_path / "kept").write_text("no folder")
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert_envelope(await client.put(f"{ENGINES}/loud", json=LOUD), 507, "storage_failed")
        assert (await client.get(f"{ENGINES}/loud/settings")).status_code == 404


def test_the_document_describes_it(tmp_path: Path) -> None:
    with TestClient(make_app(tmp_path)) as client:
        document = client.get("/openapi.json").json()
    put = document["paths"]["/v1/engines/{name}"]["put"]
    assert put["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/EngineTable")
    assert {"200", "403", "409", "415", "507"} <= put["responses"].keys()
    for name in ("EngineTable", "EnginesBody", "EngineSettingsObject", "EngineSettingsList"):
        assert name in document["components"]["schemas"]

"""What web pages of other origins may have a browser do here: nothing, unless the operator allows it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from stentor.api.context import ApiConfig
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import LoadedEngine, ScriptedEngine

SPEECH = "/v1/audio/speech"
STREAM = "/v1/audio/speech/stream"

OWN = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://voice.example"},  # a proxy ends TLS
    {"Origin": "http://stentor.test"},
    {"Origin": "http://Stentor.Test"},
    {"Origin": "http://box.example:8080", "Host": "box.example:8080"},
    {"Origin": "chrome-extension://abcdefgh"},
    {"Origin": "moz-extension://1234", "Sec-Fetch-Site": "cross-site"},
]
FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://stentor.test:8080"},
    {"Origin": "http://stentor.test.evil.example"},
    {"Origin": "null"},  # a page in a sandboxed frame
    {"Origin": "http://"},
    {"Origin": ""},
    {"Origin": "null", "Host": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://stentor.test"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.test"},
    {"Sec-Fetch-Site": "anything"},
]


@pytest.mark.parametrize("headers", OWN)
async def test_our_own_pages_and_callers_that_are_no_pages_are_served(headers: dict[str, str]) -> None:
    engine = LoadedEngine()
    async with client_of(make_api(engine)) as client:
        assert (await client.post(f"/v1/engines/{engine.name}/unload", headers=headers)).status_code == 200
        assert (await client.post(SPEECH, json=speech(), headers=headers)).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_of_another_origin_has_nothing_done(headers: dict[str, str]) -> None:
    engine = LoadedEngine()
    async with client_of(make_api(engine)) as client:
        for path in (f"/v1/engines/{engine.name}/unload", f"/v1/engines/{engine.name}/test", SPEECH):
            answer = await client.post(
                path,
                content=b'{"input": "Hi.", "voice": "one"}',
                headers={"Content-Type": "text/plain"} | headers,
            )
            assert "`api.cors_origins`" in assert_envelope(answer, 403, "forbidden")
            assert answer.headers["x-request-id"]
        assert (await client.delete("/v1/lexicons/mine", headers=headers)).status_code == 403
        assert (await client.put("/v1/engines/far", json={}, headers=headers)).status_code == 403
    assert engine.asked == []


@pytest.mark.parametrize("headers", FOREIGN)
async def test_what_changes_nothing_is_answered(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """A link of any page leads to `/docs`; what is read, the browser keeps from the page."""
    for path in ("/docs", "/v1/models"):
        assert (await client.get(path, headers=headers)).status_code == 200


@pytest.mark.parametrize("allowed", ["https://app.example", "null", "*"])
async def test_an_origin_that_the_operator_names_may_do_all(allowed: str) -> None:
    config = ApiConfig(cors_origins=("https://one.example", allowed))
    origin = "https://any.example" if allowed == "*" else allowed
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    async with client_of(make_api(api=config)) as client:
        answer = await client.post(SPEECH, json=speech(voice="low"), headers=headers)
        assert answer.status_code == 200
        if allowed != "*":
            evil = await client.post(SPEECH, json=speech(), headers={"Origin": f"{origin}.evil.example"})
            assert_envelope(evil, 403, "forbidden")


def test_a_websocket_is_not_opened_for_a_page_of_another_origin() -> None:
    config = ApiConfig(cors_origins=("https://app.example",))
    with TestClient(make_api(ScriptedEngine(), api=config)) as client:
        for headers in FOREIGN:
            with pytest.raises(WebSocketDisconnect), client.websocket_connect(STREAM, headers=headers):
                pass
        for headers in ({}, {"Origin": "http://testserver"}, {"Origin": "https://app.example"}):
            with client.websocket_connect(STREAM, headers=headers) as socket:
                socket.send_json({"type": "session.close"})


@given(origin=st.binary(max_size=60), site=st.none() | st.binary(max_size=20))
async def test_whatever_a_caller_sends_is_served_or_refused(origin: bytes, site: bytes | None) -> None:
    headers = [(b"origin", origin), *([] if site is None else [(b"sec-fetch-site", site)])]
    async with client_of(make_api()) as client:
        answer = await client.post(SPEECH, json=speech(voice="low"), headers=headers)
    if answer.status_code != 200:
        assert_envelope(answer, 403, "forbidden")

"""Each request has an id, in its answer and in the log; nothing a caller said is in the log."""

from __future__ import annotations

import logging
import re

import httpx
import pytest
from starlette.testclient import TestClient

from tests.api.inprocess import make_api, speech


async def test_every_answer_has_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    paths = ["/health/live", "/nowhere", "/v1/models/nobody", "/docs"] * 3
    ids = [(await client.get(path)).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
    assert all(re.fullmatch(r"req_[0-9a-f]{24}", identity) for identity in ids)


@pytest.mark.parametrize("own", ["a", "req_1", "3f2c-11:2.b", "x" * 128])
async def test_a_callers_own_id_is_kept(client: httpx.AsyncClient, own: str) -> None:
    answer = await client.get("/health/live", headers={"X-Request-ID": own})
    assert answer.headers.get_list("x-request-id") == [own]


@pytest.mark.parametrize("own", ["", "x" * 129, "a b", "a\tb", "é", "<script>", 'a"b', "a;b"])
async def test_an_id_that_could_harm_a_log_is_replaced(client: httpx.AsyncClient, own: str) -> None:
    answer = await client.get("/health/live", headers={b"X-Request-ID": own.encode()})
    assert answer.headers["x-request-id"].startswith("req_")


async def test_a_request_is_one_line_in_the_log_without_what_was_said(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="stentor")
    await client.post(
        "/v1/audio/speech?key=sesame",
        json=speech("Private words.", instructions="Secretly.", voice="low"),
        headers={"X-Request-ID": "mine", "Authorization": "Bearer sesame"},
    )
    lines = [record.getMessage() for record in caplog.records if record.name == "stentor.access"]
    assert len(lines) == 1
    assert re.fullmatch(r"mine POST /v1/audio/speech 200 \d+\.\d ms", lines[0])
    for secret in ("Private", "Secretly", "sesame"):
        assert secret not in caplog.text


async def test_a_path_cannot_write_lines_of_its_own(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="stentor.access")
    await client.get("/a%0d%0aINFO%20forged%1b[31m" + "x" * 1000)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "stentor.access"]
    assert line.isprintable()
    assert len(line) < 250


def test_a_websocket_has_an_id_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stentor.access")
    with (
        TestClient(make_api()) as client,
        client.websocket_connect("/v1/audio/speech/stream", headers={"X-Request-ID": "mine"}) as socket,
    ):
        assert (b"x-request-id", b"mine") in (socket.extra_headers or [])
        socket.send_json({"type": "session.close"})
    assert any(
        record.getMessage().startswith("mine WEBSOCKET /v1/audio/speech/stream 101")
        for record in caplog.records
    )

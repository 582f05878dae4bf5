"""Each request has an id, in its answer and in the log; nothing a caller said is in the log."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from stentor.errors import EngineFailed
from stentor.observe.logs import with_request
from tests.api.inprocess import client_of, make_api, speech
from tests.fakes import ScriptedEngine, tone


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
    caplog.handler.addFilter(with_request)
    await client.post(
        "/v1/audio/speech?key=sesame",
        json=speech("Private words.", instructions="Secretly.", voice="low"),
        headers={"X-Request-ID": "mine", "Authorization": "Bearer sesame"},
    )
    lines = [record for record in caplog.records if record.name == "stentor.access"]
    assert len(lines) == 1
    assert re.fullmatch(r"POST /v1/audio/speech 200 \d+\.\d ms", lines[0].getMessage())
    assert lines[0].__dict__["request"] == "mine "
    assert lines[0].levelno == logging.INFO
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
        record.getMessage().startswith("WEBSOCKET /v1/audio/speech/stream 101") for record in caplog.records
    )


class Quoting(ScriptedEngine):
    """Fails, and repeats what it was asked."""

    def __init__(self, begins: int = 0) -> None:
        error = EngineFailed("The engine far refused the request (400): no words such as 'Private'.")
        error.quotes = ": no words such as 'Private'"
        super().__init__([tone(0.5)] * 4, name="far", fail_at=begins, error=error)


WHY = "engine_failed: The engine far refused the request (400)."


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    """Return what is in the log of one request: how serious it is, whose it is, and what, without times."""
    return [
        (record.levelname, record.__dict__["request"], re.sub(r" \d+\.\d ms$", "", record.getMessage()))
        for record in caplog.records
    ]


@pytest.mark.parametrize("fields", [{}, {"stream": False}, {"stream_format": "sse"}])
async def test_the_log_says_why_an_engine_failed_in_our_own_words(
    fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="stentor")
    caplog.handler.addFilter(with_request)
    async with client_of(make_api(Quoting())) as client:
        body = speech("Private words.", voice="one", **fields)
        answer = await client.post("/v1/audio/speech", json=body, headers={"X-Request-ID": "mine"})
    assert "Private" in answer.json()["error"]["message"]
    assert told(caplog) == [
        ("WARNING", "mine ", f"it failed: {WHY}"),
        ("WARNING", "mine ", "POST /v1/audio/speech 500"),
    ]


@pytest.mark.parametrize(
    ("begins", "fields", "line"),
    [
        (0, {"stream_format": "sse", "progress": True}, "a stream of events ended before its first sound"),
        (2, {"stream_format": "sse"}, "a stream of events broke off"),
        (2, {}, "the answer broke off"),
    ],
)
async def test_the_log_says_why_an_answer_broke_off(
    begins: int, fields: dict[str, Any], line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="stentor")
    caplog.handler.addFilter(with_request)
    async with client_of(make_api(Quoting(begins))) as client:
        body = speech("Private words.", voice="one", response_format="pcm", **fields)
        with suppress(AssertionError):  # which httpx raises for an answer without an end
            await client.post("/v1/audio/speech", json=body, headers={"X-Request-ID": "mine"})
    assert told(caplog) == [("WARNING", "mine ", f"{line}: {WHY}")]


def test_the_log_says_why_a_session_failed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="stentor")
    caplog.handler.addFilter(with_request)
    with (
        TestClient(make_api(Quoting())) as client,
        client.websocket_connect("/v1/audio/speech/stream", headers={"X-Request-ID": "mine"}) as socket,
    ):
        socket.send_json({"type": "session.config", "voice": "one"})
        socket.send_json({"type": "input.text", "text": "Private words."})
        socket.send_json({"type": "session.close"})
        while socket.receive()["type"] != "websocket.close":
            pass
    assert told(caplog) == [("WARNING", "mine ", f"a sentence of a session failed: {WHY}")]


async def test_what_the_caller_can_mend_is_no_failure(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="stentor")
    await client.post("/v1/audio/speech", json=speech("Private words.", voice="nobody"))
    (record,) = caplog.records
    assert (record.levelname, record.name) == ("INFO", "stentor.access")

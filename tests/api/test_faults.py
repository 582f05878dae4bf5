"""What nobody expected is answered like every other error, and can be found in the log."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from stentor.api.faults import Faults
from stentor.observe.logs import REQUEST, with_request

SCOPE = {"type": "http"}


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_a_fault_is_an_envelope_and_its_trace_is_logged_with_the_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("secret words")

    caplog.handler.addFilter(with_request)
    token = REQUEST.set("mine")
    await Faults(broken)(SCOPE, receive, send)
    REQUEST.reset(token)
    assert sent[0]["status"] == 500
    body = json.loads(sent[1]["body"])
    assert body["error"]["code"] == "internal_error"
    assert body["detail"] == body["error"]["message"]
    assert b"secret" not in sent[1]["body"]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.__dict__["request"] == "mine "
    assert record.exc_info is not None


async def test_a_fault_after_the_answer_began_cannot_be_answered() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def breaks_off(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await Faults(breaks_off)(SCOPE, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_what_is_well_passes_untouched() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def well(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    await Faults(well)(SCOPE, receive, send)
    assert sent == [{"type": "http.response.start", "status": 204, "headers": []}]


async def test_a_websocket_has_its_own_way_to_fail() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("for the socket's own router")

    async def send(message: Message) -> None:
        raise AssertionError(message)

    with pytest.raises(ValueError, match="router"):
        await Faults(broken)({"type": "websocket"}, receive, send)

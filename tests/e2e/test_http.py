"""HTTP as it is on the wire: what no client library shows."""

from __future__ import annotations

import contextlib
import json
import wave
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server, http_request, running

SPEECH = "/v1/audio/speech"
JSON = "Content-Type: application/json"


def exchange(server: Server, request: bytes) -> tuple[bytes, bytes]:
    """Send a request and hear until the server closes; returns the head in lower case, and the body."""
    with contextlib.closing(server.connect()) as connection:
        connection.sendall(request)
        heard = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = heard.partition(b"\r\n\r\n")
    return head.lower(), body


@pytest.mark.parametrize("stream", [True, False])
def test_http_1_0_is_answered_with_a_length_and_no_chunks(server: Server, *, stream: bool) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": "Hello there.", "response_format": "wav"}
    body = json.dumps(fields | {"stream": stream}).encode()
    head, file = exchange(server, http_request(SPEECH, body, JSON).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert b" 200 " in head.splitlines()[0]
    assert b"transfer-encoding" not in head
    assert f"content-length: {len(file)}".encode() in head
    with wave.open(BytesIO(file)) as heard:
        assert heard.getnframes() == (len(file) - 44) // 2


def test_a_body_that_does_not_come_ends_the_connection(tmp_path: Path) -> None:
    with running(tmp_path, {"STENTOR_BODY_SECONDS": "0.5"}) as server:
        request = http_request(SPEECH, b"", JSON, "Content-Length: 100")
        head, told = exchange(server, request + b'{"model"')
        assert b" 408 " in head.splitlines()[0]
        assert json.loads(told)["error"]["code"] == "body_too_slow"
        assert httpx.get(f"{server.url}/health/live", timeout=10).status_code == 200

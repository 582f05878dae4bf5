"""Lexicons at a real server: what it acknowledged outlives it, and what an operator writes is spoken."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx

from tests.e2e.server import Server, http_request, running


def words(server: Server, identity: str) -> list[str]:
    entries = httpx.get(f"{server.url}/v1/lexicons/{identity}", timeout=10).json()["entries"]
    return [entry["word"] for entry in entries]


def spoken(server: Server, text: str) -> str:
    body = {"model": "tts-1", "voice": "alloy", "input": text}
    told: dict[str, str] = httpx.post(f"{server.url}/v1/text/plan", json=body, timeout=10).json()
    return told["text"]


def test_what_was_acknowledged_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    acknowledged = []
    try:
        with running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=10) as client:
            assert client.post("/v1/lexicons?id=mine", json={"w0": "x"}).status_code == 201
            for number in range(1, 30):
                client.patch("/v1/lexicons/mine", json={"add": {f"w{number}": "x"}}).raise_for_status()
                acknowledged.append(f"w{number}")
            for child in server.process.children(recursive=True):
                child.kill()
            server.process.kill()
    except AssertionError:
        pass  # it did not end tidily, which was the point
    assert len(acknowledged) == 29
    with running(tmp_path) as server:
        assert words(server, "mine") == ["w0", *acknowledged]


def test_an_operators_file_is_spoken_without_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "lexicons"
    with running(tmp_path) as server:
        assert spoken(server, "Use SQL.") == "Use SQL."
        folder.mkdir(parents=True)
        (folder / "mine.json").write_text(json.dumps({"SQL": "sequel"}), "utf-8")
        time.sleep(0.6)
        assert spoken(server, "Use SQL.") == "Use sequel."
        (folder / "broken.json").write_text("{", "utf-8")
        time.sleep(0.6)
        assert spoken(server, "Use SQL.") == "Use sequel."
        assert "broken.json cannot be used. It is not valid JSON" in server.log.read_text("utf-8")


def test_a_caller_who_leaves_within_a_body_does_no_harm(server: Server) -> None:
    for method, path in (("POST", "/v1/lexicons?id=left"), ("PUT", "/v1/lexicons/left")):
        with server.connect() as caller:
            caller.sendall(http_request(path, b'{"entries": {', "Content-Length: 1000", method=method))
            time.sleep(0.1)
    assert httpx.get(f"{server.url}/v1/lexicons/left", timeout=10).status_code == 404

"""A real server in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 10.0
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONPATH")
ESPEAK = {"STENTOR_ENGINES_ESPEAK_REPLICAS": "2", "STENTOR_ENGINES_ESPEAK_SPARES": "1"}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    port: int
    process: psutil.Process
    log: Path
    greeting: str

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def health(self) -> dict[str, Any]:
        """Ask how it is."""
        told: dict[str, Any] = httpx.get(f"{self.url}/health", timeout=10).json()
        return told

    def espeak(self) -> dict[str, Any]:
        """Ask how its espeak engine is."""
        told: dict[str, Any] = self.health()["engines"]["espeak"]
        return told

    def speak(self, text: str = "Hello there.", **fields: Any) -> httpx.Response:
        """Have it speak."""
        body = {"model": "tts-1", "voice": "alloy", "input": text} | fields
        return httpx.post(f"{self.url}/v1/audio/speech", json=body, timeout=60)

    def connect(self) -> socket.socket:
        """Connect, and say nothing yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def settles(self, seconds: float = 8.0) -> bool:
        """Wait until nothing is spoken and all workers are there; tells whether that came about."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            told = self.espeak()
            if (told["busy"], told["waiting"], told["workers"], told["spares"]) == (0, 0, 2, 1):
                return True
            time.sleep(0.05)
        return False


@contextmanager
def running(folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run a server in a folder; at the end it must leave promptly, tidily and without a complaint."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    log = folder / "server.log"
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            [sys.executable, "-m", "stentor", "serve", "--port", "0"],
            cwd=folder,
            env={**environment, "STENTOR_DATA_DIR": str(folder / "kept"), **ESPEAK, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sink,
        ) as process,
    ):
        try:
            server = _started(process, log)
            yield server
            workers = server.process.children(recursive=True)
            process.send_signal(signal.SIGINT)
            try:
                code = process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                pytest.fail(f"the server did not end within {_ENDS_WITHIN} s of SIGINT")
        finally:
            process.kill()
        _, left = psutil.wait_procs(workers, timeout=2)
        said = log.read_text("utf-8", "replace")
        assert code == 0, said[-4000:]
        assert not left, f"workers outlived the server: {left}"
        assert "Traceback" not in said, said[said.index("Traceback") - 200 :][:6000]


def _started(process: subprocess.Popen[bytes], log: Path) -> Server:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], _STARTS_WITHIN)
    greeting = process.stdout.readline().decode() if ready else ""
    found = re.search(r"http://127\.0\.0\.1:(\d+)", greeting)
    assert found, f"the server did not say where it is: {greeting!r}\n{log.read_text()}"
    server = Server(int(found[1]), psutil.Process(process.pid), log, greeting)
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.url}/health/ready", timeout=5).status_code == 200:
                return server
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server was not ready in {_STARTS_WITHIN} s\n{log.read_text()}")


def http_request(path: str, body: bytes = b"", *headers: str, method: str = "POST") -> bytes:
    """Write a request by hand, for callers that no client library would be."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

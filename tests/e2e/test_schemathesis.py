"""A thousand requests that a machine thought of: none is a fault, each answer is as documented."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.e2e.server import Server

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
)


def test_the_document_is_kept_to_whatever_is_asked(server: Server, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{server.url}/openapi.json",
        "--max-examples=100",
        "--seed=1",
        "--phases=examples,coverage,fuzzing",
        f"--checks={','.join(CHECKS)}",
        "--generation-allow-x00=true",
        "--continue-on-failure",
        # It says that this server does not do it, with 501, which is no failure of a server.
        "--exclude-path-regex=^/v1/transcribe$",
        "--suppress-health-check=all",
        "--request-timeout=20",
        "--no-color",
    ]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1"}
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=120, text=True
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    httpx.post(f"{server.url}/v1/engines/espeak/load", json={"keep_alive": -1}, timeout=20)
    assert server.settles()

"""OpenAI's own JavaScript client."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import Server
from tests.hearing import decode, rms
from tests.tools import skip_or_fail

SCRIPT = Path(__file__).parent / "node" / "speak.mjs"


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Let the client speak, and return what it saw."""
    node = shutil.which("node")
    if not node:
        skip_or_fail("Node.js is not installed")
    if not (SCRIPT.parent / "node_modules" / "openai").is_dir():
        skip_or_fail("OpenAI's JavaScript client is not installed: npm ci in tests/e2e/node")
    folder = tmp_path_factory.mktemp("node")
    ran = subprocess.run(
        [node, SCRIPT, f"{server.url}/v1", folder], capture_output=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr.decode()
    saw: dict[str, Any] = json.loads(ran.stdout)
    return saw | {"folder": folder}


def test_a_whole_answer_plays(told: dict[str, Any]) -> None:
    sound = decode((told["folder"] / "whole.mp3").read_bytes(), "mp3")
    assert rms(sound) > 0.02
    assert told["whole"]["type"] == "audio/mpeg"
    assert told["whole"]["bytes"] == (told["folder"] / "whole.mp3").stat().st_size


def test_a_stream_arrives_in_parts_and_plays(told: dict[str, Any]) -> None:
    assert told["streamed"]["parts"] > 3
    sound = decode((told["folder"] / "streamed.wav").read_bytes(), "wav")
    assert sound.size / 24_000 > 10
    assert rms(sound) > 0.02


def test_a_mistake_is_the_clients_own_error(told: dict[str, Any]) -> None:
    assert told["mistake"]["name"] == "BadRequestError"
    assert told["mistake"]["status"] == 400
    assert (told["mistake"]["param"], told["mistake"]["code"]) == ("voice", "voice_not_found")
    assert "nobody" in told["mistake"]["message"]
    assert told["mistake"]["requestID"]


def test_an_unknown_model_is_not_found(told: dict[str, Any]) -> None:
    assert told["missing"] == {"name": "NotFoundError", "status": 404}


def test_a_caller_who_aborts_is_let_go(told: dict[str, Any]) -> None:
    assert told["aborted"] == "AbortError"

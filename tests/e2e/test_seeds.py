"""The documented calls and environment files of the systems this server replaces, unchanged.

Those of the bridge to RunPod are in `test_runpod.py`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.server import Server, running
from tests.hearing import decode, rms

CLONER = """\
API_TITLE=Speaker TTS API
API_VERSION=1.0.0
HOST=127.0.0.1
PORT=8010
DEBUG=false

ENVIRONMENT=production  # development, staging, production

RATE_LIMIT_REQUESTS=100
RATE_LIMIT_WINDOW=60

CORS_ORIGINS=https://yourdomain.example,https://api.yourdomain.example

API_KEY_REQUIRED=false
API_KEYS=key1,key2,key3

LOG_LEVEL=INFO
AUDIT_LOG_FILE=logs/audit.log

MAX_TEXT_LENGTH=2000
MAX_CONCURRENT_REQUESTS=50
"""
ACCENTS = 'REGION="us-east-1"\nAWS_SECRET_MANAGER="speech/keys"\nAWS_ID="id"\nAWS_KEY="secret"\n'
VOICEBOX = """\
TTS_MODE=remote                              # local | remote
TTS_REMOTE_URL=http://192.168.1.100:8000    # Your TTS server URL
TTS_API_KEY=your-api-key                     # Optional authentication
WHISPER_MODE=openai-api                      # local | openai-api | remote
WHISPER_REMOTE_URL=http://localhost:9000     # For self-hosted Whisper
OPENAI_API_KEY=sk-...                        # For OpenAI Whisper API
"""


def served(folder: Path, dotenv: str, **files: str) -> Iterator[Server]:
    (folder / ".env").write_text(dotenv)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(content)
    with running(folder) as server:
        yield server


@pytest.mark.parametrize("path", ["/v1/models", "/v1/audio/models"])
def test_the_routers_models_are_listed(server: Server, path: str) -> None:
    told = httpx.get(server.url + path).json()
    assert told["object"] == "list"
    assert {"tts-1", "tts-1-hd"} <= {model["id"] for model in told["data"]}
    for model in told["data"]:
        assert model["object"] == "model"
        assert {"created", "owned_by"} <= set(model)


def test_the_routers_voices_are_listed_and_each_is_found_by_its_id(server: Server) -> None:
    voices = httpx.get(f"{server.url}/v1/audio/voices").json()["voices"]
    assert {"alloy", "echo", "fable", "onyx", "nova", "shimmer"} <= {voice["id"] for voice in voices}
    for voice in voices[::10]:
        found = httpx.get(f"{server.url}/v1/audio/voices/{voice['id']}").json()
        assert (found["id"], found["name"]) == (voice["id"], voice["name"])
    missing = httpx.get(f"{server.url}/v1/audio/voices/nobody")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "not_found"


def test_the_routers_speech_call_speaks(server: Server) -> None:
    body = {"model": "tts-1", "input": "Hello, world!", "voice": "alloy", "response_format": "mp3"}
    answer = httpx.post(f"{server.url}/v1/audio/speech", json=body)
    assert rms(decode(answer.content, "mp3")) > 0.02


def test_the_routers_base64_call_speaks(server: Server) -> None:
    body = {"model": "tts-1", "input": "Hello!", "voice": "alloy"}
    told = httpx.post(f"{server.url}/v1/audio/speech/base64", json=body).json()
    sound = decode(base64.b64decode(told["audio"]), "mp3")
    assert told["format"] == "mp3"
    assert rms(sound) > 0.02
    assert told["duration_ms"] == pytest.approx(1000 * sound.size / 24_000, abs=2)


def test_the_cloners_file_is_taken_as_it_is(tmp_path: Path) -> None:
    for server in served(tmp_path, CLONER):
        document: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
        assert document["info"]["title"] == "Speaker TTS API"
        assert document["info"]["version"] == "1.0.0"
        assert server.speak("x" * 2001).json()["error"]["code"] == "text_too_long"
        asked = {"Origin": "https://yourdomain.example", "Access-Control-Request-Method": "POST"}
        allowed = httpx.options(f"{server.url}/v1/audio/speech", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == asked["Origin"]
        strange = httpx.get(f"{server.url}/health", headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in strange.headers
        log = server.log.read_text()
        for name in ("RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW", "API_KEYS", "AUDIT_LOG_FILE"):
            assert f"{name} is set" in log
        assert "MAX_CONCURRENT_REQUESTS has no effect without RUNPOD_ENDPOINT" in log


def test_voiceboxs_file_names_a_provider_and_espeak_speaks_while_it_is_away(tmp_path: Path) -> None:
    for server in served(tmp_path, VOICEBOX):
        answer = server.speak()
        assert answer.headers["x-stentor-engine"] == "espeak"
        assert answer.headers["x-stentor-fallback"].startswith("remote: ")


@pytest.mark.parametrize("dotenv", [ACCENTS, VOICEBOX], ids=["accents", "voicebox"])
def test_the_other_files_are_taken_too_and_no_secret_is_shown(tmp_path: Path, dotenv: str) -> None:
    for server in served(tmp_path, dotenv):
        assert server.speak().status_code == 200
        said = server.greeting + server.log.read_text()
        for line in dotenv.splitlines():
            name, _, value = line.partition("=")
            if name != "OPENAI_API_KEY":
                assert (f"{name} is set" in said) is not name.startswith("TTS_"), name
            secret = value.split("#")[0].strip().strip('"')
            assert "KEY" not in name or f"= {secret}" not in said

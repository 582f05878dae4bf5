"""Echo-TTS on RunPod behind the server: the bridge's own files and calls, and the SDK's own workers."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.runpod.control import ControlPlane, aside, control_plane, real_worker, with_sdk
from tests.e2e.server import Server, http_request, running
from tests.engines.runpod.plane import KEY, Plane, failing, plane, streaming, working
from tests.hearing import decode, pcm, pitch, rms
from tests.tools import need

VOICES = {
    "alloy": "EARS_p004_freeform.mp3",
    "echo": "EARS_p005.mp3",
    "fable": "EARS_p004_freeform.mp3",
    "onyx": "EARS_p005.mp3",
    "nova": "EARS_p004_freeform.mp3",
    "shimmer": "EARS_p005.mp3",
}
BRIDGE = """\
RUNPOD_ENDPOINT={url}
RUNPOD_API_KEY={key}
MAX_CONCURRENT_REQUESTS=3
REQUIRE_AUTH=False
BRIDGE_TOKEN=
LOG_LEVEL=INFO
"""
CURL = """\
curl -X POST http://localhost:8000/v1/audio/speech \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "tts-1",
    "input": "Hello, this is Echo-TTS speaking!",
    "voice": "alloy"
  }' \\
  --output speech.mp3
"""
PYTHON = """\
from openai import OpenAI

client = OpenAI(
    api_key="your-key",
    base_url="https://your-domain.com/v1"
)

response = client.audio.speech.create(
    model="tts-1",
    voice="alloy",
    input="The future of AI is here!"
)

response.stream_to_file("output.mp3")
"""


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


# The bridge


@pytest.fixture(scope="module")
def echo() -> Iterator[Plane]:
    """Run an endpoint whose worker streams a tone."""
    with aside(plane(streaming(4, 0.25))) as made:
        yield made


@pytest.fixture(scope="module")
def bridge(echo: Plane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start in the bridge's folder, with its two files as they are documented."""
    folder = tmp_path_factory.mktemp("bridge")
    (folder / ".env").write_text(BRIDGE.format(url=f"{echo.url}/runsync", key=KEY))
    (folder / "voice_map.json").write_text(json.dumps(VOICES))
    with running(folder) as server:
        yield server


def test_the_bridges_call_with_curl_speaks(bridge: Server, echo: Plane, tmp_path: Path) -> None:
    need("curl")
    command = CURL.replace("localhost:8000", f"localhost:{bridge.port}")
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    sound = decode((tmp_path / "speech.mp3").read_bytes(), "mp3")
    assert sound.size / 24_000 == pytest.approx(1.0, abs=0.1)
    assert pitch(sound) == pytest.approx(440, rel=0.02)
    asked = echo.inputs[-1]
    assert asked["text"] == "[S1] Hello, this is Echo-TTS speaking!"
    assert asked["speaker_voice"] == "EARS_p004_freeform.mp3"


def test_the_bridges_call_with_python_speaks(bridge: Server, tmp_path: Path) -> None:
    program = PYTHON.replace("https://your-domain.com", bridge.url)
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    assert rms(decode((tmp_path / "output.mp3").read_bytes(), "mp3")) > 0.02


@pytest.mark.parametrize("format_", ["mp3", "opus", "aac", "flac", "wav"])
@pytest.mark.parametrize("voice", ["alloy", "echo"])
def test_the_bridges_voices_and_formats(bridge: Server, echo: Plane, voice: str, format_: str) -> None:
    answer = bridge.speak("Hello.", voice=voice, response_format=format_)
    assert rms(decode(answer.content, format_)) > 0.02
    assert answer.headers["x-stentor-engine"] == "runpod"
    assert echo.inputs[-1]["speaker_voice"] == VOICES[voice]


def test_speed_is_heard(bridge: Server) -> None:
    fast = decode(bridge.speak("Hello.", speed=2.0, response_format="wav").content, "wav")
    assert fast.size / 24_000 == pytest.approx(0.5, abs=0.05)
    assert pitch(fast) == pytest.approx(440, rel=0.03)


def test_the_bridges_health(bridge: Server) -> None:
    told = bridge.health()
    assert told["status"] == "ok"
    assert told["default_engine"] == "runpod"
    assert told["engines"]["runpod"]["workers_idle"] == 1


def test_a_voice_added_to_the_map_is_there_without_a_restart(bridge: Server, echo: Plane) -> None:
    folder = bridge.log.parent
    (folder / "voice_map.json").write_text(json.dumps(VOICES | {"custom_voice": "your_voice_file.mp3"}))
    until(lambda: bridge.speak("Hello.", voice="custom_voice").status_code == 200)
    assert echo.inputs[-1]["speaker_voice"] == "your_voice_file.mp3"


def test_the_bridges_variable_of_voices_wins_over_its_file(echo: Plane, tmp_path: Path) -> None:
    dotenv = BRIDGE.format(url=echo.url, key=KEY)
    (tmp_path / ".env").write_text(f'{dotenv}VOICE_MAP="alloy:Dorota.ogg,echo:EARS p005.mp3"\n')
    (tmp_path / "voice_map.json").write_text(json.dumps(VOICES))
    with running(tmp_path) as server:
        for voice, file in (("alloy", "Dorota.ogg"), ("echo", "EARS p005.mp3"), ("nova", VOICES["nova"])):
            assert server.speak(voice=voice).headers["x-stentor-voice"] == file
            assert echo.inputs[-1]["speaker_voice"] == file
        assert server.speak(voice="en-GB").headers["x-stentor-engine"] == "espeak"


def test_the_key_is_nowhere_to_be_seen(bridge: Server) -> None:
    assert KEY not in bridge.log.read_text() + bridge.greeting + bridge.speak("Hello.").text
    assert "RUNPOD" not in bridge.log.read_text()


def test_a_long_text_is_jobs_of_half_a_minute(bridge: Server, echo: Plane) -> None:
    before = len(echo.jobs)
    text = "This is a sentence of some forty characters. " * 20
    assert bridge.speak(text).status_code == 200
    texts = [asked["text"].removeprefix("[S1] ") for asked in echo.inputs[before:]]
    assert " ".join(texts).split() == text.split()
    assert all(200 < len(piece) <= 300 for piece in texts[:-1])
    assert len(texts) == 4


def test_leaving_cancels_the_job_within_moments(bridge: Server, echo: Plane) -> None:
    echo.worker, usual = working, echo.worker
    try:
        before = len(echo.jobs), echo.count("stream")
        with bridge.connect() as caller:
            body = b'{"model": "tts-1", "input": "Hello.", "voice": "alloy"}'
            caller.sendall(http_request("/v1/audio/speech", body, "Content-Type: application/json"))
            until(lambda: len(echo.jobs) > before[0] and echo.count("stream") > before[1])
        left = perf_counter()
        until(lambda: echo.cancelled_at and echo.cancelled_at[-1] > left - 1)
        assert echo.jobs[-1].state == "CANCELLED"
        assert echo.cancelled_at[-1] - left < 1
        until(lambda: bridge.health()["engines"]["runpod"]["busy"] == 0)
    finally:
        echo.worker = usual


def test_another_engine_takes_over_from_a_mapped_voice(echo: Plane, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(BRIDGE.format(url=echo.url, key=KEY))
    (tmp_path / "voice_map.json").write_text(json.dumps(VOICES))
    (tmp_path / "stentor.toml").write_text('[[routes]]\nengines = ["runpod", "espeak"]\n')
    with running(tmp_path) as server:
        assert server.speak().headers["x-stentor-engine"] == "runpod"
        echo.worker, usual = failing("no"), echo.worker
        try:
            answer = server.speak()
        finally:
            echo.worker = usual
    assert answer.headers["x-stentor-engine"] == "espeak"
    assert answer.headers["x-stentor-fallback"] == "runpod: engine_failed"
    assert rms(decode(answer.content, "mp3")) > 0.02


# The SDK's own worker


@pytest.fixture(scope="module", params=["stream", "batch"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def rented(
    form: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, ControlPlane, Path]]:
    """Run a server, an endpoint, and a worker of RunPod's SDK."""
    folder = tmp_path_factory.mktemp(f"worker-{form}")
    with ExitStack() as stack:
        control = stack.enter_context(aside(control_plane()))
        stack.enter_context(real_worker(control, form, folder))
        variables = {"RUNPOD_ENDPOINT": control.url, "RUNPOD_API_KEY": KEY}
        yield stack.enter_context(running(tmp_path_factory.mktemp("rented"), variables)), control, folder


Rented = tuple[Server, ControlPlane, Path]


def test_a_real_worker_speaks(rented: Rented, form: str) -> None:
    server, control, folder = rented
    sound = pcm(server.speak("One two three.", response_format="pcm", seed=5).content)
    assert sound.size / 24_000 == pytest.approx({"stream": 1.2, "batch": 1.0}[form], abs=0.05)
    assert pitch(sound) == pytest.approx(440, rel=0.02)
    asked = (folder / "asked").read_text("utf-8")
    assert "'text': '[S1] One two three.'" in asked
    assert "'seed': 5" in asked
    assert control.jobs[-1].state == "COMPLETED"


@pytest.mark.parametrize("form", ["stream"], indirect=True)
def test_a_real_stream_is_heard_before_it_is_over(rented: Rented) -> None:
    server, control, _ = rented
    before = len(control.jobs)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as client:
        request = client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input="one two three four five six", response_format="pcm"
        )
        with request as answer:
            arrived = [(perf_counter(), len(part)) for part in answer.iter_bytes(4800)]
            assert len(control.jobs) == before + 1
    assert arrived[-1][0] - arrived[0][0] > 1.0
    assert max(later[0] - sooner[0] for sooner, later in pairwise(arrived)) < 1.0


def test_an_exception_in_a_real_worker_is_its_own_words(rented: Rented) -> None:
    server, control, _ = rented
    answer = server.speak("This will fail.")
    assert control.jobs[-1].state == "FAILED"
    assert "Traceback" in control.jobs[-1].error
    error = answer.json()["error"]
    assert error["code"] == "engine_failed"
    assert error["message"] == "The engine runpod failed: the words are too hard."


@pytest.mark.parametrize("form", ["batch"], indirect=True)
def test_a_voice_that_a_real_worker_does_not_have_is_the_callers_mistake(rented: Rented) -> None:
    server, _, _ = rented
    answer = server.speak("Hello.", voice="nobody.mp3")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "voice_not_found"


def test_leaving_stops_a_real_worker(rented: Rented) -> None:
    server, control, folder = rented
    asked, cancelled = folder / "asked", folder / "cancelled"
    asked.unlink(missing_ok=True)
    cancelled.unlink(missing_ok=True)
    before = len(control.jobs)
    body = json.dumps({"model": "tts-1", "voice": "alloy", "input": "wait " * 50}).encode()
    with server.connect() as caller:
        caller.sendall(http_request("/v1/audio/speech", body, "Content-Type: application/json"))
        until(asked.exists)
    until(cancelled.exists)
    assert control.jobs[before].state == "CANCELLED"
    assert cancelled.read_text() == control.jobs[before].id
    assert server.speak("Well.").status_code == 200


def test_the_heartbeat_of_a_real_worker_goes_on(rented: Rented) -> None:
    _, control, _ = rented
    until(lambda: control.pings > 0)


COLD = {
    "jobs": {"inQueue": 1, "inProgress": 0},
    "workers": {"idle": 0, "initializing": 1, "ready": 0, "running": 0, "throttled": 0, "unhealthy": 0},
}


@dataclass
class Start:
    """What was seen of a server while a worker started, and once it had."""

    before: list[dict[str, Any]]
    health: dict[str, Any]
    metrics: dict[tuple[str, str], float]
    after: list[dict[str, Any]]
    metrics_after: dict[tuple[str, str], float]
    log: str


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Speak at an endpoint without a worker, wait for some seconds, and then let a real one start."""
    worker, folder = tmp_path_factory.mktemp("late"), tmp_path_factory.mktemp("patient")
    asked = {"model": "tts-1", "voice": "alloy", "input": "One two.", "response_format": "pcm"}
    with ExitStack() as stack:
        control = stack.enter_context(aside(control_plane()))
        control.condition = COLD
        variables = {"RUNPOD_ENDPOINT": control.url, "RUNPOD_API_KEY": KEY}
        server = stack.enter_context(running(folder, variables))
        body = {**asked, "stream_format": "sse", "progress": True}
        answer = stack.enter_context(
            httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body, timeout=60)
        )
        events = (json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line)
        before = [next(events) for _ in range(4)]
        health, metrics = server.health()["engines"]["runpod"], scraped(server)
        stack.enter_context(real_worker(control, "stream", worker))
        yield Start(before, health, metrics, list(events), scraped(server), server.log.read_text())


def test_who_waits_for_a_real_worker_to_start_is_told_so_each_second(start: Start) -> None:
    assert [round(event["seconds"]) for event in start.before] == [0, 1, 2, 3]
    assert {(event["type"], event["engine"]) for event in start.before} == {
        ("speech.audio.progress", "runpod")
    }
    assert start.before[-1]["activity"] == "1 job waits for a worker: 0 ready, 1 starting"
    deltas = [event["audio"] for event in start.after if event["type"] == "speech.audio.delta"]
    assert pitch(pcm(b"".join(map(base64.b64decode, deltas)))) == pytest.approx(440, rel=0.02)
    assert start.after[-1]["type"] == "speech.audio.done"


def test_the_start_of_a_real_worker_is_seen_in_the_health_and_in_the_log(start: Start) -> None:
    told = start.health
    assert told["activity"] == "1 job waits for a worker: 0 ready, 1 starting"
    assert (told["queued"], told["workers_starting"], told["workers_ready"]) == (1, 1, 0)
    assert start.log.count("the engine runpod waits for a worker") == 1
    assert start.log.count("the engine runpod got a worker after ") == 1


def test_the_start_of_a_real_worker_is_seen_in_the_metrics(start: Start) -> None:
    before, after = start.metrics, start.metrics_after
    assert (before["jobs", "queued"], before["cold_start_seconds_count", ""]) == (1, 0)
    assert (after["jobs", "queued"], after["cold_start_seconds_count", ""]) == (0, 1)
    waited = max(event["seconds"] for event in start.after if event["type"] == "speech.audio.progress")
    assert after["cold_start_seconds_sum", ""] == pytest.approx(waited, abs=2)


def scraped(server: Server) -> dict[tuple[str, str], float]:
    """Return what Prometheus is told of the engine, by name and state."""
    text = httpx.get(f"{server.url}/prometheus", timeout=10).text
    return {
        (sample.name.removeprefix("stentor_engine_"), sample.labels.get("state", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels["engine"] == "runpod"
    }


CALLER = """\
import os
import runpod

runpod.api_key = os.environ["RUNPOD_API_KEY"]
endpoint = runpod.Endpoint("echo")
print(sorted(endpoint.health()))
job = endpoint.run({"text": "Hello."})
print([part["status"] for part in job.stream()], job.status())
print(job.cancel()["status"])
print(endpoint.run_sync({"text": "Hello."}, timeout=10))
"""


def test_the_sdk_s_own_caller_understands_the_endpoint_of_these_tests(echo: Plane) -> None:
    said = with_sdk(CALLER, echo).splitlines()
    assert said == [
        "['jobs', 'workers']",
        "['streaming', 'streaming', 'streaming', 'streaming', 'complete'] COMPLETED",
        "COMPLETED",
        "None",
    ]

"""Engines that are unloaded while nobody speaks: their processes are gone, and no caller notices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.server import Server, running
from tests.hearing import pcm, rms

SETTING = "STENTOR_ENGINES_ESPEAK_KEEP_ALIVE"
LONG = " ".join(f"Sentence number {number} goes on and is still being said." for number in range(70))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server whose engine is loaded and unloaded by hand alone."""
    with running(tmp_path_factory.mktemp("loading")) as started:
        yield started


def ask(server: Server, verb: str, **body: Any) -> dict[str, Any]:
    answer = httpx.post(f"{server.url}/v1/engines/espeak/{verb}", json=body or None, timeout=60)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def workers(server: Server) -> set[int]:
    return {child.pid for child in server.process.children() if lives(child)}


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def comes(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_heard(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and rms(pcm(answer.content)) > 0.02


def test_an_unloaded_engine_has_no_process_and_speaks_again_when_asked(server: Server) -> None:
    assert server.settles()
    before = workers(server)
    assert len(before) == 3
    for _ in range(2):
        told = ask(server, "unload")
        assert (told["state"], told["status"], told["figures"]["workers"]) == ("unloaded", "ok", 0)
        assert workers(server) == set()
    health = server.health()
    assert (health["status"], health["engines"]["espeak"]["state"]) == ("ok", "unloaded")
    assert httpx.get(f"{server.url}/health/ready").status_code == 200
    assert is_heard(server.speak(response_format="pcm"))
    assert server.settles()
    assert not workers(server) & before
    assert server.health()["engines"]["espeak"]["state"] == "loaded"


def test_loading_starts_the_processes_once(server: Server) -> None:
    ask(server, "unload")
    assert ask(server, "load")["state"] == "loaded"
    assert server.settles()
    before = workers(server)
    assert ask(server, "load")["state"] == "loaded"
    assert workers(server) == before
    assert is_heard(server.speak(response_format="pcm"))


def test_unloading_cuts_no_answer_off(server: Server) -> None:
    whole = server.speak(LONG, response_format="pcm").content
    body = {"model": "tts-1", "voice": "alloy", "input": LONG, "response_format": "pcm"}
    with (
        ThreadPoolExecutor() as pool,
        httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body, timeout=60) as stream,
    ):
        parts = stream.iter_raw()
        heard = [next(parts)]
        unloading = pool.submit(ask, server, "unload")
        heard.extend(parts)
        assert unloading.result(30)["state"] == "unloaded"
    assert workers(server) == set()
    assert abs(len(b"".join(heard)) - len(whole)) <= 0.01 * len(whole)


def test_many_requests_at_once_load_it_once_and_are_all_spoken(server: Server) -> None:
    ask(server, "unload")
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: server.speak(response_format="pcm"), range(50)))
    assert all(map(is_heard, answers))
    assert server.settles()
    assert len(workers(server)) == 3
    assert server.espeak()["restarts"] == 0


def test_loading_can_say_how_long_it_stays(server: Server) -> None:
    assert ask(server, "load", keep_alive="300ms")["state"] == "loaded"
    assert comes(lambda: server.espeak()["state"] == "unloaded" and not workers(server))
    assert ask(server, "load", keep_alive=-1)["state"] == "loaded"
    time.sleep(1)
    assert server.espeak()["state"] == "loaded"


def test_an_engine_without_processes_says_so(server: Server) -> None:
    answer = httpx.post(f"{server.url}/v1/engines/tone/unload")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_an_idle_engine_is_unloaded_after_its_time(tmp_path: Path) -> None:
    with running(tmp_path, {SETTING: "1s"}) as server:
        assert (server.health()["status"], workers(server)) == ("ok", set())
        for _ in range(2):
            assert is_heard(server.speak(response_format="pcm"))
            assert server.espeak()["state"] == "loaded"
            assert comes(lambda: server.espeak()["state"] == "unloaded" and not workers(server))


def test_at_zero_an_engine_stays_as_long_as_its_answer(tmp_path: Path) -> None:
    with running(tmp_path, {SETTING: "0"}) as server:
        body = {"model": "tts-1", "voice": "alloy", "input": LONG, "response_format": "pcm"}
        with httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body, timeout=60) as stream:
            seen: set[int] = set()
            for _ in stream.iter_raw():
                seen |= workers(server)
        assert len(seen) <= 3, "it was loaded anew between two sentences"
        assert comes(lambda: not workers(server))
        assert is_heard(server.speak(response_format="pcm"))
        assert comes(lambda: not workers(server))
        assert server.espeak() == {
            "status": "ok", "state": "unloaded", "workers": 0, "spares": 0, "busy": 0, "waiting": 0,
            "restarts": 0,
        }  # fmt: skip

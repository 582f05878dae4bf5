"""Engines that are changed while the server runs: heard at once, kept, and nobody is cut off."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from stentor.audio.encode import to_int16
from tests.e2e.server import Server, running
from tests.engines.upstream import Asked, Wire, gives_json, upstream
from tests.fakes import tone
from tests.hearing import pcm, rms

OPEN = {"STENTOR_CHANGE_ENGINES": "true"}
LONG = "This is a sentence that takes its time. " * 40
SECRET = "sesame-open-wide"


def put(server: Server, name: str, **table: Any) -> httpx.Response:
    return httpx.put(f"{server.url}/v1/engines/{name}", json=table, timeout=30)


def shown(server: Server, name: str) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{server.url}/v1/engines/{name}/settings", timeout=10).json()
    return told


def far(other: Server) -> dict[str, Any]:
    return {"kind": "openai", "url": f"{other.url}/v1", "model": "espeak", "api_key": SECRET}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(server: Server) -> None:
    for child in server.process.children(recursive=True):
        child.kill()
    server.process.kill()


def test_another_server_is_put_speaks_and_is_there_after_a_restart(server: Server, tmp_path: Path) -> None:
    with running(tmp_path, OPEN) as near:
        assert near.speak(model="far").status_code == 400
        assert put(near, "far", **far(server)).status_code == 200
        heard = near.speak(model="far", voice="en-GB", response_format="pcm")
        assert heard.status_code == 200, heard.text
        assert heard.headers["x-stentor-engine"] == "far"
        own = server.speak(voice="en-GB", response_format="pcm")
        assert rms(pcm(heard.content)) == pytest.approx(rms(pcm(own.content)), rel=0.2)
        listed = httpx.get(f"{near.url}/v1/audio/voices", timeout=10).json()["voices"]
        assert ("far", "de") in {(voice["engine"], voice["id"]) for voice in listed}
        before = shown(near, "far")
    kept = tmp_path / "kept" / "engines.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with running(tmp_path, OPEN) as near:
        assert shown(near, "far") == before
    with running(tmp_path) as near:
        wait_for(lambda: near.health()["engines"]["far"]["status"] == "ok")
        assert near.speak(model="far", voice="en-GB").headers["x-stentor-engine"] == "far"
        assert put(near, "far", **far(server)).status_code == 403


def test_what_was_acknowledged_outlives_a_server_that_is_killed(server: Server, tmp_path: Path) -> None:
    acknowledged = []
    with suppress(AssertionError), running(tmp_path, OPEN) as near:  # it does not end tidily
        for number in range(10):
            put(near, f"hum{number}", kind="tone", amplitude=0.1).raise_for_status()
            acknowledged.append(f"hum{number}")
        put(near, "far", **far(server)).raise_for_status()
        kill(near)
    assert len(acknowledged) == 10
    with running(tmp_path, OPEN) as near:
        assert {*acknowledged, "far"} <= near.health()["engines"].keys()
        assert shown(near, "far")["secrets"]["api_key"] is True


def test_changes_that_come_together_are_all_made(tmp_path: Path) -> None:
    with running(tmp_path, OPEN) as near:
        with ThreadPoolExecutor(16) as pool:
            names = [f"hum{number}" for number in range(32)]
            answers = list(pool.map(lambda name: put(near, name, kind="tone"), names))
            again = list(
                pool.map(lambda level: put(near, "one", kind="tone", amplitude=level), [0.1, 0.9] * 8)
            )
        assert {answer.status_code for answer in (*answers, *again)} == {200}
        assert set(names) <= near.health()["engines"].keys()
        level = shown(near, "one")["set"]["amplitude"]
        heard = pcm(near.speak(model="one", response_format="pcm").content)
        assert rms(heard) == pytest.approx(level / 2**0.5, rel=0.1)
    assert json.loads((tmp_path / "kept" / "engines.json").read_text())["engines"].keys() == {*names, "one"}


def espeak_workers(server: Server) -> set[int]:
    return {child.pid for child in server.process.children(recursive=True)}


def test_who_is_being_spoken_to_hears_the_end_from_the_engine_that_began(tmp_path: Path) -> None:
    with running(tmp_path, OPEN | {"STENTOR_MAX_TEXT_LENGTH": "100000"}) as near:
        whole = near.speak(LONG, voice="en-US", response_format="pcm").content
        before = espeak_workers(near)
        body = {"model": "tts-1", "voice": "en-US", "input": LONG, "response_format": "pcm"}
        with httpx.stream("POST", f"{near.url}/v1/audio/speech", json=body, timeout=30) as answer:
            parts = answer.iter_raw(1000)
            heard = [next(parts)]
            assert put(near, "espeak", replicas=1, spares=0).status_code == 200
            new = near.speak("Hello there.", response_format="pcm")
            assert new.status_code == 200
            during = espeak_workers(near)
            heard += parts
        assert len(b"".join(heard)) == pytest.approx(len(whole), rel=0.01)
        assert before & during  # somebody still had to speak by them
        assert during - before
        wait_for(lambda: not before & espeak_workers(near))
        assert near.espeak()["workers"] == 1


async def test_a_stream_of_another_server_goes_on_when_its_engine_is_replaced(tmp_path: Path) -> None:
    may_end = asyncio.Event()

    async def slowly(_asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked", Content_Type="audio/pcm")
        await wire.chunk(to_int16(tone(0.5)))
        await may_end.wait()
        await wire.chunk(to_int16(tone(0.5)))
        await wire.chunk(b"")

    async with upstream() as odd, httpx.AsyncClient(timeout=20) as client:
        odd.answers("/v1/models", gives_json({"data": []}))
        odd.answers("/v1/audio/speech", slowly)
        scope = running(tmp_path, OPEN)
        near = await asyncio.to_thread(scope.__enter__)
        try:
            table = {"kind": "openai", "url": f"{odd.url}/v1", "api_key": SECRET, "voices": ["alloy"]}
            await client.put(f"{near.url}/v1/engines/far", json=table)
            body = {"model": "far", "voice": "alloy", "input": "Hello.", "response_format": "pcm"}
            async with client.stream("POST", f"{near.url}/v1/audio/speech", json=body) as answer:
                parts = answer.aiter_raw()
                heard = await anext(parts)
                gone = await client.delete(f"{near.url}/v1/engines/far")
                assert gone.status_code == 204
                refused = await client.post(f"{near.url}/v1/audio/speech", json=body)
                assert refused.status_code == 400
                may_end.set()
                heard += b"".join([part async for part in parts])
            assert pcm(heard).size == pytest.approx(24_000, abs=100)
        finally:
            await asyncio.to_thread(scope.__exit__, None, None, None)


@pytest.fixture
def talkative(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path, OPEN | {"LOG_LEVEL": "debug"}) as started:
        yield started


def test_a_key_is_in_no_answer_and_in_no_log(talkative: Server) -> None:
    said = []
    for table in (
        {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": SECRET},
        {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": f"{SECRET}\n{SECRET}"},
        {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": [SECRET]},
        {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": SECRET, "proxy": {SECRET: 1}},
        {"kind": "openai", "url": f"http://user:{SECRET}@127.0.0.1:9/v1"},
        {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": SECRET, "format": SECRET[:3]},
    ):
        answer = put(talkative, "far", **table)
        said.append(answer.text)
    both = {"engines": {"far": {"kind": "openai", "api_key": SECRET, "extra": 5}}}
    said.append(httpx.put(f"{talkative.url}/v1/engines", json=both, timeout=30).text)
    talkative.speak(model="far")
    httpx.post(f"{talkative.url}/v1/engines/far/test", timeout=30)
    paths = (
        "/v1/engines",
        "/v1/engines/far",
        "/v1/engines/far/settings",
        "/health",
        "/v1/models",
        "/prometheus",
    )
    said += [httpx.get(f"{talkative.url}{path}", timeout=10).text for path in paths]
    assert "far" in said[-1]
    assert SECRET not in "".join(said)
    assert SECRET not in talkative.log.read_text("utf-8")


def test_a_change_that_cannot_be_kept_is_not_made(tmp_path: Path) -> None:
    with running(tmp_path, OPEN) as near:
        (tmp_path / "kept").write_text("no folder")
        assert put(near, "hum", kind="tone").status_code == 507
        assert "hum" not in near.health()["engines"]
        (tmp_path / "kept").unlink()
        assert put(near, "hum", kind="tone").status_code == 200


def test_a_broken_file_keeps_the_server_from_starting_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "engines.json").write_text(f'{{"engines": {{"far": "{SECRET}"}}}}')
    with pytest.raises(AssertionError) as refused, running(tmp_path):
        pass
    said = (tmp_path / "server.log").read_text("utf-8")
    assert "engines.json keeps what was set at run time, and cannot be used" in said
    assert "Traceback" not in said
    assert SECRET not in said + str(refused.value)


def test_a_page_of_another_origin_cannot_change_anything(tmp_path: Path) -> None:
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}
    with running(tmp_path, OPEN | {"CORS_ORIGINS": "https://ours.example"}) as near:
        for path in ("/v1/engines/far", "/v1/engines"):
            asked = httpx.options(f"{near.url}{path}", headers=origin, timeout=10)
            assert "access-control-allow-origin" not in asked.headers

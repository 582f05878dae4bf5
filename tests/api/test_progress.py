"""Until the first sound, who wants to is told that it is being waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stentor.engines import EngineHealth
from stentor.errors import EngineUnavailable
from stentor.pipeline import waiting
from stentor.pipeline.routes import RouteConfig
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine, tone

SPEECH = "/v1/audio/speech"
ASKED: dict[str, Any] = {"response_format": "pcm", "stream_format": "sse", "progress": True}
PROGRESS, DELTA, DONE = "speech.audio.progress", "speech.audio.delta", "speech.audio.done"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_EVERY", 0.05)


class Waking(ScriptedEngine):
    """Is not heard before it is told to, and says so."""

    activity: str | None = "1 job waits for a worker: 0 ready, 1 starting"

    def health(self) -> EngineHealth:
        return EngineHealth(ready=True, activity=self.activity)


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]


def kinds(told: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(event["type"] for event in told))


async def asked(engine: ScriptedEngine, then: Callable[[], None], **fields: Any) -> list[dict[str, Any]]:
    """Ask an engine, let something happen after some time, and hear what is told."""
    async with client_of(make_api(engine)) as client:
        asyncio.get_running_loop().call_later(0.17, then)
        return events(await client.post(SPEECH, json=speech(**ASKED, **fields)))


async def test_a_wait_is_told_once_a_second_and_then_the_speech() -> None:
    gate = asyncio.Event()
    told = await asked(Waking([tone(0.2)] * 3, name="cloud", gate=gate), gate.set)
    assert kinds(told) == [PROGRESS, DELTA, DONE]
    waits = [event for event in told if event["type"] == PROGRESS]
    assert 2 <= len(waits) <= 4
    assert waits[0] == {
        "type": PROGRESS,
        "engine": "cloud",
        "activity": "1 job waits for a worker: 0 ready, 1 starting",
        "seconds": 0.0,
    }
    assert waits[-1]["seconds"] >= 0.1


async def test_the_answer_begins_at_once() -> None:
    gate = asyncio.Event()
    engine = Waking(name="cloud", gate=gate)
    began = asyncio.Event()
    sent: list[dict[str, Any]] = []
    body = json.dumps(speech(**ASKED)).encode()
    scope = {
        "type": "http", "method": "POST", "path": SPEECH, "raw_path": SPEECH.encode(), "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "http_version": "1.1", "state": {},
        "scheme": "http", "server": ("x", 80), "client": ("x", 1), "root_path": "",
    }  # fmt: skip
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    inbox.put_nowait({"type": "http.request", "body": body, "more_body": False})

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            began.set()

    call = asyncio.create_task(make_api(engine)(scope, inbox.get, send))
    async with asyncio.timeout(5):
        await began.wait()
        assert not gate.is_set()
        assert sent[0]["status"] == 200
        assert PROGRESS in sent[1]["body"].decode()
        inbox.put_nowait({"type": "http.disconnect"})
        await call
    assert engine.closed == len(engine.asked)


async def test_without_the_field_nothing_is_told_and_an_error_is_a_status() -> None:
    gone = ScriptedEngine(name="gone", fail_at=0, error=EngineUnavailable("It is gone."))
    async with client_of(make_api(ScriptedEngine())) as client:
        told = events(await client.post(SPEECH, json=speech(**{**ASKED, "progress": False})))
    assert kinds(told) == [DELTA, DONE]
    async with client_of(make_api(gone)) as client:
        answer = await client.post(SPEECH, json=speech(voice="one", stream_format="sse"))
    assert_envelope(answer, 503, "engine_unavailable")


@pytest.mark.parametrize("path", [SPEECH, f"{SPEECH}/base64"])
async def test_where_nothing_can_be_told_the_field_is_left_out_with_a_warning(path: str) -> None:
    async with client_of(make_api()) as client:
        answer = await client.post(path, json=speech(progress=True))
        refused = await client.post(path, json=speech(progress=True, strict=True))
        told = await client.post(path, json=speech(progress=True, stream_format="sse"))
    assert "`progress` was ignored" in answer.headers["x-stentor-warning"]
    assert "`progress` was ignored" in assert_envelope(refused, 400, "unsupported")
    assert "x-stentor-warning" not in told.headers


async def test_an_error_before_the_first_sound_is_an_event() -> None:
    gone = ScriptedEngine(name="gone", fail_at=0, error=EngineUnavailable("It is gone."), delay=0.12)
    told = await asked(gone, lambda: None, voice="one")
    assert kinds(told) == [PROGRESS, "speech.audio.error"]
    assert told[-1]["error"]["code"] == "engine_unavailable"


async def test_an_error_after_it_is_one_too() -> None:
    failing = ScriptedEngine([tone(0.3)] * 4, name="far", fail_at=2, error=EngineUnavailable("It is gone."))
    told = await asked(failing, lambda: None, voice="one")
    assert kinds(told) == [PROGRESS, DELTA, "speech.audio.error"]


async def test_what_is_wrong_with_the_request_is_still_a_status() -> None:
    async with client_of(make_api()) as client:
        answer = await client.post(SPEECH, json=speech("...", **ASKED))
    assert_envelope(answer, 400, "nothing_to_speak", "input")


async def test_the_last_progress_names_who_is_heard() -> None:
    gone = ScriptedEngine(name="first", fail_at=0, error=EngineUnavailable("It is gone."))
    chain = [RouteConfig(engines=("first", "second"))]
    async with client_of(make_api(gone, ScriptedEngine(name="second"), routes=chain)) as client:
        told = events(await client.post(SPEECH, json=speech(**ASKED)))
    assert [event["engine"] for event in told if event["type"] == PROGRESS] == ["first", "second"]
    assert told[-1]["type"] == DONE


async def test_why_an_engine_is_not_ready_is_told_if_it_says_nothing_else() -> None:
    class Loading(Waking):
        def health(self) -> EngineHealth:
            return EngineHealth(ready=False, problem="it is loading")

    told = await asked(Loading(name="local"), lambda: None)
    assert told[0]["activity"] == "it is loading"

"""Chains of real servers, of which one is killed, in each way in which speech is delivered."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.api.inprocess import speech
from tests.e2e.peer import Peer, peer
from tests.e2e.server import Server, http_request, running
from tests.e2e.test_websocket import session
from tests.engines.runpod.plane import KEY
from tests.hearing import decode, pitch, rms

KINDS = ("openai", "provider", "runpod")
HELLO = "Hello, this is a test of the speech server."
HOLD, BEGIN = "Please hold the line.", "Let us begin."
SETTINGS = """\
[server]
graceful_seconds = 1

[circuit]
open_after = 1000

[engines.openai]
url = "{openai}/v1"

[engines.provider]
url = "{provider}"

[engines.runpod]
url = "{runpod}/v2/echo"
api_key = "{key}"
stalled_seconds = 1.0

[[routes]]
voices = ["ash"]
engines = ["openai", "espeak"]

[[routes]]
voices = ["coral"]
engines = ["provider", "espeak"]

[[routes]]
voices = ["sage"]
engines = ["runpod", "espeak"]

[[routes]]
engines = ["openai", "provider", "espeak"]
"""
VOICES = dict(zip(KINDS, ("ash", "coral", "sage"), strict=True))
Peers = dict[str, Peer]


@pytest.fixture(scope="module")
def peers() -> Iterator[Peers]:
    with ExitStack() as stack:
        yield {kind: stack.enter_context(peer(kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def near(peers: Peers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with a chain for each kind of engine: it, and then espeak."""
    folder = tmp_path_factory.mktemp("near")
    urls = {kind: made.url for kind, made in peers.items()}
    (folder / "stentor.toml").write_text(SETTINGS.format(key=KEY, **urls))
    with running(folder) as server:
        deadline = time.monotonic() + 20
        while any(server.health()["engines"][kind]["status"] != "ok" for kind in KINDS):
            assert time.monotonic() < deadline, server.health()
            time.sleep(0.02)
        yield server


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, peers: Peers) -> Iterator[str]:
    name = str(request.param)
    yield name
    if peers[name].process.poll() is not None:
        peers[name].start()


def body(kind: str, text: str, **fields: Any) -> dict[str, Any]:
    return speech(text, voice=VOICES[kind], response_format="pcm", **fields)


def meanwhile(task: Callable[[], Any], first: Callable[[], Any]) -> Future[Any]:
    """Do one thing in a thread, and another before it is done."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(task)
        first()
    return done


def kill_when(peer: Peer, said: str) -> Callable[[], None]:
    def kill() -> None:
        assert peer.heard() == said
        peer.kill()

    return kill


def test_each_engine_is_heard(near: Server, kind: str) -> None:
    answer = httpx.post(f"{near.url}/v1/audio/speech", json=body(kind, HELLO), timeout=30)
    assert answer.headers["x-stentor-engine"] == kind
    assert "x-stentor-fallback" not in answer.headers
    assert pitch(decode(answer.content, "pcm")) == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("delivery", [{}, {"stream": False}, {"stream_format": "sse"}], ids=repr)
def test_killed_before_the_first_byte_the_next_engine_answers_as_usual(
    near: Server, peers: Peers, kind: str, delivery: dict[str, Any]
) -> None:
    asked = body(kind, HOLD, **delivery)

    def ask() -> httpx.Response:
        return httpx.post(f"{near.url}/v1/audio/speech", json=asked, timeout=30)

    answer = meanwhile(ask, kill_when(peers[kind], "held")).result()
    assert answer.status_code == 200
    assert answer.headers["x-stentor-engine"] == "espeak"
    assert answer.headers["x-stentor-fallback"] == f"{kind}: engine_unavailable"
    assert rms(decode(heard(answer), "pcm")) > 0.02


def heard(answer: httpx.Response) -> bytes:
    """Return the audio of an answer, in events or not; it must have a proper end."""
    if not answer.headers["content-type"].startswith("text/event-stream"):
        return answer.content
    *deltas, done = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n") if line]
    assert done["type"] == "speech.audio.done"
    return b"".join(base64.b64decode(delta["audio"]) for delta in deltas)


def test_killed_after_the_first_byte_the_stream_is_visibly_cut(near: Server, peers: Peers, kind: str) -> None:
    written = http_request(
        "/v1/audio/speech", json.dumps(body(kind, BEGIN)).encode(), "Content-Type: application/json"
    )
    with near.connect() as caller, caller.makefile("rb") as answer:
        caller.sendall(written)
        assert answer.readline().startswith(b"HTTP/1.1 200")
        kill_when(peers[kind], "begun")()
        raw = answer.read()
    assert b"x-stentor-fallback" not in raw.lower()
    assert len(raw) > 20_000
    assert not raw.endswith(b"0\r\n\r\n")


def test_killed_after_the_first_byte_events_end_with_an_error(near: Server, peers: Peers, kind: str) -> None:
    asked = body(kind, BEGIN, stream_format="sse")

    def ask() -> httpx.Response:
        return httpx.post(f"{near.url}/v1/audio/speech", json=asked, timeout=30)

    answer = meanwhile(ask, kill_when(peers[kind], "begun")).result()
    assert answer.headers["x-stentor-engine"] == kind
    *deltas, last = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n") if line]
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert last["type"] == "speech.audio.error"
    assert last["error"]["code"] in ("engine_failed", "engine_unavailable")


def test_killed_before_all_of_a_whole_file_it_is_an_error(near: Server, peers: Peers, kind: str) -> None:
    asked = body(kind, BEGIN, stream=False)

    def ask() -> httpx.Response:
        return httpx.post(f"{near.url}/v1/audio/speech", json=asked, timeout=30)

    answer = meanwhile(ask, kill_when(peers[kind], "begun")).result()
    assert answer.status_code >= 500
    assert answer.json()["error"]["code"] in ("engine_failed", "engine_unavailable")


async def test_killed_before_the_first_byte_a_session_goes_on_with_the_next_engine(
    near: Server, peers: Peers, kind: str
) -> None:
    config = {"voice": VOICES[kind], "response_format": "pcm", "split_granularity": "sentence"}
    async with session(near, stream_audio=True, **config) as live:
        for piece in (HOLD, " And then", " go on. Well"):
            await live.say("input.text", text=piece)
        await asyncio.to_thread(kill_when(peers[kind], "held"))
        await live.say("input.done")
        starts, sounds = await live.turn()
    assert [start["sentence_text"] for start in starts] == [HOLD, "And then go on.", "Well"]
    assert {start["engine"] for start in starts} == {"espeak"}
    assert all(start["fallback"] == [f"{kind}: engine_unavailable"] for start in starts)
    assert all(rms(decode(sound, "pcm")) > 0.02 for sound in sounds)


async def test_killed_after_the_first_byte_a_session_tells_the_error(
    near: Server, peers: Peers, kind: str
) -> None:
    config = {"voice": VOICES[kind], "response_format": "pcm", "stream_audio": True}
    async with session(near, **config) as live:
        await live.say("input.text", text=BEGIN)
        await live.say("input.done")
        start = await live.event("audio.start")
        assert (start["engine"], "fallback" in start) == (kind, False)
        assert isinstance(await live.hear(), bytes)
        await asyncio.to_thread(kill_when(peers[kind], "begun"))
        while isinstance(told := await live.hear(), bytes):
            pass
        assert told["type"] == "error"
        assert told["error"]["code"] in ("engine_failed", "engine_unavailable")
        assert (await live.event("audio.done"))["error"] is True
        await live.event("session.done")
        await live.say("input.text", text="Once more.")
        await live.say("input.done")
        starts, sounds = await live.turn()
    assert [start["engine"] for start in starts] == ["espeak"]
    assert rms(decode(sounds[0], "pcm")) > 0.02


# OpenAI's own client, and a chain of three


@pytest.fixture
def chained(near: Server, peers: Peers) -> Iterator[tuple[openai.OpenAI, Peers]]:
    with openai.OpenAI(base_url=f"{near.url}/v1", api_key="unused", max_retries=0) as client:
        yield client, peers
    for made in peers.values():
        if made.process.poll() is not None:
            made.start()


@pytest.mark.parametrize(
    ("killed", "engine", "fallback"),
    [
        ((), "openai", None),
        (("openai",), "provider", "openai: engine_unavailable"),
        (("openai", "provider"), "espeak", "openai: engine_unavailable, provider: engine_unavailable"),
    ],
)
def test_openais_client_hears_whoever_can_speak_and_who_could_not(
    chained: tuple[openai.OpenAI, Peers],
    tmp_path: Path,
    killed: tuple[str, ...],
    engine: str,
    fallback: str | None,
) -> None:
    client, peers = chained
    for name in killed:
        peers[name].kill()
    streaming = client.audio.speech.with_streaming_response
    with streaming.create(model="tts-1", voice="alloy", input=HELLO) as answer:
        assert answer.headers["x-stentor-engine"] == engine
        assert answer.headers.get("x-stentor-fallback") == fallback
        answer.stream_to_file(tmp_path / "speech.mp3")
    assert rms(decode((tmp_path / "speech.mp3").read_bytes(), "mp3")) > 0.02
    with streaming.create(model="tts-1", voice="alloy", input=HELLO, response_format="pcm") as answer:
        assert answer.headers.get("x-stentor-fallback") == fallback
        assert rms(decode(b"".join(answer.iter_bytes(4096)), "pcm")) > 0.02
    with streaming.create(model="tts-1", voice="alloy", input=HELLO, stream_format="sse") as answer:
        assert answer.headers.get("x-stentor-fallback") == fallback
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line]
    assert [event["type"] for event in events[-2:]] == ["speech.audio.delta", "speech.audio.done"]
    whole = client.audio.speech.create(model="tts-1", voice="alloy", input=HELLO, response_format="wav")
    assert whole.response.headers["x-stentor-engine"] == engine
    assert rms(decode(whole.read(), "wav")) > 0.02


async def test_openais_asynchronous_client_hears_the_next_engine_too(
    near: Server, chained: tuple[openai.OpenAI, Peers]
) -> None:
    chained[1]["openai"].kill()
    async with openai.AsyncOpenAI(base_url=f"{near.url}/v1", api_key="unused", max_retries=0) as client:
        create = client.audio.speech.with_streaming_response.create
        async with create(model="tts-1", voice="alloy", input=HELLO, response_format="opus") as answer:
            assert answer.headers["x-stentor-fallback"] == "openai: engine_unavailable"
            sound = decode(b"".join([part async for part in answer.iter_bytes()]), "opus")
    assert rms(sound) > 0.02


def test_openais_client_is_told_of_a_stream_that_is_cut(
    chained: tuple[openai.OpenAI, Peers],
) -> None:
    client, peers = chained
    create = client.audio.speech.with_streaming_response.create
    with create(model="tts-1", voice="alloy", input=BEGIN, response_format="pcm") as answer:
        kill_when(peers["openai"], "begun")()
        with pytest.raises(Exception, match="incomplete chunked read"):
            list(answer.iter_bytes())

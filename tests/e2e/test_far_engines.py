"""A server whose voice is on another machine: another Stentor, or one that misbehaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Literal

import httpx
import openai
import psutil
import pytest

from stentor.audio.encode import FORMATS as FILES
from stentor.audio.encode import to_int16
from tests.api.inprocess import speech
from tests.e2e.server import Server, running
from tests.engines.upstream import Asked, Upstream, Wire, gives_json, upstream, whole
from tests.fakes import tone
from tests.hearing import decode, pcm, pitch, rms

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
FORMATS: tuple[Format, ...] = ("mp3", "opus", "aac", "flac", "wav", "pcm")
HELLO = "Hello, this is a test of the speech server. It has two sentences."


def far(url: str) -> dict[str, str]:
    return {
        "STENTOR_ENGINES_FAR_KIND": "openai",
        "STENTOR_ENGINES_FAR_URL": url,
        "STENTOR_ENGINES_FAR_API_KEY": "sesame",
        "STENTOR_ENGINES_FAR_MODEL": "espeak",
    }


def ready(server: Server) -> Server:
    """Wait until a server has found the other one: it does not wait for it when it starts."""
    deadline = time.monotonic() + 10
    while server.health()["engines"]["far"]["status"] != "ok":
        assert time.monotonic() < deadline, server.health()
        time.sleep(0.02)
    return server


@pytest.fixture(scope="module")
def near(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server whose engine `far` is the other server."""
    with running(tmp_path_factory.mktemp("near"), far(server.url)) as made:
        yield ready(made)


@pytest.mark.parametrize("format_", FORMATS)
def test_another_servers_voice_plays_in_every_format(near: Server, server: Server, format_: Format) -> None:
    with openai.OpenAI(base_url=f"{near.url}/v1", api_key="unused", max_retries=0) as client:
        answer = client.audio.speech.create(model="far", voice="en-GB", input=HELLO, response_format=format_)
    assert answer.response.headers["x-stentor-engine"] == "far"
    sound = decode(answer.read(), format_)
    own = decode(server.speak(HELLO, voice="en-GB", response_format="pcm").content, "pcm")
    assert sound.size == pytest.approx(own.size, rel=0.1)
    assert rms(sound) == pytest.approx(rms(own), rel=0.2)


def test_voices_of_another_server_are_found_and_listed(near: Server) -> None:
    listed = httpx.get(f"{near.url}/v1/audio/voices").json()["voices"]
    assert ("far", "de") in {(voice["engine"], voice["id"]) for voice in listed}
    assert near.speak(voice="no-such-voice", model="far").status_code == 400


def test_the_pace_and_the_style_reach_the_other_server(near: Server) -> None:
    normal = pcm(near.speak(HELLO, model="far", response_format="pcm").content)
    fast = pcm(near.speak(HELLO, model="far", response_format="pcm", speed=2).content)
    assert fast.size * 2 == pytest.approx(normal.size, rel=0.15)


@pytest.fixture
async def odd() -> AsyncIterator[Upstream]:
    """Run a server that answers as it is told."""
    async with upstream() as made:
        made.answers("/v1/models", gives_json({"data": []}))
        yield made


@pytest.fixture
async def beside(odd: Upstream, tmp_path: Path) -> AsyncIterator[Server]:
    """Run a server whose engine `far` is the odd one."""
    with ExitStack() as stack:
        made = await asyncio.to_thread(stack.enter_context, running(tmp_path, far(odd.url)))
        yield await asyncio.to_thread(ready, made)
        await asyncio.to_thread(stack.close)


BODY = speech(HELLO, model="far", response_format="pcm")


async def trickles(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked", Content_Type="audio/pcm")
    await wire.chunk(to_int16(tone(0.5)))
    await wire.left()


async def test_a_caller_who_leaves_is_gone_for_the_other_server_too(odd: Upstream, beside: Server) -> None:
    odd.answers("/v1/audio/speech", trickles)
    async with httpx.AsyncClient() as client:
        for _ in range(5):
            odd.left.clear()
            async with client.stream("POST", f"{beside.url}/v1/audio/speech", json=BODY) as answer:
                assert answer.status_code == 200
                await anext(answer.aiter_bytes())
            left = perf_counter()
            async with asyncio.timeout(2):
                await odd.left.wait()
            assert odd.left_at[-1] - left < 0.05


async def test_a_file_reaches_the_caller_as_it_was_sent_and_as_soon(odd: Upstream, beside: Server) -> None:
    """Encoded anew, it would have other bytes; a part that waited for the next would never come."""
    encoder = FILES["mp3"].open(44_100, False)
    file = encoder.encode(tone(3.0, 44_100)) + encoder.finish()
    parts = [file[at : at + 2000] for at in range(0, len(file), 2000)]
    proceed = asyncio.Event()

    async def script(asked: Asked, wire: Wire) -> None:
        assert asked.json["response_format"] == "mp3"
        await wire.head(Transfer_Encoding="chunked", Content_Type="audio/mpeg")
        for part in parts:
            await wire.chunk(part)
            await proceed.wait()
            proceed.clear()
        await wire.send(b"0\r\n\r\n")

    odd.answers("/v1/audio/speech", script)
    heard = []
    async with (
        openai.AsyncOpenAI(base_url=f"{beside.url}/v1", api_key="unused", max_retries=0) as client,
        client.audio.speech.with_streaming_response.create(
            model="far", voice="alloy", input=HELLO, response_format="mp3"
        ) as answer,
    ):
        assert answer.headers["content-type"] == "audio/mpeg"
        async for part in answer.iter_bytes():
            heard.append(part)
            proceed.set()
    assert heard == parts
    with_times = {**BODY, "response_format": "mp3", "timestamps": ["sentence"], "stream_format": "sse"}
    odd.answers("/v1/audio/speech", whole(file, Content_Type="audio/mpeg"))
    async with httpx.AsyncClient() as plain:
        events = await plain.post(f"{beside.url}/v1/audio/speech", json=with_times)
    assert '"speech.audio.timestamps"' in events.text


async def test_what_breaks_there_breaks_here(odd: Upstream, beside: Server) -> None:
    async def cut(asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked", Content_Type="audio/pcm")
        await wire.chunk(to_int16(tone(0.5)))
        await asyncio.sleep(0.2)
        wire.cut()

    odd.answers("/v1/audio/speech", cut)
    async with httpx.AsyncClient(timeout=20) as client:
        async with client.stream("POST", f"{beside.url}/v1/audio/speech", json=BODY) as answer:
            assert answer.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                await answer.aread()
        odd.answers(
            "/v1/audio/speech", gives_json({"error": {"message": "sesame, slowly"}}, 429, Retry_After=2)
        )
        asked = len(odd.asked)
        for _ in range(6):
            busy = await client.post(f"{beside.url}/v1/audio/speech", json=BODY)
            assert (busy.status_code, busy.json()["error"]["code"]) == (503, "engine_busy")
            assert 1 <= int(busy.headers["retry-after"]) <= 2
        assert len(odd.asked) == asked + 1
        await asyncio.sleep(2)
        odd.answers("/v1/audio/speech", gives_json({"error": {"message": "sesame is no key"}}, 401))
        refused = await client.post(f"{beside.url}/v1/audio/speech", json=BODY)
        assert refused.json()["error"]["message"] == "The engine far refused the key (401)."
        odd.answers("/v1/audio/speech", whole(to_int16(tone(1)), Content_Type="audio/pcm"))
        heard = pcm((await client.post(f"{beside.url}/v1/audio/speech", json=BODY)).content)
        assert pitch(heard) == pytest.approx(440, abs=2)
    assert odd.asked[0].headers["authorization"] == "Bearer sesame"
    for said in (beside.log.read_text("utf-8"), beside.health()):
        assert "sesame" not in str(said)


def test_a_server_that_is_killed_takes_nobody_with_it(tmp_path: Path) -> None:
    for name in ("there", "here"):
        (tmp_path / name).mkdir()
    with ExitStack() as stack:
        untidy = pytest.raises((AssertionError, psutil.NoSuchProcess))  # `running` finds it dead
        with untidy, running(tmp_path / "there") as there:
            here = ready(stack.enter_context(running(tmp_path / "here", far(there.url))))
            heard = here.speak(model="far").status_code
            there.process.kill()
        answer = here.speak(model="far")
        assert (heard, answer.status_code) == (200, 503)
        assert answer.json()["error"]["code"] == "engine_unavailable"
        assert here.speak().status_code == 200

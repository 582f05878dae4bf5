"""Whatever a worker puts out is heard at one rate."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.runpod.plane import float32, hum, pcm16
from tests.engines.upstream import Asked, Upstream, Wire, gives_json, upstream, whole
from tests.hearing import pitch

from stentor.audio.encode import FORMATS
from stentor.engines.remote.client import Client
from stentor.engines.remote.config import RemoteConfig
from stentor.engines.runpod.sound import Listener
from stentor.errors import EngineFailed, EngineUnavailable, RunawaySpeech

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 24_000


def samples_of(content: str, rate: int = RATE) -> dict[str, Any]:
    return {"audio_chunk": content, "sample_rate": rate}


def sound(content: str) -> dict[str, Any]:
    return {"audio": content}


def link(url: str) -> dict[str, Any]:
    return {"url": url}


@asynccontextmanager
async def listening(url: str = "http://127.0.0.1:9", *, encrypted: bool = False) -> AsyncIterator[Listener]:
    client = Client("cloud", RemoteConfig.model_validate({"url": url, "api_key": "sesame"}))
    await client.open()
    try:
        yield Listener(client, "cloud", RATE, encrypted=encrypted)
    finally:
        await client.close()


async def heard(*parts: Any, url: str = "http://127.0.0.1:9", encrypted: bool = False) -> Samples:
    async with listening(url, encrypted=encrypted) as listener:
        chunks = []
        for part in parts:
            async with aclosing(listener.hear(part)) as made:
                chunks += [chunk async for chunk in made]
        chunks += list(listener.rest())
    assert all(chunk.rate == RATE and chunk.samples.dtype == np.float32 for chunk in chunks)
    return np.concatenate([np.zeros(0, np.float32), *(chunk.samples for chunk in chunks)])


def file(kind: str, seconds: float = 1.0, rate: int = RATE) -> bytes:
    encoder = FORMATS[kind].open(rate, True)
    return encoder.encode(hum(seconds, rate)) + encoder.finish()


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def is_hum(samples: Samples, seconds: float, rel: float = 0.02) -> bool:
    assert samples.size / RATE == pytest.approx(seconds, rel=rel)
    assert pitch(samples, RATE) == pytest.approx(440, rel=0.02)
    assert np.abs(samples).max() == pytest.approx(0.25, rel=0.15)
    return True


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("write", [pcm16, float32])
async def test_samples_of_either_type_and_any_rate_are_heard(write: Any, rate: int) -> None:
    assert is_hum(await heard(samples_of(write(hum(1.0, rate)), rate)), 1.0, 0.001)


async def test_parts_join_without_a_gap() -> None:
    tone = hum(1.0, 48_000)
    parts = [samples_of(pcm16(tone[at : at + 4800]), 48_000) for at in range(0, tone.size, 4800)]
    joined = await heard(*parts)
    alone = await heard(samples_of(pcm16(tone), 48_000))
    assert joined.size == alone.size == RATE
    assert np.abs(joined - alone).max() < 1e-4


async def test_a_rate_that_changes_between_parts_is_followed() -> None:
    parts = [samples_of(pcm16(hum(0.5, rate)), rate) for rate in (48_000, 24_000)]
    assert is_hum(await heard(*parts), 1.0, 0.001)


async def test_silence_is_of_the_type_of_what_came_before() -> None:
    silence = np.zeros(RATE, np.float32)
    parts = [samples_of(float32(part)) for part in (hum(1.0), silence)]
    assert (await heard(*parts)).size == 2 * RATE


@pytest.mark.parametrize("kind", ["wav", "flac", "opus", "mp3", "aac"])
async def test_a_file_in_base64_is_heard(kind: str) -> None:
    assert is_hum(await heard(sound(packed(file(kind)))), 1.0, 0.1)


async def test_a_file_that_is_called_samples_is_heard_as_the_file_it_is() -> None:
    assert is_hum(await heard(samples_of(packed(file("wav", rate=48_000)))), 1.0)


async def test_a_data_url_and_base64_in_lines_are_taken() -> None:
    url = f"data:audio/wav;base64,{packed(file('wav'))}"
    assert is_hum(await heard(sound(url)), 1.0)
    lines = base64.encodebytes(file("wav")).decode()
    assert is_hum(await heard(sound(lines)), 1.0)


async def test_samples_that_begin_as_a_frame_of_mp3_are_samples() -> None:
    tone = (hum(1.0) * 32767).astype("<i2")
    tone[0] = np.frombuffer(b"\xff\xfb", "<i2")[0]
    assert (await heard(sound(packed(tone.tobytes())))).size == RATE


@pytest.mark.parametrize("text", ["%%%%", "AAA", "AAAAA", "ÄÄÄÄ", "AA=A", "A" * 300_001])
async def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(EngineFailed, match="not base64"):
        await heard(samples_of(text))


async def test_half_a_sample_is_refused() -> None:
    with pytest.raises(EngineFailed, match="cut off"):
        await heard(samples_of(packed(b"\1\2\3")))


@pytest.mark.parametrize(
    "content", [file("wav")[:44], b"OggS" + bytes(60), b"RIFF\0\0\0\0WAVEjunk" + bytes(99)]
)
async def test_a_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(EngineFailed, match="The engine cloud gave "):
        await heard(sound(packed(content)))


async def test_more_sound_than_any_text_explains_is_stopped() -> None:
    minute = samples_of(pcm16(np.zeros(60 * 8000, np.float32)), 8000)
    assert (await heard(minute, minute)).size == 120 * RATE
    with pytest.raises(RunawaySpeech):
        await heard(*[minute] * 4)


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_sound_or_a_failure(content: bytes) -> None:
    async def hear() -> None:
        try:
            samples = await heard(sound(packed(content)))
        except EngineFailed:
            return
        assert np.abs(samples).max(initial=0) < 2

    asyncio.run(hear())


# Links


@pytest.fixture
async def bucket() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        yield made


async def test_a_file_is_fetched_without_our_key(bucket: Upstream) -> None:
    bucket.answers("/a.ogg?X-Amz-Signature=1", whole(file("opus"), Content_Type="audio/ogg"))
    assert is_hum(await heard(link(f"{bucket.url}/a.ogg?X-Amz-Signature=1"), url=bucket.url), 1.0, 0.1)
    assert "sesame" not in str(bucket.asked)
    assert "authorization" not in bucket.asked[0].headers


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_result_that_has_expired_says_so(bucket: Upstream, status: int) -> None:
    bucket.answers("/a.ogg", whole(b"<Error><Code>ExpiredToken</Code></Error>", status))
    with pytest.raises(EngineFailed) as raised:
        await heard(link(f"{bucket.url}/a.ogg"), url=bucket.url)
    assert raised.value.message == f"The engine cloud gave a result that is not there ({status})."


async def test_a_store_that_stumbles_is_asked_again(bucket: Upstream) -> None:
    async def stumble(asked: Asked, wire: Wire) -> None:
        if len(bucket.asked) < 3:
            await wire.whole(b"SlowDown", 503)
        else:
            await wire.whole(file("wav"))

    bucket.answers("/a.wav", stumble)
    assert is_hum(await heard(link(f"{bucket.url}/a.wav"), url=bucket.url), 1.0)


@pytest.mark.parametrize(
    "script",
    [
        whole(b"<html>Sign in</html>"),
        whole(b""),
        gives_json({"error": "no"}),
        whole(bytes(33 * 2**20)),
        whole(b"", 302, Location="http://169.254.169.254/latest/meta-data"),
    ],
)
async def test_what_is_no_sound_is_refused(bucket: Upstream, script: Any) -> None:
    bucket.answers("/a.ogg", script)
    with pytest.raises(EngineFailed):
        await heard(link(f"{bucket.url}/a.ogg"), url=bucket.url)


async def test_a_link_into_a_private_network_is_not_followed_from_a_public_endpoint(bucket: Upstream) -> None:
    bucket.answers("*", whole(file("wav")))
    with pytest.raises(EngineUnavailable, match="private network"):
        await heard(link(f"{bucket.url}/a.wav"), url="https://8.8.8.8/v2/x")
    assert bucket.asked == []


async def test_a_link_without_encryption_is_not_followed_from_an_encrypted_endpoint(bucket: Upstream) -> None:
    with pytest.raises(EngineFailed, match="not encrypted"):
        await heard(link(f"{bucket.url}/a.wav"), encrypted=True)
    assert bucket.asked == []


async def test_a_file_that_takes_for_ever_is_given_up(
    bucket: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip(asked: Asked, wire: Wire) -> None:
        await wire.chunks([b"R"] * 1000, 0.05)

    monkeypatch.setattr("stentor.engines.runpod.sound._FETCHED_WITHIN", 0.5)
    bucket.answers("/a.wav", drip)
    with pytest.raises(EngineFailed, match="could not be fetched in time"):
        await heard(link(f"{bucket.url}/a.wav"), url=bucket.url)

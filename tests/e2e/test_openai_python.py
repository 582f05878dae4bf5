"""OpenAI's own Python client, which must find nothing to complain of."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

import openai
import pytest

from tests.e2e.server import Server
from tests.hearing import decode, rms
from tests.tools import skip_or_fail

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
FORMATS: tuple[Format, ...] = ("mp3", "opus", "aac", "flac", "wav", "pcm")
HELLO = "Hello, this is a test of the speech server."
PARAGRAPH = " ".join(
    f"This is sentence number {number} of a paragraph that is long enough to be streamed."
    for number in range(1, 13)
)


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as made:
        yield made


@pytest.fixture
async def async_client(server: Server) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as made:
        yield made


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_plays(client: openai.OpenAI, format_: Format) -> None:
    answer = client.audio.speech.create(model="tts-1", voice="alloy", input=HELLO, response_format=format_)
    sound = decode(answer.read(), format_)
    assert 1.5 < sound.size / 24_000 < 6
    assert rms(sound) > 0.02


def test_a_stream_is_the_same_file(client: openai.OpenAI, tmp_path: Path) -> None:
    whole = client.audio.speech.create(
        model="tts-1", voice="echo", input=PARAGRAPH, response_format="pcm"
    ).content
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="echo", input=PARAGRAPH, response_format="pcm"
    ) as response:
        parts = list(response.iter_bytes())
    assert len(parts) > 3
    assert abs(sum(map(len, parts)) - len(whole)) <= 0.01 * len(whole)
    assert rms(decode(b"".join(parts), "pcm")) == pytest.approx(rms(decode(whole, "pcm")), rel=0.05)


def test_a_paragraph_streams_into_an_mp3_that_plays(client: openai.OpenAI, tmp_path: Path) -> None:
    if not shutil.which("ffmpeg") or not shutil.which("ffprobe"):
        skip_or_fail("ffmpeg is not installed")
    file = tmp_path / "speech.mp3"
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="coral", input=PARAGRAPH
    ) as response:
        assert response.headers["content-type"] == "audio/mpeg"
        response.stream_to_file(file)
    played = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", file, "-f", "null", "-"], capture_output=True, check=False
    )
    assert (played.returncode, played.stderr) == (0, b"")
    probed = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", file],
        capture_output=True,
        check=True,
    )
    told = json.loads(probed.stdout)
    assert told["format"]["format_name"] == "mp3"
    assert told["streams"][0]["channels"] == 1
    spoken = len(PARAGRAPH) / float(told["format"]["duration"])
    assert 8 < spoken < 30, f"{spoken} characters a second is no speech"


async def test_many_speak_at_once(async_client: openai.AsyncOpenAI) -> None:
    answers = await asyncio.gather(
        *(
            async_client.audio.speech.create(
                model="tts-1", voice=voice, input=HELLO, response_format="wav", speed=1.5
            )
            for voice in ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx")
        )
    )
    sounds = [decode(answer.content, "wav") for answer in answers]
    assert all(rms(sound) > 0.02 for sound in sounds)
    assert len({sound.tobytes() for sound in sounds}) == 8, "two voices sound the same"


async def test_an_asynchronous_stream_is_heard(async_client: openai.AsyncOpenAI) -> None:
    async with async_client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="nova", input=PARAGRAPH, response_format="opus"
    ) as response:
        parts = [part async for part in response.iter_bytes()]
    assert len(parts) > 3
    assert decode(b"".join(parts), "opus").size / 24_000 > 20


def test_events_hold_the_file_and_end_with_the_usage(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="alloy", input=HELLO, response_format="wav", stream_format="sse"
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]
    *deltas, done = events
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    sound = decode(b"".join(base64.b64decode(event["audio"]) for event in deltas), "wav")
    assert rms(sound) > 0.02
    assert done["type"] == "speech.audio.done"
    usage = done["usage"]
    assert usage["input_tokens"] == len(HELLO)
    assert usage["output_tokens"] == pytest.approx(20 * sound.size / 24_000, abs=1)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_a_custom_voice_may_be_an_object(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(
        model="tts-1", voice={"id": "de"}, input="Guten Tag.", response_format="wav"
    )
    assert answer.response.headers["x-stentor-voice"] == "de"
    assert rms(decode(answer.content, "wav")) > 0.02


def test_extensions_go_through_extra_body(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(
        model="tts-1",
        voice="alloy",
        input="Hello.",
        response_format="wav",
        extra_body={"sample_rate": 8000, "stream": False},
    )
    assert int.from_bytes(answer.content[24:28], "little") == 8000
    assert int(answer.response.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"voice": "nobody-at-all"}, "voice", "voice_not_found"),
        ({"model": "gpt-9"}, "model", "model_not_found"),
        ({"input": ""}, "input", "nothing_to_speak"),
        ({"input": "x" * 5000}, "input", "text_too_long"),
        ({"speed": 5.0}, "speed", "invalid_request"),
        ({"response_format": "ogg"}, "response_format", "invalid_request"),
    ],
    ids=repr,
)
def test_a_mistake_is_openais_bad_request(
    client: openai.OpenAI, fields: dict[str, Any], param: str, code: str
) -> None:
    asked: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": HELLO} | fields
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.speech.create(**asked)
    error = refused.value
    assert (error.param, error.code, error.type) == (param, code, "invalid_request_error")
    assert isinstance(error.body, dict)
    assert error.body["message"].endswith((".", "?"))
    assert error.request_id


def test_models_are_listed_and_an_unknown_one_is_not_found(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"tts-1", "tts-1-hd", "gpt-4o-mini-tts", "espeak"} <= set(names)
    assert client.models.retrieve("tts-1").object == "model"
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("gpt-9")
    assert (missing.value.param, missing.value.code) == ("model", "not_found")

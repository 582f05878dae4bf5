"""The times of words and sentences, in every face that tells them. A character of a tone lasts 50 ms."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from tests.api.inprocess import client_of, make_api, speech
from tests.fakes import ScriptedEngine

SPEECH = "/v1/audio/speech"
TEXT = "One two. Three."
WORDS = [("One", 0.0), ("two.", 0.2), ("Three.", 0.7)]
BOTH = {"response_format": "pcm", "timestamps": ["word", "sentence"]}


def starts(items: list[dict[str, Any]], name: str = "word") -> list[tuple[str, float]]:
    return [(item[name], item["start"]) for item in items]


async def told(client: httpx.AsyncClient, text: Any = TEXT, **fields: Any) -> dict[str, Any]:
    answer = await client.post(f"{SPEECH}/base64", json={**speech(), "input": text, **BOTH, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_json_tells_words_and_sentences(client: httpx.AsyncClient) -> None:
    found = await told(client)
    assert starts(found["words"]) == WORDS
    assert found["words"][1] == {"word": "two.", "start": 0.2, "end": 0.4, "char_start": 4, "char_end": 8}
    assert starts(found["sentences"], "text") == [("One two.", 0.0), ("Three.", 0.7)]
    assert found["sentences"][1] == {
        "text": "Three.", "start": 0.7, "end": 1.0, "char_start": 9, "char_end": 15,
    }  # fmt: skip
    assert found["duration_ms"] == 1000


async def test_only_what_was_asked_for_is_told(client: httpx.AsyncClient) -> None:
    assert "sentences" not in await told(client, timestamps=["word"])
    assert "words" not in await told(client, timestamps=["sentence"])
    assert not {"words", "sentences", "marks"} & (await told(client, timestamps=[])).keys()


async def test_events_tell_each_word_once_and_beside_its_sound(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech(TEXT, stream_format="sse", **BOTH))
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
    words: list[dict[str, Any]] = []
    heard = 0.0
    for event in events:
        if event["type"] == "speech.audio.delta":
            heard += len(base64.b64decode(event["audio"])) / 48_000
        elif event["type"] == "speech.audio.timestamps":
            words += event.get("words", [])
            assert words[-1]["end"] <= heard + 0.001
    assert starts(words) == WORDS
    assert events[-1]["type"] == "speech.audio.done"
    assert sum(event["type"] == "speech.audio.timestamps" for event in events) == 2


async def test_a_batch_tells_them_for_each_item(client: httpx.AsyncClient) -> None:
    items = [{"input": TEXT}, {"input": "Four.", "timestamps": []}]
    answer = await client.post(f"{SPEECH}/batch", json={"items": items, **BOTH})
    first, second = answer.json()["results"]
    assert starts(first["words"]) == WORDS
    assert "words" not in second


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.5, 4])
async def test_times_follow_the_speed(client: httpx.AsyncClient, speed: float) -> None:
    words = (await told(client, speed=speed))["words"]
    assert [word["start"] for word in words] == pytest.approx(
        [start / speed for _, start in WORDS], abs=0.03 / min(speed, 1)
    )


async def test_times_allow_for_the_codec(client: httpx.AsyncClient) -> None:
    """A streamed MP3 has 1,105 samples before the first, which nothing tells players to cut."""
    body = speech(TEXT, timestamps=["word"])
    streamed = (await client.post(f"{SPEECH}/captions", json=body)).json()["words"]
    whole = (await client.post(f"{SPEECH}/captions", json=body | {"stream": False})).json()["words"]
    assert starts(whole) == WORDS
    assert [word["start"] for word in streamed] == [round(start + 1105 / 24_000, 3) for _, start in WORDS]


async def test_an_engine_without_marks_tells_sentences_and_a_warning() -> None:
    async with client_of(make_api(ScriptedEngine())) as client:
        answer = await client.post(f"{SPEECH}/base64", json=speech(TEXT, **BOTH))
        assert "times of words were left out" in answer.headers["x-stentor-warning"]
        found = answer.json()
        assert found["words"] == []
        assert starts(found["sentences"], "text")[0] == ("One two.", 0.0)
        strict = await client.post(f"{SPEECH}/base64", json=speech(TEXT, strict=True, **BOTH))
        assert strict.status_code == 400


async def test_words_are_those_that_were_written(client: httpx.AsyncClient) -> None:
    found = await told(client, "<speak>One <sub alias='two two'>2x</sub> &amp; more.</speak>")
    assert [(word["word"], word["char_start"], word["char_end"]) for word in found["words"]] == [
        ("One", 7, 10), ("2x", 32, 34), ("&", 41, 46), ("more.", 47, 52),
    ]  # fmt: skip
    assert found["words"][2]["start"] == pytest.approx(12 * 0.05)


async def test_marks_are_told_with_times(client: httpx.AsyncClient) -> None:
    text = "<speak>One <mark name='here'/>two.<mark name='end'/></speak>"
    found = await told(client, text, timestamps=[])
    assert found["marks"] == [{"name": "here", "time": 0.2}, {"name": "end", "time": 0.4}]
    assert "words" not in found


async def test_a_list_is_counted_in_its_parts(client: httpx.AsyncClient) -> None:
    parts = [{"voice": "low", "text": "One two."}, {"voice": "high", "text": "Three."}]
    found = await told(client, parts)
    assert [(word["word"], word["part"], word["char_start"]) for word in found["words"]] == [
        ("One", 0, 0), ("two.", 0, 4), ("Three.", 1, 0),
    ]  # fmt: skip
    assert [(item["text"], item["part"], item["char_start"]) for item in found["sentences"]] == [
        ("One two.", 0, 0), ("Three.", 1, 0),
    ]  # fmt: skip

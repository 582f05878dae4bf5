"""Captions as files and as JSON."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import httpx
import pytest
import srt
import webvtt

from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine

CAPTIONS = "/v1/audio/speech/captions"
LONG = "This sentence is much too long to be shown in a single line of captions, and so it is cut. " * 2


async def test_json_is_the_default(client: httpx.AsyncClient) -> None:
    answer = await client.post(CAPTIONS, json=speech("One two.", response_format="wav"))
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert [word["word"] for word in found["words"]] == ["One", "two."]
    assert [sentence["text"] for sentence in found["sentences"]] == ["One two."]
    assert found["duration"] == 0.4


async def test_json_tells_what_was_asked_for(client: httpx.AsyncClient) -> None:
    answer = await client.post(CAPTIONS, json=speech("One two.", timestamps=["sentence"]))
    assert "words" not in answer.json()


async def test_subrip_can_be_read(client: httpx.AsyncClient) -> None:
    answer = await client.post(CAPTIONS, json=speech(LONG, format="srt", response_format="wav"))
    assert answer.headers["content-type"] == "application/x-subrip; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="speech.srt"'
    shown = list(srt.parse(answer.text))
    assert " ".join(cue.content for cue in shown).split() == LONG.split()
    assert shown[0].start == timedelta()
    assert all(cue.start < cue.end for cue in shown)
    assert len(shown) > 2


async def test_webvtt_can_be_read(client: httpx.AsyncClient) -> None:
    answer = await client.post(CAPTIONS, json=speech("Fish & <chips>. " + LONG, format="vtt"))
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    shown = webvtt.from_buffer(StringIO(answer.text)).captions
    assert shown[0].start == "00:00:00.046"
    assert "chips" in answer.text
    assert " ".join(cue.text for cue in shown).split()[-4:] == LONG.split()[-4:]


async def test_an_engine_without_marks_has_captions_by_the_sentence() -> None:
    async with client_of(make_api(ScriptedEngine())) as client:
        answer = await client.post(CAPTIONS, json=speech("One two. Three.", format="srt"))
        assert answer.status_code == 200
        text = " ".join(cue.content for cue in srt.parse(answer.text))
        assert text.split() == ["One", "two.", "Three."]


@pytest.mark.parametrize("form", ["json", "srt", "vtt"])
async def test_what_cannot_be_spoken_has_no_captions(client: httpx.AsyncClient, form: str) -> None:
    answer = await client.post(CAPTIONS, json=speech("...", format=form))
    assert_envelope(answer, 400, "nothing_to_speak", "input")


async def test_an_unknown_form_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(CAPTIONS, json=speech(format="ass"))
    assert_envelope(answer, 400, "invalid_request", "format")

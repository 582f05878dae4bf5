"""A server that speaks OpenAI's API: what it is asked, and what is made of its answers."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tests.engines.openai.asking import (
    ALLOY,
    HUM,
    MODELS,
    SPEECH,
    VOICES,
    engine_of,
    listen,
    spoken,
    until,
)
from tests.engines.upstream import Asked, Script, Upstream, Wire, chunked, gives_json, upstream, whole
from tests.fakes import tone
from tests.hearing import pitch

from stentor.audio.encode import FORMATS, to_int16
from stentor.engines.openai import OpenAiEngine
from stentor.engines.openai.styles import STYLES
from stentor.errors import (
    EngineBusy,
    EngineError,
    EngineFailed,
    EngineUnavailable,
    RunawaySpeech,
    UnknownVoice,
)
from stentor.types import Utterance, Voice, VoiceId


async def test_a_request_is_openais_and_no_more(server: Upstream) -> None:
    async with engine_of(server, api_key="sesame") as engine:
        np.testing.assert_array_equal(to_int16(await listen(engine, "Grüße!")), HUM)
    asked = spoken(server)
    assert asked.method == "POST"
    assert asked.headers["authorization"] == "Bearer sesame"
    assert asked.json == {
        "model": "gpt-4o-mini-tts",
        "input": "Grüße!",
        "voice": "alloy",
        "response_format": "pcm",
    }


async def test_what_was_asked_for_is_passed_on(server: Upstream) -> None:
    async with engine_of(server, model="m", format="wav", extra={"lang_code": "a"}) as engine:
        await listen(engine, speed=1.5, instructions="Like a pirate.", style="happy", language="de")
    assert spoken(server).json == {
        "model": "m",
        "input": "Hello.",
        "voice": "alloy",
        "response_format": "wav",
        "speed": 1.5,
        "instructions": f"Like a pirate. {STYLES['happy']}",
        "lang_code": "a",
    }


async def test_a_server_that_wants_it_is_told_the_language(server: Upstream) -> None:
    async with engine_of(server, send_language=True) as engine:
        await listen(engine, language="de")
        assert spoken(server).json["language"] == "de"
        await listen(engine)
        assert "language" not in spoken(server).json


async def test_without_a_key_none_is_sent(server: Upstream) -> None:
    async with engine_of(server) as engine:
        await listen(engine)
    assert "authorization" not in spoken(server).headers


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ((0.25, 4.0), True, tuple(STYLES), 4096, True)),
        ({"speed": False, "whole_text": False, "max_characters": 500},
         ((1.0, 1.0), True, tuple(STYLES), 500, False)),
        ({"instructions": False}, ((0.25, 4.0), False, (), 4096, True)),
        ({"model": "tts-1-hd"}, ((0.25, 4.0), False, (), 4096, True)),
    ],
)  # fmt: skip
def test_it_can_do_what_the_settings_say(settings: dict[str, Any], expected: tuple[Any, ...]) -> None:
    can = OpenAiEngine(OpenAiEngine.Config.model_validate(settings)).capabilities
    assert (can.speed, can.instructions, can.styles, can.longest_utterance, can.whole_text) == expected


@pytest.mark.parametrize(("path", "routes"), [("", "/v1"), ("/v1/", "/v1"), ("/openai/v1", "/openai/v1")])
async def test_a_url_without_a_path_is_that_of_the_first_version(
    server: Upstream, path: str, routes: str
) -> None:
    server.answers(f"{routes}/audio/speech", whole(HUM))
    async with engine_of(f"{server.url}{path}") as engine:
        assert (await listen(engine)).size


LISTS: list[tuple[Script, list[str]]] = [
    (gives_json({"voices": ["af_bella", "alloy"]}), ["af_bella", "alloy"]),
    (gives_json({"voices": [{"id": "a", "name": "Ann"}]}), ["a"]),
    (gives_json(["x"]), ["x"]),
]


@pytest.mark.parametrize(("script", "voices"), LISTS)
async def test_voices_are_those_the_server_lists(server: Upstream, script: Script, voices: list[str]) -> None:
    server.answers(VOICES, script)
    async with engine_of(server) as engine:
        assert [voice.id for voice in await engine.voices()] == voices
        assert {voice.engine for voice in await engine.voices()} == {"cloud"}
        assert await engine.find_voice(voices[0].upper(), None) is not None


@pytest.mark.parametrize("script", [
    gives_json({"detail": "Not Found"}, 404), gives_json({}, 405), gives_json({}, 500), whole(b"<html>", 200),
    gives_json({"voices": []}),
])  # fmt: skip
async def test_a_server_without_a_list_has_openais_voices(server: Upstream, script: Script) -> None:
    server.answers(VOICES, script)
    async with engine_of(server) as engine:
        assert len(await engine.voices()) == 13
        assert engine.health().ready
        assert (await listen(engine)).size


async def test_the_settings_may_name_the_voices(server: Upstream) -> None:
    async with engine_of(server, voices=["ann"], languages=["de"]) as engine:
        assert await engine.voices() == [Voice(VoiceId("ann"), "ann", "cloud", ("de",))]
        with pytest.raises(UnknownVoice):
            await listen(engine)
    assert VOICES not in [asked.path for asked in server.asked]


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_server_that_sends_another_format_is_heard(server: Upstream, format_: str) -> None:
    encoder = FORMATS[format_].open(24_000, False)
    content = encoder.encode(tone(1.0)) + encoder.finish()
    parts = [content[at : at + 333] for at in range(0, len(content), 333)]
    server.answers(SPEECH, chunked(parts, Content_Type=FORMATS[format_].media_type))
    async with engine_of(server) as engine:
        sound = await listen(engine)
    assert len(sound) / 24_000 == pytest.approx(1, abs=0.15)
    assert pitch(sound) == pytest.approx(440, abs=2)


async def test_samples_are_passed_on_as_they_come(server: Upstream) -> None:
    proceed = asyncio.Event()

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked")
        await wire.chunk(HUM[:4801])
        await proceed.wait()
        await wire.chunk(HUM[4801:])
        await wire.send(b"0\r\n\r\n")

    server.answers(SPEECH, script)
    async with engine_of(server) as engine, aclosing(engine.synthesize(Utterance("Hello.", ALLOY))) as chunks:
        async with asyncio.timeout(2):
            assert (await anext(chunks)).samples.size == 2400
        proceed.set()
        assert sum([chunk.samples.size async for chunk in chunks]) == len(HUM) // 2 - 2400


async def cut(asked: Asked, wire: Wire) -> None:
    await wire.head(Content_Length=len(HUM))
    await wire.send(HUM[:1000])
    await asyncio.sleep(0.02)
    wire.cut()


async def stalls(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    await wire.chunk(HUM[:1000])
    await wire.left()


async def endless(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    while True:
        await wire.chunk(HUM)


async def silent(asked: Asked, wire: Wire) -> None:
    await wire.left()


MISBEHAVIOUR: list[tuple[Script, type[EngineError], str]] = [
    (cut, EngineFailed, "broke off in the middle"),
    (stalls, EngineFailed, "nothing came for 0.2 s"),
    (silent, EngineUnavailable, "no answer within 0.2 s"),
    (endless, RunawaySpeech, "cloud was stopped"),
    (gives_json({"error": {"message": "Slow down"}}, 429, Retry_After=20), EngineBusy, "in 20 s"),
    (gives_json({"detail": "Loading"}, 503), EngineBusy, "cloud"),
    (gives_json({"error": {"message": "sesame is wrong"}}, 401), EngineFailed, "refused the key (401)"),
    (gives_json({"error": {"message": "No such voice"}}, 400), EngineFailed, "No such voice"),
    (gives_json({"detail": "CUDA error"}, 500), EngineUnavailable, "CUDA error"),
    (gives_json({"error": "No GPU"}), EngineFailed, "instead of sound: No GPU"),
    (whole(b"", 307, Location="http://evil.example/"), EngineFailed, "redirect (307) to evil.example"),
]


@pytest.mark.parametrize(("script", "kind", "said"), MISBEHAVIOUR, ids=range(len(MISBEHAVIOUR)))
async def test_a_server_that_misbehaves_is_one_of_our_errors(
    server: Upstream, script: Script, kind: type[EngineError], said: str
) -> None:
    server.answers(SPEECH, script)
    async with engine_of(server, answer_seconds=0.2, stalled_seconds=0.2, api_key="sesame") as engine:
        async with asyncio.timeout(5):
            with pytest.raises(EngineError) as failed:
                await listen(engine)
        assert engine.health().figures["busy"] == 0
    assert type(failed.value) is kind
    assert said in failed.value.message
    assert "sesame" not in failed.value.message
    assert "Hello" not in failed.value.message


async def test_what_came_before_a_cut_was_heard(server: Upstream) -> None:
    server.answers(SPEECH, cut)
    async with engine_of(server) as engine, aclosing(engine.synthesize(Utterance("Hello.", ALLOY))) as chunks:
        assert (await anext(chunks)).samples.size == 500
        with pytest.raises(EngineFailed):
            await anext(chunks)


async def test_a_server_sees_at_once_that_the_caller_left(server: Upstream) -> None:
    server.answers(SPEECH, stalls)
    async with engine_of(server) as engine:
        async with aclosing(engine.synthesize(Utterance("Hello.", ALLOY))) as chunks:
            await anext(chunks)
        left = perf_counter()
        async with asyncio.timeout(1):
            await server.left.wait()
        assert server.left_at[0] - left < 0.05


async def test_a_server_that_is_not_there_keeps_nobody_from_starting_and_may_come_later() -> None:
    async with upstream() as gone:
        url = gone.url
    async with asyncio.timeout(10), engine_of(url) as engine:
        assert not engine.health().ready
        assert engine.health().problem == "its server refused the connection"
        with pytest.raises(EngineUnavailable, match="cloud is not available"):
            await listen(engine)
        async with upstream(port=int(url.rpartition(":")[2])) as server:
            server.answers(MODELS, gives_json({}))
            server.answers(VOICES, gives_json(["ann"]))
            await until(lambda: engine.health().ready)
            assert [voice.id for voice in await engine.voices()] == ["ann"]


@pytest.mark.parametrize(
    ("status", "problem"),
    [(200, None), (404, None), (405, None), (429, None), (401, "it refused the key (401)"),
     (500, "its server failed (500)")],
)  # fmt: skip
async def test_it_is_ready_if_its_server_knows_it(server: Upstream, status: int, problem: str | None) -> None:
    server.answers(MODELS, gives_json({}, status))
    async with engine_of(server, api_key="sesame") as engine:
        assert engine.health().problem == problem
        assert engine.health().ready is (problem is None)


async def test_a_key_that_is_refused_is_told_until_one_works(server: Upstream) -> None:
    async with engine_of(server, api_key="sesame") as engine:
        speaks = server.scripts[SPEECH]
        server.answers(SPEECH, gives_json({"error": {"message": "Who?"}}, 401))
        with pytest.raises(EngineFailed):
            await listen(engine)
        assert (engine.health().ready, engine.health().problem) == (True, "it refused the key (401)")
        server.answers(SPEECH, speaks)
        await listen(engine)
        assert engine.health().problem is None


async def test_a_server_that_goes_is_noticed_by_the_next_failure(server: Upstream) -> None:
    async with engine_of(server) as engine:
        assert engine.health().ready
        server.stop()
        with pytest.raises(EngineUnavailable):
            await listen(engine)
        await until(lambda: not engine.health().ready)


async def test_a_server_at_rest_is_hardly_asked(server: Upstream) -> None:
    async with engine_of(server) as engine:
        await asyncio.sleep(0.3)
        for _ in range(3):
            await listen(engine)
    assert [asked.path for asked in server.asked] == [MODELS, VOICES, SPEECH, SPEECH, SPEECH]
    assert server.connections == 1


async def test_before_it_is_opened_and_after_it_is_closed_it_is_not_available(server: Upstream) -> None:
    engine = OpenAiEngine()
    assert not engine.health().ready
    assert len(await engine.voices()) == 13
    with pytest.raises(EngineUnavailable, match="openai is not running"):
        await listen(engine)
    async with engine_of(server) as engine:
        pass
    assert not engine.health().ready
    with pytest.raises(EngineUnavailable):
        await listen(engine)


async def test_sound_without_a_word_is_no_failure_of_the_engine(server: Upstream) -> None:
    server.answers(SPEECH, whole(b"", Content_Type="audio/pcm"))
    async with engine_of(server) as engine:
        assert not (await listen(engine)).size


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("input", "`input` cannot be set: each request has its own"),
        ("voice", "`voice` cannot be set"),
        ("response_format", "`response_format` cannot be set"),
        ("model", "`model` is a setting of its own"),
    ],
)
def test_a_field_that_every_request_has_cannot_be_added(field: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OpenAiEngine.Config.model_validate({"extra": {"lang_code": "a", field: "x"}})

"""Speaking by another server: another Stentor, the printed sample servers, and servers that misbehave."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.api.inprocess import make_api
from tests.engines.provider.printed import Model, printed
from tests.engines.upstream import Asked, Upstream, Wire, gives_json, upstream, whole
from tests.fakes import ScriptedEngine, tone
from tests.serving import served

from stentor.engines import Capabilities
from stentor.engines.provider import ProviderEngine
from stentor.engines.tone import ToneEngine
from stentor.errors import (
    EngineBusy,
    EngineFailed,
    EngineUnavailable,
    NothingSpoken,
    SettingsError,
    UnknownVoice,
)
from stentor.types import Pronunciation, Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.types import Samples

GENERATE = "/v1/generate"
HEALTHY = {"status": "healthy", "model": "Qwen3-TTS", "device": "cpu"}
HUM = tone(0.5)
SOUND = {"audio": base64.b64encode(HUM.tobytes()).decode(), "sample_rate": 24_000, "dtype": "float32"}
EVENTS = {"Content_Type": "text/event-stream"}


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        made.answers("/health", gives_json(HEALTHY))
        made.answers(GENERATE, gives_json(SOUND))
        yield made


@asynccontextmanager
async def engine_of(url: str, **settings: Any) -> AsyncIterator[ProviderEngine]:
    made = ProviderEngine(ProviderEngine.Config.model_validate({"url": url, **settings}))
    made.name = "remote"
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def listen(engine: ProviderEngine, text: str = "Hello.", voice: str = "", **fields: Any) -> Samples:
    name = voice or (await engine.voices())[0].id
    utterance = Utterance(text, Voice(VoiceId(name), name, "remote"), **fields)
    async with aclosing(engine.synthesize(utterance)) as chunks:
        parts = [chunk.samples async for chunk in chunks]
    return np.concatenate([np.zeros(0, np.float32), *parts])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not condition():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.02)


def asked_to_speak(server: Upstream) -> Asked:
    return next(asked for asked in reversed(server.asked) if asked.path.startswith(GENERATE))


async def test_another_stentor_tells_what_it_can() -> None:
    able = Capabilities(
        22_050, ("en", "de"), speed=(0.5, 2), pitch=(-4, 4), styles=("sad",), emphasis=True, seed=True,
        instructions=True, phonemes=True, marks=True, longest_utterance=250, licence="MIT",
    )  # fmt: skip
    far = ScriptedEngine(capabilities=able)
    async with served(make_api(far, ToneEngine())) as url, engine_of(url) as engine:
        assert engine.capabilities == replace(able, device="remote")
        assert engine.health().ready
        names = [voice.id for voice in await engine.voices()]
        assert {"alloy", "one", "two"} <= set(names)
        assert "low" not in names  # the tone engine's


async def test_voices_that_another_stentor_does_not_list_are_asked_for_once(server: Upstream) -> None:
    abilities = {"sample_rate": 24_000, "languages": ["en"]}
    server.answers("/health", gives_json({"version": "1", "engines": {}}))
    server.answers("/v1/models/tts-1", gives_json({"owned_by": "espeak", "capabilities": abilities}))
    server.answers("/v1/audio/voices", gives_json({"voices": [{"id": "en", "engine": "espeak"}]}))
    server.answers("/v1/audio/voices/en%2Bf2", gives_json({"id": "en+f2", "engine": "espeak"}))
    server.answers("/v1/audio/voices/low", gives_json({"id": "low", "engine": "tone"}))
    async with engine_of(server.url) as engine:
        for _ in range(2):
            found = await engine.find_voice("en+f2", None)
            assert found is not None
            assert found.id == "en+f2"
            assert await engine.find_voice("low", None) is None
            assert await engine.find_voice("nobody", None) is None
        await listen(engine, voice="en+f2")
        assert asked_to_speak(server).json["voice"] == "en+f2"
        with pytest.raises(UnknownVoice):
            await listen(engine, voice="nobody")
    asked = [asked.path.rpartition("/")[2] for asked in server.asked if "voices/" in asked.path]
    assert asked == ["en%2Bf2", "low", "nobody"]


async def test_all_of_an_utterance_reaches_another_stentor() -> None:
    able = Capabilities(
        24_000, ("en",), speed=(0.5, 2), pitch=(-4, 4), styles=("sad",), emphasis=True, seed=True,
        instructions=True, phonemes=True,
    )  # fmt: skip
    far = ScriptedEngine([HUM], capabilities=able)
    asked: dict[str, Any] = {
        "language": "en", "speed": 1.5, "pitch": -2.0, "style": "sad", "emphasis": "strong", "seed": 7,
        "instructions": "Softly.", "pronunciations": (Pronunciation(0, 6, "təˈmɑːtəʊ"),),
        "is_complete": False,
    }  # fmt: skip
    async with served(make_api(far)) as url, engine_of(url) as engine:
        await listen(engine, "tomato", "two", **asked)
    [heard] = far.asked
    assert (heard.text, heard.voice.id) == ("tomato", "two")
    assert {name: getattr(heard, name) for name in asked} == asked


async def test_words_of_another_stentor_have_their_times() -> None:
    text = "One two three."
    async with served(make_api(ToneEngine())) as url, engine_of(url) as engine:
        voice = (await engine.voices())[0]
        far = [mark async for c in engine.synthesize(Utterance(text, voice, marks=True)) for mark in c.marks]
    near = ToneEngine()
    own = Utterance(text, (await near.voices())[0], marks=True)
    here = [mark async for chunk in near.synthesize(own) for mark in chunk.marks]
    assert [(mark.start, text[mark.start]) for mark in far] == [
        (mark.start, text[mark.start]) for mark in here
    ]
    for one, two in zip(far, here, strict=True):
        assert one.sample == pytest.approx(two.sample, abs=0.02 * 24_000)


async def test_the_first_sound_comes_before_the_last_is_made() -> None:
    gate = asyncio.Event()
    gate.set()
    far = ScriptedEngine([HUM] * 5, gate=gate)
    async with served(make_api(far)) as url, engine_of(url) as engine:
        stream = engine.synthesize(Utterance("Hello.", (await engine.voices())[0]))
        first = await anext(stream)
        assert first.samples.size
        await stream.aclose()
        await until(lambda: far.closed == 1)


async def test_leaving_reaches_the_engine_there() -> None:
    far = ScriptedEngine([HUM] * 400, delay=0.01)
    async with served(make_api(far)) as url, engine_of(url) as engine:
        stream = engine.synthesize(Utterance("Hello.", (await engine.voices())[0]))
        await anext(stream)
        assert engine.health().figures["busy"] == 1
        await stream.aclose()
        await until(lambda: far.closed == 1)
        assert far.finished == 0
        assert engine.health().figures["busy"] == 0


async def test_leaving_hangs_up_at_once(server: Upstream) -> None:
    audio = {"type": "speech.audio.delta", "audio": SOUND["audio"]}

    async def endless(_asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked", **EVENTS)
        await wire.chunk(b"data: " + json.dumps(audio).encode() + b"\n\n")
        await wire.left()

    server.answers(GENERATE, endless)
    async with engine_of(server.url) as engine:
        stream = engine.synthesize(Utterance("Hello.", (await engine.voices())[0]))
        await anext(stream)
        began = perf_counter()
        await stream.aclose()
        async with asyncio.timeout(5):
            await server.left.wait()
        assert server.left_at[0] - began < 1


async def test_its_keys_are_sent_both_ways(server: Upstream) -> None:
    async with engine_of(server.url, api_key="sesame") as engine:
        await listen(engine)
    for asked in server.asked:
        assert asked.headers["x-api-key"] == "sesame"
        assert asked.headers["authorization"] == "Bearer sesame"


async def test_another_server_is_asked_in_the_protocol_s_words(server: Upstream) -> None:
    async with engine_of(server.url) as engine:
        assert [voice.id for voice in await engine.voices()] == ["default"]
        assert (engine.capabilities.sample_rate, engine.capabilities.seed) == (24_000, True)
        np.testing.assert_allclose(await listen(engine, language="en", seed=7), HUM, atol=1e-6)
    asked = asked_to_speak(server)
    assert asked.json == {"text": "Hello.", "voice_prompt": {"voice": "default"}, "language": "en", "seed": 7}
    assert "text/event-stream" in asked.headers["accept"]


async def test_voices_may_have_prompts(server: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "prompts.json"
    file.write_text(json.dumps({"Kim": {"tensors": "…"}, "Lee": {}}))
    async with engine_of(server.url, voice_prompts=file) as engine:
        assert [voice.id for voice in await engine.voices()] == ["Kim", "Lee"]
        await listen(engine, voice="Kim")
        assert asked_to_speak(server).json["voice_prompt"] == {"tensors": "…"}
        with pytest.raises(UnknownVoice):
            await listen(engine, voice="Nobody")


@pytest.mark.parametrize("written", ["[", "[]", '{"Kim": "no"}'])
async def test_prompts_that_cannot_be_read_are_named(server: Upstream, tmp_path: Path, written: str) -> None:
    file = tmp_path / "prompts.json"
    file.write_text(written)
    with pytest.raises(SettingsError, match=r"prompts\.json"):
        async with engine_of(server.url, voice_prompts=file):
            pass


async def test_its_audio_may_be_had_at_a_rate_of_one_s_own(server: Upstream) -> None:
    async with engine_of(server.url, sample_rate=48_000) as engine:
        assert len(await listen(engine)) == pytest.approx(2 * len(HUM), abs=2)


async def test_the_printed_sample_server_is_heard() -> None:
    model = Model()
    async with served(printed(model, key="sesame")) as url, engine_of(url, api_key="sesame") as engine:
        first = await listen(engine, "Grüße & 50% + 1?", language="de", seed=7)
        again = await listen(engine, "Grüße & 50% + 1?", language="de", seed=7)
        await listen(engine, "More.")
    np.testing.assert_allclose(first, np.concatenate([HUM] * 2), atol=1e-6)
    np.testing.assert_array_equal(first, again)
    assert model.asked == [
        ("Grüße & 50% + 1?", {"voice": "default"}, "de", 7),
        ("More.", {"voice": "default"}, "en", None),
    ]


async def test_the_printed_function_for_modal_is_heard() -> None:
    model = Model()
    async with served(printed(model, "/")) as url, engine_of(url, path="/") as engine:
        assert engine.health().ready
        assert len(await listen(engine)) == 2 * len(HUM)


async def test_the_printed_way_of_asking_is_remembered(server: Upstream) -> None:
    missing = {"detail": [{"type": "missing", "loc": ["query", "text"], "msg": "Field required"}]}
    server.answers(GENERATE, gives_json(missing, 422))
    server.answers(f"{GENERATE}?text=Hello.", gives_json(SOUND))
    async with engine_of(server.url) as engine:
        await listen(engine)
        await listen(engine)
        paths = [asked.path for asked in server.asked if asked.method == "POST"]
        assert paths == [GENERATE, f"{GENERATE}?text=Hello.", f"{GENERATE}?text=Hello."]
        server.answers(f"{GENERATE}?text=Hello.", gives_json(missing, 422))
        with pytest.raises(EngineFailed, match="text: Field required"):
            await listen(engine)


async def test_a_provider_that_comes_late_is_found_by_the_next_request() -> None:
    async with upstream() as gone:
        url = gone.url
    async with engine_of(url) as engine:
        assert not engine.health().ready
        assert "refused the connection" in (engine.health().problem or "")
        assert "alloy" in [voice.id for voice in await engine.voices()]
        with pytest.raises(EngineUnavailable):
            await listen(engine, voice="alloy")
        async with upstream(port=int(url.rpartition(":")[2])) as back:
            back.answers("/health", gives_json(HEALTHY))
            back.answers(GENERATE, gives_json(SOUND))
            assert (await listen(engine, voice="alloy")).any()
            assert engine.health().ready


async def test_a_provider_that_comes_late_keeps_the_rate_that_was_planned_with() -> None:
    async with upstream() as gone:
        url = gone.url
    async with engine_of(url) as engine, upstream(port=int(url.rpartition(":")[2])) as back:
        back.answers("*", gives_json({"status": "starting"}, 503))
        with pytest.raises(EngineBusy):
            await listen(engine, voice="alloy")
        abilities = {"sample_rate": 48_000, "languages": ["en"]}
        back.answers("/health", gives_json({"version": "1", "engines": {}}))
        back.answers("/v1/models/tts-1", gives_json({"owned_by": "xtts", "capabilities": abilities}))
        back.answers("/v1/audio/voices", gives_json({"voices": [{"id": "alloy", "engine": "xtts"}]}))
        back.answers(GENERATE, gives_json(SOUND | {"sample_rate": 48_000}))
        assert len(await listen(engine, voice="alloy")) == pytest.approx(len(HUM) / 2, abs=2)
        assert engine.capabilities.languages == ("en",)
        assert engine.capabilities.sample_rate == 24_000


async def test_a_stentor_whose_engine_cannot_speak_is_not_ready(server: Upstream) -> None:
    server.answers("/health", gives_json({"version": "1", "engines": {"xtts": {"status": "unavailable"}}}))
    abilities = {"sample_rate": 24_000, "languages": ["en"]}
    server.answers("/v1/models/tts-1", gives_json({"owned_by": "xtts", "capabilities": abilities}))
    async with engine_of(server.url) as engine:
        assert engine.health().problem == "its own engine is not ready"
        server.answers("/v1/models/tts-1", gives_json({}))
        with pytest.raises(EngineFailed, match="it describes no engine"):
            await listen(engine, voice="alloy")


async def test_a_url_that_leads_elsewhere_is_told_until_somebody_speaks_there(server: Upstream) -> None:
    for path in ("/health", GENERATE):
        server.answers(path, gives_json({"detail": "Not Found"}, 404))
    async with engine_of(server.url) as engine:
        told = engine.health()
        assert told.ready
        assert "knows neither /health nor /v1/generate (404)" in (told.problem or "")
        with pytest.raises(EngineFailed):
            await listen(engine)
        assert engine.health().problem == "it refused the request (404)"
        server.answers(GENERATE, gives_json(SOUND))
        await listen(engine)
        assert engine.health().problem is None


@pytest.mark.parametrize("status", [200, 204, 400, 405, 501])
async def test_a_provider_need_not_tell_its_health(server: Upstream, status: int) -> None:
    server.answers("/health", gives_json({}, 404))
    server.answers(GENERATE, gives_json({}, status))
    async with engine_of(server.url) as engine:
        assert engine.health().problem is None


async def test_a_stentor_that_speaks_with_a_problem_is_ready(server: Upstream) -> None:
    server.answers("/health", gives_json({"version": "1", "engines": {"xtts": {"status": "degraded"}}}))
    abilities = {"sample_rate": 24_000, "languages": ["en"]}
    server.answers("/v1/models/tts-1", gives_json({"owned_by": "xtts", "capabilities": abilities}))
    server.answers("/v1/audio/voices", gives_json({"voices": []}))
    async with engine_of(server.url) as engine:
        assert engine.health().ready


async def test_a_busy_provider_is_there(server: Upstream) -> None:
    async with engine_of(server.url, probe_seconds=0.05) as engine:
        asked = len(server.asked)
        server.answers("/health", gives_json({}, 503))
        await until(lambda: len(server.asked) > asked)
        assert engine.health().ready


async def test_without_a_url_it_says_what_to_set() -> None:
    with pytest.raises(EngineUnavailable, match="Set `url`"):
        await ProviderEngine().open()


async def test_a_refusal_is_told_in_the_provider_s_words(server: Upstream) -> None:
    async with engine_of(server.url) as engine:
        server.answers(GENERATE, gives_json({"error": {"message": "No such language.", "code": "x"}}, 400))
        with pytest.raises(EngineFailed, match=r"refused the request \(400\): No such language\."):
            await listen(engine)
        server.answers(
            GENERATE, gives_json({"error": {"message": "Silence.", "code": "nothing_spoken"}}, 422)
        )
        with pytest.raises(NothingSpoken):
            await listen(engine)
        server.answers(GENERATE, gives_json({}, 429, Retry_After="7"))
        with pytest.raises(EngineBusy) as busy:
            await listen(engine)
        assert busy.value.retry_after == 7
        server.answers(GENERATE, gives_json({"detail": "Invalid API key"}, 401))
        with pytest.raises(EngineFailed, match="asks for a key"):
            await listen(engine)


async def test_a_server_that_hangs_up_is_a_failure(server: Upstream) -> None:
    async def torn(_asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked", **EVENTS)
        await wire.chunk(b"data: {}\n\n")
        wire.cut()

    server.answers(GENERATE, torn)
    async with engine_of(server.url) as engine:
        with pytest.raises(EngineFailed, match="broke off in the middle"):
            await listen(engine)
        server.answers(GENERATE, whole(b"data: {}\n\n", **EVENTS))
        with pytest.raises(EngineFailed, match="its events have no end"):
            await listen(engine)

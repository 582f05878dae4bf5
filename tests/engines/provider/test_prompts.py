"""Voice prompts by a provider: how one is asked for, what is taken for one, and how often it is sent."""

from __future__ import annotations

import io
import json
import re
import wave
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.inprocess import make_api
from tests.cloning import CloningEngine, pitch_of
from tests.engines.provider.test_init import GENERATE, HEALTHY, SOUND, engine_of, listen
from tests.engines.upstream import Asked, Upstream, Wire, gives_json, upstream, whole
from tests.fakes import tone
from tests.serving import served

from stentor.audio.encode import encode_whole
from stentor.engines import Likeness
from stentor.engines.provider import prompts
from stentor.errors import EngineFailed, EngineUnavailable, InvalidRequest, NotOffered
from stentor.types import Prompt, Sample

CREATE = "/v1/create_voice_prompt"
PROMPT = Prompt.of({"tensors": "AAAA" * 1000})
SAMPLE = Sample(tone(1.0, 16_000, 300.0), 16_000, "Hm, hm.")
REMEMBERS = HEALTHY | {"capabilities": {"cloning": True, "prompt_ids": True}}


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        made.answers("/health", gives_json(HEALTHY))
        made.answers(GENERATE, gives_json(SOUND))
        yield made


def sent(server: Upstream) -> list[Any]:
    """Return the voice prompts that came with requests for speech."""
    return [asked.json["voice_prompt"] for asked in server.asked if asked.path == GENERATE]


async def test_a_prompt_made_by_another_stentor_speaks_there() -> None:
    far = CloningEngine()
    async with served(make_api(far)) as url, engine_of(url) as engine:
        assert engine.capabilities.cloning
        prompt = await engine.prepare([SAMPLE])
        assert pitch_of(await listen(engine, prompt=prompt), 24_000) == pytest.approx(300, rel=0.02)
    [heard] = far.heard
    assert heard.transcript == "Hm, hm."
    assert (heard.rate, heard.samples.size) == (16_000, SAMPLE.samples.size)
    np.testing.assert_allclose(heard.samples, SAMPLE.samples, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "likeness"),
    [({}, "approximate"), ({"cloning": True}, "approximate"), ({"cloning": False}, False)],
)
async def test_another_stentor_that_only_comes_near_does_so_from_here(
    settings: dict[str, Any], likeness: Likeness
) -> None:
    near = CloningEngine(likeness="approximate")
    async with served(make_api(near)) as url, engine_of(url, **settings) as engine:
        assert engine.capabilities.cloning == likeness


async def test_another_stentor_that_forgot_is_sent_all_of_it_before_a_sound() -> None:
    prompt = Prompt.of({"hertz": 300.0})
    running = make_api(CloningEngine())

    async def current(scope: Any, receive: Any, send: Any) -> None:
        await running(scope, receive, send)

    async with served(current) as url, engine_of(url) as engine:
        for is_new in (False, False, True, False):
            running = make_api(CloningEngine()) if is_new else running
            assert pitch_of(await listen(engine, prompt=prompt), 24_000) == pytest.approx(300, rel=0.02)
        assert engine.health().ready


async def test_whoever_remembers_gets_all_of_it_once(server: Upstream) -> None:
    server.answers("/health", gives_json(REMEMBERS))
    server.answers(GENERATE, gives_json(SOUND, X_Voice_Prompt_Id="p-1"))
    async with engine_of(server.url) as engine:
        for _ in range(3):
            assert (await listen(engine, prompt=PROMPT)).size
        assert sent(server) == [PROMPT.content, {"id": "p-1"}, {"id": "p-1"}]


async def test_what_it_made_itself_it_knows_already(server: Upstream) -> None:
    server.answers("/health", gives_json(REMEMBERS))
    server.answers("*", gives_json({"voice_prompt": PROMPT.content, "id": "p-1"}))
    async with engine_of(server.url) as engine:
        assert await engine.prepare([SAMPLE]) == PROMPT
        await listen(engine, prompt=PROMPT)
    assert sent(server) == [{"id": "p-1"}]


@pytest.mark.parametrize("headers", [{"X_Voice_Prompt_Id": "p-1"}, {}])
async def test_whoever_does_not_announce_it_gets_all_of_it_each_time(
    server: Upstream, headers: dict[str, str]
) -> None:
    announced = HEALTHY if headers else REMEMBERS
    server.answers("/health", gives_json(announced))
    server.answers(GENERATE, gives_json(SOUND, **headers))
    async with engine_of(server.url) as engine:
        await listen(engine, prompt=PROMPT)
        await listen(engine, prompt=PROMPT)
    assert sent(server) == [PROMPT.content] * 2


async def test_whoever_never_knows_an_id_is_asked_twice_and_no_more(server: Upstream) -> None:
    server.answers("/health", gives_json(REMEMBERS))
    server.answers(GENERATE, gives_json(SOUND, X_Voice_Prompt_Id="p-1"))
    async with engine_of(server.url) as engine:
        await listen(engine, prompt=PROMPT)
        unknown = {"error": {"code": "prompt_unknown", "message": "Who?"}}
        server.answers(GENERATE, gives_json(unknown, 404))
        with pytest.raises(EngineFailed, match=r"refused the request \(404\): Who"):
            await listen(engine, prompt=PROMPT)
    assert sent(server) == [PROMPT.content, {"id": "p-1"}, PROMPT.content]


async def test_prompts_of_the_settings_are_sent_once_too(server: Upstream, tmp_path: Any) -> None:
    file = tmp_path / "prompts.json"
    file.write_text(json.dumps({"Kim": PROMPT.content}))
    server.answers("/health", gives_json(REMEMBERS))
    server.answers(GENERATE, gives_json(SOUND, X_Voice_Prompt_Id="p-1"))
    async with engine_of(server.url, voice_prompts=file) as engine:
        await listen(engine, voice="Kim")
        await listen(engine, voice="Kim")
    assert sent(server) == [PROMPT.content, {"id": "p-1"}]


async def test_the_printed_way_of_asking_has_the_prompt_as_its_body(server: Upstream) -> None:
    missing = {"detail": [{"type": "missing", "loc": ["query", "text"], "msg": "Field required"}]}
    server.answers(GENERATE, gives_json(missing, 422))
    server.answers(f"{GENERATE}?text=Hello.", gives_json(SOUND))
    async with engine_of(server.url) as engine:
        await listen(engine, prompt=PROMPT)
    assert server.asked[-1].json == PROMPT.content


async def test_a_provider_is_asked_as_the_protocol_says(server: Upstream) -> None:
    server.answers("*", gives_json({"voice_prompt": {"tensors": "…"}}))
    async with engine_of(server.url, cloning=True) as engine:
        assert (await engine.prepare([SAMPLE])).content == {"tensors": "…"}
    asked = next(asked for asked in server.asked if asked.method == "POST")
    parts = urlsplit(asked.path)
    assert parts.path == CREATE
    assert parse_qs(parts.query) == {"reference_text": ["Hm, hm."]}
    assert re.findall(rb'; name="(\w+)"', asked.body) == [b"audio", b"reference_text"]
    assert b"RIFF" in asked.body


@pytest.mark.parametrize(
    ("health", "settings", "route", "clones"),
    [
        (HEALTHY, {}, None, False),
        (HEALTHY, {}, 405, True),
        (HEALTHY, {}, 200, False),
        (HEALTHY, {"cloning": True}, None, True),
        (HEALTHY, {"cloning": False}, 405, False),
        (HEALTHY | {"capabilities": {"cloning": True}}, {}, None, True),
        (HEALTHY | {"capabilities": {"cloning": False}}, {}, 405, False),
        (HEALTHY | {"capabilities": {"cloning": "approximate"}}, {}, None, "approximate"),
        (HEALTHY | {"capabilities": {"cloning": "approximate"}}, {"cloning": True}, None, "approximate"),
        (HEALTHY | {"capabilities": {"cloning": "approximate"}}, {"cloning": False}, None, False),
        (HEALTHY | {"capabilities": {"cloning": "perfect"}}, {}, None, False),
        (HEALTHY | {"capabilities": ["cloning"]}, {}, None, False),
    ],
)
async def test_whether_it_clones_is_set_or_said_or_seen(
    server: Upstream, health: dict[str, Any], settings: dict[str, Any], route: int | None, *, clones: Likeness
) -> None:
    server.answers("/health", gives_json(health))
    if route:
        server.answers(CREATE, gives_json({"detail": "Method Not Allowed"}, route))
    async with engine_of(server.url, **settings) as engine:
        assert engine.capabilities.cloning == clones


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_who_makes_none_is_said_to(server: Upstream, status: int) -> None:
    server.answers("*", gives_json({"detail": "No."}, status))
    async with engine_of(server.url, cloning=True) as engine:
        with pytest.raises(NotOffered, match="makes no voice prompts"):
            await engine.prepare([SAMPLE])
        assert engine.health().ready


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_recording_of_no_use_is_the_caller_s_to_mend(server: Upstream, status: int) -> None:
    server.answers("*", gives_json({"detail": "Nobody speaks in it."}, status))
    async with engine_of(server.url, cloning=True) as engine:
        with pytest.raises(InvalidRequest, match="Nobody speaks in it") as refused:
            await engine.prepare([SAMPLE])
    assert refused.value.param == "audio"


@pytest.mark.parametrize(
    ("told", "because"),
    [
        (b"<html>", "what is not JSON"),
        (b"[" * 100_000, "what is not JSON"),
        (b"[]", "no `voice_prompt`"),
        (b'{"voice_prompt": "a pickle"}', "no `voice_prompt`"),
        (b'{"voice_prompt": {}}', "no `voice_prompt`"),
        (b'{"voice_prompt": {"deep": ' + b"[" * 80 + b"]" * 80 + b"}}", "levels deep"),
        (b'{"voice_prompt": {"huge": 1e999}}', "what JSON cannot write"),
        (b'{"voice_prompt": {"tensors": "' + b"A" * 2**23 + b'"}}', "more than 8,388,608 bytes"),
    ],
    ids=["page", "brackets", "list", "text", "empty", "deep", "infinite", "large"],
)
async def test_a_hostile_answer_is_a_failure_with_a_sentence(
    server: Upstream, told: bytes, because: str
) -> None:
    server.answers("*", whole(told, Content_Type="application/json"))
    async with engine_of(server.url, cloning=True) as engine:
        with pytest.raises(EngineFailed, match=re.escape(because)):
            await engine.prepare([SAMPLE])


async def test_a_provider_that_hangs_up_is_a_failure(server: Upstream) -> None:
    async def torn(_asked: Asked, wire: Wire) -> None:
        await wire.head(Content_Length=100, Content_Type="application/json")
        await wire.send(b'{"voice_prompt": {')
        wire.cut()

    server.answers("*", torn)
    async with engine_of(server.url, cloning=True) as engine:
        with pytest.raises(EngineFailed, match="broke off in the middle"):
            await engine.prepare([SAMPLE])
    with pytest.raises(EngineUnavailable, match="was not started"):
        await engine.prepare([SAMPLE])


def test_several_samples_become_one() -> None:
    other = Sample(tone(0.5, 48_000, 300.0), 48_000, "Ah.")
    joined = prompts.joined([SAMPLE, other])
    assert joined.rate == 16_000
    assert joined.samples.size == pytest.approx((1 + 0.3 + 0.5) * 16_000, abs=40)
    assert pitch_of(joined.samples[-7000:], 16_000) == pytest.approx(300, rel=0.02)
    assert joined.transcript == "Hm, hm. Ah."
    assert prompts.joined([SAMPLE, Sample(other.samples, 48_000)]).transcript is None


def test_a_transcript_that_is_too_long_for_a_url_stands_in_the_form_alone() -> None:
    long = Sample(SAMPLE.samples, 16_000, "你好。" * 200)
    assert prompts.path_of([long]) == CREATE
    assert prompts.path_of([Sample(SAMPLE.samples, 16_000)]) == CREATE
    parts = prompts.form([long], "xtts")
    assert [(part.name, part.content) for part in parts[1:]] == [
        ("reference_text", long.transcript),
        ("model", "xtts"),
    ]


@given(st.lists(st.floats(-2, 2, width=32), max_size=50), st.sampled_from([8000, 24_000, 48_000]))
def test_a_wav_holds_what_was_put_in(samples: list[float], rate: int) -> None:
    with wave.open(io.BytesIO(encode_whole("wav", np.array(samples, np.float32), rate))) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (rate, 1, 2)
        heard = np.frombuffer(read.readframes(100), "<i2") / 32768
    np.testing.assert_allclose(heard, np.clip(samples, -1, 1), atol=1 / 16_000)


def test_only_so_many_ids_are_noted() -> None:
    remembered = prompts.Remembered(2)
    made = [Prompt.of({"number": number}) for number in range(3)]
    for prompt in made:
        remembered.note(prompt, f"p-{prompt.content['number']}")
    assert [remembered.reference(prompt) for prompt in made] == [None, b'{"id": "p-1"}', b'{"id": "p-2"}']
    remembered.forget(made[1])
    assert remembered.reference(made[1]) is None


@pytest.mark.parametrize("identity", [None, 7, "", "x" * 1000, {"id": "p"}])
def test_what_cannot_be_an_id_is_not_noted(identity: object) -> None:
    remembered = prompts.Remembered()
    remembered.note(PROMPT, identity)
    assert remembered.reference(PROMPT) is None

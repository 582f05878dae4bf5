"""Voice prompts over HTTP: made of recordings, spoken by, remembered."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import av
import httpx
import numpy as np
import pytest

from stentor.api.context import ApiConfig
from stentor.engines.tone import ToneEngine
from stentor.types import Prompt
from tests.api.inprocess import assert_envelope, client_of, make_api
from tests.cloning import TEXT, CloningEngine, pitch_of, recording
from tests.fakes import tone
from tests.recordings import FORMATS, written

CREATE, GENERATE = "/v1/create_voice_prompt", "/v1/generate"
PROMPT_ID, WARNING = "x-voice-prompt-id", "x-stentor-warning"


async def create(client: httpx.AsyncClient, audio: bytes, **fields: str) -> httpx.Response:
    return await client.post(CREATE, files={"audio": ("a.wav", audio)}, data=fields)


def pitch(answer: httpx.Response) -> float:
    assert answer.status_code == 200, answer.text
    samples = np.frombuffer(base64.b64decode(answer.json()["audio"]), "<f4")
    return pitch_of(samples, answer.json()["sample_rate"])


async def test_a_recording_becomes_a_prompt_that_speaks_like_it() -> None:
    engine = CloningEngine()
    async with client_of(make_api(engine)) as client:
        made = await create(client, recording(300), reference_text=" Hm, hm. ")
        assert made.status_code == 200, made.text
        assert made.headers["x-stentor-engine"] == "cloning"
        told = made.json()
        assert told["id"] == Prompt.of(told["voice_prompt"]).id
        answer = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": told["voice_prompt"]})
        assert answer.headers[PROMPT_ID] == told["id"]
        assert pitch(answer) == pytest.approx(300, rel=0.02)
    [heard] = engine.heard
    assert (heard.transcript, heard.rate, heard.samples.size) == ("Hm, hm.", 16_000, 16_000)


async def test_the_transcript_may_stand_in_the_query_as_the_printed_sample_server_reads_it() -> None:
    engine = CloningEngine()
    async with client_of(make_api(engine)) as client:
        await client.post(CREATE, params={"reference_text": "Hm."}, files={"audio": recording()})
        await create(client, recording())
    assert [heard.transcript for heard in engine.heard] == ["Hm.", None]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_prompt_that_was_sent_once_is_named_by_its_id(accept: str) -> None:
    prompt = {"hertz": 250.0, "safetensors": "AAAA"}
    async with client_of(make_api(CloningEngine())) as client:
        whole = await client.post(
            GENERATE, json={"text": TEXT, "voice_prompt": prompt}, headers={"Accept": accept}
        )
        named = {"id": whole.headers[PROMPT_ID]}
        answer = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": named})
        assert pitch(answer) == pytest.approx(250, rel=0.02)
        assert answer.headers[PROMPT_ID] == named["id"]
        printed = await client.post(GENERATE, params={"text": TEXT}, json=named)
        assert pitch(printed) == pytest.approx(250, rel=0.02)


async def test_a_prompt_that_was_made_here_is_known_here() -> None:
    async with client_of(make_api(CloningEngine())) as client:
        made = (await create(client, recording(350))).json()
        answer = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": {"id": made["id"]}})
    assert pitch(answer) == pytest.approx(350, rel=0.02)


async def test_an_id_that_is_not_known_is_told_by_a_code_of_its_own() -> None:
    unknown = {"id": f"sha256:{'0' * 64}"}
    async with client_of(make_api(CloningEngine())) as client:
        answer = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": unknown})
    assert_envelope(answer, 404, "prompt_unknown", "voice_prompt")


async def test_the_engine_that_can_is_found_unless_one_is_named() -> None:
    engine = CloningEngine()
    async with client_of(make_api(ToneEngine(), engine)) as client:
        made = await create(client, recording(300))
        assert made.headers["x-stentor-engine"] == "cloning"
        prompt = made.json()["voice_prompt"]
        spoken = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": prompt})
        assert spoken.headers["x-stentor-engine"] == "cloning"
        refused = await create(client, recording(), model="tone")
        assert "the model cloning does" in assert_envelope(refused, 501, "not_offered", "voice_prompt")
        mute = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": prompt, "model": "tone"})
        assert "neither makes" in assert_envelope(mute, 400, "invalid_request", "voice_prompt")
        nobody = await create(client, recording(), model="nobody")
        assert_envelope(nobody, 400, "model_not_found", "model")


async def test_an_approximation_is_only_what_speaks_if_nobody_clones_and_says_so() -> None:
    near, true = CloningEngine(name="near", likeness="approximate"), CloningEngine(name="true")
    async with client_of(make_api(near, true)) as client:
        made = await create(client, recording())
        assert (made.headers["x-stentor-engine"], WARNING in made.headers) == ("true", False)
        named = await create(client, recording(), model="near")
        assert named.headers[WARNING] == "the voice is adapted, not cloned"
        assert (await client.get("/health")).json()["capabilities"]["cloning"] is True
    async with client_of(make_api(ToneEngine(), near)) as client:
        made = await create(client, recording())
        asked = {"text": TEXT, "voice_prompt": made.json()["voice_prompt"]}
        for accept in ("application/json", "text/event-stream"):
            spoken = await client.post(GENERATE, json=asked, headers={"Accept": accept})
            for answer in (made, spoken):
                assert answer.headers["x-stentor-engine"] == "near"
                assert answer.headers[WARNING] == "the voice is adapted, not cloned"
        voice = await client.post(GENERATE, json={"text": TEXT, "voice": "low", "model": "near"})
        assert WARNING not in voice.headers
        assert (await client.get("/health")).json()["capabilities"]["cloning"] == "approximate"
        model = (await client.get("/v1/models/near")).json()
        assert model["capabilities"]["cloning"] == "approximate"


async def test_an_approximation_does_not_stand_in_for_who_may_clone_later() -> None:
    near, later = CloningEngine(name="near", likeness="approximate"), CloningEngine(name="later", ready=False)
    async with client_of(make_api(near, later)) as client:
        assert_envelope(await create(client, recording()), 503, "engine_unavailable")
        assert (await create(client, recording(), model="near")).status_code == 200


async def test_an_engine_that_may_clone_later_is_waited_for_by_the_caller() -> None:
    async with client_of(make_api(CloningEngine(ready=False))) as client:
        asked = {"text": TEXT, "voice_prompt": {"hertz": 1.0}}
        for answer in (await create(client, recording()), await client.post(GENERATE, json=asked)):
            assert_envelope(answer, 503, "engine_unavailable")
            assert "retry-after" in answer.headers


async def test_a_voice_s_name_and_no_prompt_at_all_mean_voices() -> None:
    engine = CloningEngine()
    async with client_of(make_api(engine)) as client:
        for prompt in ({"voice": "low"}, {}):
            answer = await client.post(GENERATE, json={"text": TEXT, "voice_prompt": prompt})
            assert pitch(answer) == pytest.approx(100, rel=0.05)
    assert all(asked.prompt is None for asked in engine.asked)


def flac(seconds: float) -> bytes:
    """Make a small file of long silence."""
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=8000, layout="mono")
        for _ in range(round(seconds)):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
            frame.rate = 8000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize(
    ("audio", "because"),
    [
        (b"RIFF", "no audio of a format that is read"),
        (b"\x7fELF" + bytes(5000), "no audio"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no audio"),
        (recording(seconds=0), "`audio` "),
        (flac(200), "longer than 5 seconds"),
        (recording(seconds=5.1), "longer than 5 seconds"),
        (recording(seconds=0.4), "0.40 s long; record at least 0.5 s"),
        (flac(2), "is silent"),
    ],
    ids=["stub", "program", "playlist", "empty", "long silence", "long hum", "short", "silence"],
)
async def test_a_recording_that_is_of_no_use_is_refused_with_a_sentence(audio: bytes, because: str) -> None:
    api = make_api(CloningEngine(), api=ApiConfig(max_recording_seconds=5))
    async with client_of(api) as client:
        answer = await create(client, audio)
    assert because in assert_envelope(answer, 400, "recording_unusable", "audio")


async def test_who_sends_what_is_not_read_is_told_what_is() -> None:
    async with client_of(make_api(CloningEngine())) as client:
        answer = await create(client, b"MThd" + bytes(100))
    assert "WAV, MP3, FLAC" in assert_envelope(answer, 400, "recording_unusable", "audio")


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_recording_may_come_in_many_formats(format_: str) -> None:
    engine = CloningEngine()
    async with client_of(make_api(engine)) as client:
        made = await create(client, written(tone(1.0, 48_000, 300), 48_000, format_))
    assert made.json()["voice_prompt"]["hertz"] == pytest.approx(300, abs=3)
    [heard] = engine.heard
    assert heard.rate == 48_000


async def test_what_is_no_form_with_a_recording_is_refused() -> None:
    async with client_of(make_api(CloningEngine(), api=ApiConfig(max_upload_bytes=50_000))) as client:
        assert_envelope(await client.post(CREATE, json={}), 415, "unsupported_media_type")
        assert_envelope(await client.post(CREATE), 415, "unsupported_media_type")
        assert_envelope(
            await client.post(CREATE, files={"sound": recording()}), 400, "invalid_request", "audio"
        )
        assert_envelope(await create(client, recording(seconds=2)), 413, "body_too_large")
        long = await create(client, recording(), reference_text="x" * 5000)
        assert_envelope(long, 400, "invalid_request", "reference_text")


async def test_what_the_engine_says_of_a_recording_is_told() -> None:
    faint = written(tone(1.0, level=0.005), 24_000, "wav")
    async with client_of(make_api(CloningEngine())) as client:
        answer = await create(client, faint)
    assert "nobody in this" in assert_envelope(answer, 400, "invalid_request", "audio")


@pytest.mark.parametrize("content", [{"voice": "low"}, {"id": f"sha256:{'0' * 64}"}])
async def test_a_prompt_that_would_be_taken_for_a_name_is_not_given_out(content: dict[str, str]) -> None:
    engine = CloningEngine()

    async def prepare(_: object) -> Prompt:
        return Prompt.of(content)

    engine.prepare = prepare  # type: ignore[method-assign, assignment]
    async with client_of(make_api(engine)) as client:
        assert_envelope(await create(client, recording()), 500, "engine_failed")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('{"deep": ' + "[" * 200 + "]" * 200 + "}", "invalid_request"),
        ('{"deep": ' + "[" * 50_000 + "]" * 50_000 + "}", "unreadable_body"),
        ('{"huge": 1e999}', "invalid_request"),
        ('{"id": "sha256:' + "0" * 10_000 + '"}', "prompt_unknown"),
        ("7", "invalid_request"),
    ],
    ids=["deep", "very deep", "infinite", "a long id", "no object"],
)
async def test_a_hostile_prompt_is_refused_with_a_sentence(written: str, code: str) -> None:
    async with client_of(make_api(CloningEngine())) as client:
        for params, body in (
            ({}, f'{{"text": "Hi.", "voice_prompt": {written}}}'),
            ({"text": "Hi."}, written),
        ):
            answer = await client.post(
                GENERATE, params=params, content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (400, 404), answer.text
            assert answer.json()["error"]["code"] == code


async def test_a_prompt_may_be_large_and_is_still_bounded() -> None:
    config = ApiConfig(max_body_bytes=2000, max_prompt_bytes=4000)
    asked: dict[str, Any] = {"text": TEXT, "voice_prompt": {"hertz": 300.0, "safetensors": "A" * 4000}}
    async with client_of(make_api(CloningEngine(), api=config)) as client:
        assert pitch(await client.post(GENERATE, json=asked)) == pytest.approx(300, rel=0.02)
        asked["voice_prompt"]["safetensors"] *= 2
        assert_envelope(await client.post(GENERATE, json=asked), 413, "body_too_large")
    async with client_of(make_api(ToneEngine(), api=config)) as client:
        asked["voice_prompt"]["safetensors"] = "A" * 2000
        assert_envelope(await client.post(GENERATE, json=asked), 413, "body_too_large")


async def test_the_server_says_whether_it_clones() -> None:
    for engine, clones in ((CloningEngine(), True), (ToneEngine(), False)):
        async with client_of(make_api(engine)) as client:
            health = (await client.get("/health")).json()
            model = (await client.get(f"/v1/models/{engine.name}")).json()
            document = (await client.get("/openapi.json")).json()
        assert health["capabilities"] == {"cloning": clones, "prompt_ids": True}
        assert model["capabilities"]["cloning"] is clones
        form = document["paths"][CREATE]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert form["required"] == ["audio"]
        assert json.dumps(form).count("binary") == 1

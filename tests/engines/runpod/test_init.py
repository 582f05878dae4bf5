"""The engine speaks by way of workers, whatever form they have."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
from contextlib import aclosing
from time import perf_counter
from typing import Any

import pytest
from tests.engines.runpod.plane import (
    Job,
    batch,
    failing,
    float32,
    hum,
    pcm16,
    plane,
    streaming,
    working,
)
from tests.engines.runpod.speaking import SENTENCE, VOICE, cloud, engine_at, listen, says, until
from tests.engines.upstream import whole
from tests.hearing import pitch

from stentor.audio.encode import FORMATS
from stentor.engines.runpod import RunpodEngine
from stentor.errors import EngineBusy, EngineFailed, EngineUnavailable, UnknownVoice
from stentor.types import Voice, VoiceId

RATE = RunpodEngine.capabilities.sample_rate


def opus(seconds: float = 0.5) -> bytes:
    encoder = FORMATS["opus"].open(RATE, True)
    return encoder.encode(hum(seconds)) + encoder.finish()


# What is asked


async def test_a_streaming_worker_is_asked_in_its_own_words() -> None:
    async with cloud(streaming()) as (engine, made):
        await listen(engine, says("Wait: what?", seed=7))
    assert made.inputs == [
        {
            "text": "[S1] Wait, what?",
            "speaker_voice": VOICE,
            "stream": True,
            "output_format": "pcm_16",
            "parameters": {"max_chars_per_chunk": 0, "seed": 7},
        }
    ]


async def test_a_batch_worker_is_not_asked_to_stream() -> None:
    sound = {"audio": pcm16(hum(0.5)), "sample_rate": RATE}
    async with cloud(batch(sound), mode="batch") as (engine, made):
        await listen(engine)
    assert "stream" not in made.inputs[0]
    assert "seed" not in made.inputs[0]["parameters"]


async def test_settings_reach_the_worker() -> None:
    settings: dict[str, Any] = {
        "parameters": {"num_steps": 20, "cfg_scale_text": 2.5, "max_chars_per_chunk": 300},
        "speaker_tag": "",
        "output_format": "pcm_24",
    }
    async with cloud(streaming(), **settings) as (engine, made):
        await listen(engine, says(seed=1))
    asked = made.inputs[0]
    assert asked["text"] == SENTENCE
    assert asked["output_format"] == "pcm_24"
    assert asked["parameters"] == {**settings["parameters"], "seed": 1}


# What is heard


@pytest.mark.parametrize("mode", ["auto", "stream"])
@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
async def test_a_stream_is_heard(mode: str, rate: int) -> None:
    async with cloud(streaming(4, 0.25, rate), mode=mode) as (engine, _):
        samples = await listen(engine)
    assert samples.size / RATE == pytest.approx(1.0, abs=0.001)
    assert pitch(samples, RATE) == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("mode", ["auto", "batch"])
@pytest.mark.parametrize("field", ["url", "audio_url", "file_url"])
async def test_a_file_behind_a_url_is_heard(mode: str, field: str) -> None:
    async with plane(working) as made, engine_at(made, mode=mode) as engine:
        made.server.answers("/bucket/a.ogg", whole(opus(), Content_Type="audio/ogg"))
        made.worker = batch({"status": "completed", field: f"{made.server.url}/bucket/a.ogg"})
        samples = await listen(engine)
    assert samples.size / RATE == pytest.approx(0.5, abs=0.05)
    assert pitch(samples, RATE) == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("mode", ["auto", "batch"])
async def test_a_file_and_samples_in_base64_are_heard(mode: str) -> None:
    sounds = [
        {"audio": base64.b64encode(opus()).decode()},
        {"audio": float32(hum(0.5)), "format": "pcm_24", "sample_rate": 24_000},
        {"audio": pcm16(hum(0.5, 48_000)), "format": "pcm_16", "sample_rate": 48_000},
    ]
    for sound in sounds:
        async with cloud(batch(sound), mode=mode) as (engine, _):
            samples = await listen(engine)
        assert samples.size / RATE == pytest.approx(0.5, abs=0.05)
        assert pitch(samples, RATE) == pytest.approx(440, rel=0.02)


async def test_the_first_part_is_heard_before_the_second_is_made() -> None:
    go_on = asyncio.Event()

    async def work(job: Job) -> None:
        await streaming(1)(job)
        await go_on.wait()

    async with cloud(work) as (engine, _), aclosing(engine.synthesize(says())) as chunks:
        first = await anext(chunks)
        assert first.samples.any()
        go_on.set()


async def test_a_stream_of_huge_parts_holds_nobody() -> None:
    """Two minutes in one answer; the event loop is watched in every test."""
    async with cloud(streaming(4, 30, 48_000)) as (engine, _):
        samples = await listen(engine)
    assert samples.size / RATE == pytest.approx(120, rel=0.001)


# What goes wrong


async def test_a_job_without_sound_is_a_failure_and_no_empty_success() -> None:
    for worker in (batch({"status": "completed"}), batch(None), streaming(0)):
        async with cloud(worker) as (engine, _):
            with pytest.raises(EngineFailed, match="finished the job without any sound"):
                await listen(engine)


async def test_tokens_are_refused_and_the_job_is_cancelled() -> None:
    async def work(job: Job) -> None:
        job.put({"status": "streaming", "format": "linacodec_tokens", "tokens": [1], "embedding": [0.1]})
        await working(job)

    async with cloud(work) as (engine, made):
        with pytest.raises(EngineFailed, match="tokens of LinaCodec"):
            await listen(engine)
        await until(lambda: made.cancelled_at)


async def test_an_error_within_a_part_is_the_worker_s_sentence() -> None:
    async def work(job: Job) -> None:
        job.put({"error": "CUDA out of memory", "traceback": "Traceback (most recent call last):\n…"})

    async with cloud(work) as (engine, _):
        with pytest.raises(EngineFailed) as raised:
            await listen(engine)
    assert raised.value.message == "The engine cloud failed: CUDA out of memory."


async def test_a_broken_part_is_refused_and_the_job_is_cancelled() -> None:
    async def work(job: Job) -> None:
        job.put({"audio_chunk": "not base64!", "sample_rate": 48_000})
        await working(job)

    async with cloud(work) as (engine, made):
        with pytest.raises(EngineFailed, match="not base64"):
            await listen(engine)
        await until(lambda: made.cancelled_at)


async def test_a_failure_of_one_job_does_no_harm_to_the_next() -> None:
    async with cloud(failing("no")) as (engine, made):
        for _ in range(5):
            with pytest.raises(EngineFailed):
                await listen(engine)
        made.worker = streaming()
        assert (await listen(engine)).any()
        assert engine.health().figures["busy"] == 0


async def test_an_engine_without_an_endpoint_or_that_is_not_open_says_so() -> None:
    engine = RunpodEngine()
    with pytest.raises(EngineUnavailable, match="RUNPOD_ENDPOINT"):
        await engine.open()
    with pytest.raises(EngineUnavailable, match="not started"):
        await listen(engine)
    assert not engine.health().ready
    await engine.close()


# Leaving


@pytest.mark.parametrize("mode", ["auto", "batch"])
async def test_who_leaves_frees_the_place_and_the_gpu(mode: str) -> None:
    async with cloud(working, mode=mode, max_concurrent_requests=1) as (engine, made):
        task = asyncio.create_task(listen(engine))
        await until(lambda: made.jobs and made.jobs[0].state == "IN_PROGRESS")
        await until(lambda: engine.health().figures["busy"])
        left = perf_counter()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert engine.health().figures["busy"] == 0
        await until(lambda: made.cancelled_at)
        assert made.jobs[0].state == "CANCELLED"
        assert made.cancelled_at[0] - left < 2
        made.worker = batch({"audio": pcm16(hum(0.5))})
        assert (await listen(engine)).any()


async def test_who_leaves_the_queue_has_no_job() -> None:
    async with cloud(working, max_concurrent_requests=1) as (engine, made):
        tasks = [asyncio.create_task(listen(engine)) for _ in range(2)]
        await until(lambda: engine.health().figures["waiting"] == 1)
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        assert engine.health().figures["waiting"] == 0
        await until(lambda: made.count("stream"))
        assert len(made.jobs) == 1
        tasks[0].cancel()
        await asyncio.gather(tasks[0], return_exceptions=True)


# How many at once


async def test_no_more_jobs_run_than_were_allowed_and_none_is_forgotten() -> None:
    async with cloud(streaming(1, delay=0.05), max_concurrent_requests=3) as (engine, made):
        heard = await asyncio.gather(*(listen(engine) for _ in range(12)))
        assert made.most_at_once <= 3
    assert len(made.jobs) == 12
    assert all(samples.any() for samples in heard)


async def test_more_than_may_wait_are_told_to_come_again() -> None:
    async with cloud(working, max_concurrent_requests=1, queue=1) as (engine, made):
        tasks = [asyncio.create_task(listen(engine)) for _ in range(2)]
        await until(lambda: engine.health().figures["waiting"] == 1)
        with pytest.raises(EngineBusy):
            await listen(engine)
        await until(lambda: made.count("stream"))
        assert len(made.jobs) == 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# Voices


async def test_the_listed_voices_are_those_of_the_settings() -> None:
    async with plane(working) as made, engine_at(made, voices=["Dorota.ogg", "Kurt.ogg"]) as engine:
        voices = await engine.voices()
        assert [(voice.id, voice.name) for voice in voices] == [
            ("Dorota.ogg", "Dorota"),
            ("Kurt.ogg", "Kurt"),
        ]
        assert await engine.find_voice("DOROTA.OGG", "en") == voices[0]


async def test_any_other_file_of_sound_can_be_asked_for() -> None:
    async with cloud(streaming()) as (engine, made):
        voice = await engine.find_voice("my own voice.flac", None)
        assert voice == Voice(VoiceId("my own voice.flac"), "my own voice", "cloud", ("en",))
        await listen(engine, says(voice=voice.id))
        assert made.inputs[0]["speaker_voice"] == "my own voice.flac"


@pytest.mark.parametrize("name", ["../secret.mp3", "a/b.mp3", "..\\b.mp3", "de+m3", "alloy", ""])
async def test_no_other_name_is_a_voice(name: str) -> None:
    async with plane(working) as made, engine_at(made) as engine:
        assert await engine.find_voice(name, None) is None


async def test_a_file_that_the_worker_does_not_have_is_no_failure_of_the_engine() -> None:
    async with cloud(batch({"error": "speaker_voice 'nobody.mp3' not found"})) as (engine, _):
        with pytest.raises(UnknownVoice, match=r"'nobody\.mp3'"):
            await listen(engine, says(voice="nobody.mp3"))


async def test_a_name_that_leads_out_of_the_folder_never_reaches_the_worker() -> None:
    async with cloud(streaming()) as (engine, made):
        with pytest.raises(UnknownVoice):
            await listen(engine, says(voice="../secret.mp3"))
        assert made.jobs == []


# Health


COLD = {"jobs": {"inQueue": 1, "inProgress": 0}, "workers": {"idle": 0, "initializing": 1}}


async def test_a_cold_start_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("stentor.engines.runpod.workers.LONG_WAIT", 0.5)
    monkeypatch.setattr("stentor.engines.runpod.waits.LONG_WAIT", 0.5)
    monkeypatch.setattr("stentor.engines.runpod.workers._BETWEEN_LOOKS", 0.5)
    waits = asyncio.Event()
    async with cloud(streaming(), {"cold": waits}) as (engine, made):
        task = asyncio.create_task(listen(engine))
        made.condition = COLD
        await until(lambda: "workers_starting" in engine.health().figures)
        told = engine.health()
        assert told.ready
        assert told.problem is None
        assert told.figures == {
            "busy": 1,
            "waiting": 0,
            "queued": 1,
            "running": 0,
            "cancelled": 0,
            "cold_starts": 0,
            "cold_start_ms": 0,
            "endpoint_queue": 1,
            "endpoint_jobs": 0,
            "workers_idle": 0,
            "workers_starting": 1,
        }
        assert told.activity == "1 job waits for a worker: 0 ready, 1 starting"
        assert "the engine cloud waits for a worker" in caplog.messages
        made.condition = {"workers": {"idle": 0, "initializing": 0, "ready": 1, "running": 1}}
        waits.set()
        assert (await task).any()
        figures = engine.health().figures
        assert (figures["queued"], figures["cold_starts"]) == (0, 1)
        assert figures["cold_start_ms"] >= 500
        assert engine.health().activity is None
        assert caplog.messages.count("the engine cloud waits for a worker") == 1
        assert any(
            re.fullmatch(r"the engine cloud got a worker after \d+\.\d s", told) for told in caplog.messages
        )
        await until(lambda: engine.health().figures["workers_starting"] == 0)
        assert made.count("health") < 8


async def test_what_waits_here_and_there_is_said_in_words() -> None:
    waits = asyncio.Event()
    async with cloud(streaming(), {"cold": waits}, max_concurrent_requests=2) as (engine, _):
        tasks = [asyncio.create_task(listen(engine)) for _ in range(3)]
        await until(lambda: engine.health().figures["waiting"] == 1)
        assert engine.health().activity == "2 jobs wait for a worker: 1 ready; 1 waits for its turn"
        waits.set()
        await asyncio.gather(*tasks)
        assert engine.health().activity is None
        assert engine.health().figures["cold_starts"] == 0


async def test_jobs_that_run_and_those_that_were_cancelled_are_counted() -> None:
    async with cloud(working) as (engine, made):
        task = asyncio.create_task(listen(engine))
        await until(lambda: engine.health().figures["running"] == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: made.cancelled_at)
        figures = engine.health().figures
        assert (figures["running"], figures["queued"], figures["cancelled"]) == (0, 0, 1)


async def test_health_is_told_from_memory() -> None:
    async with plane(working) as made, engine_at(made) as engine:
        assert made.count("health") == 1
        for _ in range(100):
            assert engine.health().ready
        await asyncio.sleep(0.1)
        assert made.count("health") == 1


async def test_an_endpoint_out_of_reach_is_told_and_found_again() -> None:
    async with plane(streaming()) as made, engine_at(made) as engine:
        made.refuse("health", 1, 500)
        made.refuse("run", 1, 500)
        with pytest.raises(EngineUnavailable):
            await listen(engine)
        await until(lambda: not engine.health().ready)
        assert engine.health().problem == "its server failed (500): told to"
        assert (await listen(engine)).any()
        assert engine.health().ready


async def test_a_key_that_is_refused_is_told_before_anybody_speaks() -> None:
    async with plane(working) as made, engine_at(made, api_key="wrong") as engine:
        assert not engine.health().ready
        assert engine.health().problem == "it refused the key (401)"


async def test_closing_cancels_what_runs() -> None:
    async with plane(working) as made:
        async with engine_at(made) as engine:
            task = asyncio.create_task(listen(engine))
            await until(lambda: made.count("stream"))
        assert made.jobs[0].state == "CANCELLED"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()


def test_what_it_says_of_itself() -> None:
    can = RunpodEngine.capabilities
    assert (can.sample_rate, can.longest_utterance, can.languages) == (24_000, 300, ("en",))
    assert (can.seed, can.marks, can.speed) == (True, False, (1.0, 1.0))
    assert can.licence == "CC-BY-NC-SA-4.0"

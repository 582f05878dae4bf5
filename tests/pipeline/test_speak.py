"""One stream of chunks from utterances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.fakes import ScriptedEngine, silence, tone

from stentor.audio.encode import FORMATS
from stentor.engines import Engine
from stentor.engines.tone import ToneEngine
from stentor.errors import EngineCrashed, EngineFailed, NothingSpoken
from stentor.pipeline.plan import Plan
from stentor.pipeline.speak import Usage, speak, speak_apart
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.types import Samples

TONE = Voice(VoiceId("middle"), "440 Hz", "tone", ("und",))


def plan(engine: Engine, **changes: Any) -> Plan:
    made = Plan(
        engine=engine, model="tts-1", asked_voice="middle", voice=TONE, format=FORMATS["pcm"],
        sample_rate=engine.capabilities.sample_rate, engine_speed=1.0, stretch=1.0,
    )  # fmt: skip
    return replace(made, **changes)


def say(*texts: str, pause: float = 0.0, speed: float = 1.0) -> list[Utterance]:
    return [Utterance(text, TONE, pause=pause, speed=speed) for text in texts]


async def listen(stream: AsyncIterator[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples async for chunk in stream])


async def test_a_tone_is_as_long_as_its_text() -> None:
    """50 ms a character, and nothing added or lost."""
    heard = await listen(speak(plan(ToneEngine()), say("x" * 20)))
    assert len(heard) == pytest.approx(24_000, abs=2)
    np.testing.assert_allclose(heard[200:-200], tone(1.0)[200 : len(heard) - 200], atol=2e-3)


async def test_utterances_follow_each_other_with_their_pauses() -> None:
    heard = await listen(speak(plan(ToneEngine()), say("x" * 10, "y" * 6, pause=0.25)))
    assert len(heard) == pytest.approx((0.5 + 0.25 + 0.3) * 24_000, abs=4)
    assert not heard[12_010:17_990].any()


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
async def test_the_stream_has_the_rate_of_the_plan(rate: int) -> None:
    chunks = [chunk async for chunk in speak(plan(ToneEngine(), sample_rate=rate), say("x" * 20))]
    assert {chunk.rate for chunk in chunks} == {rate}
    assert sum(len(chunk.samples) for chunk in chunks) == pytest.approx(rate, abs=3)


@pytest.mark.parametrize("stretch", [0.5, 2.0, 4.0])
async def test_a_stretched_stream_is_as_much_longer_and_keeps_its_pitch(stretch: float) -> None:
    heard = await listen(speak(plan(ToneEngine(), stretch=stretch), say("x" * 60, pause=1.0)))
    assert len(heard) == pytest.approx(3 * 24_000 / stretch, rel=0.02)
    spectrum = np.abs(np.fft.rfft(heard, 1 << 18))
    assert np.argmax(spectrum) * 24_000 / (1 << 18) == pytest.approx(440, rel=0.006)


async def test_stretched_and_resampled_at_once() -> None:
    heard = await listen(speak(plan(ToneEngine(), stretch=2.0, sample_rate=48_000), say("x" * 40)))
    assert len(heard) == pytest.approx(48_000, rel=0.03)


async def test_no_chunk_is_empty_and_all_are_float32() -> None:
    engine = ScriptedEngine([silence(0.1), np.zeros(0, np.float32), tone(0.1), silence(0.1), tone(0.1)])
    chunks = [chunk async for chunk in speak(plan(engine), say("a", "b"))]
    assert all(chunk.samples.size and chunk.samples.dtype == np.float32 for chunk in chunks)


@pytest.mark.parametrize("stretch", [1.0, 2.0])
async def test_the_first_sound_does_not_wait_for_the_last(stretch: float) -> None:
    engine = ScriptedEngine([tone(0.5)] * 10)
    stream = speak(plan(engine, stretch=stretch), say("a", "b"))
    await anext(stream)
    assert engine.made <= 2
    await stream.aclose()


async def test_an_utterance_is_begun_only_when_the_last_one_s_sound_was_taken() -> None:
    engine = ScriptedEngine()
    stream = speak(plan(engine), say("a", "b", "c"))
    await anext(stream)
    await asyncio.sleep(0.01)
    assert [asked.text for asked in engine.asked] == ["a"]
    await stream.aclose()


async def test_closing_the_stream_closes_the_engine_s_generator() -> None:
    engine = ScriptedEngine([tone(0.2)] * 50)
    stream = speak(plan(engine), say("a", "b"))
    await anext(stream)
    await stream.aclose()
    assert (engine.closed, engine.finished) == (1, 0)
    assert engine.made <= 2


async def test_utterances_are_taken_as_they_are_needed() -> None:
    taken = []

    def coming() -> Iterator[Utterance]:
        for utterance in say("a", "b", "c"):
            taken.append(utterance.text)
            yield utterance

    stream = speak(plan(ScriptedEngine()), coming())
    await anext(stream)
    assert taken == ["a"]
    await stream.aclose()


async def test_a_cancelled_listener_closes_the_engine_s_generator() -> None:
    gate = asyncio.Event()
    engine = ScriptedEngine(gate=gate)
    task = asyncio.create_task(listen(speak(plan(engine), say("a"))))
    await asyncio.sleep(0.01)
    assert (len(engine.asked), engine.closed) == (1, 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.closed == 1


async def test_silence_is_reported_and_not_sent() -> None:
    engine = ScriptedEngine([silence(0.5), silence(0.5)])
    with pytest.raises(NothingSpoken, match="scripted made no sound"):
        await listen(speak(plan(engine), say("a", "b")))


async def test_no_chunk_at_all_is_reported() -> None:
    with pytest.raises(NothingSpoken):
        await listen(speak(plan(ScriptedEngine([])), say("a")))


@pytest.mark.parametrize(
    "changes", [{"stretch": 2.0}, {"sample_rate": 48_000}, {"stretch": 0.5, "sample_rate": 8000}]
)
async def test_silence_is_reported_however_it_is_shaped(changes: dict[str, Any]) -> None:
    with pytest.raises(NothingSpoken):
        await listen(speak(plan(ScriptedEngine([silence(0.5)]), **changes), say("a")))


async def test_one_silent_utterance_among_others_is_passed_over() -> None:
    engine = ScriptedEngine(lambda said: [silence(0.3) if said.text == "b" else tone(0.1)])
    heard = await listen(speak(plan(engine), say("a", "b", "c", pause=0.2)))
    assert len(heard) == pytest.approx(2 * 2400 + 4800, abs=4)


async def test_a_failure_comes_through_after_the_sound_before_it() -> None:
    failure = EngineCrashed("scripted", "SIGSEGV")
    engine = ScriptedEngine([tone(0.2)] * 5, fail_at=3, error=failure)
    received: list[AudioChunk] = []

    async def receive() -> None:
        async for chunk in speak(plan(engine), say("a", "b")):
            received.append(chunk)  # noqa: PERF401  the failure must not take them along

    with pytest.raises(EngineCrashed) as caught:
        await receive()
    assert caught.value is failure
    assert sum(len(chunk.samples) for chunk in received) == pytest.approx(3 * 4800, abs=240)
    assert (engine.closed, len(engine.asked)) == (1, 1)


async def test_a_failure_at_once_is_the_first_thing_that_happens() -> None:
    engine = ScriptedEngine(fail_at=0, error=EngineCrashed("scripted", "SIGSEGV"))
    with pytest.raises(EngineCrashed):
        await anext(speak(plan(engine), say("a")))


async def test_what_was_spent_is_counted() -> None:
    usage = Usage()
    heard = await listen(speak(plan(ToneEngine(), sample_rate=48_000), say("x" * 10, "y" * 6), usage))
    assert (usage.characters, usage.samples) == (16, len(heard))


async def test_a_part_of_its_own_ends_with_its_pause() -> None:
    for stretch in (1.0, 2.0):
        chunks = [
            chunk
            async for chunk in speak_apart(plan(ToneEngine(), stretch=stretch), say("x" * 20, pause=0.5))
        ]
        assert len(chunks[-1].samples) == 12_000 / stretch
        assert not chunks[-1].samples.any()
        spoken = sum(len(chunk.samples) for chunk in chunks[:-1])
        assert spoken == pytest.approx(24_000 / stretch, rel=0.03)


async def test_two_streams_at_once_do_not_mix() -> None:
    def at(level: float) -> Any:
        return lambda _: [np.full(2400, level, np.float32)] * 5

    heard = await asyncio.gather(
        *(listen(speak(plan(ScriptedEngine(at(level), delay=0.001)), say("a"))) for level in (0.1, 0.2))
    )
    for samples, level in zip(heard, (0.1, 0.2), strict=True):
        np.testing.assert_allclose(samples[200:-200], level, rtol=1e-6)


@pytest.mark.parametrize(
    ("chunk", "said"),
    [
        (AudioChunk(np.ones(100, np.float32), 8000), "8000 Hz"),
        (AudioChunk(np.ones((100, 2), np.float32), 24_000), "(100, 2)"),
        (AudioChunk(np.ones(100, np.int16), 24_000), "int16"),
        (AudioChunk(np.full(100, np.nan, np.float32), 24_000), "no numbers"),
        (b"bytes", "log says how"),
    ],
)
async def test_an_engine_that_breaks_its_contract_is_named(chunk: Any, said: str) -> None:
    class Broken(ToneEngine):
        async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
            yield chunk

    with pytest.raises(EngineFailed, match="tone") as raised:
        await listen(speak(plan(Broken()), say("Hello.")))
    assert said in raised.value.message


async def test_whatever_an_engine_raises_is_a_failure_of_that_engine() -> None:
    class Broken(ToneEngine):
        async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
            yield AudioChunk(tone(0.5), 24_000)
            raise ValueError("secret words")

    with pytest.raises(EngineFailed) as raised:
        await listen(speak(plan(Broken()), say("Hello.")))
    assert "secret" not in raised.value.message

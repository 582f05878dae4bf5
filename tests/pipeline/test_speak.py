"""One stream of chunks from utterances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.fakes import LoadedEngine, ScriptedEngine, silence, tone
from tests.pipeline.lines import lines

from stentor.engines.tone import ToneEngine
from stentor.errors import EngineCrashed, EngineFailed, NothingSpoken
from stentor.pipeline.lines import Line, Rest, Step
from stentor.pipeline.speak import Usage, speak, speak_apart
from stentor.types import AudioChunk, Utterance

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 24_000


async def listen(stream: AsyncIterator[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples async for chunk in stream])


async def test_a_tone_is_as_long_as_its_text() -> None:
    """50 ms a character, and nothing added or lost."""
    heard = await listen(speak(lines(ToneEngine(), "x" * 20), RATE))
    assert len(heard) == pytest.approx(24_000, abs=2)
    np.testing.assert_allclose(heard[200:-200], tone(1.0)[200 : len(heard) - 200], atol=2e-3)


async def test_utterances_follow_each_other_with_their_pauses() -> None:
    heard = await listen(speak(lines(ToneEngine(), "x" * 10, "y" * 6, pause=0.25), RATE))
    assert len(heard) == pytest.approx((0.5 + 0.25 + 0.3) * 24_000, abs=4)
    assert not heard[12_010:17_990].any()


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
async def test_the_stream_has_the_rate_of_the_plan(rate: int) -> None:
    chunks = [chunk async for chunk in speak(lines(ToneEngine(), "x" * 20), rate)]
    assert {chunk.rate for chunk in chunks} == {rate}
    assert sum(len(chunk.samples) for chunk in chunks) == pytest.approx(rate, abs=3)


@pytest.mark.parametrize("stretch", [0.5, 2.0, 4.0])
async def test_a_stretched_stream_is_as_much_longer_and_keeps_its_pitch(stretch: float) -> None:
    heard = await listen(speak(lines(ToneEngine(), "x" * 60, pause=1.0, stretch=stretch), RATE))
    assert len(heard) == pytest.approx(3 * 24_000 / stretch, rel=0.02)
    spectrum = np.abs(np.fft.rfft(heard, 1 << 18))
    assert np.argmax(spectrum) * 24_000 / (1 << 18) == pytest.approx(440, rel=0.006)


async def test_stretched_and_resampled_at_once() -> None:
    heard = await listen(speak(lines(ToneEngine(), "x" * 40, stretch=2.0), 48_000))
    assert len(heard) == pytest.approx(48_000, rel=0.03)


async def test_no_chunk_is_empty_and_all_are_float32() -> None:
    engine = ScriptedEngine([silence(0.1), np.zeros(0, np.float32), tone(0.1), silence(0.1), tone(0.1)])
    chunks = [chunk async for chunk in speak(lines(engine, "a", "b"), RATE)]
    assert all(chunk.samples.size and chunk.samples.dtype == np.float32 for chunk in chunks)


@pytest.mark.parametrize("stretch", [1.0, 2.0])
async def test_the_first_sound_does_not_wait_for_the_last(stretch: float) -> None:
    engine = ScriptedEngine([tone(0.5)] * 10)
    stream = speak(lines(engine, "a", "b", stretch=stretch), RATE)
    await anext(stream)
    assert engine.made <= 2
    await stream.aclose()


async def test_an_utterance_is_begun_only_when_the_last_one_s_sound_was_taken() -> None:
    engine = ScriptedEngine()
    stream = speak(lines(engine, "a", "b", "c"), RATE)
    await anext(stream)
    await asyncio.sleep(0.01)
    assert [asked.text for asked in engine.asked] == ["a"]
    await stream.aclose()


async def test_closing_the_stream_closes_the_engine_s_generator() -> None:
    engine = ScriptedEngine([tone(0.2)] * 50)
    stream = speak(lines(engine, "a", "b"), RATE)
    await anext(stream)
    await stream.aclose()
    assert (engine.closed, engine.finished) == (1, 0)
    assert engine.made <= 2


async def test_utterances_are_taken_as_they_are_needed() -> None:
    taken = []

    def coming() -> Iterator[Line]:
        for step in lines(ScriptedEngine(), "a", "b", "c"):
            taken.append(step.text)
            yield step

    stream = speak(coming(), RATE)
    await anext(stream)
    assert taken == ["a"]
    await stream.aclose()


async def test_a_cancelled_listener_closes_the_engine_s_generator() -> None:
    gate = asyncio.Event()
    engine = ScriptedEngine(gate=gate)
    task = asyncio.create_task(listen(speak(lines(engine, "a"), RATE)))
    await asyncio.sleep(0.01)
    assert (len(engine.asked), engine.closed) == (1, 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.closed == 1


async def test_silence_is_reported_and_not_sent() -> None:
    engine = ScriptedEngine([silence(0.5), silence(0.5)])
    with pytest.raises(NothingSpoken, match="scripted made no sound"):
        await listen(speak(lines(engine, "a", "b"), RATE))


async def test_no_chunk_at_all_is_reported() -> None:
    with pytest.raises(NothingSpoken):
        await listen(speak(lines(ScriptedEngine([]), "a"), RATE))


@pytest.mark.parametrize(("stretch", "rate"), [(2.0, RATE), (1.0, 48_000), (0.5, 8000)])
async def test_silence_is_reported_however_it_is_shaped(stretch: float, rate: int) -> None:
    with pytest.raises(NothingSpoken):
        await listen(speak(lines(ScriptedEngine([silence(0.5)]), "a", stretch=stretch), rate))


async def test_one_silent_utterance_among_others_is_passed_over() -> None:
    engine = ScriptedEngine(lambda said: [silence(0.3) if said.text == "b" else tone(0.1)])
    heard = await listen(speak(lines(engine, "a", "b", "c", pause=0.2), RATE))
    assert len(heard) == pytest.approx(2 * 2400 + 4800, abs=4)


async def test_a_failure_comes_through_after_the_sound_before_it() -> None:
    failure = EngineCrashed("scripted", "SIGSEGV")
    engine = ScriptedEngine([tone(0.2)] * 5, fail_at=3, error=failure)
    received: list[AudioChunk] = []

    async def receive() -> None:
        async for chunk in speak(lines(engine, "a", "b"), RATE):
            received.append(chunk)  # noqa: PERF401  the failure must not take them along

    with pytest.raises(EngineCrashed) as caught:
        await receive()
    assert caught.value is failure
    assert sum(len(chunk.samples) for chunk in received) == pytest.approx(3 * 4800, abs=240)
    assert (engine.closed, len(engine.asked)) == (1, 1)


async def test_a_failure_at_once_is_the_first_thing_that_happens() -> None:
    engine = ScriptedEngine(fail_at=0, error=EngineCrashed("scripted", "SIGSEGV"))
    with pytest.raises(EngineCrashed):
        await anext(speak(lines(engine, "a"), RATE))


async def test_what_was_spent_is_counted() -> None:
    usage = Usage()
    heard = await listen(speak(lines(ToneEngine(), "x" * 10, "y" * 6), 48_000, usage))
    assert (usage.characters, usage.samples) == (16, len(heard))


async def heard_of(*steps: Line | Rest) -> Samples:
    return await listen(speak(steps, RATE))


async def test_a_rest_takes_the_place_of_the_pause() -> None:
    one, two = lines(ToneEngine(), "x" * 10, "y" * 6, pause=0.25)
    assert len(await heard_of(one, Rest(0.1), two)) == pytest.approx((0.5 + 0.1 + 0.3) * RATE, abs=4)
    assert len(await heard_of(one, Rest(0.0), two)) == pytest.approx((0.5 + 0.3) * RATE, abs=4)


async def test_rests_add_up_and_are_heard_at_both_ends() -> None:
    [one] = lines(ToneEngine(), "x" * 10, pause=0.25)
    heard = await heard_of(Rest(0.5), Rest(0.25), one, Rest(1.5))
    assert len(heard) == pytest.approx((0.75 + 0.5 + 1.5) * RATE, abs=4)
    assert not heard[: 3 * RATE // 4].any()
    assert not heard[-36_000 + 4 :].any()


async def test_a_long_rest_comes_in_pieces() -> None:
    chunks = [chunk async for chunk in speak([*lines(ToneEngine(), "x"), Rest(3.5)], RATE)]
    assert max(len(chunk.samples) for chunk in chunks) <= RATE


async def test_a_rest_alone_is_silence() -> None:
    heard = await heard_of(Rest(0.5))
    assert len(heard) == 12_000
    assert not heard.any()


async def test_no_pause_doubles_around_what_made_no_sound() -> None:
    engine = ScriptedEngine(lambda said: [silence(0.3) if said.text == "b" else tone(0.1)])
    one, mute, two = lines(engine, "a", "b", "c", pause=0.2)
    assert len(await heard_of(one, mute, two)) == pytest.approx(2 * 2400 + 4800, abs=4)
    assert len(await heard_of(mute, one)) == pytest.approx(2400, abs=4)


async def test_engines_of_other_rates_speak_in_one_stream() -> None:
    low, high = ScriptedEngine([tone(0.5, 8000)], rate=8000), ScriptedEngine([tone(0.5, 48_000)], rate=48_000)
    heard = await heard_of(*lines(low, "a", pause=0.5), *lines(high, "b"))
    assert len(heard) == pytest.approx(1.5 * RATE, abs=8)
    spectrum = np.abs(np.fft.rfft(heard[: RATE // 2], 1 << 17))
    assert np.argmax(spectrum) * RATE / (1 << 17) == pytest.approx(440, rel=0.005)


async def test_each_line_has_its_own_pace_and_loudness() -> None:
    engine = ToneEngine()
    steps = [*lines(engine, "x" * 20, stretch=2.0), *lines(engine, "x" * 20, volume=-6.0)]
    heard = await heard_of(*steps)
    assert len(heard) == pytest.approx(1.5 * RATE, rel=0.02)
    first, last = heard[2400:9600], heard[-20_000:-4000]
    assert np.abs(last).max() == pytest.approx(0.25 * 10 ** (-6 / 20), rel=0.02)
    assert np.abs(first).max() == pytest.approx(0.25, rel=0.05)


async def test_a_part_of_its_own_ends_with_its_pause() -> None:
    for stretch in (1.0, 2.0):
        chunks = [
            chunk
            async for chunk in speak_apart(lines(ToneEngine(), "x" * 20, pause=0.5, stretch=stretch), RATE)
        ]
        assert len(chunks[-1].samples) == 12_000
        assert not chunks[-1].samples.any()
        spoken = sum(len(chunk.samples) for chunk in chunks[:-1])
        assert spoken == pytest.approx(24_000 / stretch, rel=0.03)


async def test_two_streams_at_once_do_not_mix() -> None:
    def at(level: float) -> Any:
        return lambda _: [np.full(2400, level, np.float32)] * 5

    heard = await asyncio.gather(
        *(listen(speak(lines(ScriptedEngine(at(level), delay=0.001), "a"), RATE)) for level in (0.1, 0.2))
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
        await listen(speak(lines(Broken(), "Hello."), RATE))
    assert said in raised.value.message


async def test_whatever_an_engine_raises_is_a_failure_of_that_engine() -> None:
    class Broken(ToneEngine):
        async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
            yield AudioChunk(tone(0.5), 24_000)
            raise ValueError("secret words")

    with pytest.raises(EngineFailed) as raised:
        await listen(speak(lines(Broken(), "Hello."), RATE))
    assert "secret" not in raised.value.message


async def test_an_engine_is_in_use_from_its_first_line_until_the_stream_ends() -> None:
    """Also between two lines, when it makes nothing: it would load anew for the next."""
    first, second = LoadedEngine(name="first"), LoadedEngine(name="second")
    alternating = [*lines(first, "a", "b", pause=0.1), *lines(second, "c"), *lines(first, "d")]
    steps: list[Step] = [*alternating[:2], Rest(1.0), *alternating[2:]]
    stream = speak(steps, RATE)
    used = [(first.users > 0, second.users > 0) async for _ in stream]
    assert used[0] == (True, False)
    assert used[-1] == (True, True)
    assert sorted(used) == used
    assert (first.users, second.users) == (0, 0)
    assert (len(first.asked), first.uses) == (3, 2)


async def test_an_engine_is_let_go_when_the_stream_is_closed_or_fails() -> None:
    engine = LoadedEngine()
    stream = speak(lines(engine, "a", "b"), RATE)
    await anext(stream)
    assert engine.users == 1
    await stream.aclose()
    assert engine.users == 0
    failing = LoadedEngine(fail_at=1, error=EngineCrashed("scripted", "SIGSEGV"))
    with pytest.raises(EngineCrashed):
        await listen(speak(lines(failing, "a"), RATE))
    assert failing.users == 0

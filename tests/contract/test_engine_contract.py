"""What every installed engine keeps, built in or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.contract.places import PLACES, nowhere

from stentor import engines
from stentor.engines import Cloning, Engine
from stentor.errors import StentorError
from stentor.text.script import STYLES
from stentor.types import Prompt, Pronunciation, Sample, Utterance, Voice, VoiceId, WordMark
from stentor.voices.aliases import OPENAI_VOICES, VoiceMap
from stentor.voices.catalog import Catalog

pytestmark = pytest.mark.e2e  # it starts processes

if TYPE_CHECKING:
    from stentor.types import Samples

SENTENCE = "One two three four, five six seven eight."


@pytest.fixture(params=sorted(engines.installed()))
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    kind = engines.load(request.param)
    async with PLACES.get(request.param, nowhere)() as settings:
        made: Engine = kind(kind.Config.model_validate(settings))
        await made.open()
        yield made
        await made.close()


async def speaking(engine: Engine, text: str = SENTENCE, speed: float = 1.0, voice: int = 0) -> Utterance:
    voices = await engine.voices()
    return Utterance(text, voices[voice % len(voices)], speed=speed)


async def listen(engine: Engine, utterance: Utterance) -> Samples:
    async with asyncio.timeout(10):
        parts = [chunk.samples async for chunk in engine.synthesize(utterance)]
    return np.concatenate(parts)


async def test_every_chunk_is_mono_float32_at_the_declared_rate(engine: Engine) -> None:
    chunks = [chunk async for chunk in engine.synthesize(await speaking(engine))]
    for chunk in chunks:
        assert chunk.rate == engine.capabilities.sample_rate
        assert chunk.samples.dtype == np.float32
        assert chunk.samples.ndim == 1
        assert np.isfinite(chunk.samples).all()
        assert np.abs(chunk.samples).max(initial=0) <= 1.01


async def test_a_sentence_can_be_heard(engine: Engine) -> None:
    heard = await listen(engine, await speaking(engine))
    assert 0.5 < len(heard) / engine.capabilities.sample_rate < 20
    assert np.sqrt(np.mean(heard**2)) > 0.01


async def test_the_longest_utterance_is_spoken(engine: Engine) -> None:
    text = ("word " * engine.capabilities.longest_utterance)[: engine.capabilities.longest_utterance]
    longest = await listen(engine, await speaking(engine, text))
    short = await listen(engine, await speaking(engine, text[:30]))
    assert len(longest) > 3 * len(short)


async def test_text_of_any_script_is_spoken_or_refused_and_does_no_harm(engine: Engine) -> None:
    for text in ("Grüße!", "今天好。", "مرحبا", "👋", "$5 & 7 < 8", "...", "\u200b", "\u0301" * 300):
        try:
            await listen(engine, await speaking(engine, text))
        except (StentorError, ValueError):  # ValueError: nothing to concatenate
            continue
    assert (await listen(engine, await speaking(engine))).any()


async def test_closing_after_the_first_chunk_stops_the_work(engine: Engine) -> None:
    """More often than there can be workers: each that were not free again would be missing at the end."""
    for _ in range(engine.health().figures.get("workers", 1) + 8):
        stream = engine.synthesize(await speaking(engine, "A long sentence, all of it for nobody. " * 7))
        await anext(stream)
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert (await listen(engine, await speaking(engine))).any()
    assert engine.health().figures.get("busy", 0) == 0
    assert engine.health().figures.get("restarts", 0) == 0


async def test_a_stream_that_nobody_begins_costs_nothing(engine: Engine) -> None:
    stream = engine.synthesize(await speaking(engine))
    await stream.aclose()
    assert engine.health().figures.get("busy", 0) == 0


async def test_an_unknown_voice_fails_before_the_first_chunk(engine: Engine) -> None:
    nobody = Voice(VoiceId("no/such+voice"), "Nobody", engine.name)
    with pytest.raises(StentorError):
        await anext(engine.synthesize(Utterance(SENTENCE, nobody)))


async def test_an_unknown_name_is_nobody_s(engine: Engine) -> None:
    for name in ("no/such+voice", "", "\0", "x" * 10_000):
        assert await engine.find_voice(name, None) is None


async def test_every_listed_voice_is_found_by_its_id_in_any_case(engine: Engine) -> None:
    voices = await engine.voices()
    assert voices
    for voice in voices:
        assert voice.engine == engine.name
        assert await engine.find_voice(voice.id, None) == voice
        assert await engine.find_voice(voice.id.upper(), None) == voice


async def test_each_of_openai_s_voices_is_somebody_who_speaks(engine: Engine) -> None:
    catalog = Catalog({engine.name: engine}, engine.name, VoiceMap({}, None))
    for name in OPENAI_VOICES:
        found, voice = await catalog.find(catalog.candidates("tts-1"), name, None)
        assert found is engine
        assert (await listen(engine, Utterance("Hello there.", voice))).any(), name


async def marked(engine: Engine, utterance: Utterance) -> tuple[list[WordMark], int]:
    """Return every mark, and how many samples there were."""
    marks: list[WordMark] = []
    made = 0
    async with asyncio.timeout(10):
        async for chunk in engine.synthesize(utterance):
            marks += chunk.marks
            made += chunk.samples.size
    return marks, made


async def test_nobody_is_told_of_words_unasked(engine: Engine) -> None:
    assert (await marked(engine, await speaking(engine)))[0] == []


async def test_the_marks_of_words_are_in_order_inside_the_text_and_inside_the_audio(engine: Engine) -> None:
    voices = await engine.voices()
    for text in (SENTENCE, "1,234 - 😀 é́́ 今天, (x)  y\n\nz. w...", " a ", "...", "\u200b"):
        for voice in range(0, len(voices), 1 + len(voices) // 12):
            utterance = replace(await speaking(engine, text, voice=voice), marks=True)
            try:
                marks, made = await marked(engine, utterance)
            except StentorError:
                continue
            assert engine.capabilities.marks or not marks
            assert all(0 <= mark.start < mark.end <= len(text) for mark in marks)
            assert all(0 <= mark.sample <= made for mark in marks)
            assert all(one.end <= two.start and one.sample <= two.sample for one, two in pairwise(marks))


async def test_every_voice_of_an_engine_with_marks_has_them(engine: Engine) -> None:
    for voice in range(len(await engine.voices())):
        utterance = replace(await speaking(engine, "a 1 o", voice=voice), marks=True)
        marks, _ = await marked(engine, utterance)
        assert bool(marks) is engine.capabilities.marks, utterance.voice.id
        assert all(mark.start == 0 for mark in marks[:1])


async def test_a_word_that_comes_later_is_marked_later(engine: Engine) -> None:
    fastest = engine.capabilities.speed[1]
    utterance = replace(await speaking(engine), marks=True)
    marks, made = await marked(engine, utterance)
    faster, sooner = await marked(engine, replace(utterance, speed=fastest))
    assert len(marks) >= 6 * engine.capabilities.marks
    assert [mark.start for mark in faster] == [mark.start for mark in marks]
    for slow, fast in zip(marks, faster, strict=True):
        assert fast.sample / sooner == pytest.approx(slow.sample / made, abs=0.08)


async def test_an_engine_speaks_what_it_says_it_can(engine: Engine) -> None:
    """In each style, emphasis and pitch that it declares, and with pronunciations; none of them stays."""
    can = engine.capabilities
    assert set(can.styles) <= set(STYLES)
    assert can.pitch[0] <= 0 <= can.pitch[1]
    plain = await speaking(engine)
    before = await listen(engine, plain)
    asked: list[dict[str, Any]] = [{"style": style} for style in can.styles]
    asked += [{"pitch": pitch} for pitch in can.pitch]
    asked += [{"emphasis": emphasis} for emphasis in ("strong", "moderate", "reduced") if can.emphasis]
    asked += [{"pronunciations": (Pronunciation(4, 7, "ˈnaɪn"),)} for _ in range(can.phonemes)]
    asked += [{"is_complete": False}, {"marks": True}]
    for changes in asked:
        assert (await listen(engine, replace(plain, **changes))).any(), changes
    if not can.seed:
        assert len(await listen(engine, plain)) == pytest.approx(len(before), rel=0.02)


def outline(engine: Engine, samples: Samples) -> Samples:
    """How loud it is from 50 ms to 50 ms."""
    step = engine.capabilities.sample_rate // 20
    whole = samples[: len(samples) // step * step]
    levels: Samples = np.sqrt(np.mean(whole.reshape(-1, step) ** 2, axis=1))
    return levels


async def test_two_at_once_do_not_mix(engine: Engine) -> None:
    """In company as alone, but for the breath of chance that eSpeak NG has in its noise."""
    said = [await speaking(engine), await speaking(engine, "Quite another sentence, this one!", voice=1)]
    said = [replace(utterance, seed=7) for utterance in said]
    together = await asyncio.gather(*(listen(engine, utterance) for utterance in said * 3))
    for at, heard in enumerate(together):
        alone = await listen(engine, said[at % 2])
        assert len(heard) == pytest.approx(len(alone), rel=0.02)
        both = [outline(engine, samples) for samples in (heard, alone)]
        same = min(map(len, both))
        assert np.abs(both[0][:same] - both[1][:same]).mean() < 0.2 * both[1].mean()


async def test_the_pace_is_as_asked_within_the_declared_range(engine: Engine) -> None:
    slowest, fastest = engine.capabilities.speed
    assert slowest <= 1 <= fastest
    normal = len(await listen(engine, await speaking(engine)))
    for speed in (slowest, fastest):
        heard = len(await listen(engine, await speaking(engine, speed=speed)))
        assert heard * speed == pytest.approx(normal, rel=0.25)


async def test_an_engine_that_clones_makes_a_prompt_of_speech_and_speaks_by_it(engine: Engine) -> None:
    """Others are never asked. None takes a prompt that it did not make for speech of its own."""
    if not engine.capabilities.cloning:
        return
    assert isinstance(engine, Cloning)
    rate = engine.capabilities.sample_rate
    sample = Sample(await listen(engine, await speaking(engine, f"{SENTENCE} {SENTENCE}")), rate)
    prompts = [await engine.prepare(samples) for samples in ([sample], [sample, sample])]
    for prompt in prompts:
        assert prompt == Prompt.of(prompt.content)
        nobody = Voice(VoiceId(prompt.id), "", engine.name)
        assert (await listen(engine, Utterance(SENTENCE, nobody, prompt=prompt))).any()
    for samples in (np.zeros(0), np.zeros(rate), np.full(rate, np.nan), np.full(rate, np.inf)):
        with pytest.raises(StentorError):
            await engine.prepare([Sample(samples.astype(np.float32), rate)])
    with pytest.raises(StentorError):
        await listen(engine, Utterance(SENTENCE, nobody, prompt=Prompt.of({"of": ["another"]})))


async def test_an_open_engine_is_ready_and_says_what_it_is(engine: Engine) -> None:
    assert engine.health().ready
    assert engine.health().problem is None
    assert engine.capabilities.languages
    assert engine.capabilities.licence
    assert engine.capabilities.longest_utterance >= 100


async def test_closing_twice_is_harmless(engine: Engine) -> None:
    await engine.close()
    await engine.close()


async def test_closing_an_engine_that_was_never_opened_is_harmless(engine: Engine) -> None:
    await type(engine)().close()

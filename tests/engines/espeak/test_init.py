"""The espeak engine: plain text in, even sound out, and crashes that harm nobody."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.filter
import numpy as np
import pytest

from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.engines.espeak.voices import OPENAI_VOICES
from stentor.errors import EngineBusy, EngineCrashed, EngineUnavailable, UnknownVoice
from stentor.types import Utterance, Voice, VoiceId

pytestmark = pytest.mark.e2e  # it starts processes

if TYPE_CHECKING:
    from stentor.types import Samples

# The shortest text known to crash the library, with its Danish voice.
DEADLY = "(-A"


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=1))
    await engine.open()
    yield engine
    await engine.close()


async def speak(engine: EspeakEngine, text: str, voice: str = "en-US", speed: float = 1.0) -> Samples:
    utterance = Utterance(text, Voice(VoiceId(voice), "", "espeak"), speed=speed)
    parts = [chunk.samples async for chunk in engine.synthesize(utterance)]
    return np.concatenate([np.zeros(0, np.float32), *parts])


async def test_a_crash_is_reported_and_the_next_sentence_is_spoken(espeak: EspeakEngine) -> None:
    with pytest.raises(EngineCrashed, match="SIGSEGV"):
        await speak(espeak, DEADLY, "da")
    assert (await speak(espeak, "Goddag.", "da")).any()
    assert espeak.health().figures["restarts"] == 1


async def test_one_caller_s_crash_harms_nobody_else() -> None:
    engine = EspeakEngine(EspeakEngine.Config(replicas=2, spares=1))
    await engine.open()
    said = [("Nothing can disturb this.", "en-US"), (DEADLY, "da"), ("Nor this.", "de")] * 3
    try:
        answers = await asyncio.gather(
            *(speak(engine, text, voice) for text, voice in said), return_exceptions=True
        )
    finally:
        await engine.close()
    for (text, _), answer in zip(said, answers, strict=True):
        if text == DEADLY:
            assert isinstance(answer, EngineCrashed)
        else:
            assert isinstance(answer, np.ndarray)
            assert answer.any()


async def test_markup_is_read_out_as_text(espeak: EspeakEngine) -> None:
    """Interpreted, the markup would add nothing to the sentence's own sound."""
    plain = len(await speak(espeak, "Hello there."))
    for text in (
        "<speak>Hello there.</speak>",
        "<voice name='de'>Hello there.",
        "<prosody rate='x-fast'>Hello there.",
        "<audio src='/etc/passwd'/>Hello there.",
        "&lt;Hello there.",
    ):
        assert len(await speak(espeak, text)) > 1.25 * plain, text


async def test_phonemes_in_brackets_are_spelled_out(espeak: EspeakEngine) -> None:
    """Interpreted, they would be as long as the word they write."""
    assert len(await speak(espeak, "[[h@loU]]")) > 1.5 * len(await speak(espeak, "Hello."))


async def test_a_break_in_markup_makes_no_silence(espeak: EspeakEngine) -> None:
    assert len(await speak(espeak, "<break time='60s'/>Hello there.")) < 10 * SAMPLE_RATE


async def test_only_known_voices_reach_the_library(espeak: EspeakEngine) -> None:
    for voice in ("en-US+../../etc/passwd", "xx", "", "en-us", "en-US+nobody", "gmw/en-US"):
        with pytest.raises(UnknownVoice):
            await speak(espeak, "Hello.", voice)


def loudness(samples: Samples) -> float:
    """Return the integrated loudness in LUFS (EBU R128)."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=SAMPLE_RATE, format="flt", layout="mono", time_base=Fraction(1, SAMPLE_RATE)
    )
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
    graph.push(frame)
    graph.push(None)
    measured = "nan"
    while True:
        try:
            measured = graph.pull().metadata.get("lavfi.r128.I", measured)
        except (av.BlockingIOError, av.EOFError):
            return float(measured)


SENTENCE = "1 2 3 4 5 6 7. Radio, banana, internet, taxi, hotel, piano, melodia, Europa."
VOICES = [
    *OPENAI_VOICES.values(),
    "en-GB",
    "de",
    "fr-FR",
    "es",
    "it",
    "pl",
    "ru",
    "cmn",
    "ar",
    "hi",
    "da",
    "sv",
]


async def test_voices_are_equally_loud(espeak: EspeakEngine) -> None:
    """Within 3 dB, and none is clipped."""
    spoken = {voice: await speak(espeak, SENTENCE, voice) for voice in dict.fromkeys(VOICES)}
    levels = {voice: loudness(samples) for voice, samples in spoken.items()}
    assert max(levels.values()) - min(levels.values()) < 3, levels
    assert all(np.abs(samples).max() <= 1 for samples in spoken.values())


LONG_WHEN_READ = (
    "9" * 300,
    "W" * 300,
    "#" * 300,
    "👨‍👩‍👧‍👦" * 40,
    "https://example.org/?" + "a=1&" * 70,
    "¼½¾" * 100,
    "III " * 75,
)


async def test_no_honest_text_is_taken_for_a_runaway(espeak: EspeakEngine) -> None:
    """Of the longest utterance there is, at the slowest pace."""
    slowest, _ = espeak.capabilities.speed
    for text in LONG_WHEN_READ:
        assert (await speak(espeak, text, speed=slowest)).any(), text


async def test_leaving_a_very_long_text_frees_the_worker_without_killing_it(espeak: EspeakEngine) -> None:
    utterance = Utterance("word " * 20_000, Voice(VoiceId("en-US"), "", "espeak"))
    stream = espeak.synthesize(utterance)
    await anext(stream)
    await stream.aclose()
    assert (await speak(espeak, "Next.")).any()
    figures = espeak.health().figures
    assert (figures["busy"], figures["restarts"]) == (0, 0)


async def test_too_many_at_once_are_refused() -> None:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0, queue=1))
    await engine.open()
    try:
        answers = await asyncio.gather(
            *(speak(engine, "Hello there, all of you.") for _ in range(5)), return_exceptions=True
        )
    finally:
        await engine.close()
    assert [isinstance(answer, EngineBusy) for answer in answers] == [False, False, True, True, True]


async def test_its_health_counts_the_workers(espeak: EspeakEngine) -> None:
    health = espeak.health()
    assert health.ready
    assert health.figures.keys() == {"workers", "spares", "busy", "waiting", "restarts"}
    assert health.figures["workers"] == 1


async def test_before_it_is_opened_and_after_it_is_closed_it_is_not_there() -> None:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0))
    for _ in range(2):
        assert not engine.health().ready
        with pytest.raises(EngineUnavailable, match="not running"):
            await speak(engine, "Hello.")
        await engine.open()
        await engine.close()


async def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(EngineUnavailable, match="espeakng-loader"):
        await EspeakEngine().open()


async def test_a_worker_that_cannot_load_the_library_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("espeakng_loader.get_library_path", lambda: "/no/such/library.so")
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0))
    with pytest.raises(EngineUnavailable, match=r"/no/such/library\.so"):
        await engine.open()
    assert "/no/such/library.so" in (engine.health().problem or "")
    await engine.close()

"""The espeak engine: plain text in, even sound out, and crashes that harm nobody."""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import av.filter
import numpy as np
import pytest
from tests.ear import RATE, Ear
from tests.engines.espeak.references import pitch
from tests.engines.espeak.speaking import Heard, Speaking, resemblance
from tests.hearing import pitches, rms

from stentor.audio.resample import Resampler
from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.engines.espeak.adaptation import COLOUR, FORMANTS, GAIN, HIGHEST, LOWEST, PACE, Adaptation
from stentor.engines.espeak.hearing import BANDS
from stentor.engines.espeak.voices import OPENAI_VOICES
from stentor.errors import (
    EngineBusy,
    EngineCrashed,
    EngineUnavailable,
    InvalidRequest,
    RunawaySpeech,
    UnknownVoice,
)
from stentor.types import Prompt, Pronunciation, Sample, Utterance, Voice, VoiceId

pytestmark = pytest.mark.e2e  # it starts processes

if TYPE_CHECKING:
    from stentor.types import Samples

# The shortest text known to crash the library, with its Danish voice.
DEADLY = "(-A"


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


TOMATO = Pronunciation(6, 12, "təˈmɑːtəʊ")


async def test_a_pronunciation_changes_what_is_said_and_only_there(say: Speaking) -> None:
    text = "Every tomato here is red."
    plain = await say(text, marks=True)
    british = await say(text, marks=True, pronunciations=(TOMATO,))
    american = await say(text, marks=True, pronunciations=(Pronunciation(6, 12, "təˈmeɪɾoʊ"),))
    assert resemblance(word(plain, 1), word(american, 1)) > 0.97
    assert resemblance(word(plain, 1), word(british, 1)) < 0.93
    assert resemblance(word(plain, 0), word(british, 0)) > 0.97
    for heard in (plain, british):
        assert [mark.start for mark in heard.marks] == [0, 6, 13, 18, 21]


async def test_what_is_pronounced_alike_sounds_alike_whatever_its_spelling(say: Speaking) -> None:
    """As alike as the library's noise lets the same word be to itself."""
    said = [
        await say(spelled, pronunciations=(Pronunciation(0, len(spelled), "ˈʃiː"),))
        for spelled in ("she", "sea", "Q7!", "苹果", "[[", "<b>", "\u0301" * 50)
    ]
    for other in said[1:]:
        assert other.seconds == pytest.approx(said[0].seconds, abs=0.01)
        assert resemblance(said[0].samples, other.samples) > 0.97


def word(heard: Heard, at: int) -> Samples:
    begin, end = (mark.sample for mark in heard.marks[at : at + 2])
    return heard.samples[begin:end]


@pytest.mark.parametrize(("ipa", "heard"), [("bəˈnænə", "banana"), ("ˈwɪndoʊ", "window"), ("ˈɹɪvɚ", "river")])
def test_a_listener_hears_the_word_that_was_pronounced(ipa: str, heard: str) -> None:
    """Not in the event loop, which the listener would hold."""
    text = "I can see the qxz from here."
    said = asyncio.run(once(text, pronunciations=(Pronunciation(14, 17, ipa),)))
    resampler = Resampler(SAMPLE_RATE, RATE)
    sound = np.concatenate((resampler.push(said.samples), resampler.flush()))
    others = ("banana", "window", "river", "tomato", "letter")
    choices = [f"i can see the {other} from here" for other in others]
    assert Ear().hears(sound, choices) == f"i can see the {heard} from here"


async def once(text: str, **asked: Any) -> Heard:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0))
    await engine.open()
    try:
        return await Speaking(engine)(text, **asked)
    finally:
        await engine.close()


HOSTILE_IPA = (
    "[[", "]]", "[\x02", "]] <speak>", "<phoneme ph='a'>", "&lt;", "_^_de", "%s%n", "\x00", "\x01V", "|||",
    "'" * 500, "ˈˌ" * 500, "ʲ" * 500, "ː" * 500, "ʔ ʔ" * 500, "tʃ" * 5000, "a " * 5000, "˥" * 300,
    "\u0301" * 10_000, "𝕳😀",
)  # fmt: skip


@pytest.mark.parametrize(
    "voice", ["en-US", "en-GB+f2", "de", "fr-FR", "cmn", "ru", "ar", "hi", "ja", "ml", "da"]
)
async def test_no_pronunciation_does_harm(espeak: EspeakEngine, say: Speaking, voice: str) -> None:
    """At the worst it ends the worker, and that request alone."""
    for ipa in HOSTILE_IPA:
        said = (Pronunciation(4, 7, ipa),)
        try:
            heard = await say("one two", voice, speed=2.5, pronunciations=said, marks=True)
        except (EngineCrashed, RunawaySpeech):
            continue
        assert heard.samples.any(), ipa[:20]
        assert all(mark.sample <= heard.samples.size for mark in heard.marks)
    assert (await say("three", voice)).samples.any()
    assert espeak.health().figures["restarts"] <= 1


@pytest.mark.parametrize(
    "text",
    ["[[a]] <b> & ]]", "\u0301" * 10_000, "é" * 200, "[" * 200, "&amp;" * 40, "\x01V(de) \x02 \x1b[0m"],
    ids=["brackets", "marks", "accents", "opening", "entities", "controls"],
)
async def test_no_text_is_more_than_text_beside_a_pronunciation(say: Speaking, text: str) -> None:
    heard = await say(f"so {text}", speed=2.5, pronunciations=(Pronunciation(0, 2, "ˈsoʊ"),), marks=True)
    assert heard.samples.any()
    assert heard.marks[0].start == 0


VOICES_OF_ALL_KINDS = {
    "en-US": "Of all the words, this is one.",
    "en-GB+f2": "Of all the words, this is one.",
    "de": "Von allen Wörtern ist dies eines.",
    "cmn": "今天天气很好。",
    "ar": "مرحبا بالعالم",
    "hi": "नमस्ते दुनिया।",
    "ja": "こんにちは。",
    "th": "สวัสดี",
    "my": "မင်္ဂလာပါ",
}


@pytest.mark.parametrize("voice", VOICES_OF_ALL_KINDS)
async def test_every_kind_of_voice_tells_where_its_words_are(say: Speaking, voice: str) -> None:
    text = VOICES_OF_ALL_KINDS[voice]
    assert (await say(text, voice)).marks == ()
    for style in (None, "whispering"):
        heard = await say(text, voice, marks=True, style=style)
        assert heard.marks
        assert heard.marks[0].start == 0
        assert heard.marks[-1].sample < heard.samples.size


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


HIGH = Adaptation(190, 250, 112, 1.0, -3.0, tuple([-6.0] * 10 + [3.0] * 20)).prompt()


async def test_a_prompt_is_spoken_by_whatever_the_voice_and_does_not_stay(say: Speaking) -> None:
    text = "We were away a year ago, all of us."
    before = await say(text)
    for voice in ("en-US", "en-GB+m3", "sha256:0000", "low"):
        assert pitch((await say(text, voice, prompt=HIGH)).samples) == pytest.approx(222, rel=0.06)
    after = await say(text)
    assert resemblance(before.samples, after.samples) > 0.97
    assert pitch(after.samples) == pytest.approx(pitch(before.samples), rel=0.02)


async def test_a_prompt_speaks_any_language(say: Speaking) -> None:
    text = "Wir waren vor einem Jahr in einer anderen Stadt."
    german = (await say(text, "de")).samples
    own = (await say(text, "", prompt=HIGH, language="de")).samples
    english = (await say(text, "", prompt=HIGH)).samples
    assert own.size == pytest.approx(german.size, rel=0.05)
    assert english.size != pytest.approx(german.size, rel=0.05)


async def test_what_is_said_by_a_prompt_has_its_pace_melody_and_marks(say: Speaking) -> None:
    text = "We were away a year ago, all of us."
    plain = await say(text, prompt=HIGH, marks=True)
    assert [mark.start for mark in plain.marks] == [
        mark.start for mark in (await say(text, marks=True)).marks
    ]
    fast = await say(text, prompt=HIGH, speed=1.5)
    assert fast.seconds == pytest.approx(plain.seconds / 1.5, rel=0.1)
    higher = await say(text, prompt=HIGH, pitch=4.0)
    assert pitch(higher.samples) == pytest.approx(2 ** (4 / 12) * pitch(plain.samples), rel=0.06)
    hurried = await say(text, prompt=Prompt.of(HIGH.content | {"pace": 1.2}))
    assert hurried.seconds == pytest.approx(plain.seconds / 1.2, rel=0.08)
    whispered = (await say(text, prompt=HIGH, style="whispering")).samples
    assert np.count_nonzero(pitches(whispered, SAMPLE_RATE)) < np.count_nonzero(
        pitches(plain.samples, SAMPLE_RATE)
    )


async def test_what_is_said_by_a_prompt_begins_and_ends_softly_and_is_as_loud(
    espeak: EspeakEngine, say: Speaking
) -> None:
    text = "We were away a year ago, all of us. Nobody came."
    plain = await say(text)
    for gain in (-3.0, 15.0):
        heard = (await say(text, prompt=Prompt.of(HIGH.content | {"gain": gain}))).samples
        assert np.abs(heard[[0, -1]]).max() < 0.02 * np.abs(heard).max()
        assert np.abs(heard).max() <= 1
    prompt = await espeak.prepare([Sample(plain.samples, SAMPLE_RATE)])
    assert rms((await say(text, prompt=prompt)).samples) == pytest.approx(rms(plain.samples), rel=0.2)


async def test_the_extremes_of_a_prompt_do_no_harm(espeak: EspeakEngine, say: Speaking) -> None:
    for low, high, formants, pace, colour in (
        (LOWEST, LOWEST, FORMANTS[0], PACE[0], -COLOUR),
        (HIGHEST, HIGHEST, FORMANTS[1], PACE[1], COLOUR),
        (LOWEST, HIGHEST, FORMANTS[1], PACE[1], COLOUR),
    ):
        prompt = Adaptation(low, high, formants, pace, GAIN, (colour,) * BANDS).prompt()
        for speed, pitch_ in ((1.0, 0.0), (2.5, 8.0), (0.46, -8.0)):
            heard = await say("Hello there, all of you!", prompt=prompt, speed=speed, pitch=pitch_)
            assert heard.samples.any()
            assert np.abs(heard.samples).max() <= 1
    assert espeak.health().figures["restarts"] == 0


async def test_a_prompt_of_another_engine_is_refused_before_a_sound(say: Speaking) -> None:
    for content in ({"safetensors": "A" * 100_000}, {"adaptation": 1}, HIGH.content | {"pitch": [1, "x"]}):
        with pytest.raises(InvalidRequest, match="engine espeak"):
            await say("Hello.", prompt=Prompt.of(content))


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

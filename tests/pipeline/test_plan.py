"""What will be done, and every error that is known before the first byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes import ScriptedEngine

from stentor.audio.encode import FORMATS
from stentor.engines import Capabilities
from stentor.engines.espeak import EspeakEngine
from stentor.errors import (
    InvalidRequest,
    NothingToSpeak,
    TextTooLong,
    UnknownModel,
    UnknownVoice,
    Unsupported,
)
from stentor.pipeline.plan import Plan, PlanConfig, Planner
from stentor.types import SpeechRequest
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

REQUEST = SpeechRequest("Hello there. How are you?", "tts-1", "one")


def engine(**abilities: Any) -> ScriptedEngine:
    return ScriptedEngine(capabilities=Capabilities(sample_rate=24_000, languages=("en",), **abilities))


def planner(speaker: ScriptedEngine | None = None, **config: Any) -> Planner:
    speaker = speaker or engine()
    catalog = Catalog({speaker.name: speaker}, speaker.name, VoiceMap({}, None))
    return Planner(catalog, PlanConfig(**config))


async def planned(speaker: ScriptedEngine | None = None, **asked: Any) -> Plan:
    return await planner(speaker).plan(replace(REQUEST, **asked))


async def test_a_plain_request_is_planned_without_a_warning() -> None:
    plan = await planned()
    assert (plan.voice.id, plan.model, plan.asked_voice) == ("one", "tts-1", "one")
    assert (plan.format.name, plan.sample_rate, plan.stretch) == ("mp3", 24_000, 1)
    assert plan.warnings == ()


async def test_planning_asks_the_engine_for_no_sound() -> None:
    speaker = engine()
    await planned(speaker)
    assert not speaker.asked


async def test_the_text_becomes_utterances_with_their_offsets() -> None:
    plan = await planned(text="  Hello there.\n\nHow are you?  ", language="en")
    found = list(plan.utterances())
    assert [(said.text, said.start) for said in found] == [("Hello there.", 2), ("How are you?", 16)]
    assert {(said.voice.id, said.language) for said in found} == {("one", "en")}


async def test_no_utterance_is_longer_than_the_engine_takes() -> None:
    plan = await planned(engine(longest_utterance=20), text="word " * 40)
    assert max(len(said.text) for said in plan.utterances()) <= 20
    assert " ".join(said.text for said in plan.utterances()) == ("word " * 40).strip()


async def test_pauses_grow_from_clause_to_sentence_to_paragraph() -> None:
    plan = await planned(
        engine(longest_utterance=22), text="A clause that is long, it is. A sentence.\n\nEnd."
    )
    clause, sentence, paragraph, _ = (said.pause for said in plan.utterances())
    assert 0 < clause < sentence < paragraph < 1


async def test_pauses_keep_the_pace_of_the_speech() -> None:
    normal, fast = await planned(), await planned(engine(speed=(0.5, 2.0)), speed=2.0)
    halves = [said.pause / 2 for said in normal.utterances()]
    assert [said.pause for said in fast.utterances()] == pytest.approx(halves)


@pytest.mark.parametrize(
    ("speed", "engine_speed", "stretch"),
    [(1.0, 1.0, 1.0), (0.5, 0.5, 1.0), (0.25, 0.5, 0.5), (2.0, 2.0, 1.0), (4.0, 2.0, 2.0)],
)
async def test_the_engine_is_asked_for_what_it_can_and_the_rest_is_stretched(
    speed: float, engine_speed: float, stretch: float
) -> None:
    plan = await planned(engine(speed=(0.5, 2.0)), speed=speed)
    assert (plan.engine_speed, plan.stretch) == (engine_speed, stretch)
    assert {said.speed for said in plan.utterances()} == {engine_speed}


async def test_an_engine_of_one_pace_is_stretched_for_every_other() -> None:
    plan = await planned(speed=1.5)
    assert (plan.engine_speed, plan.stretch) == (1.0, 1.5)


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_is_known(name: str) -> None:
    assert (await planned(format=name)).format is FORMATS[name]


async def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match=r"'ogg'.*mp3, opus, aac, flac, wav, pcm") as caught:
        await planned(format="ogg")
    assert caught.value.param == "response_format"


@pytest.mark.parametrize(("name", "rate"), [("mp3", 8000), ("wav", 48_000), ("opus", 16_000)])
async def test_a_rate_that_the_format_has_is_taken(name: str, rate: int) -> None:
    assert (await planned(format=name, sample_rate=rate)).sample_rate == rate


@pytest.mark.parametrize(("name", "rate"), [("opus", 22_050), ("opus", 44_100), ("wav", 0), ("wav", 96_000)])
async def test_a_rate_that_the_format_has_not_is_refused_with_those_it_has(name: str, rate: int) -> None:
    with pytest.raises(InvalidRequest, match=rf"{name}.*{rate} Hz.*24000") as caught:
        await planned(format=name, sample_rate=rate)
    assert caught.value.param == "sample_rate"


async def test_the_operator_s_rate_counts_when_none_is_asked_for() -> None:
    assert (await planner(default_sample_rate=48_000).plan(REQUEST)).sample_rate == 48_000


@pytest.mark.parametrize("text", ["", "  \n", "...", "?!", "\x00\x01", "\u200b"])
async def test_text_that_nobody_can_say_is_refused(text: str) -> None:
    with pytest.raises(NothingToSpeak):
        await planned(text=text)


async def test_text_may_be_as_long_as_the_limit_and_no_longer() -> None:
    short = planner(max_text_length=10)
    assert short.max_text_length == 10
    assert (await short.plan(replace(REQUEST, text="a" * 10))).text == "a" * 10
    with pytest.raises(TextTooLong, match=r"11 characters.*at most 10"):
        await short.plan(replace(REQUEST, text="a" * 11))


async def test_control_characters_are_left_out_with_a_warning_and_offsets_stay() -> None:
    plan = await planned(text="A\x00B\ud800. Next.")
    assert [(said.text, said.start) for said in plan.utterances()] == [("A B .", 0), ("Next.", 6)]
    assert plan.warnings == ("2 control characters were left out of `input`",)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"instructions": "Whisper."}, "`instructions` was ignored"),
        ({"seed": 0}, "`seed` was ignored"),
        ({"language": "de"}, "`language` was ignored.*'de'"),
        ({"unknown_fields": ("pitch", "x\ny")}, "unknown fields were ignored: 'pitch', 'x.y'"),
        ({"text": "a\x00"}, "1 control character"),
    ],
)
async def test_what_is_left_out_is_a_warning_and_with_strict_a_refusal(
    asked: dict[str, Any], said: str
) -> None:
    plan = await planned(**asked)
    [warning] = plan.warnings
    with pytest.raises(Unsupported, match=said):
        await planned(strict=True, **asked)
    assert warning.splitlines() == [warning]
    assert (plan.seed, plan.instructions) == (None, None)


async def test_what_the_engine_can_do_reaches_it_without_a_warning() -> None:
    able = engine(instructions=True, seed=True)
    plan = await planned(able, instructions="Whisper.", seed=7, language="en-GB", strict=True)
    assert plan.warnings == ()
    said = next(plan.utterances())
    assert (said.instructions, said.seed, said.language) == ("Whisper.", 7, "en-GB")


async def test_what_the_engine_cannot_do_does_not_reach_it() -> None:
    said = next((await planned(instructions="Whisper.", seed=7)).utterances())
    assert (said.instructions, said.seed) == (None, None)


@pytest.mark.parametrize("language", ["en", "EN-us", "en_GB", "en-Latn-GB"])
async def test_an_accent_of_the_voice_s_language_is_no_other_language(language: str) -> None:
    assert (await planned(language=language)).warnings == ()


async def test_a_voice_without_a_language_speaks_all() -> None:
    assert (await planned(ScriptedEngine(languages=("und",)), language="tlh")).warnings == ()


@pytest.mark.parametrize("language", ["de", "de-AT", "EN_us", "zh", "zh-CN", "zh-HK", "no", "iw"])
async def test_a_timbre_that_was_moved_to_a_language_speaks_it(language: str) -> None:
    """Under whatever tag the engine knows that language."""
    espeak = EspeakEngine()
    catalog = Catalog({espeak.name: espeak}, espeak.name, VoiceMap({}, None))
    plan = await Planner(catalog).plan(replace(REQUEST, voice="alloy", language=language))
    assert plan.warnings == ()


async def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownModel):
        await planned(model="whisper-1")
    with pytest.raises(UnknownVoice):
        await planned(voice="nobody")


async def test_a_session_is_planned_before_its_text_is_known() -> None:
    plan = await planner().plan_session(replace(REQUEST, text=""))
    splitter = plan.splitter(eager=True)
    sentences = [*splitter.feed("Hello there. And "), *splitter.finish()]
    assert [plan.utterance(sentence).text for sentence in sentences] == ["Hello there.", "And"]


async def test_the_text_of_a_session_is_held_to_the_same_rules() -> None:
    session = planner(max_text_length=5)
    warnings: list[str] = []
    assert session.checked_text("a\x00b", warnings) == "a b"
    assert len(warnings) == 1
    with pytest.raises(TextTooLong):
        session.checked_text("a" * 6, [])

"""What will be done, and every error that is known before the first byte."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.fakes import ScriptedEngine

from stentor.audio.encode import FORMATS
from stentor.engines import Capabilities
from stentor.engines.espeak import EspeakEngine
from stentor.errors import (
    InvalidMarkup,
    InvalidRequest,
    NothingToSpeak,
    TextTooLong,
    UnknownModel,
    UnknownVoice,
    Unsupported,
)
from stentor.pipeline.cast import Casting
from stentor.pipeline.lines import Line, Rest
from stentor.pipeline.plan import Plan, PlanConfig, Planner
from stentor.pipeline.request import Part, SpeechRequest
from stentor.text.lexicon import Entry
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

REQUEST = SpeechRequest("Hello there. How are you?", "tts-1", "one")


def engine(**abilities: Any) -> ScriptedEngine:
    return ScriptedEngine(capabilities=Capabilities(sample_rate=24_000, languages=("en",), **abilities))


def planner(speaker: ScriptedEngine | None = None, **config: Any) -> Planner:
    speaker = speaker or engine()
    catalog = Catalog({speaker.name: speaker}, speaker.name, VoiceMap({}, None))
    return Planner(Casting(catalog), PlanConfig(**config))


async def planned(speaker: ScriptedEngine | None = None, **asked: Any) -> Plan:
    return await planner(speaker).plan(replace(REQUEST, **asked))


def lines(plan: Plan) -> list[Line]:
    return [step for step in plan.lines() if isinstance(step, Line)]


async def test_a_plain_request_is_planned_without_a_warning() -> None:
    plan = await planned()
    assert (plan.cast.lead.voice.id, plan.cast.lead.name) == ("one", "one")
    assert (plan.format.name, plan.sample_rate) == ("mp3", 24_000)
    assert plan.warnings == ()


async def test_planning_asks_the_engine_for_no_sound() -> None:
    speaker = engine()
    await planned(speaker)
    assert not speaker.asked


async def test_the_text_becomes_lines_with_their_offsets() -> None:
    found = lines(await planned(text="  Hello there.\n\nHow are you?  ", language="en"))
    assert [(said.utterance.text, said.place) for said in found] == [
        ("Hello there.", (2, 14)), ("How are you?", (16, 28)),
    ]  # fmt: skip
    assert {(said.utterance.voice.id, said.utterance.language) for said in found} == {("one", "en")}


async def test_no_utterance_is_longer_than_the_engine_takes() -> None:
    said = [
        line.utterance.text for line in lines(await planned(engine(longest_utterance=20), text="word " * 40))
    ]
    assert max(map(len, said)) <= 20
    assert " ".join(said) == ("word " * 40).strip()


async def test_pauses_grow_from_clause_to_sentence_to_paragraph() -> None:
    plan = await planned(
        engine(longest_utterance=22), text="A clause that is long, it is. A sentence.\n\nEnd."
    )
    clause, sentence, paragraph, _ = (said.pause for said in lines(plan))
    assert 0 < clause < sentence < paragraph < 1


async def test_pauses_keep_the_pace_of_the_speech() -> None:
    normal, fast = await planned(), await planned(engine(speed=(0.5, 2.0)), speed=2.0)
    halves = [said.pause / 2 for said in lines(normal)]
    assert [said.pause for said in lines(fast)] == pytest.approx(halves)


@pytest.mark.parametrize(
    ("speed", "engine_speed", "stretch"),
    [(1.0, 1.0, 1.0), (0.5, 0.5, 1.0), (0.25, 0.5, 0.5), (2.0, 2.0, 1.0), (4.0, 2.0, 2.0)],
)
async def test_the_engine_is_asked_for_what_it_can_and_the_rest_is_stretched(
    speed: float, engine_speed: float, stretch: float
) -> None:
    plan = await planned(engine(speed=(0.5, 2.0)), speed=speed)
    assert {(said.utterance.speed, said.stretch) for said in lines(plan)} == {(engine_speed, stretch)}


async def test_an_engine_of_one_pace_is_stretched_for_every_other() -> None:
    plan = await planned(speed=1.5)
    assert {(said.utterance.speed, said.stretch) for said in lines(plan)} == {(1.0, 1.5)}


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
    assert lines(await short.plan(replace(REQUEST, text="a" * 10)))[0].utterance.text == "a" * 10
    with pytest.raises(TextTooLong, match=r"11 characters.*at most 10"):
        await short.plan(replace(REQUEST, text="a" * 11))


async def test_control_characters_are_left_out_with_a_warning_and_offsets_stay() -> None:
    plan = await planned(text="A\x00Bee\ud800. Next.")
    assert [(said.utterance.text, said.place) for said in lines(plan)] == [
        ("A Bee .", (0, 7)),
        ("Next.", (8, 13)),
    ]
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
    assert {(said.utterance.seed, said.utterance.instructions) for said in lines(plan)} == {(None, None)}


async def test_what_the_engine_can_do_reaches_it_without_a_warning() -> None:
    able = engine(instructions=True, seed=True)
    plan = await planned(able, instructions="Whisper.", seed=7, language="en-GB", strict=True)
    assert plan.warnings == ()
    said = lines(plan)[0].utterance
    assert (said.instructions, said.seed, said.language) == ("Whisper.", 7, "en-GB")


async def test_what_the_engine_cannot_do_does_not_reach_it() -> None:
    said = lines(await planned(instructions="Whisper.", seed=7))[0].utterance
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
    plan = await Planner(Casting(catalog)).plan(replace(REQUEST, voice="alloy", language=language))
    assert plan.warnings == ()


async def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownModel):
        await planned(model="whisper-1")
    with pytest.raises(UnknownVoice):
        await planned(voice="nobody")


async def test_a_session_is_planned_before_its_text_is_known() -> None:
    plan = await planner().plan_session(replace(REQUEST, text=""))
    assert lines(plan) == []
    assert plan.cast.lead.voice.id == "one"


async def test_a_session_is_refused_with_strict_if_anything_would_be_left_out() -> None:
    with pytest.raises(Unsupported, match="`seed` was ignored"):
        await planner().plan_session(replace(REQUEST, text="", seed=7, strict=True))


async def test_markup_does_not_count_as_text() -> None:
    short = planner(max_text_length=10)
    text = f"<speak>{'<s>' * 20}a{'</s>' * 20}bcdefghij</speak>"
    assert len(lines(await short.plan(replace(REQUEST, text=text)))) == 2
    with pytest.raises(TextTooLong, match=r"11 characters.*at most 10"):
        await short.plan(replace(REQUEST, text=f"<speak>{'a' * 11}</speak>"))


async def test_others_are_served_while_long_markup_is_read() -> None:
    tags = "<p></p>" * 40_000
    planning = asyncio.create_task(planned(text=f"<speak>{tags}Hello.</speak>"))
    turns = 0
    while not planning.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert [line.text for line in lines(planning.result())] == ["Hello."]


async def test_ssml_that_is_not_well_formed_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidMarkup, match=r"line 1, column 11"):
        await planned(text="<speak>Hey</speak")


async def test_ssml_that_says_nothing_is_refused() -> None:
    with pytest.raises(NothingToSpeak):
        await planned(text="<speak><break time='1s'/> ... </speak>")


async def test_what_is_said_instead_of_nothing_counts() -> None:
    [line] = lines(await planned(text='<speak><sub alias="yes">...</sub></speak>'))
    assert line.utterance.text == "yes"


async def test_unknown_markup_is_a_warning_and_with_strict_a_refusal() -> None:
    text = "<speak>Hello <blink>there</blink>.</speak>"
    plan = await planned(text=text)
    assert len(plan.warnings) == 1
    assert "blink" in plan.warnings[0]
    with pytest.raises(InvalidMarkup, match=r"blink.*line 1, column 14"):
        await planned(text=text, strict=True)


async def test_a_pause_may_be_as_long_as_the_limit_and_no_longer() -> None:
    short = planner(max_pause_seconds=2.0)
    assert Rest(2.0) in list((await short.plan(replace(REQUEST, text="Hey [pause:2s] you."))).lines())
    with pytest.raises(InvalidRequest):
        await short.plan(replace(REQUEST, text="Hey [pause:2.1s] you."))


async def test_parts_are_spoken_by_their_own_voices_wherever_they_end() -> None:
    parts = (Part(0, 5, "two"), Part(5, 11, None), Part(11, 16, "two"))
    plan = await planned(text="HelloAnd youYes.", parts=parts)
    assert [(said.utterance.text, said.utterance.voice.id, said.place) for said in lines(plan)] == [
        ("Hello", "two", (0, 5)),
        ("And yo", "one", (5, 11)),
        ("uYes.", "two", (11, 16)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<speak>Yes<nothing</speak>", "column 19 of `input.1.text`)."),
        ("[pause:99s] Yes", "takes (in `input.1.text`)."),
    ],
)
async def test_what_cannot_be_read_of_a_part_names_the_part(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await planned(text=f"Hello{text}", parts=(Part(0, 5, "two"), Part(5, 5 + len(text), None)))
    assert caught.value.message.endswith(said)
    assert str(caught.value) == caught.value.message
    assert caught.value.param == "input.1.text"


async def test_a_warning_of_a_part_names_the_part() -> None:
    text = "<speak>Yes<x/></speak>"
    plan = await planned(text=f"Hello{text}", parts=(Part(0, 5, "two"), Part(5, 5 + len(text), None)))
    assert plan.warnings == ("the element 'x' was ignored (line 1, column 11) in `input.1.text`",)


async def test_a_seed_is_made_for_an_engine_that_has_chance_in_it() -> None:
    able = engine(seed=True)
    plan = await planned(able, text="One. Two.")
    seeds = {said.utterance.seed for said in lines(plan)}
    assert seeds == {plan.delivery.seed}
    assert None not in seeds
    assert (await planned(able)).delivery.seed != plan.delivery.seed
    assert (await planned()).delivery.seed is None


async def test_times_of_words_from_an_engine_that_tells_none_are_a_warning() -> None:
    assert (await planned(times=("word",))).warnings == (
        "times of words were left out: the engine scripted tells none",
    )
    assert (await planned(times=("sentence",))).warnings == ()
    assert (await planned(engine(marks=True), times=("word",))).warnings == ()


async def test_times_are_gathered_for_whoever_wants_them() -> None:
    assert (await planned()).times() is None
    assert (await planned(times=("sentence",))).times() is not None
    assert (await planned(text="<speak>One <mark name='x'/>two.</speak>")).times() is not None


async def test_nothing_is_put_into_words_if_that_is_turned_off() -> None:
    assert lines(await planned(text="It costs $5."))[0].utterance.text == "It costs five dollars."
    assert lines(await planned(text="It costs $5.", switches=None))[0].utterance.text == "It costs $5."


async def test_a_request_may_bring_its_own_lexicon() -> None:
    [line] = lines(await planned(text="Use SQL.", lexicon=(Entry(("SQL",), "sequel"),)))
    assert line.utterance.text == "Use sequel."


async def test_what_is_said_instead_counts_as_text() -> None:
    text = f"<speak><sub alias='{'word ' * 3}'>x</sub></speak>"
    with pytest.raises(TextTooLong, match=r"15 characters.*at most 10"):
        await planner(max_text_length=10).plan(replace(REQUEST, text=text))


@pytest.mark.parametrize("none", ['<break time="0s"/>', '<break strength="none"/>'])
async def test_a_break_of_nothing_takes_the_pause_away(none: str) -> None:
    plan = await planned(text=f"<speak>One. {none} Two.</speak>")
    assert [step.seconds for step in plan.lines() if isinstance(step, Rest)] == [0.0]


@pytest.mark.parametrize("text", ['hello <break time="1s"/> there', "<Speak>Hello</Speak>"])
async def test_tags_of_ssml_in_what_is_no_ssml_are_warned_of(text: str) -> None:
    assert (await planned(text=text)).warnings == (
        "tags of SSML were read as text: SSML begins with `<speak>`",
    )
    assert (await planned(text=text, ssml=False)).warnings == ()


async def test_a_sign_that_only_looks_like_a_tag_is_no_warning() -> None:
    assert (await planned(text="2 < 3, <b>bold</b> and <3")).warnings == ()

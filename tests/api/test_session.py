"""What the messages of a session become, without a socket."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from stentor.api.session import Session, Spoken, Turn, Work
from stentor.engines import Capabilities
from stentor.errors import EngineUnavailable, StentorError
from stentor.pipeline.lines import Line
from stentor.pipeline.plan import Planner
from stentor.pipeline.routes import RouteConfig
from tests.api.inprocess import make_api
from tests.fakes import ScriptedEngine


class Script:
    """A session, and the work it made."""

    def __init__(self, limit: int = 4096, engines: Sequence[ScriptedEngine] = ()) -> None:
        self.work: list[Work] = []
        self.failing: set[str] = set()
        """Engines that cannot speak."""
        routes = [RouteConfig(engines=tuple(engine.name for engine in engines))] if engines else []
        api = make_api(*(engines or [ScriptedEngine()]), limit=limit, routes=routes)
        self.planner: Planner = api.state.context.planner
        self.session = Session(self.planner, self.put)

    async def put(self, work: Work) -> None:
        if isinstance(work, Spoken) and not work.failure and work.plan.engine.name in self.failing:
            self.planner.router.circuits[work.plan.engine.name].failed()
            raise EngineUnavailable(f"{work.plan.engine.name} is gone.")
        self.work.append(work)

    async def config(self, **fields: Any) -> None:
        assert not await self.session.take(json.dumps({"type": "session.config"} | fields))

    async def text(self, *pieces: str) -> None:
        for piece in pieces:
            assert not await self.session.take(json.dumps({"type": "input.text", "text": piece}))

    async def done(self) -> None:
        assert not await self.session.take('{"type": "input.done"}')

    async def close(self) -> None:
        assert await self.session.take('{"type": "session.close"}')

    @property
    def told(self) -> list[str | int]:
        """What was made: the text to speak, the code of an error, the sentences of a turn."""
        return [told(work) for work in self.work]

    @property
    def engines(self) -> list[str]:
        """Who spoke each file."""
        return [work.plan.engine.name for work in self.work if isinstance(work, Spoken) and not work.failure]

    @property
    def warnings(self) -> list[list[str]]:
        """The first word of each warning of each file."""
        spoken = [work for work in self.work if isinstance(work, Spoken)]
        return [[warning.split(" ")[0] for warning in work.warnings] for work in spoken]


def told(work: Work) -> str | int:
    if isinstance(work, Turn):
        return work.sentences
    if isinstance(work, StentorError):
        return work.code
    if work.failure:
        return work.failure.code
    return " ".join(step.text if isinstance(step, Line) else f"{step.seconds:g} s" for step in work.steps)


@pytest.mark.parametrize("granularity", ["none", "sentence", "clause"])
async def test_closing_in_mid_sentence_ends_the_turn(granularity: str) -> None:
    script = Script()
    await script.config(split_granularity=granularity)
    await script.text("Words without", " an end")
    await script.close()
    assert script.told == ["Words without an end", 1]


async def test_closing_between_turns_ends_no_turn() -> None:
    script = Script()
    await script.text("Hello.")
    await script.done()
    await script.close()
    assert script.told == ["Hello.", 1]


async def test_closing_after_nothing_that_can_be_said_says_so() -> None:
    script = Script()
    await script.text("...")
    await script.close()
    assert script.told == ["nothing_to_speak", 0]


async def test_words_before_a_new_config_are_not_lost() -> None:
    script = Script()
    await script.config(voice="one", split_granularity="sentence")
    await script.text("These words ")
    await script.config(voice="two", split_granularity="sentence")
    await script.text("stay.")
    await script.done()
    assert script.told == ["These words", "stay.", 2]
    assert [work.plan.cast.lead.voice.id for work in script.work if isinstance(work, Spoken)] == [
        "one",
        "two",
    ]


async def test_a_refused_config_leaves_the_last_one_in_force() -> None:
    script = Script()
    await script.config(voice="two")
    await script.config(voice="nobody")
    await script.text("Hello.")
    await script.done()
    assert script.told == ["voice_not_found", "Hello.", 1]
    assert isinstance(script.work[1], Spoken)
    assert script.work[1].plan.cast.lead.voice.id == "two"


async def test_a_turn_that_is_too_long_is_refused_once_and_the_next_is_not() -> None:
    script = Script(limit=20)
    await script.config(split_granularity="none")
    await script.text("x" * 15, "x" * 15, "x")
    await script.done()
    await script.text("x" * 15)
    await script.done()
    assert script.told == ["text_too_long", 0, "x" * 15, 1]


async def test_what_was_left_out_is_told_once_with_the_next_sentence() -> None:
    script = Script()
    await script.config(seed=1, volume=3, text="Hello.", split_granularity="sentence")
    await script.text("One\x00two. Three. ", "Four\x01\x02five. ", "Six. ")
    await script.done()
    assert script.warnings == [["unknown", "`seed`", "1"], ["2"], [], []]
    first = script.work[0]
    assert isinstance(first, Spoken)
    assert first.warnings[0] == "unknown fields were ignored: 'text', 'volume'"
    assert first.warnings[-1] == "1 control character was left out of `text`"


async def test_warnings_of_a_new_config_come_with_what_was_written_under_it() -> None:
    script = Script()
    await script.config(split_granularity="none")
    await script.text("One\x00two.")
    await script.config(seed=1)
    await script.text("Three.")
    await script.done()
    assert script.warnings == [["1"], ["`seed`"]]


async def test_a_strict_session_refuses_what_it_would_leave_out() -> None:
    script = Script()
    await script.config(strict=True, split_granularity="none")
    await script.config(strict=True, seed=1)
    await script.text("One. ", "\x00Two. ", "Three.")
    await script.done()
    assert script.told == ["unsupported", "unsupported", "One. Three.", 1]
    assert script.warnings == [[]]


async def test_a_strict_session_refuses_markup_that_its_engine_cannot_do() -> None:
    script = Script()
    await script.config(strict=True, split_granularity="sentence")
    await script.text("(happy) One. ", "Two.")
    await script.done()
    await script.text("Three. (happy) Four.")
    await script.done()
    await script.text("Five.")
    await script.done()
    assert script.told == ["unsupported", 0, "unsupported", 0, "Five.", 1]


async def test_a_pause_is_said_with_the_sentence_behind_it() -> None:
    script = Script()
    await script.config(split_granularity="sentence")
    await script.text("One. [pause:", "1s]Two. [pause:2s]")
    await script.done()
    assert script.told == ["One.", "1 s Two.", "2 s", 3]


async def test_tags_reach_over_messages() -> None:
    script = Script()
    await script.text("[voi", "ce:two] Hello. ", "Again.")
    await script.done()
    voices = [
        step.utterance.voice.id
        for work in script.work
        if isinstance(work, Spoken)
        for step in work.steps
        if isinstance(step, Line)
    ]
    assert voices == ["two", "two"]


async def test_an_unknown_voice_in_the_text_is_told_and_the_text_is_spoken() -> None:
    script = Script()
    await script.config(split_granularity="sentence")
    await script.text("One. [voice:nobody] Two. ", "Three.")
    await script.done()
    assert script.told == ["One.", "Two.", "Three.", 3]
    assert [warning for work in script.warnings for warning in work] == ["There"]


async def test_a_strict_session_refuses_an_unknown_voice_in_the_text() -> None:
    script = Script()
    await script.config(strict=True)
    await script.text("[voice:nobody] Hello. ")
    await script.done()
    assert "voice_not_found" in script.told


async def test_ssml_is_spoken_at_the_end_of_its_turn() -> None:
    script = Script()
    await script.config(split_granularity="sentence")
    await script.text("<speak>One.", "<break time='1s'/>Two.")
    assert script.told == []
    await script.text("</speak>")
    await script.done()
    assert script.told == ["One.", "1 s Two.", 2]


async def test_broken_ssml_is_told_and_the_next_turn_is_spoken() -> None:
    script = Script()
    await script.text("<speak>One.")
    await script.done()
    await script.text("Two.")
    await script.done()
    assert script.told == ["invalid_markup", 0, "Two.", 1]


async def test_broken_ssml_does_not_keep_a_config_from_taking_effect() -> None:
    script = Script()
    await script.text("<speak>One.")
    await script.config(voice="two")
    await script.text("Two.")
    await script.done()
    assert script.told == ["invalid_markup", "Two.", 1]
    assert isinstance(script.work[1], Spoken)
    assert script.work[1].plan.cast.lead.voice.id == "two"


async def test_a_tag_that_cannot_be_done_is_told_once_a_turn() -> None:
    script = Script()
    await script.config(split_granularity="sentence")
    await script.text("One. Two. ", "[pause:3600s]", " Three. ", "Four.")
    await script.done()
    await script.text("Five.")
    await script.done()
    assert script.told == ["One.", "invalid_request", 1, "Five.", 1]


async def test_what_came_before_a_failure_is_not_said_in_the_next_turn() -> None:
    script = Script()
    await script.config(split_granularity="none")
    await script.text("One. Two. *three [pause:3600s]four")
    await script.done()
    await script.text("Five.")
    await script.done()
    assert script.told == ["invalid_request", "One.", 1, "Five.", 1]


async def test_what_markup_asks_in_vain_is_told_once() -> None:
    script = Script()
    await script.config(split_granularity="sentence")
    await script.text("(happy) One. Two. ", "(happy) Three.")
    await script.done()
    assert script.warnings == [["the"], [], []]


def chain(**second: Any) -> Script:
    """Make a session of three engines, one after the other."""
    engines = [ScriptedEngine(name="a"), ScriptedEngine(name="b", **second), ScriptedEngine(name="c")]
    script = Script(engines=engines)
    script.failing = {"a"}
    return script


@pytest.mark.parametrize("granularity", ["none", "sentence", "clause"])
@pytest.mark.parametrize("step", [1, 7, 99])
async def test_the_next_engine_says_all_that_was_fed_and_nothing_twice(granularity: str, step: int) -> None:
    text = "This one is first, said the sentence. Two [pause:1s] and *three*. Four"
    plain, routed = Script(), chain()
    for script in (plain, routed):
        await script.config(voice="one", split_granularity=granularity)
        await script.text(*(text[at : at + step] for at in range(0, len(text), step)))
        await script.done()
    assert routed.told == plain.told
    assert set(routed.engines) == {"b"}
    spoken = [work for work in routed.work if isinstance(work, Spoken)]
    assert [work.index for work in spoken] == list(range(len(spoken)))


async def test_the_next_engine_cuts_the_text_in_its_own_way() -> None:
    script = chain(capabilities=Capabilities(sample_rate=24_000, languages=("en",), longest_utterance=12))
    await script.config(voice="one", split_granularity="sentence")
    await script.text("One two three four. Five.")
    await script.done()
    assert script.told[-1] == len(script.engines) > 2
    assert " ".join(map(str, script.told[:-1])) == "One two three four. Five."


async def test_the_next_engine_may_cut_later_and_nothing_is_said_by_both() -> None:
    script = chain(capabilities=Capabilities(sample_rate=24_000, languages=("en",), longest_utterance=10))
    await script.config(voice="one", split_granularity="sentence")
    await script.text("One and two and three. Four. ")
    await script.done()
    assert set(script.engines) == {"b"}
    assert " ".join(map(str, script.told[:-1])) == "One and two and three. Four."


async def test_each_turn_asks_the_first_engine_again_until_its_circuit_opens() -> None:
    script = chain()
    asked = []
    for _ in range(5):
        await script.text("Hello.")
        await script.done()
        asked.append(script.planner.router.circuits["a"].state)
    assert script.engines == ["b"] * 5
    assert asked == ["closed", "closed", "open", "open", "open"]
    script.failing = {"b"}
    await script.text("Hello.")
    await script.done()
    assert script.engines[-1] == "c"


async def test_an_engine_that_is_well_again_speaks_in_the_next_turn() -> None:
    script = chain()
    await script.text("Hello.")
    await script.done()
    script.failing = set()
    await script.text("Hello.")
    await script.done()
    assert script.engines == ["b", "a"]


async def test_after_the_first_sound_nobody_takes_over() -> None:
    script = chain()
    script.failing = set()
    await script.config(voice="one", split_granularity="sentence")
    await script.text("One. Two. ")
    spoken = script.work[0]
    assert isinstance(spoken, Spoken)
    assert [chunk async for chunk in spoken.answer.speak(spoken.steps, None)]
    script.failing = {"a"}
    await script.text("Three.")
    await script.done()
    assert script.told == ["One.", "engine_unavailable", "engine_unavailable", 3]


async def test_what_the_next_engine_leaves_out_is_told_instead() -> None:
    script = chain(capabilities=Capabilities(sample_rate=24_000, languages=("en",), seed=True))
    await script.config(voice="one", seed=1, split_granularity="sentence")
    await script.text("(sad) One\x00. Two.")
    await script.done()
    told = [warning for work in script.work if isinstance(work, Spoken) for warning in work.warnings]
    assert told == [
        "the style sad was ignored: the engine b cannot speak so",
        "1 control character was left out of `text`",
    ]


async def test_if_the_others_do_not_have_the_voice_the_first_failure_is_told() -> None:
    engines = [ScriptedEngine(name="a"), ScriptedEngine(name="b", voices=("other",))]
    script = Script(engines=engines)
    script.failing = {"a"}
    await script.config(voice="one")
    await script.text("Hello.")
    await script.done()
    assert script.told == ["engine_unavailable", 1]


async def test_a_strict_session_is_not_spoken_by_who_cannot_do_it() -> None:
    able = Capabilities(sample_rate=24_000, languages=("en",), styles=("sad",))
    script = Script(engines=[ScriptedEngine(name="a", capabilities=able), ScriptedEngine(name="b")])
    script.failing = {"a"}
    await script.config(voice="one", strict=True)
    await script.text("(sad) Hello.")
    await script.done()
    assert script.told == ["engine_unavailable", 1]


async def test_a_text_that_ends_in_a_mistake_is_said_by_the_next_engine_as_far_as_it_goes() -> None:
    script = chain()
    await script.config(voice="one", split_granularity="none")
    await script.text("One. Two. ", "*three [pause:3600s]four")
    await script.done()
    assert script.told == ["invalid_request", "One.", 1]
    assert script.engines == ["b"]

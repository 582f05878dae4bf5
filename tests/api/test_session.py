"""What the messages of a session become, without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stentor.api.session import Session, Spoken, Turn, Work
from stentor.errors import StentorError
from stentor.pipeline.lines import Line
from tests.api.inprocess import make_api
from tests.fakes import ScriptedEngine


class Script:
    """A session, and the work it made."""

    def __init__(self, limit: int = 4096) -> None:
        self.work: list[Work] = []
        planner = make_api(ScriptedEngine(), limit=limit).state.context.planner
        self.session = Session(planner, self.put)

    async def put(self, work: Work) -> None:
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
    def warnings(self) -> list[list[str]]:
        """The first word of each warning of each file."""
        spoken = [work for work in self.work if isinstance(work, Spoken)]
        return [[warning.split(" ")[0] for warning in work.warnings] for work in spoken]


def told(work: Work) -> str | int:
    if isinstance(work, Turn):
        return work.sentences
    if isinstance(work, StentorError):
        return work.code
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

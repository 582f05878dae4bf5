"""Text that arrives in pieces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import ScriptedEngine

from stentor.engines import Capabilities
from stentor.errors import InvalidMarkup, InvalidRequest
from stentor.pipeline.cast import Casting
from stentor.pipeline.incoming import IncomingText
from stentor.pipeline.lines import Line, Step
from stentor.pipeline.plan import Plan, Planner
from stentor.pipeline.request import SpeechRequest
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog


async def session(**asked: Any) -> Plan:
    engine = ScriptedEngine(
        capabilities=Capabilities(sample_rate=24_000, languages=("en",), emphasis=True, styles=("happy",))
    )
    catalog = Catalog({engine.name: engine}, engine.name, VoiceMap({}, None))
    return await Planner(Casting(catalog)).plan_session(SpeechRequest("", "tts-1", "one", **asked))


async def arrive(*pieces: str, eager: bool = False, **asked: Any) -> list[list[Step]]:
    text = IncomingText(await session(**asked), 60.0, eager=eager)
    return [*[await text.feed(piece) for piece in pieces], await text.finish()]


def shown(steps: list[Step]) -> list[str | float]:
    return [step.utterance.text if isinstance(step, Line) else step.seconds for step in steps]


async def test_a_sentence_is_a_line_once_it_is_complete() -> None:
    arrived = await arrive("Hello th", "ere. How ", "are you?")
    assert [shown(steps) for steps in arrived] == [[], ["Hello there."], [], ["How are you?"]]


async def test_tags_may_be_cut_anywhere() -> None:
    arrived = await arrive("(hap", "py) Hello [pau", "se:1s] wor", "ld.")
    steps = [step for some in arrived for step in some]
    assert shown(steps) == ["Hello", 1.0, "world."]
    assert {step.utterance.style for step in steps if isinstance(step, Line)} == {"happy"}


async def test_ssml_is_spoken_once_it_is_whole() -> None:
    arrived = await arrive("  <spe", "ak>One.<break time='1s'/>", "Two.</speak>")
    assert [shown(steps) for steps in arrived] == [[], [], [], ["One.", 1.0, "Two."]]


async def test_what_only_begins_like_ssml_is_text() -> None:
    arrived = await arrive(" <", "3 you. ", "Yes.", tags=False)
    assert "Yes." in shown(arrived[-1])


async def test_text_that_is_said_not_to_be_ssml_is_text() -> None:
    arrived = await arrive("<speak>One. ", "Two.", ssml=False)
    assert shown(arrived[-1]) == ["Two."]


async def test_broken_ssml_is_refused_at_its_end() -> None:
    with pytest.raises(InvalidMarkup, match="line 1"):
        await arrive("<speak>One.")


async def test_a_pause_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        await arrive("Hello [pause:3600s] you.")


async def test_without_tags_brackets_are_text() -> None:
    assert shown((await arrive("Hello [pause:1s] you.", tags=False))[-1])[0] != "Hello"


@given(st.text("ab. ,*()[]happyuse:1\n", max_size=30), st.data())
async def test_how_it_was_cut_makes_no_difference(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = [step for steps in await arrive(text) for step in steps]
    cut = [step for steps in await arrive(*pieces) for step in steps]
    assert shown(cut) == shown(whole)

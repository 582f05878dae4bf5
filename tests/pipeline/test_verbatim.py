"""Text that was settled elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest
from tests.fakes import ScriptedEngine

from stentor.engines import Capabilities, Engine
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.pipeline.verbatim import VerbatimAnswer, verbatim
from stentor.types import Pronunciation, Utterance, Voice, VoiceId
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

ONE = Voice(VoiceId("one"), "One", "scripted", ("en",))


def able(**abilities: Any) -> ScriptedEngine:
    return ScriptedEngine(capabilities=Capabilities(24_000, ("en",), **abilities))


def test_text_is_said_as_it_is() -> None:
    [line] = verbatim(able(), Utterance("It costs $5. *Really*.", ONE))
    assert line.utterance == Utterance("It costs $5. *Really*.", ONE)
    assert (line.stretch, line.place) == (1.0, (0, 22))


def test_what_the_engine_can_do_reaches_it() -> None:
    asked = Utterance(
        "tomato", ONE, pitch=2.0, style="sad", emphasis="strong", seed=7, instructions="Softly.", marks=True,
        pronunciations=(Pronunciation(0, 6, "təˈmɑːtəʊ"),),
    )  # fmt: skip
    everything = able(
        pitch=(-4, 4), styles=("sad",), emphasis=True, seed=True, instructions=True, marks=True, phonemes=True
    )
    assert [line.utterance for line in verbatim(everything, asked)] == [asked]
    assert [line.utterance for line in verbatim(able(), asked)] == [Utterance("tomato", ONE)]


@pytest.mark.parametrize(("speed", "own", "stretch"), [(1.5, 1.5, 1.0), (4.0, 2.0, 2.0), (0.25, 0.5, 0.5)])
def test_a_pace_beyond_the_engine_s_is_stretched(speed: float, own: float, stretch: float) -> None:
    [line] = verbatim(able(speed=(0.5, 2.0)), Utterance("Hello.", ONE, speed=speed))
    assert (line.utterance.speed, line.stretch) == (own, stretch)


def test_what_is_too_long_is_cut_with_its_pronunciations() -> None:
    text = "one two three four five six"
    said = Utterance(text, ONE, pronunciations=(Pronunciation(19, 23, "faɪv"),))
    lines = verbatim(able(longest_utterance=15, phonemes=True), said)
    assert " ".join(line.utterance.text for line in lines) == text
    assert [line.utterance.is_complete for line in lines] == [False] * (len(lines) - 1) + [True]
    [found] = [(line, one) for line in lines for one in line.utterance.pronunciations]
    line, one = found
    assert line.utterance.text[one.start : one.end] == "five"
    start, end = line.place
    assert text[start:end] == line.utterance.text


async def test_an_answer_holds_a_place_with_its_engine_from_when_it_is_chosen() -> None:
    """So that the next request goes to another replica."""
    one, two = ScriptedEngine(name="one"), ScriptedEngine(name="two", voices=("one",))
    catalog = Catalog({"one": one, "two": two}, "one", VoiceMap({}, None))
    router = Router(catalog, [RouteConfig(engines=(("one", "two"),))])

    async def settle(engines: Sequence[Engine]) -> tuple[Engine, Utterance]:
        engine, voice = await catalog.find(engines, "one", None)
        return engine, Utterance("Hello.", voice)

    answers = [await VerbatimAnswer.to(router, SpeechRequest("", "tts-1", "one"), settle) for _ in range(4)]
    assert sorted(answer.engine.name for answer in answers) == ["one", "one", "two", "two"]
    for answer in answers:
        async with aclosing(answer.chunks()) as chunks:
            async for _ in chunks:
                break
    assert [circuit.load for circuit in router.circuits.values()] == [0, 0]
    assert [one.closed, two.closed] == [2, 2]
    assert {name: totals.requests for name, totals in router.ledger.totals.items()} == {"one": 2, "two": 2}

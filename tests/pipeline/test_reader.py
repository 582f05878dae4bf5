"""Text and markup become lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import ScriptedEngine

from stentor.engines import Capabilities
from stentor.pipeline.cast import Cast, Casting
from stentor.pipeline.lines import Line, Step
from stentor.pipeline.reader import PAUSES, Delivery, Reader
from stentor.pipeline.request import SpeechRequest
from stentor.text.script import Alias, Boundary, Break, Item, Manner, Mark, Pause, Words
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog


def able(**abilities: Any) -> ScriptedEngine:
    abilities = {"languages": ("en",), "longest_utterance": 300, **abilities}
    return ScriptedEngine(capabilities=Capabilities(sample_rate=24_000, **abilities))


async def cast_of(*engines: ScriptedEngine) -> Cast:
    catalog = Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))
    return await Casting(catalog).cast(SpeechRequest("", "tts-1", "one", switches=None), "", engines)


async def read(
    items: Iterable[Item], *engines: ScriptedEngine, eager: bool = False, **delivery: Any
) -> list[Step]:
    cast = await cast_of(*(engines or (able(),)))
    reader = Reader(cast, Delivery(**delivery), eager=eager, gathers=not eager)
    return [*reader.feed(await cast.assign(items)), *reader.finish()]


def written(*parts: str | tuple[str, Manner] | tuple[str, Manner, Any] | Item) -> list[Item]:
    """Place parts one after the other."""
    items: list[Item] = []
    at = 0
    for part in parts:
        if isinstance(part, str | tuple):
            text, manner, reading = (*((part,) if isinstance(part, str) else part), Manner(), None)[:3]
            if isinstance(part, tuple) and len(part) == 3:
                reading = part[2]
            elif isinstance(part, tuple):
                reading = None
            items.append(Words(text, at, at + len(text), manner, reading))
            at += len(text)
        else:
            items.append(part)
    return items


def texts(steps: Iterable[Step]) -> list[str | float]:
    return [step.utterance.text if isinstance(step, Line) else step.seconds for step in steps]


STRONG = Manner(emphasis="strong")


async def test_sentences_become_lines_with_their_pauses() -> None:
    steps = await read(written("Hello there. How are you?\n\nFine."))
    assert texts(steps) == ["Hello there.", "How are you?", "Fine."]
    assert [step.pause for step in steps if isinstance(step, Line)] == [
        PAUSES[Break.SENTENCE], PAUSES[Break.PARAGRAPH], PAUSES[Break.SENTENCE],
    ]  # fmt: skip


async def test_a_sentence_over_several_runs_is_one_line() -> None:
    assert texts(await read(written("Hel", "lo ", "there, Mr", ". Smith."))) == ["Hello there, Mr. Smith."]


async def test_another_manner_is_another_line_without_a_pause() -> None:
    steps = await read(written("I am ", ("really", STRONG), " happy. Yes."), able(emphasis=True))
    assert texts(steps) == ["I am", "really", "happy.", "Yes."]
    first, second, third, _ = (step for step in steps if isinstance(step, Line))
    assert (first.pause, second.pause, third.pause) == (0.0, 0.0, PAUSES[Break.SENTENCE])
    assert [said.utterance.is_complete for said in (first, second, third)] == [False, False, True]
    assert second.utterance.emphasis == "strong"


async def test_punctuation_of_another_manner_is_not_said_alone() -> None:
    steps = await read(written("I am ", ("really", STRONG), ". Yes."), able(emphasis=True))
    assert texts(steps) == ["I am", "really", "Yes."]
    assert [step.pause for step in steps if isinstance(step, Line)][1] == PAUSES[Break.SENTENCE]


async def test_a_manner_that_the_engine_has_not_cuts_nothing() -> None:
    assert texts(await read(written("I am ", ("really", STRONG), " happy."))) == ["I am really happy."]


async def test_a_pause_ends_the_line_and_is_a_rest() -> None:
    assert texts(await read(written("Hello ", Pause(1.0, 6), "world."))) == ["Hello", 1.0, "world."]


async def test_a_boundary_ends_a_sentence_whatever_it_ends_with() -> None:
    steps = await read(written("One", Boundary(Break.PARAGRAPH, 3), "two", Boundary(Break.SENTENCE, 6)))
    assert texts(steps) == ["One", "two"]
    assert [step.pause for step in steps if isinstance(step, Line)] == [
        PAUSES[Break.PARAGRAPH], PAUSES[Break.SENTENCE],
    ]  # fmt: skip


async def test_an_alias_is_never_cut_nor_said_twice() -> None:
    alias = Alias("One. Two. Three. Four.")
    steps = await read(written("This ", ("a. b. c. d.", Manner(), alias), " goes on. Yes."))
    assert texts(steps) == ["This One. Two. Three. Four. goes on.", "Yes."]


async def test_a_long_alias_is_cut_for_the_engine() -> None:
    steps = await read(written(("x", Manner(), Alias("word " * 50))), able(longest_utterance=40))
    assert max(len(str(text)) for text in texts(steps)) <= 40
    assert " ".join(map(str, texts(steps))) == ("word " * 50).strip()


async def test_another_voice_ends_the_sentence() -> None:
    steps = await read(written("Hello ", ("there", Manner(voice="two")), " again"))
    assert texts(steps) == ["Hello", "there", "again"]
    assert [(step.utterance.voice.id, step.pause) for step in steps if isinstance(step, Line)] == [
        ("one", PAUSES[Break.SENTENCE]), ("two", PAUSES[Break.SENTENCE]), ("one", PAUSES[Break.SENTENCE]),
    ]  # fmt: skip


async def test_each_voice_speaks_with_its_own_engine() -> None:
    other = ScriptedEngine(name="other", voices=("deep",), rate=8000)
    steps = await read(written("Hello. ", ("There.", Manner(voice="deep"))), able(), other)
    assert [step.engine.name for step in steps if isinstance(step, Line)] == ["scripted", "other"]


async def test_marks_lie_before_the_words_behind_them() -> None:
    steps = await read(written("One ", Mark("a", 4), "two. ", Mark("b", 9), "Three.", Mark("c", 15)))
    assert texts(steps) == ["One two.", "Three.", 0.0]
    assert [step.marks for step in steps] == [((4, "a"),), ((0, "b"),), ("c",)]


async def test_a_mark_before_words_that_are_not_said_waits() -> None:
    steps = await read(written(Mark("a", 0), "... ", "One", Pause(1.0, 7), Mark("b", 7), " ... "))
    assert [step.marks for step in steps] == [((0, "a"),), (), ("b",)]


async def test_a_sentence_is_told_with_its_last_line() -> None:
    steps = await read(written("I am ", ("really", STRONG), " happy."), able(emphasis=True))
    spans = [step.sentence for step in steps if isinstance(step, Line)]
    assert spans[:2] == [None, None]
    assert spans[2] is not None
    assert (spans[2].text, spans[2].start, spans[2].end) == ("I am really happy.", 0, 18)


async def test_a_clause_cut_early_belongs_to_its_sentence() -> None:
    text = "A first clause that is quite long, and then the rest of it."
    steps = await read(written(text), eager=True)
    assert len(steps) == 2
    spans = [step.sentence for step in steps if isinstance(step, Line)]
    assert spans[0] is None
    assert spans[1] is not None
    assert (spans[1].text, spans[1].start, spans[1].end) == (text, 0, len(text))


@pytest.mark.parametrize(
    ("speed", "rate", "engine_speed", "stretch"),
    [
        (1.0, 1.5, 1.5, 1.0),
        (2.0, 0.5, 1.0, 1.0),
        (2.0, 1.5, 2.0, 1.5),
        (4.0, 3.0, 2.0, 2.0),
        (0.25, 0.5, 0.5, 0.5),
    ],
)
async def test_rates_multiply_within_what_is_possible(
    speed: float, rate: float, engine_speed: float, stretch: float
) -> None:
    [line] = await read(written(("Hello.", Manner(rate=rate))), able(speed=(0.5, 2.0)), speed=speed)
    assert isinstance(line, Line)
    assert (line.utterance.speed, line.stretch) == (engine_speed, stretch)


async def test_volume_stays_outside_the_engine() -> None:
    [line] = await read(written(("Hello.", Manner(volume=-6.0))))
    assert isinstance(line, Line)
    assert line.volume == -6.0


async def test_marks_are_asked_of_engines_that_have_them() -> None:
    for has in (True, False):
        [line] = await read(written("Hello."), able(marks=has), marks=True)
        assert isinstance(line, Line)
        assert line.utterance.marks is has


async def test_reading_goes_on_after_its_end() -> None:
    cast = await cast_of(able())
    reader = Reader(cast, Delivery())
    first = [*reader.feed([Words("One", 0, 3, Manner())]), *reader.finish()]
    second = [*reader.feed([Words("Two", 3, 6, Manner())]), *reader.finish()]
    assert texts([*first, *second]) == ["One", "Two"]
    assert [step.place for step in (*first, *second) if isinstance(step, Line)] == [(0, 3), (3, 6)]


PIECE = st.one_of(
    st.text("ab. ,!?\n", min_size=1, max_size=12),
    st.tuples(st.text("xy. ,", min_size=1, max_size=8), st.just(STRONG)),
    st.just(Pause(0.5, 0)),
    st.just(Boundary(Break.SENTENCE, 0)),
)


@given(st.lists(PIECE, max_size=8))
async def test_no_letter_is_lost_or_said_twice(parts: list[Any]) -> None:
    items = written(*parts)
    steps = await read(items, able(emphasis=True, longest_utterance=20))
    original = "".join(item.text for item in items if isinstance(item, Words))
    said = [step for step in steps if isinstance(step, Line)]
    letters = [c for step in said for c in step.utterance.text if c.isalpha()]
    assert letters == [c for c in original if c.isalpha()]
    for step in said:
        start, end = step.place
        assert original[start:end] == step.utterance.text


async def test_an_engine_that_likes_whole_texts_gets_as_much_as_it_takes() -> None:
    text = "One two three. Four five six.\n\nSeven eight nine. Ten."
    assert texts(await read(written(text), able(whole_text=True))) == [text]
    steps = await read(written(text), able(whole_text=True, longest_utterance=32))
    assert texts(steps) == ["One two three. Four five six.", "Seven eight nine. Ten."]
    assert isinstance(steps[0], Line)
    assert steps[0].pause == PAUSES[Break.PARAGRAPH]


async def test_markup_parts_what_is_said_at_once() -> None:
    items = written("One. Two. ", Pause(1.0, 10), "Three. ", ("Four. Five.", Manner(voice="two")), " Six.")
    assert texts(await read(items, able(whole_text=True))) == [
        "One. Two.",
        1.0,
        "Three.",
        "Four. Five.",
        "Six.",
    ]


async def test_text_that_arrives_does_not_wait_for_more() -> None:
    cast = await cast_of(able(whole_text=True))
    reader = Reader(cast, Delivery())
    assert texts(reader.feed([Words("One. Two. Th", 0, 12, Manner())])) == ["One.", "Two."]


async def test_a_mark_between_words_leaves_no_trace_in_the_sentence() -> None:
    steps = await read(written("Who ", Mark("a", 4), " is there?"))
    assert [step.sentence.text for step in steps if isinstance(step, Line) and step.sentence] == [
        "Who is there?"
    ]

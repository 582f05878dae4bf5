"""When what was written is heard."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
import pytest
from tests.fakes import silence, tone
from tests.pipeline.lines import line

from stentor.engines import Capabilities
from stentor.engines.tone import ToneEngine
from stentor.pipeline.lines import Line, Rest, Span
from stentor.pipeline.speak import speak
from stentor.pipeline.times import Times
from stentor.text.edits import Edit, Edited, Mapped
from stentor.types import AudioChunk, Utterance, WordMark

RATE = 24_000


class Marking(ToneEngine):
    """Says each word for 0.2 s behind `lead` seconds of silence, and knows when."""

    capabilities = Capabilities(sample_rate=RATE, languages=("und",), marks=True)
    lead = 0.0

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        yield AudioChunk(silence(self.lead), RATE)
        at = 0
        for number, word in enumerate(utterance.text.split()):
            start = utterance.text.index(word, at)
            at = start + len(word)
            mark = WordMark(start, at, round((self.lead + 0.2 * number) * RATE))
            yield AudioChunk(tone(0.2), RATE, (mark,) if utterance.marks else ())


async def timed(*steps: Line | Rest, rate: int = RATE) -> Times:
    times = Times()
    async for _ in speak(steps, rate, times=times):
        pass
    return times


def said(text: str, **changes: Any) -> Line:
    return line(Marking(), text, timed=True, **changes)


async def starts(*steps: Line | Rest, rate: int = RATE) -> list[tuple[str, float]]:
    return [(word.text, round(word.start, 3)) for word in (await timed(*steps, rate=rate)).words]


async def test_words_are_timed_from_the_beginning_of_the_stream() -> None:
    found = await starts(said("one two", pause=0.5), said("three"))
    assert found == [("one", 0.0), ("two", 0.2), ("three", 0.9)]


async def test_a_word_ends_where_the_next_begins() -> None:
    times = await timed(said("one two", pause=0.5), said("three"))
    assert [round(word.end, 3) for word in times.words] == [0.2, 0.4, 1.1]


async def test_silence_that_was_cut_is_no_time() -> None:
    late = Marking()
    late.lead = 0.5
    assert await starts(line(late, "one two", timed=True)) == [("one", 0.01), ("two", 0.21)]


@pytest.mark.parametrize("stretch", [0.5, 1.7, 4.0])
async def test_words_are_timed_as_they_are_stretched(stretch: float) -> None:
    found = await starts(said("one two three four five", stretch=stretch), said("six"))
    assert [start for _, start in found] == pytest.approx(
        [0.2 * n / stretch for n in range(6)], abs=0.03 / min(stretch, 1)
    )


async def test_the_sample_rate_changes_no_time() -> None:
    assert await starts(said("one two", pause=0.5), said("three"), rate=8000) == [
        ("one", 0.0), ("two", 0.2), ("three", 0.9),
    ]  # fmt: skip


async def test_a_rest_moves_what_is_behind_it() -> None:
    assert await starts(Rest(1.0), said("one"), Rest(2.0), said("two")) == [("one", 1.0), ("two", 3.2)]


async def test_words_are_those_of_the_original() -> None:
    written = Mapped([("pay $25 now", 7, 18)])
    spoken = Edited(written.text, [Edit(4, 7, "twenty five dollars")])
    [times] = [await timed(said(spoken.text, written=written, spoken=spoken))]
    assert [
        (word.text, round(word.start, 3), word.source_start, word.source_end) for word in times.words
    ] == [
        ("pay", 0.0, 7, 10),
        ("$25", 0.2, 11, 14),
        ("now", 0.8, 15, 18),
    ]


async def test_a_sentence_lasts_over_its_lines() -> None:
    span = Span("one two.", 0, 8)
    times = await timed(said("one"), said("two.", pause=0.3, sentence=span), said("three", sentence=span))
    assert [(found.text, round(found.start, 3), round(found.end, 3)) for found in times.sentences] == [
        ("one two.", 0.0, 0.4),
        ("one two.", 0.7, 0.9),
    ]


async def test_sentences_need_no_marks() -> None:
    times = await timed(line(ToneEngine(), "one two", sentence=Span("one two", 0, 7)))
    assert times.words == []
    [found] = times.sentences
    assert found.start == 0.0
    assert found.end == pytest.approx(0.35, abs=0.001)


async def test_marks_are_reached_with_the_word_behind_them() -> None:
    times = await timed(said("one two", marks=((0, "a"), (4, "b"))), Rest(0.5, ("c",)))
    assert [(mark.name, round(mark.time, 3)) for mark in times.marks] == [("a", 0.0), ("b", 0.2), ("c", 0.9)]


async def test_a_mark_behind_the_last_word_is_reached_with_the_end_of_its_line() -> None:
    times = await timed(said("one two.", marks=((7, "a"),)))
    assert [(mark.name, round(mark.time, 3)) for mark in times.marks] == [("a", 0.4)]


async def test_a_line_that_made_no_sound_has_no_times() -> None:
    class Mute(Marking):
        async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
            yield AudioChunk(np.zeros(2400, np.float32), RATE, (WordMark(0, 3, 100),))

    times = await timed(line(Mute(), "one", marks=True, sentence=Span("one", 0, 3)), said("two"))
    assert [word.text for word in times.words] == ["two"]


async def test_an_engine_s_wild_marks_stay_within_its_line() -> None:
    class Wild(Marking):
        async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
            marks = (WordMark(0, 3, -(10**12)), WordMark(900, 1000, 5), WordMark(4, 7, 10**15))
            yield AudioChunk(tone(0.5), RATE, marks)

    times = await timed(line(Wild(), "one two", timed=True), said("six"))
    assert [(word.text, round(word.start, 3), round(word.end, 3)) for word in times.words] == [
        ("one", 0.0, 0.5),
        ("two", 0.5, 0.5),
        ("six", 0.5, 0.7),
    ]

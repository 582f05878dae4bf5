"""Turn text and markup into lines, each as soon as its sentence is complete."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from stentor.audio.stretch import FASTEST, SLOWEST
from stentor.pipeline.lines import Line, Rest, Span, Step, between
from stentor.pipeline.wording import Wording, worded
from stentor.text.clean import is_speakable
from stentor.text.recut import recut
from stentor.text.script import Boundary, Break, Mark, Pause, Words
from stentor.text.split import Sentence, Splitter
from stentor.types import Utterance

if TYPE_CHECKING:
    from stentor.pipeline.cast import Cast, Role
    from stentor.text.script import Item, Manner

PAUSES = {Break.CLAUSE: 0.12, Break.SENTENCE: 0.3, Break.PARAGRAPH: 0.65}
"""Seconds of silence behind each, at speed 1."""
# Shown to the splitter for words that are read otherwise, so that it does not cut within them.
_PLACEHOLDER = "Xxxxx"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How every line of a request is spoken, unless its markup says otherwise."""

    speed: float = 1.0
    seed: int | None = None
    instructions: str | None = None
    marks: bool = False
    """Whether the times of words are wanted."""


@dataclass(slots=True)
class _Run:
    """Words, where they stand in the text that is cut into sentences, and the marks before them."""

    start: int
    end: int
    words: Words
    marks: list[str]

    def between(self, start: int, end: int) -> _Run:
        """Return what stands between two places, with the marks, which are given away once."""
        words = self.words
        if words.reading is None and self.end - self.start == words.end - words.start:
            first, last = max(start - self.start, 0), min(end, self.end) - self.start
            words = Words(words.text[first:last], words.start + first, words.start + last, words.manner)
        marks, self.marks = self.marks, []
        return _Run(max(start, self.start), min(end, self.end), words, marks)


@dataclass(frozen=True, slots=True)
class _Take:
    """What is said in one breath, and by whom."""

    role: Role
    manner: Manner
    wording: Wording
    stretch: tuple[int, int]
    """Of `wording.spoken`."""
    marks: tuple[tuple[int, str], ...]
    goes_on: bool
    """Whether the next take is of the same wording."""


class Reader:
    """Makes lines of items as they come.

    With `eager`, the first may be a clause; with `gathers`, a line may be as many sentences as its engine
    likes to say at once.
    """

    def __init__(self, cast: Cast, delivery: Delivery, *, eager: bool = False, gathers: bool = False) -> None:
        self._cast = cast
        self._gathers = gathers
        self._gathered: Sentence | None = None  # sentences that are said at once
        self._delivery = delivery
        self._splitter = Splitter(cast.lead.engine.capabilities.longest_utterance, eager=eager)
        self._runs: deque[_Run] = deque()
        self._marks: list[str] = []  # before the next words
        self._passed: list[str] = []  # before words that were not said
        self._length = 0  # of the text that was given to the splitter
        self._speaker = cast.lead.name
        self._clauses: list[Span] = []  # those already cut off a sentence that goes on

    def feed(self, items: Iterable[Item]) -> Iterator[Step]:
        """Yield the lines that the items complete."""
        for item in items:
            if isinstance(item, Words):
                yield from self._read(item)
            elif isinstance(item, Mark):
                self._marks.append(item.name)
            else:
                yield from self._end_sentence(item)

    def finish(self) -> Iterator[Step]:
        """Yield what is left; reading may go on behind it."""
        yield from self._cut(Break.SENTENCE)
        marks = [*self._passed, *(name for run in self._runs for name in run.marks), *self._marks]
        if marks:
            yield Rest(0.0, tuple(marks))
        self._passed, self._marks = [], []
        self._runs.clear()

    def _read(self, words: Words) -> Iterator[Line]:
        speaker = self._cast.role(words.manner).name
        if speaker != self._speaker:
            yield from self._cut(Break.SENTENCE)
            self._speaker = speaker
        shown = _PLACEHOLDER if words.reading else words.text
        begin, self._length = self._length, self._length + len(shown)
        self._runs.append(_Run(begin, self._length, words, self._marks))
        self._marks = []
        for sentence in self._splitter.feed(shown):
            yield from self._gather(sentence)

    def _gather(self, sentence: Sentence) -> Iterator[Line]:
        """Say a sentence, or keep it for an engine that takes more at once."""
        abilities = self._cast.role(self._runs[-1].words.manner).engine.capabilities
        before, self._gathered = self._gathered, sentence
        if before and sentence.end - before.start <= abilities.longest_utterance:
            self._gathered = Sentence("", before.start, sentence.end, sentence.follows)
        elif before:
            yield from self._lines(before, before.follows)
        if not (self._gathers and abilities.whole_text):
            yield from self._lines(self._gathered, self._gathered.follows)
            self._gathered = None

    def _end_sentence(self, item: Pause | Boundary) -> Iterator[Step]:
        if isinstance(item, Boundary):
            yield from self._cut(item.follows)
        else:
            yield from self._cut(Break.SENTENCE)
            yield Rest(item.seconds)

    def _cut(self, follows: Break) -> Iterator[Line]:
        """End the sentence that is being read, whatever its punctuation."""
        sentences = list(self._splitter.finish())
        for number, sentence in enumerate(sentences, 1):
            is_last = number == len(sentences)
            yield from self._gather(replace(sentence, follows=follows) if is_last else sentence)
        if self._gathered:
            yield from self._lines(self._gathered, self._gathered.follows)
            self._gathered = None

    def _lines(self, sentence: Sentence, follows: Break) -> Iterator[Line]:
        parts = [run.between(sentence.start, sentence.end) for run in self._within(sentence)]
        span = self._span([part.words for part in parts], follows)
        takes: list[_Take] = []
        waiting, self._passed = self._passed, []
        for manner, group in groupby(parts, key=lambda part: part.words.manner):
            made = self._takes(manner, list(group), waiting)
            takes += made
            waiting = [] if made else waiting
        self._passed = waiting
        for take in takes[:-1]:
            yield self._line(take, Break.CLAUSE if take.goes_on else None, None)
        for take in takes[-1:]:
            yield self._line(take, follows, span)

    def _within(self, sentence: Sentence) -> list[_Run]:
        while self._runs and self._runs[0].end <= sentence.start:
            self._passed += self._runs.popleft().marks
        return list(takewhile(lambda run: run.start < sentence.end, self._runs))

    def _span(self, words: Sequence[Words], follows: Break) -> Span | None:
        """Return the sentence once it is complete, with the clauses that were cut off it before."""
        text = " ".join("".join(run.text for run in words).split())
        self._clauses.append(Span(text, words[0].start, words[-1].end))
        if follows is Break.CLAUSE:
            return None
        whole = " ".join(clause.text for clause in self._clauses)
        span = Span(whole, self._clauses[0].start, self._clauses[-1].end)
        self._clauses.clear()
        return span

    def _takes(self, manner: Manner, parts: Sequence[_Run], marks: list[str]) -> list[_Take]:
        """Make takes of what is said in one manner: one, unless it is too long for its engine."""
        role = self._cast.role(manner)
        wording = worded([part.words for part in parts], role.rules)
        places = _placed(parts, marks)
        marks += [name for _, name in places[len(marks) :]]
        text = wording.spoken.text
        if not is_speakable(text):
            return []
        stretches = [
            (start, end)
            for start, end in recut(text, role.engine.capabilities.longest_utterance)
            if is_speakable(text[start:end])
        ]
        last = len(stretches) - 1
        return [
            _Take(role, manner, wording, stretch, () if number else tuple(places), number < last)
            for number, stretch in enumerate(stretches)
        ]

    def _line(self, take: _Take, follows: Break | None, sentence: Span | None) -> Line:
        """Settle how a take is said; `follows` is what stands behind it, if it is followed by a pause."""
        role, manner, wording = take.role, take.manner, take.wording
        start, end = take.stretch
        abilities = role.engine.capabilities
        speed = min(max(self._delivery.speed * manner.rate, SLOWEST), FASTEST)
        slowest, fastest = abilities.speed
        engine_speed = min(max(speed, slowest), fastest)
        return Line(
            utterance=Utterance(
                text=wording.spoken.text[start:end],
                voice=role.voice,
                language=role.language,
                speed=engine_speed,
                pitch=manner.pitch,
                style=manner.style,
                emphasis=manner.emphasis,
                pronunciations=between(wording.pronunciations, start, end),
                is_complete=follows not in (None, Break.CLAUSE),
                seed=self._delivery.seed if abilities.seed else None,
                instructions=self._delivery.instructions if abilities.instructions else None,
                marks=self._delivery.marks and abilities.marks,
            ),
            engine=role.engine,
            written=wording.written,
            spoken=wording.spoken,
            offset=start,
            stretch=speed / engine_speed,
            volume=manner.volume,
            pause=PAUSES[follows] / speed if follows else 0.0,
            sentence=sentence,
            marks=take.marks,
        )


def _placed(parts: Sequence[_Run], marks: Sequence[str]) -> list[tuple[int, str]]:
    """Return where in what is said in one manner its marks are, those first that waited for it."""
    places = [(0, name) for name in marks]
    length = 0
    for part in parts:
        places += [(length, name) for name in part.marks]
        length += len(part.words.text)
    return places

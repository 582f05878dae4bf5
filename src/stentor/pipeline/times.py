"""When what was written is heard: words, sentences and marks, on the clock of the whole stream."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stentor.text.words import Heard, timed_words
from stentor.types import Timed

if TYPE_CHECKING:
    from stentor.pipeline.lines import Line


@dataclass(frozen=True, slots=True)
class TimedMark:
    """A mark of the caller's, and when it is reached, in seconds."""

    name: str
    time: float


class Times:
    """Gathers what was said when, as it becomes known: a line's words once the line is spoken."""

    def __init__(self) -> None:
        self.words: list[Timed] = []
        self.sentences: list[Timed] = []
        self.marks: list[TimedMark] = []
        self._sentence_began: float | None = None

    def line(self, line: Line, marks: Sequence[tuple[int, int, float]], begin: float, end: float) -> None:
        """Note a line that was heard from `begin` to `end`; `marks` are its words', in seconds as well."""
        words = self._words(line, Heard(line.utterance.text, begin, end, marks))
        self.words += words
        places = [word.source_start for word in words]
        for place, name in line.marks:
            following = bisect_left(places, line.written.origin(place)[0])
            behind = end if words else begin  # without words, when within the line is not known
            self.mark(name, words[following].start if following < len(words) else behind)
        if self._sentence_began is None:
            self._sentence_began = begin
        if line.sentence:
            span, began = line.sentence, self._sentence_began
            self._sentence_began = None
            self.sentences.append(Timed(span.text, began, end, span.start, span.end))

    def _words(self, line: Line, heard: Heard) -> list[Timed]:
        if not line.utterance.marks:
            return []
        return timed_words(
            line.written.text,
            heard,
            lambda position: line.spoken.origin(position + line.offset),
            line.written.origin,
        )

    def mark(self, name: str, time: float) -> None:
        """Note a mark of the caller's."""
        self.marks.append(TimedMark(name, time))

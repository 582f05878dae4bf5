"""Cut text into sentences as it arrives, each with its offsets in the original.

The same text gives the same sentences whether it comes whole or character by character.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stentor.text.clean import is_speakable
from stentor.text.script import Break

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOSERS = "\"'”’»›)\\]}）」』】》"
# A run of terminators is tried at its first character only: without that, a megabyte of dots is quadratic.
_BOUNDARY = re.compile(
    rf"(?P<paragraph>\n[ \t\r]*+\n\s*+)"
    rf"|(?<![.!?…])(?P<mark>[.!?…]++)[{_CLOSERS}]*+\s++"
    rf"|(?<![。！？｡])[。！？｡]++[{_CLOSERS}]*+\s*+"
    rf"|(?<![।॥؟۔።])[।॥؟۔።]++[{_CLOSERS}]*+\s*+"
)
_CLAUSE = re.compile(rf"[,;:—–][{_CLOSERS}]*+\s++|[、，；：][{_CLOSERS}]*+\s*+")
_SPACE = re.compile(r"\s")
_SHORTEST_CLAUSE = 25
# A little text beyond the limit settles whether a boundary lies right at it.
_LOOKAHEAD = 64

_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof sr jr st rev hon gen col maj capt lt sgt gov sen rep pres messrs mme mlle
    vs etc eg ie cf al ca approx dept est fig inc ltd co corp no nos vol ed eds pp op cit
    jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun
    ave blvd rd hwy mt ft z.b d.h u.a bzw usw evtl ggf nr str hr fr abs bd
    p.ej sra dra ud uds núm pág sig dott ing avv e.g i.e a.m p.m u.s u.k u.n ph.d b.a m.a
    """.split()
)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]+\Z")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the original: `original[start:end] == text`."""

    text: str
    start: int
    end: int
    follows: Break


class Splitter:
    """Cut incremental text into sentences of at most `longest` characters.

    With `eager`, the first may end at a clause, so that sound can begin before its sentence is complete.
    """

    def __init__(self, longest: int, *, eager: bool = False) -> None:
        self._longest = longest
        self._eager = eager
        self._buffer = ""
        self._offset = 0  # of the buffer in the whole text
        self._begin = 0  # of the next sentence in the buffer
        self._scanned = 0  # up to where in the buffer no boundary ends it

    def feed(self, text: str) -> Iterator[Sentence]:
        """Yield the sentences that `text` completes."""
        self._buffer = self._buffer[self._begin :] + text
        self._offset += self._begin
        self._scanned -= self._begin
        self._begin = 0
        return self._drain(final=False)

    def finish(self) -> Iterator[Sentence]:
        """Yield what is left."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> Iterator[Sentence]:
        while cut := self._next_cut(final=final):
            sentence = self._take(*cut)
            if sentence is not None:
                self._eager = False
                yield sentence

    def _take(self, end: int, follows: Break) -> Sentence | None:
        raw = self._buffer[self._begin : end]
        text = raw.strip()
        start = self._offset + self._begin + len(raw) - len(raw.lstrip())
        self._begin = self._scanned = end
        return Sentence(text, start, start + len(text), follows) if is_speakable(text) else None

    def _next_cut(self, *, final: bool) -> tuple[int, Break] | None:
        """Find where the next sentence ends in the buffer, and what stands behind it.

        No more than a window is looked at for each sentence, so that hostile text costs linear time.
        """
        latest = self._begin + self._longest
        window = min(len(self._buffer), latest + _LOOKAHEAD)
        while match := _BOUNDARY.search(self._buffer, self._scanned, window):
            if match.start() + len(match[0].rstrip()) > latest:
                break
            if match.end() == len(self._buffer) and not final:
                return None
            if clause := self._first_clause(match.start()):
                return clause, Break.CLAUSE
            if self._is_end(match):
                is_paragraph = match[0].count("\n") > 1
                return match.end(), Break.PARAGRAPH if is_paragraph else Break.SENTENCE
            self._scanned = match.end()
        if clause := self._first_clause(window):
            return clause, Break.CLAUSE
        settled = final or len(self._buffer) > latest + _LOOKAHEAD
        if settled and len(self._buffer) > latest:
            return self._forced_cut(latest), Break.CLAUSE
        return (len(self._buffer), Break.SENTENCE) if final and self._begin < len(self._buffer) else None

    def _first_clause(self, before: int) -> int | None:
        if self._eager:
            for match in _CLAUSE.finditer(self._buffer, self._begin, before):
                end = match.start() + len(match[0].rstrip())
                if end > self._begin + self._longest or match.end() == len(self._buffer):
                    return None
                if end > self._begin + _SHORTEST_CLAUSE:
                    return match.end()
        return None

    def _is_end(self, match: re.Match[str]) -> bool:
        if match["mark"] is None:
            return True
        following = self._buffer[match.end() : match.end() + 1]
        if following.islower():
            return False
        if match["mark"] != ".":
            return True
        word = _LAST_WORD.search(self._buffer, max(self._begin, match.start() - 40), match.start())
        last = word[0] if word else ""
        is_initial = len(last) == 1 and last.isalpha() and last != "I"
        is_ordinal = last.isdigit() and len(last) <= 2 and following.isalpha()  # noqa: PLR2004
        return not (is_initial or is_ordinal or last.lower() in _ABBREVIATIONS)

    def _forced_cut(self, latest: int) -> int:
        """Cut a sentence that is too long behind a clause, else behind a word, else anywhere."""
        earliest = self._begin + self._longest // 3
        for pattern in (_CLAUSE, _SPACE):
            ends = [match.end() for match in pattern.finditer(self._buffer, earliest, latest)]
            if ends:
                return ends[-1]
        while latest > earliest and unicodedata.combining(self._buffer[latest]):
            latest -= 1
        return latest

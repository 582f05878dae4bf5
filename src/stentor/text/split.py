"""Cut text into sentences as it arrives, each with its offsets in the original.

The same text gives the same sentences whether it comes whole or character by character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from stentor.text.abbreviations import Dot, dot_behind, ends
from stentor.text.clean import is_speakable
from stentor.text.recut import CLAUSE, CLOSERS, cut_before
from stentor.text.script import Break

if TYPE_CHECKING:
    from collections.abc import Iterator

# Marks that end a sentence where white space follows, and those that need none; most of Unicode's STerm.
_SPACED = ".!?…‽⁇⁈⁉‼"
_UNSPACED = "。！？｡．।॥؟۔։።፧፨။។៕།༎᠃᠉܀܁܂꓿𑁇𑁈᭞᭟꧈꧉꩝꩞꩟꯫᙮჻᥄᥅᱾᱿꘎꘏"
_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
_THAI = "\u0e00-\u0eff"
_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# Attached to a mark and not heard: emoji, signs of direction, a footnote's number.
_MUTE = (
    "\u00b9\u00b2\u00b3\u2070-\u2079\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufe0f"
    "\u2600-\u27bf\U0001f300-\U0001faff"
)
_ATTACHED = CLOSERS + _MUTE
# Where no space follows, these are as likely to open what comes next.
_CLOSING = "".join(sign for sign in _ATTACHED if sign not in "“‘«")

# What makes a line more than a part of a paragraph, after CommonMark.
_HEADING = r"#{1,6}[ \t]"
_ITEM = r"(?:[-*+•‣◦▪●○–—]|\d{1,3}[.)]|\(?[a-z0-9]{1,2}\))[ \t]"
_MARKER = rf"(?:{_HEADING}|{_ITEM}|```|~~~|\||---[\s-]|===[\s=]|___[\s_]|\*\*\*[\s*])"
_LONGEST_MARKER = 8
_MARKER_SIGNS = frozenset("#-*+•‣◦▪●○–—(`~|=_0123456789abcdefghijklmnopqrstuvwxyz \t\r\n")
_MAY_END = re.compile(r"[#\-*+•‣◦▪●○–—(`~|=_0-9 \t]|[a-z][a-z0-9]?\)")
_IS_HEADING = re.compile(_HEADING)
_IS_MARKER = re.compile(_MARKER)
_IS_BLOCK = re.compile(
    rf"\s*(?:{_HEADING}|```|~~~|\||(?:-{{3,16}}|={{3,16}}|_{{3,16}}|\*{{3,16}})[ \t\r]*\Z)"
)
_IS_ITEM = re.compile(rf"\s*{_ITEM}")
_LINE_HEAD = 16


def _places(line: str) -> re.Pattern[str]:
    # A run of marks is tried at its first only: without that, a megabyte of dots is quadratic. The pattern
    # begins with a class, since such a one is searched for much faster than one that begins with a choice.
    return re.compile(
        rf"[{_SPACED}{_UNSPACED}{_THAI};;\n\u2029](?:"
        rf"(?<=[{_SPACED}])(?<![{_SPACED}][{_SPACED}])(?P<more>[{_SPACED}]*+)"
        rf"[{_ATTACHED}]*+(?>(?:\[\d{{1,3}}\])*)\s++(?>(?:[»›](?:\s++|\Z))?)"
        rf"|(?P<line>(?<=\n){line}|(?<=\u2029)\s*+)"
        rf"|(?P<unspaced>(?<=[{_UNSPACED}])(?<![{_UNSPACED}][{_UNSPACED}])[{_UNSPACED}{_SPACED}]*+"
        rf"[{_CLOSING}]*+\s*+"
        rf"|(?<=[{_CJK}][!?])[{_SPACED}]*+[{_CLOSING}]*+(?=[{_CJK}]))"
        rf"|(?P<space>(?<=[{_THAI}])[ ]++(?=[{_THAI}]))"
        rf"|(?P<question>(?<=[{_GREEK}][;;])[{_ATTACHED}]*+\s++))"
    )


_PROSE = _places(rf"(?:[ \t\r]*+\n\s*+|\s*+(?={_MARKER}))")
_LINES = _places(r"\s*+")

_SILENT = re.compile(rf"(?>(?:[{_SPACED}{_UNSPACED}]{{0,9}}+\s++)+)")
_SHORTEST_CLAUSE = 25
_SHORTEST_THAI = 60
# A little text beyond the limit settles whether a boundary lies right at it.
_LOOKAHEAD = 64
# How much of what stands before a dot is looked at.
_BEHIND = 32
_FOLLOWING = re.compile(r"[(\[{\"'“”„«»‘‚‹›*_¿¡]{0,3}+(?P<word>[^\W_]{0,14}+['’]?+)")
_LETTER = re.compile(r"[^\W\d_]")
# The letter behind these tells whether they go on with a sentence: “Wait!” — he said.
_LOOKED_BEHIND = frozenset("—–-»›")
_CLAUSE_SIGNS = frozenset("、，；：､,;:،؛")


class _Verdict(Enum):
    """What a place that may end a sentence is, if it does not."""

    GOES_ON = "the sentence goes on behind it"
    UNKNOWN = "what follows will tell"


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
        self._line = ""  # the first characters of the line in which the next sentence begins, as far as taken
        self._goes_on = False  # whether the next sentence is the rest of one

    def feed(self, text: str) -> Iterator[Sentence]:
        """Yield the sentences that `text` completes."""
        self._buffer = self._buffer[self._begin :] + text
        self._offset += self._begin
        self._scanned -= self._begin
        self._begin = 0
        return self._drain(final=False)

    def finish(self) -> Iterator[Sentence]:
        """Yield what is left: a sentence ends here. More may be fed; its offsets go on."""
        yield from self._drain(final=True)
        self._line = ""
        self._goes_on = False

    def _drain(self, *, final: bool) -> Iterator[Sentence]:
        while cut := self._next_cut(final=final):
            sentence = self._take(*cut)
            if sentence is not None:
                self._eager = False
                yield sentence

    def _take(self, end: int, follows: Break) -> Sentence | None:
        begin = self._begin
        raw = self._buffer[begin:end]
        newline = raw.rfind("\n") + 1
        if newline:
            self._line = raw[newline : newline + _LINE_HEAD]
        elif len(self._line) < _LINE_HEAD:
            self._line = (self._line + raw[:_LINE_HEAD])[:_LINE_HEAD]
        self._goes_on = follows is Break.CLAUSE
        self._begin = self._scanned = end
        text = raw.strip()
        if not is_speakable(text):
            return None
        start = self._offset + begin + len(raw) - len(raw.lstrip())
        return Sentence(text, start, start + len(text), follows)

    def _next_cut(self, *, final: bool) -> tuple[int, Break] | None:
        """Find where the next sentence ends in the buffer, and what stands behind it.

        No more than a window is looked at for each sentence, so that hostile text costs linear time.
        """
        self._skip()
        length = len(self._buffer)
        latest = self._begin + self._longest
        window = min(length, latest + _LOOKAHEAD)
        found = self._boundary(latest, window, final=final)
        if found is not _Verdict.GOES_ON:
            return found if isinstance(found, tuple) else None
        if self._eager and (clause := self._first_clause(window)):
            return clause, Break.CLAUSE
        if length > latest and (final or length > latest + _LOOKAHEAD):
            return cut_before(self._buffer, self._begin, self._longest), Break.CLAUSE
        return (length, Break.SENTENCE) if final and self._begin < length else None

    def _boundary(self, latest: int, window: int, *, final: bool) -> tuple[int, Break] | _Verdict:
        """Find the first place in the window that ends a sentence, or the first clause of an eager one."""
        pattern = self._pattern()
        while match := pattern.search(self._buffer, self._scanned, window):
            end = match.end()
            if end > latest and match.start() + len(match[0].rstrip()) > latest:
                break
            if end == len(self._buffer) and not final:
                return _Verdict.UNKNOWN
            if self._eager and (clause := self._first_clause(match.start())):
                return clause, Break.CLAUSE
            verdict = self._judge(match, final=final)
            if verdict is not _Verdict.GOES_ON:
                return (end, verdict) if isinstance(verdict, Break) else verdict
            self._scanned = end
        return _Verdict.GOES_ON

    def _skip(self) -> None:
        """Leave out spaces and marks without words, which would each be looked at as a sentence."""
        if silent := _SILENT.match(self._buffer, self._begin):
            if "\n" in silent[0]:
                self._line = ""
            self._begin = silent.end()
            self._scanned = max(self._scanned, self._begin)

    def _pattern(self) -> re.Pattern[str]:
        """Return what to look for in the line that begins here: in a list or a table, its end as well."""
        may_end = _MAY_END.match(self._line) if self._line else _MAY_END.match(self._buffer, self._begin)
        return _LINES if may_end else _PROSE

    def _first_clause(self, before: int) -> int | None:
        for match in CLAUSE.finditer(self._buffer, self._begin, before):
            end = match.start() + len(match[0].rstrip())
            if end > self._begin + self._longest or match.end() == len(self._buffer):
                return None
            if end > self._begin + _SHORTEST_CLAUSE:
                return match.end()
        return None

    def _judge(self, match: re.Match[str], *, final: bool) -> Break | _Verdict:
        """Tell what a place that may end a sentence is."""
        kind = match.lastgroup
        if kind == "space":
            is_long = match.start() - self._begin >= _SHORTEST_THAI
            return Break.CLAUSE if is_long else _Verdict.GOES_ON
        if kind == "line" or "\n" in match[0] or "\u2029" in match[0]:
            verdict = self._at_line_end(match, final=final)
            if verdict is not _Verdict.GOES_ON or kind == "line":
                return verdict
        following = self._following(match.end(), final=final)
        if following is None:
            return _Verdict.UNKNOWN
        if kind == "unspaced":
            return _behind_unspaced(match[0], following)
        if following.islower():
            return self._before_small(match, final=final)
        is_dot = match[0][0] == "." and not match["more"]
        return self._behind_dot(match, final=final) if is_dot else Break.SENTENCE

    def _following(self, end: int, *, final: bool) -> str | None:
        """Return the character that tells what stands before it; None if it is still to come."""
        following = self._buffer[end : end + 1]
        if following not in _LOOKED_BEHIND:
            return following
        if len(self._buffer) < end + 3 and not final:
            return None
        return self._buffer[end + 1 : end + 3].lstrip()[:1]

    def _at_line_end(self, match: re.Match[str], *, final: bool) -> Break | _Verdict:
        if match[0].count("\n") > 1 or "\u2029" in match[0]:
            return Break.PARAGRAPH
        verdict = self._before_line(match.end(), final=final)
        return self._behind_line(match) if verdict is _Verdict.GOES_ON else verdict

    def _before_line(self, begin: int, *, final: bool) -> Break | _Verdict:
        """Judge the end of a line by the line that follows."""
        if self._buffer[begin : begin + 1] in _MARKER_SIGNS:
            if len(self._buffer) < begin + _LONGEST_MARKER and not final:
                return _Verdict.UNKNOWN
            if _IS_MARKER.match(self._buffer, begin):
                return Break.PARAGRAPH if _IS_HEADING.match(self._buffer, begin) else Break.SENTENCE
        return _Verdict.GOES_ON

    def _behind_line(self, match: re.Match[str]) -> Break | _Verdict:
        """Judge the end of a line by the line itself."""
        newline = match.start() + match[0].index("\n")
        line = (self._line + self._buffer[self._begin : newline])[:_LINE_HEAD]
        if line[:1] not in _MARKER_SIGNS:
            return _Verdict.GOES_ON
        if _IS_BLOCK.match(line):
            return Break.SENTENCE if line.lstrip()[0] == "|" else Break.PARAGRAPH
        is_indented = match.end() > newline + 1
        is_small = self._buffer[match.end() : match.end() + 1].islower()
        is_next = _IS_ITEM.match(line) and not is_indented and not is_small
        return Break.SENTENCE if is_next else _Verdict.GOES_ON

    def _before_small(self, match: re.Match[str], *, final: bool) -> Break | _Verdict:
        """Judge a mark before a small letter: a sentence ends there only if its writer has no capitals."""
        end = match.end()
        if len(self._buffer) < end + 2 and not final:
            return _Verdict.UNKNOWN
        if self._buffer[end + 1 : end + 2].isupper():  # iPhone
            return Break.SENTENCE
        first = _LETTER.search(self._buffer, self._begin, match.start())
        if self._goes_on or not (first and first[0].islower()) or match["more"] or match[0][0] == "…":
            return _Verdict.GOES_ON
        is_end = match[0][0] != "." or self._dot(match) is Dot.END
        return Break.SENTENCE if is_end else _Verdict.GOES_ON

    def _behind_dot(self, match: re.Match[str], *, final: bool) -> Break | _Verdict:
        dot = self._dot(match)
        if dot in (Dot.END, Dot.CLOSES):
            return Break.SENTENCE
        if dot is Dot.NEVER:
            return _Verdict.GOES_ON
        found = _FOLLOWING.match(self._buffer, match.end())
        place = found.end() if found else match.end()
        if place == len(self._buffer) and not final:
            return _Verdict.UNKNOWN
        sign = self._buffer[place : place + 1]
        return Break.SENTENCE if ends(dot, found[1] if found else "", sign) else _Verdict.GOES_ON

    def _dot(self, match: re.Match[str]) -> Dot:
        begin = max(self._begin, match.start() - _BEHIND)
        return dot_behind(self._buffer[begin : match.start()], is_line_start=begin == self._begin)


def _behind_unspaced(mark: str, following: str) -> Break | _Verdict:
    is_quoted = mark[-1] in "」』" and "\u3041" <= following <= "\u309f"  # と, and other particles
    is_decimal = mark in "．۔" and following.isdigit()
    return _Verdict.GOES_ON if is_quoted or is_decimal or following in _CLAUSE_SIGNS else Break.SENTENCE

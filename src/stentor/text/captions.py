"""Captions: words and their times as cues of one or two lines, written as SubRip or WebVTT.

The limits are those that subtitlers work by: 42 columns a line, two lines, seven seconds.
WebVTT is a standard, https://www.w3.org/TR/webvtt1/; of SubRip that is written which its readers agree on.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from stentor.text.words import spread
from stentor.types import Timed

_COLUMNS = 42  # of a line; a wide character takes two
_LINES = 2
_LONGEST = 7.0  # seconds
_BRIEF = 1.0  # seconds that a cue should last, if what follows leaves them
_SILENCE = 1.0  # seconds without a word, through which no cue stands
_CLAUSE = re.compile(r"[,;:.!?…–—、，；：。！？،؛؟।-][\"'”’»›)\]）」』】》]*+\Z")
_CLAUSE_WORTH = (
    0.4  # how far from its best length a line or cue may end for a clause's sake, as a share of it
)
_ARROW = re.compile(r"-[- ] *>")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from `start` up to `end`, in seconds to the millisecond; `text` has one line or two."""

    start: float
    end: float
    text: str


def cues(sentences: Sequence[Timed], words: Iterable[Timed] = ()) -> list[Cue]:
    """Make cues of sentences and their words, both in the order of the original.

    Where no word of a sentence has a time, their times are guessed. A cue ends with its sentence, unless that
    is very short, and never stands through a long silence. Cues are in order and none overlaps the next;
    each lasts at least a millisecond, and at most seven seconds or one word.
    """
    parts: list[list[_Piece]] = []
    for sentence in _pieces_of(sentences, words):
        for part in _cut(sentence):
            if parts and _go_together(parts[-1], part):
                parts[-1] = parts[-1] + part
            else:
                parts.append(part)
    return _settled(parts)


def srt(shown: Iterable[Cue]) -> str:
    """Write cues as SubRip."""
    return "".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_ARROW.sub('→', cue.text)}\n\n"
        for number, cue in enumerate(shown, 1)
    )


def vtt(shown: Iterable[Cue]) -> str:
    """Write cues as WebVTT."""
    return "WEBVTT\n" + "".join(
        f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_escaped(cue.text)}\n" for cue in shown
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or a part of one that is wider than a line."""

    text: str
    start: float
    end: float
    space: str
    """What stands between the piece before and this one, in one line."""
    columns: int


def _pieces_of(sentences: Sequence[Timed], words: Iterable[Timed]) -> Iterator[list[_Piece]]:
    """Give each sentence the words that begin before the next one does."""
    rest = iter(words)
    word = next(rest, None)
    before: Timed | None = None
    for index, sentence in enumerate(sentences):
        is_last = index + 1 == len(sentences)
        own: list[Timed] = []
        while word and (is_last or word.source_start < sentences[index + 1].source_start):
            own.append(word)
            word = next(rest, None)
        pieces: list[_Piece] = []
        for each in own or spread(sentence):
            pieces += _pieces(each, _space(before, each))
            before = each
        yield pieces


def _pieces(word: Timed, space: str) -> Iterator[_Piece]:
    """Cut what is wider than a line; the parts share the word's time by their width."""
    text = " ".join(word.text.split())
    widths = list(accumulate(map(_width, text), initial=0))
    pace = (word.end - word.start) / max(widths[-1], 1)
    begin = 0
    while begin < len(text):
        end = bisect_right(widths, widths[begin] + _COLUMNS) - 1
        yield _Piece(
            text[begin:end],
            word.start + pace * widths[begin],
            word.end if end == len(text) else word.start + pace * widths[end],
            "" if begin else space,
            max(widths[end] - widths[begin], 1),
        )
        begin = end


def _space(before: Timed | None, word: Timed) -> str:
    """Tell what stands between two words: nothing where the original has nothing, or in a script without."""
    if not before or before.source_end == word.source_start:
        return ""
    return "" if _is_ideographic(before.text[-1:]) and _is_ideographic(word.text[:1]) else " "


def _is_ideographic(character: str) -> bool:
    return (
        bool(character) and _width(character) > 1 and not unicodedata.name(character, "").startswith("HANGUL")
    )


def _width(character: str) -> int:
    """Count the columns of a character (Unicode Standard Annex 11)."""
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Cut a sentence into what a cue can hold, behind a clause if that is near."""
    widths = list(accumulate((len(piece.space) + piece.columns for piece in pieces), initial=0))
    begin = 0
    while begin < len(pieces):
        end = _reach(pieces, begin)
        if end < len(pieces) and not _is_silent(pieces[end - 1], pieces[end]):
            room, rest = widths[end] - widths[begin], widths[-1] - widths[begin]
            best = widths[begin] + rest / ceil(rest / room)  # all that are to come are as long
            ends = range(begin + 1, end + 1)
            end = min(ends, key=lambda at: _fault(pieces[at - 1], (widths[at] - best) / room))
        yield pieces[begin:end]
        begin = end


def _fault(last: _Piece, distance: float) -> float:
    """Tell how bad it is to end with a piece, at a distance from the best end as a share of the length."""
    return abs(distance) - (_CLAUSE_WORTH if _CLAUSE.search(last.text) else 0)


def _reach(pieces: Sequence[_Piece], begin: int) -> int:
    """Return up to which piece a cue that begins with one can go on."""
    lines, width = 1, pieces[begin].columns
    for at in range(begin + 1, len(pieces)):
        piece = pieces[at]
        if piece.end - pieces[begin].start > _LONGEST or _is_silent(pieces[at - 1], piece):
            return at
        width += len(piece.space) + piece.columns
        if width > _COLUMNS:
            lines, width = lines + 1, piece.columns
        if lines > _LINES:
            return at
    return len(pieces)


def _is_silent(piece: _Piece, following: _Piece) -> bool:
    return following.start - piece.end >= _SILENCE


def _go_together(part: list[_Piece], following: list[_Piece]) -> bool:
    """Tell whether a cue would be too brief alone, and has room for the next."""
    if following[0].start - part[0].start >= _BRIEF:
        return False
    both = part + following
    return _reach(both, 0) == len(both)


def _settled(parts: Sequence[list[_Piece]]) -> list[Cue]:
    """Give cues their text, and their times in whole milliseconds, none before the last one's end."""
    found: list[Cue] = []
    done = 0
    for index, part in enumerate(parts):
        start = max(round(part[0].start * 1000), done)
        done = max(round(part[-1].end * 1000), start + 1)
        if index + 1 < len(parts):
            limit = max(round(parts[index + 1][0].start * 1000), start + 1)
            done = min(max(done, start + round(_BRIEF * 1000)), limit)
        found.append(Cue(start / 1000, done / 1000, _text(part)))
    return found


def _text(part: Sequence[_Piece]) -> str:
    """Set a cue in one line, or in two that are about as long."""
    widths = list(
        accumulate((len(piece.space) + piece.columns for piece in part[1:]), initial=part[0].columns)
    )
    whole = widths[-1]
    if whole <= _COLUMNS:
        return _line(part)
    ends = [
        at
        for at in range(1, len(part))
        if widths[at - 1] <= _COLUMNS and whole - widths[at - 1] - len(part[at].space) <= _COLUMNS
    ]
    end = min(ends, key=lambda at: _fault(part[at - 1], (2 * widths[at - 1] - whole) / whole))
    return f"{_line(part[:end])}\n{_line(part[end:])}"


def _line(pieces: Sequence[_Piece]) -> str:
    return pieces[0].text + "".join(piece.space + piece.text for piece in pieces[1:])


def _clock(seconds: float, mark: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{mark}{milliseconds % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

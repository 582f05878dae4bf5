"""Cut text that is too long for one breath: behind a clause, else behind a word, else anywhere."""

from __future__ import annotations

import re
import unicodedata

CLOSERS = "\"'”’»›«“‘)\\]}）」』｣】》〉〕〗*_~`"
"""What may stand behind a mark that ends something, for use in a class of a pattern."""

# A pattern that begins with a class is searched for much faster than one that begins with a choice.
_SPACED = ",;:—–،؛·՝"
_UNSPACED = "、，；：､၊፣፤፥፦៖᠂᠈߸"
_THAI = "\u0e00-\u0eff"
CLAUSE = re.compile(
    rf"[{_SPACED}{_UNSPACED}{_THAI}\-](?:"
    rf"(?<=[{_SPACED}])[{CLOSERS}]*+\s++"
    rf"|(?<=[{_UNSPACED}])[{CLOSERS}]*+\s*+"
    r"|(?<=\s-)\s++"
    rf"|(?<=[{_THAI}])\s++(?=[{_THAI}]))"
)
"""What ends a clause, with the white space behind it. Thai and Lao write a space there and no comma."""

_WORD_END = re.compile("[\\s\u0f0b\u200b]++|—(?=\\w)")  # Tibetan has a sign between syllables and no spaces
_SPACES = re.compile(r"\s*+")
_EARLIEST = 3  # a piece is at least this part of the longest
_LONGEST_FLAGS = 64


def recut(text: str, longest: int) -> list[tuple[int, int]]:
    """Return the stretches to say one after the other, each of at most `longest` characters.

    They are about as long as each other, where clauses allow; no more than white space lies between them.
    """
    stretches = []
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    while start < end:
        rest = end - start
        at = end
        if rest > longest:
            pieces = -(-rest // longest)
            at = cut_before(text, start, longest, wanted=start + rest // pieces)
        stretches.append((start, start + len(text[start:at].rstrip())))
        start = _end(_SPACES.match(text, at))
    return stretches


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0


def cut_before(text: str, begin: int, longest: int, wanted: int | None = None) -> int:
    """Return where to cut a text that goes on for more than `longest` characters from `begin`.

    Of the places that are equally good, the last is taken, or the one nearest to where a cut is `wanted`.
    """
    latest = begin + longest
    earliest = begin + longest // _EARLIEST
    wanted = latest if wanted is None else wanted
    ends = _ends(CLAUSE, text, earliest, latest) or _spaces(text, earliest, latest, wanted)
    ends = ends or _ends(_WORD_END, text, earliest, latest)
    if ends:
        return min(ends, key=lambda end: abs(end - wanted))
    for at in range(wanted, earliest, -1):
        if not is_inside(text, at):
            return at
    return latest


def _ends(pattern: re.Pattern[str], text: str, earliest: int, latest: int) -> list[int]:
    return [
        match.end()
        for match in pattern.finditer(text, earliest, latest + 1)
        if match.start() + len(match[0].rstrip()) <= latest
    ]


def _spaces(text: str, earliest: int, latest: int, wanted: int) -> list[int]:
    """Return the ends of the plain spaces on both sides of where a cut is wanted."""
    sides = text.rfind(" ", earliest, wanted + 1), text.find(" ", wanted + 1, latest + 1)
    return [at + 1 for at in sides if at >= 0]


def is_inside(text: str, at: int) -> bool:
    """Tell whether a cut before `text[at]` would part what is read as one character.

    After Unicode's UAX #29: marks, joined emoji, flags and conjuncts stay together, and a Thai vowel that is
    written first stays with its consonant.
    """
    before, after = text[at - 1], text[at]
    if after < "\u0300" and before < "\u0300":
        return False
    return _extends(after) or _holds(before, after) or _is_in_flag(text, at)


def _extends(after: str) -> bool:
    return (
        unicodedata.category(after)[0] == "M"
        or after in "\u200c\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # a tone of skin
        or "\U000e0020" <= after <= "\U000e007f"  # the letters of a region's flag
        or "\u1160" <= after <= "\u11ff"  # the later parts of a Hangul syllable
        or after in "\u0e33\u0eb3"
    )


def _holds(before: str, after: str) -> bool:
    is_virama = unicodedata.combining(before) == 9  # noqa: PLR2004
    return before == "\u200d" or (is_virama and after.isalpha()) or "\u0e40" <= before <= "\u0e44"


def _is_in_flag(text: str, at: int) -> bool:
    begin = at
    while begin and "\U0001f1e6" <= text[begin - 1] <= "\U0001f1ff" and at - begin < _LONGEST_FLAGS:
        begin -= 1
    return (at - begin) % 2 == 1 and "\U0001f1e6" <= text[at] <= "\U0001f1ff"

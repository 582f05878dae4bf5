"""What a language's rules are made of, and how they are applied to a text in one pass."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from stentor.text.edits import Edit

if TYPE_CHECKING:
    from stentor.text.normalize.numbers import NumberFormat

Kind: TypeAlias = Literal[
    "numbers", "ordinals", "currency", "dates", "times", "units", "telephones",
    "urls", "emails", "emoji", "markdown", "abbreviations", "symbols",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Switches:
    """Which classes of things are read out in words; what is switched off stays as it is written."""

    numbers: bool = True
    ordinals: bool = True
    currency: bool = True
    dates: bool = True
    times: bool = True
    units: bool = True
    telephones: bool = True
    urls: bool = True
    emails: bool = True
    emoji: bool = True
    markdown: bool = True
    abbreviations: bool = True
    symbols: bool = True


_NUMERALS = "¼-¾²³¹⁰-⁹₀-₉⅐-↉①-⓿"  # \w holds them
DIGIT = r"\d"
LETTER = rf"[^\W\d_{_NUMERALS}]"

# Marks of Indic scripts and combining ones belong to words, though Python's \w leaves them out.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0970-\u0d7f"
CANDIDATE = re.compile(
    r"\d++"
    rf"|[{_NUMERALS}]"
    rf"|(?<![^\W_]){LETTER}++(?=_|[^\w\s,;!?\"')\]}}»”’…—{_MARKS}]|\s?+\d)"
    rf"|[^\w\s.,;:!?'\"()\[\]{{}}«»“”‘’„‚…—–\-{_MARKS}]"
    r"|[-–−+.('’](?=[\d$£€¥₹])"
)
"""Where a rule may begin: at a number, a symbol, or a word that a number or symbol follows."""

_LONGEST_SHAPE = 5
_SHAPED_BEHIND = 4
_DIGITS = re.compile(r"\d*+")
_SHAPES = str.maketrans(
    string.digits + string.ascii_lowercase + string.ascii_uppercase,
    "0" * len(string.digits) + "a" * len(string.ascii_lowercase) + "A" * len(string.ascii_uppercase),
)

QUICK = re.compile(rf"[^\w\s,;!?'\"()]|\d|[{_NUMERALS}_]")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One way to write something, and how it is read.

    The pattern is tried where a candidate begins, so it needs no anchor, but must take linear time.
    What a rule matches and cannot read (None) is left to the next rule. A rule whose switch is off
    still matches, so that no other reads half of what it leaves alone.
    """

    kind: Kind
    """The switch it belongs to."""
    first: str
    """Source of a regular expression for the one character that it may begin with."""
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], str | None]
    shape: re.Pattern[str] | None = None
    """Matches the `shape_of` every number that the pattern may begin with; None is any."""


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """How a language is read aloud."""

    tag: str
    """A BCP-47 tag that `spell` knows."""
    numbers: NumberFormat
    rules: tuple[Rule, ...]
    """In order of preference: where several fit, the first reads."""
    say_as: Mapping[str, Callable[[str, str], str | None]] = field(default_factory=dict)
    """By the kind that SSML's `say-as` names: reads a text in a format, None if it is no such thing."""
    quick: re.Pattern[str] = QUICK
    """Finds something in every text that has anything to read, in little time."""
    candidate: re.Pattern[str] = CANDIDATE
    """Finds where rules are tried; what it matches is passed over if none fits."""
    is_spaced: bool = True
    """Whether there are spaces between words."""


def apply(language: Language, text: str, switches: Switches, taken: Sequence[tuple[int, int]]) -> list[Edit]:
    """Return what a language's rules change in a text outside what is taken, in order."""
    edits: list[Edit] = []
    if not language.quick.search(text):
        return edits
    settled = Settled(taken)
    position = 0
    while candidate := language.candidate.search(text, position):
        position = candidate.end()
        found = _reading(language, text, candidate.start(), settled)
        if found is None:
            continue
        rule, match, spoken = found
        position = max(position, match.end()) if match.end() > candidate.start() else position
        if getattr(switches, rule.kind) and spoken != match[0]:
            spoken = _apart(language, match, spoken)
            if edits and edits[-1].end == match.start() and edits[-1].text.endswith(" "):
                spoken = spoken.removeprefix(" ")
            edits.append(Edit(match.start(), match.end(), spoken))
    return edits


class Settled:
    """Stretches that are not to be touched, asked for from left to right."""

    def __init__(self, taken: Sequence[tuple[int, int]]) -> None:
        self._taken = sorted(taken)
        self._next = 0

    def reaches(self, start: int, end: int) -> bool:
        """Tell whether one of them reaches into a stretch that begins no earlier than the last asked for."""
        while self._next < len(self._taken) and self._taken[self._next][1] <= start:
            self._next += 1
        return self._next < len(self._taken) and self._taken[self._next][0] < end


def _reading(
    language: Language, text: str, start: int, settled: Settled
) -> tuple[Rule, re.Match[str], str] | None:
    first = text[start]
    shape = shape_of(text, start) if first.isdecimal() else ""
    for rule in _rules_for(language, first, shape):
        match = rule.pattern.match(text, start)
        if match is None or settled.reaches(start, match.end()):
            continue
        spoken = rule.read(match)
        if spoken is not None:
            return rule, match, spoken
    return None


def shape_of(text: str, start: int) -> str:
    """Return what a number and the four characters behind it look like, such as `00:00a` for 13:30pm.

    Digits are 0, letters of ASCII are a and A, others are themselves; a number has five digits at most.
    """
    digits = _DIGITS.match(text, start)
    end = digits.end() if digits else start
    return "0" * min(end - start, _LONGEST_SHAPE) + text[end : end + _SHAPED_BEHIND].translate(_SHAPES)


@lru_cache(maxsize=4096)
def _rules_for(language: Language, first: str, shape: str) -> tuple[Rule, ...]:
    """Return the rules that may read what begins with a character, and has a shape if that is a digit."""
    if not shape:
        return tuple(rule for rule in language.rules if re.fullmatch(rule.first, first))
    return tuple(
        rule for rule in _rules_for(language, first, "") if rule.shape is None or rule.shape.match(shape)
    )


def _apart(language: Language, match: re.Match[str], spoken: str) -> str:
    """Put spaces between what is spoken and the letters that it was written against."""
    if not language.is_spaced or not spoken:
        return spoken
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    left = " " if _is_of_word(before) and _is_of_word(spoken[0]) else ""
    right = " " if _is_of_word(after) and _is_of_word(spoken[-1]) else ""
    return f"{left}{spoken}{right}"


def _is_of_word(character: str) -> bool:
    """Tell whether a character is part of a word; in Indic scripts marks are."""
    return character.isalnum() or (character != "" and unicodedata.category(character)[0] == "M")

"""What the parts of English share: its number format, and how its regions count."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stentor.text.normalize import spell
from stentor.text.normalize.numbers import Number, NumberFormat

FORMAT = NumberFormat(decimal=".", grouping=",")
NUMBER = rf"(?>\d{{1,3}}(?:[ ]\d{{3}}){{0,3}}[ ]000(?!\d)|{FORMAT.pattern}|(?<![\w.])\.\d++)"
"""Source of an expression for an unsigned number, without groups."""
DASH = "[-–—‑‒−]"
_LONGEST_COUNT = 9
"""Longer numbers without marks between thousands are names of things, not counts."""
_MONTH_FIRST = frozenset({"us", "ph", "fm", "mh", "pw", "gu", "pr", "vi", "as", "mp", "um"})

_ARTICLE = re.compile(r"\b[Aa]n?[ ]\Z")
DESCRIBED = re.compile(
    r"[ ](?!(?:a|an|and|are|as|at|but|by|each|every|for|from|in|is|less|more|of|off|on|or|over|per|than|that"
    r"|the|to|was|were|when|which|with)\b)[a-z]"
)


@dataclass(frozen=True, slots=True)
class Style:
    """English as it is spoken in one place."""

    tag: str
    is_american: bool = field(init=False)
    """Whether 12/3 is December the third; English without a region is American."""

    def __post_init__(self) -> None:
        subtags = self.tag.casefold().replace("_", "-").split("-")[1:]
        region = next((subtag for subtag in subtags if len(subtag) in (2, 3)), "us")
        object.__setattr__(self, "is_american", region in _MONTH_FIRST)

    def number(self, written: str) -> str | None:
        """Say a number as it is written; a long one without marks and one like 007 digit by digit."""
        if written.startswith("."):
            return self.say(Number("", written[1:]))
        if written.endswith(" 000"):
            return self.cardinal(written.replace(" ", ""))
        if written.isdecimal():
            is_name = len(written) > _LONGEST_COUNT or _begins_with_zero(written)
            return self.digits(written) if is_name else self.cardinal(written)
        number = FORMAT.parse(written)
        return self.say(number) if number else None

    def say(self, number: Number) -> str:
        """Say a number."""
        return spell.decimal(number.whole, number.fraction, self.tag)

    def cardinal(self, digits: str) -> str:
        """Say how many these digits are."""
        return spell.decimal(digits, "", self.tag)

    def digits(self, text: str) -> str:
        """Say the digits of a text one by one."""
        return spell.digits(text, self.tag)

    def ordinal(self, digits: str) -> str:
        """Say the number as a rank."""
        if len(digits) > _LONGEST_COUNT:
            return f"{self.digits(digits)}th"
        return spell.ordinal(int(digits), self.tag)

    def year(self, digits: str) -> str:
        """Say the number as a year."""
        return spell.year(int(digits), self.tag) if len(digits) <= _LONGEST_COUNT else self.digits(digits)

    def short(self, digits: str) -> str:
        """Say a number in the name of a thing: 747 is "seven forty-seven", 80 is "eighty", 007 each digit."""
        match len(digits):
            case 1 | 2 if not _begins_with_zero(digits):
                return self.cardinal(digits)
            case 3 if int(digits[0]) and int(digits[1:]) > 9:  # noqa: PLR2004
                return f"{self.cardinal(digits[0])} {self.cardinal(digits[1:])}"
            case 3 if int(digits[0]) and int(digits[2]):
                return f"{self.cardinal(digits[0])} oh {self.cardinal(digits[2])}"
            case 3 if int(digits[0]) and not int(digits[1:]):
                return self.cardinal(digits)
            case 4 if int(digits[0]):
                return self.year(digits)
        return self.digits(digits)


def _begins_with_zero(digits: str) -> bool:
    return len(digits) > 1 and int(digits[0]) == 0


def is_attribute(match: re.Match[str]) -> bool:
    """Tell whether an amount describes what follows it, as in "a 5 km run", and so takes the singular."""
    return _ARTICLE.search(before(match)) is not None and DESCRIBED.match(after(match)) is not None


def before(match: re.Match[str], length: int = 24) -> str:
    """Return what stands before a match, not more than matters."""
    return match.string[max(match.start() - length, 0) : match.start()]


def after(match: re.Match[str], length: int = 24) -> str:
    """Return what stands behind a match, not more than matters."""
    return match.string[match.end() : match.end() + length]

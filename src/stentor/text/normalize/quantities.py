"""Numbers, what they count, and the signs beside them, in any language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar, Noun
from stentor.text.normalize.numbers import Number
from stentor.text.normalize.rules import DIGIT, Rule
from stentor.text.normalize.vocabulary import any_of

_SPACE = "[ \u00a0\u2009\u202f]?"
_SUPERSCRIPTS = "⁰¹²³⁴-⁹"
_MINUS = "-−⁻"
_SIGNS = f"+⁺{_MINUS}"
NUMERALS = f"{_SUPERSCRIPTS}¼-¾₀-₉⅐-↉①-⓿"
_LONGEST_IN_RANGE = 4
_GROUP = 3
_MOST_OF_A_FRACTION = 1000

_ROMAN = re.compile("C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")

BEHIND_WORD = r"(?:(?<=[^\W\d_][ \u00a0])|(?<=\.[ \u00a0]))"
"""Source of an expression for a place behind a word, and its point if it has one."""

GenderOf = Callable[[re.Match[str]], str | None]
"""Tells the gender of what a number counts by what stands around it, None where that cannot be told."""


def minus(grammar: Grammar) -> str:
    """Return the source of an expression for a sign that is a minus, and no dash between words or numbers."""
    return rf"(?P<minus>(?<![{_word(grammar)})\]%°‰€$£¥₹.,])[-−])?"


def _word(grammar: Grammar) -> str:
    """Return what a sign does not stand right behind, as part of a class of characters."""
    return r"\w" if grammar.gap else "A-Za-z0-9０-９"


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """How a language reads numbers that count nothing known."""

    grammar: Grammar
    plus: str
    to: str
    """Stands between the ends of a range, with its spaces."""
    dot: str
    """Stands between the numbers of a version, with its spaces."""
    ratio: str
    """Stands between the numbers of a ratio or a score, with its spaces."""
    gender_of: GenderOf = lambda _: None
    alone: Callable[[Number, re.Match[str]], str | None] = lambda _number, _match: None
    """Reads a number otherwise than as a cardinal, as German reads 1984."""

    def dash(self) -> Rule:
        """Return the rule for the dash between two amounts or times, which else is the second one's minus."""
        source = (
            r"(?<=\d[%％°€$£¥hH時时点])[-–~～〜](?=[$€£¥₹]?\d)"
            r"|(?<=\d)[-–~～〜](?=[$€£¥₹])"
            r"|(?<=h\d\d)[-–](?=\d)"
            r"|(?<=:\d\d)[-–](?=\d{1,2}:\d\d)"
        )
        return Rule("numbers", "[-–~～〜]", re.compile(source), lambda _: self.to)

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules for numbers, from versions and ranges to plain ones."""
        number = self.grammar.format.pattern
        low = rf"(?P<number>{number})(?: ?[–—~～〜] ?|-)(?=(?P<high>{number})(?![-–/\d]))"
        signed = (
            rf"{minus(self.grammar)}(?P<plus>(?<![{_word(self.grammar)})\]])\+)?"
            rf"(?P<number>{number}|(?<![\w.,])\.\d++)"
        )
        return (
            Rule("numbers", DIGIT, re.compile(r"\d++(?>(?:\.\d++){2,9})(?!,\d)"), self._version),
            Rule("numbers", DIGIT, re.compile(r"[0０०]\d++(?![.,]\d)"), self._digits),
            Rule("numbers", DIGIT, re.compile(low), self._low_end),
            Rule("numbers", DIGIT, re.compile(r"(?<![\d:])\d{1,4}:(?=\d{1,4}(?![\d:]))"), self._of_ratio),
            Rule("numbers", rf"{DIGIT}|[-−+.]", re.compile(signed), self._number),
        )

    def _version(self, match: re.Match[str]) -> str | None:
        parts = match[0].split(".")
        if all(len(part) == _GROUP for part in parts[1:]):
            return None
        return self.dot.join(spell.decimal(part, "", self.grammar.tag) for part in parts)

    def _digits(self, match: re.Match[str]) -> str:
        return spell.digits(match[0], self.grammar.tag)

    def _low_end(self, match: re.Match[str]) -> str | None:
        low, high = self.grammar.format.parse(match["number"]), self.grammar.format.parse(match["high"])
        if low is None or high is None or not _is_range(low, high):
            return None
        return self._said(low, match) + self.to

    def _of_ratio(self, match: re.Match[str]) -> str:
        return self._said(Number(match[0][:-1]), match) + self.ratio

    def _number(self, match: re.Match[str]) -> str | None:
        written = match["number"]
        number = Number("", written[1:]) if written[0] == "." else self.grammar.format.parse(written)
        if number is None:
            return None
        said = self._said(number, match)
        sign = self.grammar.minus if match["minus"] else self.plus if match["plus"] else ""
        return f"{sign}{self.grammar.gap}{said}" if sign else said

    def _said(self, number: Number, match: re.Match[str]) -> str:
        return self.alone(number, match) or self.grammar.say(number, self.gender_of(match))


def noun_behind(match: re.Match[str]) -> str:
    """Return the word behind a number, empty if something else stands there."""
    behind = re.match(r"[ \u00a0]([^\W\d_]{2,34})", match.string[match.end() : match.end() + 36])
    return behind[1] if behind else ""


def unit_rules(grammar: Grammar, units: Mapping[str, Noun]) -> tuple[Rule, ...]:
    """Return the rules for numbers with the sign of a unit behind them.

    In a language without spaces a sign may stand right before other letters than Latin ones.
    """
    behind = r"(?![^\W_\u0900-\u0963])" if grammar.gap else "(?![A-Za-z0-9])"
    signs = any_of(units).replace("°", "° ?")
    pattern = rf"{minus(grammar)}(?P<number>{grammar.format.pattern}){_SPACE}(?P<unit>{signs}){behind}"

    def read(match: re.Match[str]) -> str | None:
        number = grammar.format.parse(match["number"])
        if number is None:
            return None
        return grammar.count(number, units[match["unit"].replace(" ", "")], is_negative=bool(match["minus"]))

    return (Rule("units", rf"{DIGIT}|[-−]", re.compile(pattern), read),)


def fraction_rules(
    grammar: Grammar, say: Callable[[int, int], str | None], half: Callable[[int], str], power: str
) -> tuple[Rule, ...]:
    """Return the rules for 3/4, ½, 2½, 10², H₂O and ①.

    `say` says a fraction, None where it is rather something else; `half` says a number and a half;
    `power` is what is said behind a number that is raised to another, with `{}` for that.
    """

    def simple(match: re.Match[str]) -> str | None:
        over, under = int(match["over"]), int(match["under"])
        return say(over, under) if under else None

    def mixed(match: re.Match[str]) -> str:
        return half(int(match["whole"]))

    def numeral(match: re.Match[str]) -> str | None:
        numeric = unicodedata.numeric(match[0], None)
        if numeric is None:
            return None
        value = Fraction(numeric).limit_denominator(_MOST_OF_A_FRACTION)
        if value.denominator == 1:
            return spell.cardinal(int(value), grammar.tag)
        said = say(value.numerator, value.denominator)
        return said or grammar.gap.join(
            spell.cardinal(part, grammar.tag) for part in (value.numerator, value.denominator)
        )

    def raised(match: re.Match[str]) -> str | None:
        number = grammar.format.parse(match["number"]) if match["number"] else None
        written = match["power"].lstrip("^")
        figures = "".join(str(unicodedata.digit(figure)) for figure in written.lstrip(_SIGNS))
        minus = f"{grammar.minus}{grammar.gap}" if written[0] in _MINUS else ""
        said = power.format(minus + spell.decimal(figures, "", grammar.tag))
        return f"{grammar.say(number) if number else ''}{grammar.gap}{said}"

    powers = (
        rf"(?P<number>{grammar.format.pattern}|(?<=\))|(?<=[^\W_])(?=[⁺⁻]))"
        rf"(?P<power>[⁺⁻]?[{_SUPERSCRIPTS}]++|\^[+−-]?\d{{1,9}})"
    )
    return (
        Rule(
            "numbers",
            DIGIT,
            re.compile(r"(?<!/)(?P<over>\d{1,3})[/⁄](?P<under>\d{1,3})(?![\d/⁄]|[.,]\d)"),
            simple,
        ),
        Rule("numbers", DIGIT, re.compile(r"(?P<whole>\d{1,9})½"), mixed),
        Rule("numbers", rf"{DIGIT}|[⁺⁻{_SUPERSCRIPTS}]", re.compile(powers), raised),
        Rule("numbers", f"[{NUMERALS}]", re.compile(f"[{NUMERALS}]"), numeral),
    )


def _is_range(low: Number, high: Number) -> bool:
    """Tell whether a dash means "to": the numbers are short, and the second is the greater."""
    if max(len(low.whole), len(high.whole)) > _LONGEST_IN_RANGE or (
        len(low.whole) > 1 and low.whole[0] == "0"
    ):
        return False
    return (int(low.whole or 0), low.fraction) < (int(high.whole or 0), high.fraction)


def roman(figures: str) -> int:
    """Return the value of a Roman number below 400, such as 19 for XIX; 0 if it is none."""
    if not figures or not _ROMAN.fullmatch(figures):
        return 0
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[figure] for figure in figures]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))

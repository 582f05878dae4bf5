"""Hindi."""

from __future__ import annotations

import re

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar
from stentor.text.normalize.moments import Date, Time, time_of
from stentor.text.normalize.numbers import Number, NumberFormat
from stentor.text.normalize.quantities import Numbers
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import vocabulary
from stentor.text.normalize.web import Words

_WORDS = vocabulary("hindi")
_FORMAT = NumberFormat(decimal=".", grouping=",")

# How an ordinal ends, by its suffix: who is ranked, and whether it is in the oblique case.
_RANK = re.compile(
    r"(?P<n>\d{1,6})[- ]?(?P<end>वाँ|वां|वीं|वी|वें|वे|ला|ली|ले|रा|री|रे|था|थी|थे|ठा|ठी|ठे)(?![\w\u0900-\u0963])"
)
_CLOCK = re.compile(r"(?P<h>\d{1,2})[:.](?P<m>[0-5]\d)[ \u00a0]?बजे(?![\w\u0900-\u0963])")
_MOBILE = re.compile(r"([6-9६-९]\d{4})[ -]?(\d{5})(?!\d|[.,]\d)")
_PARTS = {(1, 2): "आधा", (1, 3): "एक तिहाई", (2, 3): "दो तिहाई", (1, 4): "एक चौथाई", (3, 4): "तीन चौथाई"}
_HALVES = {0: "आधा", 1: "डेढ़", 2: "ढाई"}
_QUARTER, _HALF, _THREE_QUARTERS = 15, 30, 45


def language(tag: str) -> Language:
    """Return Hindi as it is read in a region, such as `hi-IN`."""
    return _Hindi(tag).reading().language()


class _Hindi:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._grammar = Grammar(tag, _FORMAT, "माइनस", in_parts=" ")

    def reading(self) -> Reading:
        return Reading(
            _WORDS,
            self._grammar,
            Numbers(self._grammar, "प्लस", " से ", " पॉइंट ", " अनुपात ", alone=self._alone),
            Words("डॉट", "स्लैश", "ऐट", "डैश", "अंडरस्कोर", "प्लस"),
            self._date,
            self._time,
            self._fraction,
            half=self._half,
            power="की घात {}",
            ordinals=(Rule("ordinals", DIGIT, _RANK, self._rank),),
            own=(
                Rule("times", DIGIT, _CLOCK, self._hour),
                Rule("telephones", "[6-9६-९]", _MOBILE, self._telephone),
            ),
        )

    def _telephone(self, match: re.Match[str]) -> str:
        return ", ".join(spell.digits(group, self._tag) for group in match.groups())

    def _alone(self, number: Number, _: re.Match[str]) -> str | None:
        """Count by hundreds from 1100 to 1999, as years are and short numbers may be."""
        if number.fraction or len(number.whole) != 4:  # noqa: PLR2004
            return None
        year = int(number.whole)
        return spell.year(year, self._tag) if 1100 <= year < 2000 else None  # noqa: PLR2004

    def _date(self, date: Date, _: re.Match[str]) -> str:
        said = f"{spell.cardinal(date.day, self._tag)} {_WORDS.month(date.month)}"
        return said if date.year is None else f"{said} {spell.year(date.year, self._tag)}"

    def _time(self, time: Time) -> str:
        hour = spell.cardinal(time.hour, self._tag)
        if not time.minute and not time.second:
            return f"{hour} बजे"
        said = f"{hour} बजकर {spell.cardinal(time.minute, self._tag)} मिनट"
        return f"{said} {spell.cardinal(time.second, self._tag)} सेकंड" if time.second else said

    def _hour(self, match: re.Match[str]) -> str | None:
        """Read a time that "o'clock" stands behind, its quarters as people do."""
        time = time_of(match["h"], match["m"])
        if time is None:
            return None
        hour = spell.cardinal(time.hour, self._tag)
        if time.minute == _QUARTER:
            return f"सवा {hour} बजे"
        if time.minute == _HALF and time.hour:
            return f"{self._half(time.hour)} बजे"
        if time.minute == _THREE_QUARTERS and time.hour < 24:  # noqa: PLR2004
            return f"पौने {spell.cardinal(time.hour + 1, self._tag)} बजे"
        return (
            f"{hour} बजकर {spell.cardinal(time.minute, self._tag)} मिनट पर" if time.minute else f"{hour} बजे"
        )

    def _half(self, whole: int) -> str:
        return _HALVES.get(whole) or f"साढ़े {spell.cardinal(whole, self._tag)}"

    def _fraction(self, over: int, under: int) -> str | None:
        if part := _PARTS.get((over, under)):
            return part
        return f"{spell.cardinal(over, self._tag)} बटा {spell.cardinal(under, self._tag)}"

    def _rank(self, match: re.Match[str]) -> str:
        """Give an ordinal the ending of its suffix: पाँचवाँ, पाँचवीं, पाँचवें."""
        number, end = int(match["n"]), match["end"]
        is_feminine = end in ("वीं", "वी", "ली", "री", "थी", "ठी")
        said = spell.ordinal(number, self._tag, "feminine" if is_feminine else "masculine")
        if end in ("वें", "वे", "ले", "रे", "थे", "ठे"):
            return re.sub("वाँ$", "वें", said) if said.endswith("वाँ") else re.sub("ा$", "े", said)
        return said

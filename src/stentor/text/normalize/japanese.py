"""Japanese. Numbers become kanji, which an engine reads by the counter behind them."""

from __future__ import annotations

import re

from stentor.text.normalize import spell
from stentor.text.normalize.east_asian import CANDIDATE, CLOCK, FORMAT, wide_rules
from stentor.text.normalize.grammar import Grammar
from stentor.text.normalize.moments import Date, Time
from stentor.text.normalize.quantities import Numbers
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import vocabulary
from stentor.text.normalize.web import Words

_WORDS = vocabulary("japanese")
_SPEED = re.compile(rf"(?P<number>{FORMAT.pattern}) ?(?:km/h|㎞/h|キロ毎時)(?![A-Za-z])")


def language(tag: str) -> Language:
    """Return Japanese as it is read in a region."""
    return _Japanese(tag).reading().language()


class _Japanese:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._grammar = Grammar(tag, FORMAT, "マイナス", gap="", in_parts="")

    def reading(self) -> Reading:
        return Reading(
            _WORDS,
            self._grammar,
            Numbers(self._grammar, "プラス", "から", "点", "対"),
            Words("ドット", "スラッシュ", "アットマーク", "ハイフン", "アンダーバー", "プラス"),
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: f"{spell.cardinal(whole, self._tag)}と二分の一",
            power="の{}乗",
            times=(CLOCK,),
            own=(Rule("units", DIGIT, _SPEED, self._speed), *wide_rules(self._tag)),
            order="mdy",
            pause="、",
            candidate=CANDIDATE,
        )

    def _date(self, date: Date, _: re.Match[str]) -> str:
        day = f"{spell.cardinal(date.month, self._tag)}月{spell.cardinal(date.day, self._tag)}日"
        return day if date.year is None else f"{spell.year(date.year, self._tag)}年{day}"

    def _time(self, time: Time) -> str:
        said = f"{spell.cardinal(time.hour, self._tag)}時"
        if time.minute or time.second:
            said += f"{spell.cardinal(time.minute, self._tag)}分"
        return f"{said}{spell.cardinal(time.second, self._tag)}秒" if time.second else said

    def _speed(self, match: re.Match[str]) -> str | None:
        number = FORMAT.parse(match["number"])
        return f"時速{self._grammar.say(number)}キロメートル" if number else None

    def _fraction(self, over: int, under: int) -> str:
        return f"{spell.cardinal(under, self._tag)}分の{spell.cardinal(over, self._tag)}"

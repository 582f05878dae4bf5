"""Chinese: Mandarin in both ways to write it, and Cantonese."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stentor.text.normalize import spell
from stentor.text.normalize.east_asian import CANDIDATE, CLOCK, FORMAT, wide_rules
from stentor.text.normalize.grammar import Grammar, Noun
from stentor.text.normalize.moments import Date, Time
from stentor.text.normalize.numbers import Number
from stentor.text.normalize.quantities import Numbers, minus
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import vocabulary
from stentor.text.normalize.web import Words

_TRADITIONAL = frozenset("hant tw hk mo".split())

# Before these a lone 2 is 两: measure words, spans of time, money, weights and lengths.
_MEASURES = re.compile(
    r" ?(?:[个個位只隻条條张張本次回天年岁歲周週秒块塊元斤吨噸米里倍种種件套台辆輛杯瓶碗把支枝座间間家口头頭"
    r"匹棵朵顶頂幅句段篇首双雙对對份名人群排盒包袋箱根片滴门門架艘封点點升百千万萬亿億]"
    r"|小时|小時|分钟|分鐘|公里|公斤|公分|公尺|美元|美金|欧元|歐元|英镑|英鎊|日元|平方|立方|厘米|毫米|毫升)"
)
_MOBILE = re.compile(r"1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)|[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)")
_RANK = re.compile(r"(?<=第)\d{1,9}(?!\d|[.,]\d)")
_YEAR = re.compile(
    r"(?P<year>[12]\d{3})(?!\d)"
    r"(?:(?= ?年(?!历史|歷史|前|后|後|来|來|间|間))(?<!1000)|(?P<to> ?[-–—~～] ?)(?=[12]\d{3} ?年))"
)
_FIRST_ZERO = 10


def language(tag: str) -> Language:
    """Return Chinese as it is read in a region, such as `zh-TW`."""
    return _Chinese(tag).reading().language()


@dataclass(frozen=True, slots=True, eq=False)
class _Grammar(Grammar):
    """Counts hundredths of the yuan in tenths, and of anything two as 两."""

    two: str = "两"

    def joined(self, words: str, noun: str) -> str:
        """Return a number in words and the noun that it counts."""
        return re.sub("二$", self.two, words) + noun if re.fullmatch("[负負]?二", words) else words + noun

    def parts(self, hundredths: int, part: Noun, *, are_alone: bool) -> str:
        """Return so many hundredths in words."""
        if part.one != "分":
            return self.count(Number(str(hundredths)), part)
        tenths, rest = divmod(hundredths, 10)
        if not tenths:
            return ("" if are_alone else "零") + self.count(Number(str(rest)), part)
        said = self.count(Number(str(tenths)), Noun("角"))
        return said + self.count(Number(str(rest)), part) if rest else said


class _Chinese:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        subtags = tag.replace("_", "-").casefold().split("-")
        is_traditional = "hans" not in subtags and (
            subtags[0] == "yue" or not _TRADITIONAL.isdisjoint(subtags[1:])
        )
        self._words = vocabulary("chinese_traditional" if is_traditional else "chinese")
        self._point, self._two, negative = ("點", "兩", "負") if is_traditional else ("点", "两", "负")
        self._grammar = _Grammar(tag, FORMAT, negative, gap="", in_parts="", two=self._two)
        slash, at, dash, underscore = (
            ("斜線", "小老鼠", "橫線", "底線") if is_traditional else ("斜杠", "艾特", "横杠", "下划线")
        )
        self._percents = re.compile(rf"{minus(self._grammar)}(?P<number>{FORMAT.pattern}) ?(?P<sign>[%％‰])")
        self._web = Words(self._point, slash, at, dash, underscore, "加")

    def reading(self) -> Reading:
        return Reading(
            self._words,
            self._grammar,
            Numbers(self._grammar, "正", "到", self._point, "比", alone=self._alone),
            self._web,
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: f"{spell.cardinal(whole, self._tag)}又二分之一",
            power="的{}次方",
            dates=(Rule("dates", "[12]", _YEAR, self._year),),
            times=(CLOCK,),
            ordinals=(
                Rule("ordinals", DIGIT, _RANK, lambda match: spell.cardinal(int(match[0]), self._tag)),
            ),
            own=(
                Rule("telephones", "[148]", _MOBILE, lambda match: spell.digits(match[0], self._tag)),
                Rule("units", rf"{DIGIT}|[-−]", self._percents, self._percent),
                *wide_rules(self._tag),
            ),
            order="mdy",
            pause="，",
            candidate=CANDIDATE,
        )

    def _alone(self, number: Number, match: re.Match[str]) -> str | None:
        is_two = not number.fraction and number.whole in ("2", "２")
        is_measured = is_two and _MEASURES.match(match.string[match.end() : match.end() + 4])
        return self._two if is_measured else None

    def _year(self, match: re.Match[str]) -> str:
        return spell.year(int(match["year"]), self._tag) + ("到" if match["to"] else "")

    def _date(self, date: Date, _: re.Match[str]) -> str:
        day = f"{spell.cardinal(date.month, self._tag)}月{spell.cardinal(date.day, self._tag)}日"
        return day if date.year is None else f"{spell.year(date.year, self._tag)}年{day}"

    def _time(self, time: Time) -> str:
        said = self._grammar.count(Number(str(time.hour)), Noun(self._point))
        if time.minute or time.second:
            zero = "零" if 0 < time.minute < _FIRST_ZERO else ""
            said += f"{zero}{spell.cardinal(time.minute, self._tag)}分"
        return f"{said}{spell.cardinal(time.second, self._tag)}秒" if time.second else said

    def _percent(self, match: re.Match[str]) -> str | None:
        number = FORMAT.parse(match["number"])
        if number is None:
            return None
        negative = self._grammar.minus if match["minus"] else ""
        return f"{negative}{'千' if match['sign'] == '‰' else '百'}分之{self._grammar.say(number)}"

    def _fraction(self, over: int, under: int) -> str:
        return f"{spell.cardinal(under, self._tag)}分之{spell.cardinal(over, self._tag)}"

"""French."""

from __future__ import annotations

import re

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar, is_below_two
from stentor.text.normalize.moments import Date, Time
from stentor.text.normalize.numbers import Number, NumberFormat
from stentor.text.normalize.quantities import Numbers, noun_behind, roman
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import any_of, vocabulary
from stentor.text.normalize.web import Words

_WORDS = vocabulary("french")
_FORMAT = NumberFormat(decimal=",", grouping=".", has_spaces=True)

_END = "(?P<end>ers?|ères?|res?|[nⁿ]des?|[nⁿ]ds?|i?[eè]mes?|es?|è|ᵉʳ|ᵉ)"
_RANK = re.compile(rf"(?P<n>\d{{1,6}}){_END}(?![^\W_])")
_ROMAN = r"(?=[LC]*[IVX])(?P<roman>[IVXLC]{1,7})(?P<end>er|re|[eè]me|e|ᵉʳ|ᵉ)(?![^\W_])"
_FIRST_OF_MONTH = re.compile(rf"1(?=[ \u00a0](?:{any_of(_WORDS.months)})(?![^\W_]))")
_EVERY = re.compile(r"(?P<n>24|7)[ \u00a0]?(?P<what>h|j)/(?P<of>24|7)(?![\d/])")
_TIMES = (
    r"(?P<h>\d{1,2})[ \u00a0]?[hH](?>(?:[ \u00a0]?(?P<m>[0-5]\d)(?:[ \u00a0]?(?:min|mn))?)?)(?![^\W_])",
)
_FRACTIONS = {2: ("demi", "demis"), 3: ("tiers", "tiers"), 4: ("quart", "quarts")}
_UNDERS = frozenset([*range(5, 13), 16, 20, 100, 1000])

_FEMININE = re.compile(
    r"(?:fois|personne|semaine|heure|journée|minute|seconde|femme|fille|maison|place|page|voiture|chose|pièce|ville"
    r"|partie|main|nuit|part|année|table|équipe|étoile|chance|carte|porte|question"
    r"|[^\W\d_]{1,30}(?:[ts]ion|té|ette|ance|ence|elle|esse|ure|ée|ie))s?"
)
_MASCULINE = frozenset("comité côté traité été musée lycée trophée génie incendie parapluie modèle".split())


def language(tag: str) -> Language:
    """Return French as it is read in a region, such as `fr-CH`."""
    return _French(tag).reading().language()


class _French:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._grammar = Grammar(tag, _FORMAT, "moins", is_singular=is_below_two, join=_joined)

    def reading(self) -> Reading:
        tag = self._tag
        return Reading(
            _WORDS,
            self._grammar,
            Numbers(self._grammar, "plus", " à ", " point ", " à ", gender_of=_gender),
            Words("point", "barre oblique", "arobase", "tiret", "tiret bas", "plus"),
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: f"{spell.cardinal(whole, tag)} et demi",
            power="puissance {}",
            dates=(Rule("dates", "1", _FIRST_OF_MONTH, lambda _: "premier"),),
            times=_TIMES,
            metres=" ",
            rank_of_names=lambda number: spell.cardinal(number, tag),
            ordinals=(
                Rule("ordinals", DIGIT, _RANK, self._rank),
                Rule("ordinals", "[IVXLC]", re.compile(_ROMAN), self._roman),
            ),
            own=(Rule("times", "[27]", _EVERY, self._every),),
            telephones_by_pairs=True,
            beginnings=rf"(?<![^\W_]){_ROMAN}",
        )

    def _date(self, date: Date, _: re.Match[str]) -> str:
        day = "premier" if date.day == 1 else spell.cardinal(date.day, self._tag)
        said = f"{day} {_WORDS.month(date.month)}"
        return said if date.year is None else f"{said} {spell.year(date.year, self._tag)}"

    def _time(self, time: Time) -> str:
        said = self._grammar.count(Number(str(time.hour)), _WORDS.units["h"])
        if time.minute:
            said += f" {spell.cardinal(time.minute, self._tag, 'feminine')}"
        if time.second:
            said += f" et {self._grammar.count(Number(str(time.second)), _WORDS.units['s'])}"
        return said

    def _every(self, match: re.Match[str]) -> str:
        what = _WORDS.units[match["what"]]
        of = spell.cardinal(int(match["of"]), self._tag)
        return f"{self._grammar.count(Number(match['n']), what)} sur {of}"

    def _fraction(self, over: int, under: int) -> str | None:
        if over >= under or not (under in _FRACTIONS or under in _UNDERS):
            return None
        rank = spell.ordinal(under, self._tag)
        one, many = _FRACTIONS.get(under, (rank, f"{rank}s"))
        return f"{spell.cardinal(over, self._tag)} {one if over == 1 else many}"

    def _rank(self, match: re.Match[str]) -> str | None:
        return self._ordinal(int(match["n"]), match["end"])

    def _roman(self, match: re.Match[str]) -> str | None:
        number = roman(match["roman"])
        return self._ordinal(number, match["end"]) if number else None

    def _ordinal(self, number: int, end: str) -> str | None:
        is_first = end.rstrip("s") in ("er", "re", "ère", "ᵉʳ")
        if is_first != (number == 1):
            return None
        plural = "s" if end.endswith("s") else ""
        if end[0] in "nⁿ":
            return f"second{'e' if 'e' in end else ''}{plural}" if number == 2 else None  # noqa: PLR2004
        return spell.ordinal(number, self._tag, "feminine" if "re" in end else None) + plural


def _joined(words: str, noun: str) -> str:
    """Put "de" behind a million: "un million d'euros"."""
    if not words.endswith(("illion", "illions", "illiard", "illiards")):
        return f"{words} {noun}"
    return f"{words} d'{noun}" if noun[0] in "aeiouyéèh" else f"{words} de {noun}"


def _gender(match: re.Match[str]) -> str | None:
    """Tell the gender of what is counted by the noun behind a number: "une personne"."""
    noun = noun_behind(match)
    return "feminine" if _FEMININE.fullmatch(noun) and noun.removesuffix("s") not in _MASCULINE else None

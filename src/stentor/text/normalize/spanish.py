"""Spanish."""

from __future__ import annotations

import re
from dataclasses import replace

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar
from stentor.text.normalize.mend import POINT_IN_SPANISH
from stentor.text.normalize.moments import Date, Time
from stentor.text.normalize.money import Currency
from stentor.text.normalize.numbers import NumberFormat
from stentor.text.normalize.quantities import Numbers, noun_behind, roman
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import Vocabulary, vocabulary
from stentor.text.normalize.web import Words

_WITH_COMMA = NumberFormat(decimal=",", grouping=".", has_spaces=True)
_WITH_POINT = NumberFormat(decimal=".", grouping=",", has_spaces=True)
_WITH_PESOS = frozenset("ar cl co cu do mx ph uy".split())
_PESO = Currency("peso", "pesos", "centavo", "centavos", "masculine")

_RANK = re.compile(
    r"(?P<n>\d{1,4})(?:\.?(?P<sign>[ºª°])"
    r"|(?P<noun>\.?er|r[oa]|d[oa]|t[oa]|m[oa]|v[oa]|n[oa]|[oa](?=[ \u00a0][^\W\d_])))(?![^\W_])"
)
_ROMAN = r"(?:(?<=siglo )|(?<=Siglo )|(?<=siglos ))(?P<roman>[IVXL]{1,7})(?![^\W_])"
_TELEPHONE = re.compile(r"[6-9]\d\d(?: \d{3}){2}(?![ ,.]?\d)|[6-9]\d\d(?: \d\d){3}(?![ ,.]?\d)")
_TIMES = (
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?>(?::(?P<s>\d\d))?)[ \u00a0]?(?:horas|hrs?|hs|h)\.?(?![^\W_])",
    r"(?P<h>\d{1,2})[ \u00a0]?h[ \u00a0]?(?P<m>[0-5]\d)(?![^\W_])",
    r"(?:(?<=las )|(?<=la ))(?P<h>\d{1,2})\.(?P<m>[0-5]\d)(?!\d|[.,]\d)",
)
_FRACTIONS = {2: "medio", 3: "tercio"}
_UNDERS = range(2, 11)

# A noun in -a counts as feminine, and one in -o and others as masculine, but for these; a number stands alone
# before words that are no nouns.
_MASCULINE = frozenset(
    "día mapa problema sistema programa tema clima idioma planeta poeta turista artista".split()
)
_FEMININE = re.compile(
    r"(?:vez|veces|mano|manos|noche|noches|clase|clases|calle|calles|parte|partes|llave|llaves|base|bases"
    r"|foto|fotos|[^\W\d_]{1,30}(?:as?|[csx]ión|[csx]iones|dad|dades|tud|tudes|umbre|umbres))"
)
_NO_NOUN = frozenset(
    """
    de del y e o u a al en con por para sin sobre entre hasta desde que se no ni si es son era eran fue está
    están ha han más menos como cuando el la los las un una unos unas lo le les me te nos su sus mi muy ya
    pero también hay ser contra según tras mil por
    """.split()
)


def language(tag: str) -> Language:
    """Return Spanish as it is read in a region, such as `es-MX`."""
    return _Spanish(tag).reading().language()


class _Spanish:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        subtags = tag.replace("_", "-").casefold().split("-")[1:]
        self._is_european = not subtags or "es" in subtags
        format_ = _WITH_COMMA if POINT_IN_SPANISH.isdisjoint(subtags) else _WITH_POINT
        self._words = _with_pesos() if not _WITH_PESOS.isdisjoint(subtags) else vocabulary("spanish")
        self._grammar = Grammar(tag, format_, "menos", join=_joined, in_parts=" con ")

    def reading(self) -> Reading:
        tag = self._tag
        return Reading(
            self._words,
            self._grammar,
            Numbers(self._grammar, "más", " a ", " punto ", " a ", gender_of=_gender),
            Words("punto", "barra", "arroba", "guion", "guion bajo", "más"),
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: f"{spell.cardinal(whole, tag)} y medio",
            power="elevado a {}",
            times=_TIMES,
            metres=" ",
            rank_of_names=self._rank_of_name,
            ordinals=(
                Rule("ordinals", DIGIT, _RANK, self._rank),
                Rule("ordinals", "[IVXL]", re.compile(_ROMAN), self._century),
            ),
            own=(Rule("telephones", "[6-9]", _TELEPHONE, self._telephone),),
            beginnings=_ROMAN,
        )

    def _date(self, date: Date, _: re.Match[str]) -> str:
        is_first = date.day == 1 and not self._is_european
        day = "primero" if is_first else spell.cardinal(date.day, self._tag)
        said = f"{day} de {self._words.month(date.month)}"
        return said if date.year is None else f"{said} de {spell.year(date.year, self._tag)}"

    def _time(self, time: Time) -> str:
        hour = spell.cardinal(time.hour, self._tag, "feminine")
        if not time.minute and not time.second:
            return hour if 1 <= time.hour <= 12 else f"{hour} horas"  # noqa: PLR2004
        said = f"{hour} y {spell.cardinal(time.minute, self._tag)}"
        return f"{said} y {spell.cardinal(time.second, self._tag)} segundos" if time.second else said

    def _telephone(self, match: re.Match[str]) -> str:
        return ", ".join(spell.digits(group, self._tag) for group in match[0].split())

    def _rank_of_name(self, number: int) -> str:
        return spell.cardinal(number, self._tag) if number > 10 else spell.ordinal(number, self._tag)  # noqa: PLR2004

    def _century(self, match: re.Match[str]) -> str | None:
        number = roman(match["roman"])
        return spell.cardinal(number, self._tag) if number else None

    def _fraction(self, over: int, under: int) -> str | None:
        if over >= under or under not in _UNDERS:
            return None
        part = _FRACTIONS.get(under) or spell.ordinal(under, self._tag)
        return f"un {part}" if over == 1 else f"{spell.cardinal(over, self._tag)} {part}s"

    def _rank(self, match: re.Match[str]) -> str | None:
        number, end = int(match["n"]), match["sign"] or match["noun"]
        is_before_noun = _noun_behind(match) != ""
        if end == "°" and not is_before_noun:
            return None
        if end[-1] in "ªa":
            return spell.ordinal(number, self._tag, "feminine")
        is_short = end.endswith("er") or (end in "º°o" and is_before_noun)
        return spell.ordinal(number, self._tag, "masculine-adjective" if is_short else "masculine")


def _with_pesos() -> Vocabulary:
    words = vocabulary("spanish")
    return replace(words, currencies={**words.currencies, "$": _PESO})


def _joined(words: str, noun: str) -> str:
    """Put "de" behind a million: "un millón de euros"."""
    return f"{words} de {noun}" if words.endswith(("illón", "illones")) else f"{words} {noun}"


def _noun_behind(match: re.Match[str]) -> str:
    noun = noun_behind(match).lower()
    return "" if noun in _NO_NOUN else noun


def _gender(match: re.Match[str]) -> str | None:
    """Tell the gender of what is counted by the noun behind a number: "un libro", "doscientas casas"."""
    noun = _noun_behind(match)
    if not noun:
        return None
    is_feminine = _FEMININE.fullmatch(noun) and noun.removesuffix("s") not in _MASCULINE
    return "feminine" if is_feminine else "masculine"

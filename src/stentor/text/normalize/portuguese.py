"""Portuguese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar, Noun, is_above_zero_below_two
from stentor.text.normalize.moments import Date, Time
from stentor.text.normalize.money import Currency
from stentor.text.normalize.numbers import NumberFormat
from stentor.text.normalize.quantities import Numbers, noun_behind, roman
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import Vocabulary, any_of, vocabulary
from stentor.text.normalize.web import Words

_FORMAT = NumberFormat(decimal=",", grouping=".", has_spaces=True)
_OF_PORTUGAL = frozenset("pt ao mz cv gw st tl".split())

_RANK = re.compile(r"(?P<n>\d{1,4})\.?(?P<end>[ºª]|[°oa](?=[ \u00a0][^\W\d_]))(?![^\W_])")
_FIRST_OF_MONTH = re.compile(rf"1(?= de (?:{any_of(vocabulary('portuguese').months)})(?![^\W_]))")
_ROMAN = r"(?:(?<=século )|(?<=Século ))(?P<roman>[IVXL]{1,7})(?![^\W_])"
_TIMES = (
    r"(?P<h>\d{1,2})[ \u00a0]?[hH][ \u00a0]?(?P<m>[0-5]\d)(?>(?:[ \u00a0]?min)?)(?![^\W_])",
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?>(?::(?P<s>\d\d))?)[ \u00a0]?(?:horas|hs|h)(?![^\W_])",
)
_TELEPHONE = re.compile(r"(?:\((?P<area>\d\d)\)[ \u00a0]?)?(?P<first>9?\d{4})-(?P<last>\d{4})(?![\d-])")
_DON = re.compile(r"D\.(?=[ \u00a0](?P<name>[A-ZÀ-Ý][^\W\d_]{1,30}))")
_FRACTIONS = {2: "meio", 3: "terço"}
_UNDERS = range(2, 11)

# A noun in -a counts as feminine, and one in -o and others as masculine, but for these; a number stands alone
# before words that are no nouns.
_MASCULINE = frozenset(
    "dia mapa problema sistema programa tema clima idioma planeta poeta turista artista".split()
)
_FEMININE = re.compile(
    r"(?:vez|vezes|noite|noites|parte|partes|mão|mãos|classe|classes|chave|chaves|base|bases|foto|fotos"
    r"|mulher|mulheres|[^\W\d_]{1,30}(?:as?|ções|ção|sões|são|dades?|gens?|tudes?))"
)
_NO_NOUN = frozenset(
    """
    de do da dos das e ou a ao à o os as em no na com por para sem sobre entre até desde que se não nem é são
    era foi há mais menos como quando um uma uns umas lhe me te nos seu sua meu muito já também ser contra mil
    """.split()
)


def language(tag: str) -> Language:
    """Return Portuguese as it is read in a region, such as `pt-PT`; without one, in Brazil."""
    return _Portuguese(tag).reading().language()


class _Portuguese:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        subtags = tag.replace("_", "-").casefold().split("-")[1:]
        self._is_european = not _OF_PORTUGAL.isdisjoint(subtags)
        self._words = vocabulary("portuguese")
        if self._is_european:
            self._words = _as_in_portugal(self._words)
        self._grammar = Grammar(tag, _FORMAT, "menos", is_above_zero_below_two, join=_joined, in_parts=" e ")

    def reading(self) -> Reading:
        tag = self._tag
        return Reading(
            self._words,
            self._grammar,
            Numbers(self._grammar, "mais", " a ", " ponto ", " a ", gender_of=_gender),
            Words("ponto", "barra", "arroba", "hífen", "sublinhado", "mais"),
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: f"{spell.cardinal(whole, tag)} e meio",
            power="elevado a {}",
            dates=(Rule("dates", "1", _FIRST_OF_MONTH, lambda _: self._first),),
            times=_TIMES,
            metres=" e ",
            own=(
                Rule("telephones", rf"{DIGIT}|\(", _TELEPHONE, self._telephone),
                Rule(
                    "abbreviations", "D", _DON, lambda match: "dona" if match["name"].endswith("a") else "dom"
                ),
            ),
            rank_of_names=self._rank_of_name,
            ordinals=(
                Rule("ordinals", DIGIT, _RANK, self._rank),
                Rule("ordinals", "[IVXL]", re.compile(_ROMAN), self._century),
            ),
            beginnings=_ROMAN,
        )

    @property
    def _first(self) -> str:
        """The first of a month."""
        return "um" if self._is_european else "primeiro"

    def _date(self, date: Date, _: re.Match[str]) -> str:
        day = self._first if date.day == 1 else spell.cardinal(date.day, self._tag)
        said = f"{day} de {self._words.month(date.month)}"
        return said if date.year is None else f"{said} de {spell.year(date.year, self._tag)}"

    def _time(self, time: Time) -> str:
        hour = spell.cardinal(time.hour, self._tag, "feminine")
        if not time.minute and not time.second:
            return f"{hour} {'hora' if time.hour == 1 else 'horas'}"
        said = f"{hour} e {spell.cardinal(time.minute, self._tag)}"
        return f"{said} e {spell.cardinal(time.second, self._tag)} segundos" if time.second else said

    def _telephone(self, match: re.Match[str]) -> str | None:
        """Read a telephone number of Brazil; two years with a dash between them are none."""
        groups = [group for group in match.group("area", "first", "last") if group]
        if len(groups) == 2 and int(match["first"]) < int(match["last"]) and len(match["first"]) == 4:  # noqa: PLR2004
            return None
        return ", ".join(spell.digits(group, self._tag) for group in groups)

    def _century(self, match: re.Match[str]) -> str | None:
        number = roman(match["roman"])
        return self._rank_of_name(number) if number else None

    def _rank_of_name(self, number: int) -> str:
        return spell.cardinal(number, self._tag) if number > 10 else spell.ordinal(number, self._tag)  # noqa: PLR2004

    def _fraction(self, over: int, under: int) -> str | None:
        if over >= under or under not in _UNDERS:
            return None
        part = _FRACTIONS.get(under) or spell.ordinal(under, self._tag)
        return f"um {part}" if over == 1 else f"{spell.cardinal(over, self._tag)} {part}s"

    def _rank(self, match: re.Match[str]) -> str:
        return spell.ordinal(int(match["n"]), self._tag, "feminine" if match["end"] in "ªa" else "masculine")


def _as_in_portugal(words: Vocabulary) -> Vocabulary:
    """Return the words as Portugal writes and counts them: "quilómetro", "cêntimo"."""

    def money(currencies: Mapping[str, Currency]) -> dict[str, Currency]:
        return {
            sign: replace(currency, part="cêntimo", parts="cêntimos")
            if currency.part == "centavo" and currency.one != "real"
            else currency
            for sign, currency in currencies.items()
        }

    def accented(noun: Noun) -> Noun:
        return replace(
            noun, one=noun.one.replace("ômetro", "ómetro"), many=noun.many.replace("ômetro", "ómetro")
        )

    return replace(
        words,
        units={sign: accented(noun) for sign, noun in words.units.items()},
        scales=words.scales | dict.fromkeys(("bi", "bi.", "bilião", "biliões"), Noun("bilião", "biliões")),
        currencies=money(words.currencies),
        currency_words=money(words.currency_words),
    )


def _joined(words: str, noun: str) -> str:
    """Put "de" behind a million: "um milhão de euros"."""
    return (
        f"{words} de {noun}" if words.endswith(("ilhão", "ilhões", "ilião", "iliões")) else f"{words} {noun}"
    )


def _gender(match: re.Match[str]) -> str | None:
    """Tell the gender of what is counted by the noun behind a number: "um livro", "duas casas"."""
    noun = noun_behind(match).lower()
    if not noun or noun in _NO_NOUN:
        return None
    is_feminine = _FEMININE.fullmatch(noun) and noun.removesuffix("s") not in _MASCULINE
    return "feminine" if is_feminine else "masculine"

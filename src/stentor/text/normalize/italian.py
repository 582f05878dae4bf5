"""Italian."""

from __future__ import annotations

import re

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar
from stentor.text.normalize.moments import Date, Time
from stentor.text.normalize.numbers import NumberFormat
from stentor.text.normalize.quantities import Numbers, noun_behind, roman
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, Language, Rule
from stentor.text.normalize.vocabulary import any_of, vocabulary
from stentor.text.normalize.web import Words

_WORDS = vocabulary("italian")
_FORMAT = NumberFormat(decimal=",", grouping=".", has_spaces=True)

_RANK = re.compile(
    r"(?P<n>\d{1,4})(?:\.?(?P<sign>[ºª]|°(?=[ \u00a0](?![CFK](?![^\W_]))[^\W\d_]))"
    r"|(?P<end>esim[oaie]|[oa](?=[ \u00a0][^\W\d_])))(?![^\W_])"
)
_SAINT = re.compile(r"S\.[ \u00a0]?(?=(?P<name>[A-Z][^\W\d_]{1,30}))")
_FIRST_OF_MONTH = re.compile(rf"1(?=[ \u00a0](?:{any_of(_WORDS.months)})(?![^\W_]))")
_CENTURY = (
    r"(?P<century>[IVXL]{1,7})(?=[ \u00a0](?:sec\.|secolo|millennio))"
    r"|(?<=secolo )(?P<behind>[IVXL]{1,7})(?![^\W_])"
)
_TIMES = (
    r"(?:(?<=[Oo]re )|(?<=lle ))(?P<h>\d{1,2})[.:](?P<m>[0-5]\d)(?!\d|[.,:]\d)",
    r"(?P<h>\d{1,2})[ \u00a0]?h[ \u00a0]?(?P<m>[0-5]\d)(?![^\W_])",
)
_FRACTIONS = {2: ("mezzo", "mezzi")}
_UNDERS = range(2, 13)

# A noun in -a counts as feminine but for these, and those below though they end otherwise.
_MASCULINE = frozenset(
    "problema sistema programma tema clima poeta turista artista pianeta papa dramma".split()
)
_FEMININE = re.compile(
    r"(?:volta|notte|parte|mano|classe|chiave|base|foto|[^\W\d_]{1,30}(?:a|[zs]ione|tà|tù|udine))"
)
# Before these sounds "uno" keeps its o, as it does before words that are no nouns.
_KEEPS_O = re.compile(r"s[bcdfglmnpqrtv]|z|gn|ps|pn|x|y", re.IGNORECASE)
_SAINTS_IN_A = frozenset("Luca Nicola Mattia Barnaba Battista Geremia Tobia Zaccaria".split())
_NO_NOUN = frozenset(
    """
    di del della dei delle e o a al alla con per su in da dal nel che si no non se ma è ha come il lo la i gli
    le più meno anche ogni tra fra
    """.split()
)


def language(tag: str) -> Language:
    """Return Italian as it is read in a region, such as `it-CH`."""
    return _Italian(tag).reading().language()


class _Italian:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._grammar = Grammar(tag, _FORMAT, "meno", join=_joined, in_parts=" e ")

    def reading(self) -> Reading:
        tag = self._tag
        return Reading(
            _WORDS,
            self._grammar,
            Numbers(self._grammar, "più", " a ", " punto ", " a ", gender_of=_gender),
            Words("punto", "barra", "chiocciola", "trattino", "trattino basso", "più"),
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: f"{spell.cardinal(whole, tag)} e mezzo",
            power="elevato a {}",
            dates=(Rule("dates", "1", _FIRST_OF_MONTH, _first),),
            times=_TIMES,
            metres=" e ",
            own=(Rule("abbreviations", "S", _SAINT, _saint),),
            rank_of_names=lambda number: spell.ordinal(number, tag),
            ordinals=(
                Rule("ordinals", DIGIT, _RANK, self._rank),
                Rule("ordinals", "[IVXL]", re.compile(_CENTURY), self._century),
            ),
            beginnings=rf"(?<![^\W_])(?:{_CENTURY})",
        )

    def _date(self, date: Date, _: re.Match[str]) -> str:
        day = "primo" if date.day == 1 else spell.cardinal(date.day, self._tag)
        said = f"{day} {_WORDS.month(date.month)}"
        return said if date.year is None else f"{said} {spell.year(date.year, self._tag)}"

    def _time(self, time: Time) -> str:
        said = spell.cardinal(time.hour, self._tag, "feminine")
        if time.minute or time.second:
            said += f" e {spell.cardinal(time.minute, self._tag)}"
        return f"{said} e {spell.cardinal(time.second, self._tag)} secondi" if time.second else said

    def _century(self, match: re.Match[str]) -> str | None:
        number = roman(match["century"] or match["behind"])
        return spell.ordinal(number, self._tag) if number else None

    def _fraction(self, over: int, under: int) -> str | None:
        if over >= under or under not in _UNDERS:
            return None
        rank = spell.ordinal(under, self._tag)
        one, many = _FRACTIONS.get(under, (rank, rank[:-1] + "i"))
        return f"un {one}" if over == 1 else f"{spell.cardinal(over, self._tag)} {many}"

    def _rank(self, match: re.Match[str]) -> str:
        end = match["end"] or ("a" if match["sign"] == "ª" else "o")
        return spell.ordinal(int(match["n"]), self._tag)[:-1] + end[-1]


def _first(match: re.Match[str]) -> str:
    """Read the first of a month, which is "l'uno" where it is written "l'1"."""
    return "uno" if match.start() and match.string[match.start() - 1] in "'’" else "primo"


def _saint(match: re.Match[str]) -> str:
    """Read San, Sant', Santo or Santa by the name that follows."""
    name = match["name"]
    if name[0] in "AEIOU":
        return "Sant'"
    if _KEEPS_O.match(name):
        return "Santo "
    return "Santa " if name.endswith("a") and name not in _SAINTS_IN_A else "San "


def _joined(words: str, noun: str) -> str:
    """Put "di" behind a million: "un milione di euro", and write "duemila" and "un'ora" as one."""
    if noun == "mila":
        return words + noun
    if words == "una" and noun[0] in "aeiou":
        return f"un'{noun}"
    return (
        f"{words} di {noun}"
        if words.endswith(("ilione", "ilioni", "iliardo", "iliardi"))
        else f"{words} {noun}"
    )


def _gender(match: re.Match[str]) -> str | None:
    """Tell the gender of what is counted by the noun behind a number: "una casa", "un libro"."""
    noun = noun_behind(match).lower()
    if not noun or noun in _NO_NOUN:
        return None
    if _FEMININE.fullmatch(noun) and noun not in _MASCULINE:
        return "feminine"
    return None if _KEEPS_O.match(noun) else "masculine"

"""German."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from stentor.text.normalize import spell
from stentor.text.normalize.grammar import Grammar
from stentor.text.normalize.moments import Date, Time, date_of
from stentor.text.normalize.numbers import Number, NumberFormat
from stentor.text.normalize.quantities import BEHIND_WORD, Numbers, roman
from stentor.text.normalize.reading import Reading
from stentor.text.normalize.rules import DIGIT, LETTER, Language, Rule
from stentor.text.normalize.vocabulary import any_of, vocabulary
from stentor.text.normalize.web import Words

_WORDS = vocabulary("german")
_FORMAT = NumberFormat(decimal=",", grouping=".", has_spaces=True)
_LOOK_BACK = 40
_SPACE = "[ \u00a0]"

# The word before a rank tells its ending: "am dritten Mai", "der dritte Mai", and "dritter Mai" alone.
_WORD_BEFORE = re.compile(
    rf"(?<![^\W_])([^\W\d_]{{1,20}})\.?{_SPACE}(?:\d{{1,2}}\.{_SPACE}?(?:[-–/]|und|oder|bis){_SPACE}?){{0,3}}\Z"
)
_DECLINED_WEAKLY = frozenset(
    """
    am im zum zur vom beim den dem des diesem diesen dieses jenem jedem jeden einem einen eines meinem seinem
    ihrem unserem letzten nächsten kommenden
    """.split()
)
_BEFORE_DATES = _DECLINED_WEAKLY | frozenset("bis ab seit nach vor".split())
_NOMINATIVE = frozenset(
    "der die das diese dieser jede jene eine keine meine deine seine ihre unsere eure".split()
)
_BEFORE_OTHERS = frozenset("ein kein mein dein sein ihr unser euer jeder".split())

# Nouns that ranks stand before, with the ending of a rank that nothing else stands before.
_ENDING_BEFORE = {
    **dict.fromkeys(
        "Platz Rang Tag Stock Advent Geburtstag Weltkrieg Versuch Teil Band Akt Satz Sieg".split(), "r"
    ),
    **dict.fromkeys(
        "Mal Jahrhundert Kapitel Quartal Halbjahr Semester Jahr Jahrtausend Buch Spiel".split(), "s"
    ),
    **dict.fromkeys(
        "Klasse Liga Bundesliga Woche Runde Etage Auflage Staffel Folge Ausgabe Person".split(), ""
    ),
}
_FEMININE = re.compile(r"[^\W\d_]{1,40}(?:ung|heit|keit|schaft|tion|tät|[^\W\d_aeo]e)\Z")
_NOT_FEMININE = frozenset(
    """
    Name Junge Kunde Käse Gedanke Buchstabe Löwe Hase Affe Ende Auge Interesse Kollege Zeuge Erbe Neffe
    """.split()
)

_NAMED_DATE = re.compile(
    rf"(?P<d>\d{{1,2}})\.{_SPACE}?(?P<month>{any_of(_WORDS.months)})(?![^\W_])"
    rf"(?>(?:{_SPACE}(?P<y>\d{{4}})(?!\d))?)"
)
_SHORT_DATE = re.compile(r"(?P<d>\d{1,2})\.[ \u00a0]?(?P<m>\d{1,2})\.(?![ \u00a0]?\d)")
_RANK = re.compile(
    rf"(?P<n>\d{{1,3}})\.(?:(?={_SPACE}(?P<next>[^\W\d_]{{1,40}}))"
    rf"|(?={_SPACE}?[-–/]{_SPACE}?\d{{1,2}}\.)|(?=(?P<end>[\s\"“»)]{{0,3}}\Z)))"
)
_DASH_BETWEEN_RANKS = re.compile(r"(?<=\d\.)[-–](?=\d{1,2}\.)")
_ENDED = re.compile(r"(?P<n>\d{1,4})-?(?P<ending>ern?|[Mm]al|x|fache?[nrs]?|s?te[nrs]?)(?![^\W_])")
_POSTAL_CODE = re.compile(r"(?<=, )\d{5}(?= [A-ZÄÖÜ][a-zäöüß])")
_ROMAN = rf"{BEHIND_WORD}(?P<roman>[XVI]{{2,6}})(?P<point>\.?)(?![^\W_])"
_NUMBERED = frozenset(
    "kapitel kap teil band bd akt abschnitt abs artikel art buch phase stufe typ klasse".split()
)
_STREET = re.compile(r"[^\W\d_]{2,40}(?<=[Ss]tr)\.")
_TIMES = (
    r"(?P<h>\d{1,2})[.:](?P<m>\d\d)(?>(?:[.:](?P<s>\d\d))?)[ \u00a0]?(?:Uhr|h)(?![^\W_])",
    r"(?P<h>\d{1,2})[ \u00a0]?Uhr(?>(?:[ \u00a0](?P<m>[0-5]\d)(?![\d.,:]))?)(?![^\W_])",
)
_UNDERS = frozenset([*range(2, 13), 16, 20, 100, 1000])


def language(tag: str) -> Language:
    """Return German as it is read in a region, such as `de-AT`."""
    return _German(tag).reading().language()


class _German:
    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._grammar = Grammar(tag, _FORMAT, minus="minus")

    def reading(self) -> Reading:
        tag = self._tag
        return Reading(
            _WORDS,
            self._grammar,
            Numbers(self._grammar, "plus", " bis ", " Punkt ", " zu ", gender_of=_gender, alone=self._alone),
            Words("Punkt", "Schrägstrich", "at", "Bindestrich", "Unterstrich", "plus"),
            self._date,
            self._time,
            self._fraction,
            half=lambda whole: spell.cardinal(whole, tag, "masculine") + "einhalb",
            power="hoch {}",
            dates=(
                Rule("dates", DIGIT, _NAMED_DATE, self._named_date),
                Rule("dates", DIGIT, _SHORT_DATE, self._short_date),
                Rule("dates", "[-–]", _DASH_BETWEEN_RANKS, lambda _: " bis "),
            ),
            times=_TIMES,
            metres=" ",
            beginnings=_ROMAN,
            own=(Rule("numbers", DIGIT, _POSTAL_CODE, lambda match: spell.digits(match[0], tag)),),
            ordinals=(
                Rule("ordinals", DIGIT, _RANK, self._rank),
                Rule("ordinals", DIGIT, _ENDED, self._ended),
                Rule("ordinals", "[XVI]", re.compile(_ROMAN), self._roman),
                Rule("abbreviations", LETTER, _STREET, lambda match: match[0][:-1] + "aße"),
            ),
        )

    def _alone(self, number: Number, _: re.Match[str]) -> str | None:
        """Count by hundreds from 1100 to 1999, as years are and short numbers may be."""
        is_short = not number.fraction and len(number.whole) == 4 and number.whole[:1] == "1"  # noqa: PLR2004
        return spell.year(int(number.whole), self._tag) if is_short and number.whole[1] != "0" else None

    def _date(self, date: Date, match: re.Match[str]) -> str:
        day = spell.ordinal(date.day, self._tag) + _ending(match, _BEFORE_DATES)
        said = f"{day} {_WORDS.month(date.month)}"
        return said if date.year is None else f"{said} {spell.year(date.year, self._tag)}"

    def _named_date(self, match: re.Match[str]) -> str | None:
        date = date_of(match["d"], str(_WORDS.months[match["month"]]), match["y"])
        return self._date(date, match) if date else None

    def _short_date(self, match: re.Match[str]) -> str | None:
        date = date_of(match["d"], match["m"])
        return self._date(date, match) if date else None

    def _time(self, time: Time) -> str:
        said = f"{spell.cardinal(time.hour, self._tag, 'masculine')} Uhr"
        if time.minute or time.second:
            said += f" {spell.cardinal(time.minute, self._tag)}"
        if time.second:
            said += f" und {self._grammar.count(Number(str(time.second)), _WORDS.units['s'])}"
        return said

    def _fraction(self, over: int, under: int) -> str | None:
        if under not in _UNDERS or over >= max(under, 10):
            return None
        if under == 2:  # noqa: PLR2004
            return "einhalb" if over == 1 else f"{spell.cardinal(over, self._tag)} halbe"
        return f"{spell.cardinal(over, self._tag, 'neuter')} {spell.ordinal(under, self._tag).capitalize()}l"

    def _rank(self, match: re.Match[str]) -> str | None:
        """Read a number with a point as a rank if it is no sentence that ends there."""
        before, following = _word_before(match), match["next"] or ""
        is_led = before in _DECLINED_WEAKLY or before in _NOMINATIVE
        if following[:1].islower() or is_led or (match["next"] is None and match["end"] is None):
            ending = _ending(match, _DECLINED_WEAKLY, following)
        elif following in _ENDING_BEFORE:
            ending = _ENDING_BEFORE[following]
        else:
            return None
        return spell.ordinal(int(match["n"]), self._tag) + ending + ("." if match["end"] is not None else "")

    def _roman(self, match: re.Match[str]) -> str | None:
        """Read "Kapitel IV" as a number, and "Ludwig XIV." and "im II. Weltkrieg" as ranks."""
        number, before = roman(match["roman"]), _word_before(match)
        if not number:
            return None
        if not match["point"] or before in _NUMBERED:
            return spell.cardinal(number, self._tag) + match["point"]
        rank = spell.ordinal(number, self._tag)
        if before in _DECLINED_WEAKLY or before in _NOMINATIVE:
            return rank + _ending(match, _DECLINED_WEAKLY)
        is_end = not match.string[match.end() : match.end() + 4].strip()
        return f"der {rank}." if is_end else f"der {rank}"

    def _ended(self, match: re.Match[str]) -> str | None:
        number, ending = int(match["n"]), match["ending"]
        if ending in ("er", "ern"):
            return spell.year(number, self._tag) + ending
        if ending == "x" or ending.lower() == "mal":
            return spell.cardinal(number, self._tag, "masculine") + "mal"
        if ending.startswith("fach"):
            return spell.cardinal(number, self._tag, "masculine") + ending
        return spell.ordinal(number, self._tag) + ending.removeprefix("s").removeprefix("te")


def _word_before(match: re.Match[str]) -> str:
    found = _WORD_BEFORE.search(match.string[max(match.start() - _LOOK_BACK, 0) : match.start()])
    return found[1].lower() if found else ""


def _ending(match: re.Match[str], weak: AbstractSet[str], following: str = "") -> str:
    """Return what is put behind "dritte" by the word before it, as a masculine where none tells more."""
    before = _word_before(match)
    if before in weak:
        return "n"
    if before in _NOMINATIVE:
        return ""
    return _ENDING_BEFORE.get(following, "r")


def _gender(match: re.Match[str]) -> str | None:
    """Tell the gender of what is counted by the noun behind a number: "ein Apfel", "eine Wohnung"."""
    behind = re.match(
        r"[ \u00a0](?P<noun>[^\W\d_]{2,40})|-[^\W\d_]", match.string[match.end() : match.end() + 42]
    )
    if behind is None:
        return None
    noun = behind["noun"]
    if noun is None:
        return "masculine"
    before = match.string[max(match.start() - _LOOK_BACK, 0) : match.start()]
    if not noun[0].isupper() or re.search(r"(?<![^\W_])[^\W\d_a-zäöü][^\W\d_]{1,25}[ \u00a0]\Z", before):
        return None
    return "feminine" if _FEMININE.fullmatch(noun) and noun not in _NOT_FEMININE else "masculine"

"""Abbreviations in English."""

from __future__ import annotations

import re
from itertools import groupby

from stentor.text.normalize.english.calendar import COUNTED
from stentor.text.normalize.english.style import after, before
from stentor.text.normalize.rules import LETTER, Rule

_TITLES = {
    "mr": "Mister", "mrs": "Missus", "ms": "Miz", "prof": "Professor", "rev": "Reverend",
    "hon": "Honorable", "gov": "Governor", "sen": "Senator", "gen": "General", "col": "Colonel",
    "maj": "Major", "capt": "Captain", "cmdr": "Commander", "lt": "Lieutenant", "sgt": "Sergeant",
    "messrs": "Messieurs", "pres": "President", "mt": "Mount", "ft": "Fort", "rep": "Representative",
    "supt": "Superintendent", "adm": "Admiral",
}  # fmt: skip
"""They stand before a name."""

_SIMPLE = {
    "jr": "Junior", "sr": "Senior", "inc": "Incorporated", "ltd": "Limited", "corp": "Corporation",
    "co": "Company", "bros": "Brothers", "dept": "department", "govt": "government", "assn": "association",
    "univ": "university", "ave": "Avenue", "blvd": "Boulevard", "rd": "Road", "ln": "Lane",
    "hwy": "Highway", "pkwy": "Parkway", "etc": "et cetera", "vs": "versus", "approx": "approximately",
    "misc": "miscellaneous", "incl": "including", "excl": "excluding", "max": "maximum", "min": "minimum",
    "avg": "average", "est": "established", "al": "al", "e.g": "for example", "i.e": "that is",
    "a.k.a": "also known as", "cf": "compare", "viz": "namely", "eg": "for example", "ie": "that is",
    "resp": "respectively", "tel": "telephone", "jan": "January", "feb": "February", "apr": "April",
    "aug": "August", "sept": "September", "oct": "October", "nov": "November", "dec": "December",
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "thu": "Thursday",
    "thur": "Thursday", "thurs": "Thursday", "fri": "Friday",
}  # fmt: skip

_BEFORE_NUMBER = {
    "no": "number", "nos": "numbers", "nr": "number", "p": "page", "pp": "pages", "pg": "page",
    "vol": "volume", "vols": "volumes", "ch": "chapter", "chap": "chapter", "fig": "figure",
    "figs": "figures", "sec": "section", "art": "article", "eq": "equation", "ex": "example",
    "para": "paragraph", "ed": "edition", "ver": "version", "apt": "apartment", "ste": "suite",
    "rm": "room", "ca": "circa", "c": "circa", "ext": "extension", "op": "opus", "pt": "part", "bk": "book",
    "ep": "episode", "tab": "table",
}  # fmt: skip

_ONLY_SMALL = frozenset("max min al eg ie".split())
_ALSO_WORDS = frozenset("mon wed fri dec jan co".split())
"""Words of other kinds, and names: `Jan.` at the end is somebody."""
_BY_LENGTH = groupby(sorted((*_SIMPLE, "dr", "st"), key=len), key=len)
_ENDINGS = ["|".join(map(re.escape, words)) for _, words in _BY_LENGTH]
AT_END = rf"\.(?:{'|'.join(rf'(?<=(?i:{words})[.])' for words in _ENDINGS)})"
"""Source of an expression for the dot behind an abbreviation that may end a sentence."""
_DOTTED = re.compile(r"(?P<word>[A-Za-z]{1,8}(?>(?:\.[A-Za-z]){0,3}))\.(?![^\W_])")
UNDOTTED = "(?:Mrs|Mr|Ms|Dr|Prof|St|Mt|Ft|Lt|Sgt|Capt)(?=[ \u00a0][A-Z])"
"""Source of an expression for abbreviations that are written without their dot before a name."""
_UNDOTTED = re.compile(f"(?P<word>{UNDOTTED})")
_SHORT = {
    "w/o": "without", "w/": "with ", "and/or": "and or", "n/a": "not applicable", "b/c": "because",
    "c/o": "care of",
}  # fmt: skip
_SLASHED = re.compile(r"(?i:w/o|w/[ ]?|and/or|n/a|b/c|c/o)(?![/\d])(?:(?<=[ /])|(?![^\W_]))")
_NAME_FOLLOWS = re.compile(r"[ \u00a0][\"“‘']?[A-Z]")
_SUM_FOLLOWS = re.compile(rf"[ \u00a0](?:[~$€£¥₹]|(?![12]\d{{3}}(?!\d|[.,]\d|{COUNTED.pattern}))\d)")
_NUMBER_FOLLOWS = re.compile(r"[ \u00a0]?\d")
_ENDS = re.compile(r"[\s\"'”’)\]]*\Z")
_ADDRESS = re.compile(r"\b\d{1,6}[A-Za-z]?(?: [NSEW]\.?)?(?: [A-Z0-9][\w'’]*){1,3} \Z")
_PLACE = re.compile(r"\b(?:[A-Z][a-z'’]+|\d(?:st|nd|rd|th)) \Z")


def abbreviation(match: re.Match[str]) -> str | None:
    """Say an abbreviation in full, if what stands around it agrees."""
    word = match["word"]
    words = _in_full(word, match)
    is_dropped = match[0].endswith(".") and _ENDS.match(after(match))
    return f"{words}." if words and is_dropped else words


def _in_full(word: str, match: re.Match[str]) -> str | None:
    key, following = word.lower(), after(match)
    if key in ("dr", "st"):
        return _saint_or_street(key, match)
    if key in _BEFORE_NUMBER and _NUMBER_FOLLOWS.match(following):
        name = _BEFORE_NUMBER[key]
        return name.capitalize() if word[0].isupper() else name
    if word[0].isupper() and key in _TITLES:
        return _TITLES[key] if _NAME_FOLLOWS.match(following) else None
    if key not in _SIMPLE or (key in _ONLY_SMALL and word[0].isupper()):
        return None
    if key in _ALSO_WORDS and (not word[0].isupper() or _ENDS.match(following)):
        return None
    return "estimated" if key == "est" and _SUM_FOLLOWS.match(following) else _SIMPLE[key]


def _saint_or_street(key: str, match: re.Match[str]) -> str | None:
    before_name, name = ("Doctor", "Drive") if key == "dr" else ("Saint", "Street")
    if not match["word"][0].isupper():
        return None
    if _ADDRESS.search(before(match, 48)):
        return name
    if _NAME_FOLLOWS.match(after(match)):
        return before_name
    return name if _PLACE.search(before(match, 48)) else None


def shortened(match: re.Match[str]) -> str:
    """Say what is shortened with a slash."""
    key = match[0].lower()
    return _SHORT.get(key) or f"{_SHORT[key.rstrip()].rstrip()} "


def abbreviation_rules() -> tuple[Rule, ...]:
    """Return the rules for abbreviations."""
    return (
        Rule("abbreviations", LETTER, _SLASHED, shortened),
        Rule("abbreviations", LETTER, _DOTTED, abbreviation),
        Rule("abbreviations", LETTER, _UNDOTTED, abbreviation),
    )

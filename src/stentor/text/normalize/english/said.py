"""What markup says a text is, in English: SSML's `say-as`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from stentor.text.normalize.english.calendar import MONTHS, date_in_words, is_day, year_in_words
from stentor.text.normalize.english.clock import time_in_words
from stentor.text.normalize.english.codes import telephone_in_words
from stentor.text.normalize.english.quantities import fraction_in_words
from stentor.text.normalize.english.roman import value_of
from stentor.text.normalize.english.style import FORMAT, Style
from stentor.text.normalize.rules import Rule

_LONGEST = 200  # of what is spelled out or read by a rule

_SIGNS = {
    "&": "ampersand", "+": "plus", "=": "equals", "@": "at", "%": "percent", "#": "hash", "*": "star",
    ".": "dot", ",": "comma", ":": "colon", ";": "semicolon", "!": "exclamation mark", "?": "question mark",
    "/": "slash", "\\": "backslash", "-": "dash", "–": "dash", "—": "dash", "_": "underscore",
    "(": "open parenthesis", ")": "close parenthesis", "[": "open bracket", "]": "close bracket",
    "{": "open brace", "}": "close brace", "<": "less than", ">": "greater than", "|": "vertical bar",
    "~": "tilde", "^": "caret", "`": "backtick", "'": "apostrophe", "’": "apostrophe", '"': "quote",
    "“": "quote", "”": "quote", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "°": "degree",
    "§": "section", "©": "copyright",
}  # fmt: skip

_DATE = re.compile(r"(?P<first>\d{1,4})(?:[-/. ](?P<second>\d{1,2}))?(?:[-/. ](?P<third>\d{1,4}))?")
_COMPACT_DATE = re.compile(r"\d{8}")
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h ]?(?P<minute>[0-5]\d))?(?:[:. ](?P<second>[0-5]\d))?"
    r"[ ]?(?:(?P<half>[aApP])\.?[ ]?[mM]\.?)?"
)
_FRACTION = re.compile(
    r"(?:(?P<whole>\d{1,9})(?:[ ]|[ ]?\+[ ]?))?(?P<top>\d{1,9})[ ]?[/⁄][ ]?(?P<bottom>\d{1,9})"
)
_ORDINAL = re.compile(r"(?P<number>\d[\d,]{0,30})(?:\.|st|nd|rd|th)?", re.IGNORECASE)
_TELEPHONE = re.compile(r"\+?[\d ().\u00a0/-]{1,40}(?:[ ,]*(?:x|ext\.?)[ ]?\d{1,6})?", re.IGNORECASE)


class _SayAs:
    def __init__(self, style: Style, rules: tuple[Rule, ...]) -> None:
        self._style = style
        self._rules = rules

    def cardinal(self, text: str, _: str) -> str | None:
        if value := value_of(text):
            return self._style.cardinal(str(value))
        number = FORMAT.parse(text.lstrip("+-−"))
        if number is None:
            return None
        words = self._style.say(number)
        return f"minus {words}" if text[0] in "-−" else words

    def ordinal(self, text: str, _: str) -> str | None:
        if value := value_of(text):
            return self._style.ordinal(str(value))
        match = _ORDINAL.fullmatch(text)
        return self._style.ordinal(match["number"].replace(",", "")) if match else None

    def digits(self, text: str, _: str) -> str | None:
        return self._style.digits(text) or None

    def characters(self, text: str, _: str) -> str | None:
        spoken = (
            self._style.digits(character) or _SIGNS.get(character) or character.upper()
            for character in text[:_LONGEST]
            if not character.isspace()
        )
        # Inside a sentence, engines take an A for the article; a comma behind it prevents that.
        return re.sub(r"\bA (?=.)", "A, ", " ".join(spoken)) or None

    def fraction(self, text: str, _: str) -> str | None:
        match = _FRACTION.fullmatch(text)
        if match is None:
            return self._by_rules("numbers")(text, "")
        top, bottom = int(match["top"]), int(match["bottom"])
        if bottom < 2:  # noqa: PLR2004
            return None
        if bottom > 100:  # noqa: PLR2004
            words = f"{self._style.cardinal(match['top'])} over {self._style.cardinal(match['bottom'])}"
            return f"{self._style.cardinal(match['whole'])} and {words}" if match["whole"] else words
        return fraction_in_words(match["whole"] or "", top, bottom, self._style)

    def telephone(self, text: str, _: str) -> str | None:
        match = _TELEPHONE.fullmatch(text)
        return telephone_in_words(text, self._style) or None if match else None

    def date(self, text: str, order: str) -> str | None:
        fields = order.lower()
        if fields == "" or not re.fullmatch("[dmy]{1,3}", fields):
            return self._by_rules("dates")(text, "")
        parts = _parts(text, fields)
        if parts is None:
            return self._by_rules("dates")(text, "")
        return self._date(parts.get("y", ""), parts.get("m", ""), parts.get("d", ""))

    def _date(self, year: str, month: str, day: str) -> str | None:
        if month and not 1 <= int(month) <= len(MONTHS):
            return None
        if day and not (is_day(int(day), int(month)) if month else 1 <= int(day) <= 31):  # noqa: PLR2004
            return None
        if month and day:
            return date_in_words(self._style, year, int(month), int(day))
        if day:
            return self._style.ordinal(str(int(day)))
        spoken = [MONTHS[int(month) - 1]] if month else []
        return " ".join([*spoken, *([year_in_words(self._style, year)] if year else [])])

    def time(self, text: str, format_: str) -> str | None:
        match = _TIME.fullmatch(text)
        if match is None:
            return self._by_rules("times")(text, "")
        hour = int(match["hour"])
        is_half = bool(match["half"]) or format_.lower() == "hms12"
        if hour > 24 or (is_half and not 1 <= hour <= 12):  # noqa: PLR2004
            return None
        second = int(match["second"]) if match["second"] else None
        half = (match["half"] or "").lower()
        return time_in_words(hour, int(match["minute"] or 0), second, half, self._style)

    def _by_rules(self, kind: str) -> Callable[[str, str], str | None]:
        def read(text: str, _: str) -> str | None:
            for rule in self._rules:
                match = rule.pattern.fullmatch(text[: _LONGEST + 1]) if rule.kind == kind else None
                spoken = rule.read(match) if match else None
                if spoken is not None:
                    return spoken.strip()
            return None

        return read

    def by_kind(self) -> Mapping[str, Callable[[str, str], str | None]]:
        return {
            "cardinal": self.cardinal,
            "ordinal": self.ordinal,
            "digits": self.digits,
            "characters": self.characters,
            "verbatim": self.characters,
            "fraction": self.fraction,
            "telephone": self.telephone,
            "date": self.date,
            "time": self.time,
            "currency": self._by_rules("currency"),
            "unit": self._by_rules("units"),
        }


def readers(style: Style, rules: tuple[Rule, ...]) -> Mapping[str, Callable[[str, str], str | None]]:
    """Return what reads each kind of thing that `say-as` names."""
    return _SayAs(style, rules).by_kind()


def _parts(text: str, fields: str) -> dict[str, str] | None:
    """Return day, month and year as they stand in a date; None if these are not its fields."""
    if _COMPACT_DATE.fullmatch(text) and sorted(fields) == ["d", "m", "y"]:
        lengths = [4 if field == "y" else 2 for field in fields]
        ends = [sum(lengths[: index + 1]) for index in range(3)]
        numbers = [text[end - length : end] for length, end in zip(lengths, ends, strict=True)]
    else:
        match = _DATE.fullmatch(text)
        numbers = [number for number in match.groups() if number] if match else []
    if len(numbers) != len(fields) or len(set(fields)) != len(fields):
        return None
    parts = dict(zip(fields, numbers, strict=True))
    is_one = all(len(number) <= (4 if field == "y" else 2) for field, number in parts.items())
    return parts if is_one else None

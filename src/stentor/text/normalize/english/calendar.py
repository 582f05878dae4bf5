"""Dates, years and decades in English."""

from __future__ import annotations

import re

from stentor.text.normalize.english.style import DASH, Style, after, before
from stentor.text.normalize.rules import DIGIT, LETTER, Rule

MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
_BY_NAME = {
    **{month.lower(): number for number, month in enumerate(MONTHS, 1)},
    **{month[:3].lower(): number for number, month in enumerate(MONTHS, 1)},
    "sept": 9,
}
_DAYS_OF_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_SHORT_NAMES = {
    **{month[:3]: month for month in MONTHS},
    **{day[:3]: day for day in _DAYS_OF_WEEK},
    "Sept": "September",
    "Tues": "Tuesday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
}
_ALSO_WORDS = frozenset({"may", "march", "mar", "august", "jun", "dec", "sept", "sep", "jan"})

_MONTH = r"(?P<month>[A-Z][A-Za-z]{2,8}|[a-z]{3,9})(?:\.(?!\s*+\Z|[^\W\d_]))?"
_YEAR = r"(?P<year>[12]\d{3})(?![\d:%]|[.,/]\d|[^\W_])"
_SUFFIX = r"(?:st|nd|rd|th)?"
_DAYS = rf"(?P<day>\d{{1,2}}){_SUFFIX}(?:[ ]?{DASH}[ ]?(?P<last>\d{{1,2}}){_SUFFIX})?(?![^\W_])"
_END = r"(?![\d:%]|[.,/-]\d|[ ]?(?:[ap]m\b|[ap]\.m\b|%))"

_ISO = re.compile(
    r"(?P<year>[12]\d{3})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?![\d]|[-/.]\d)(?P<at>T(?=\d\d:))?"
)
_NUMERIC = re.compile(
    r"(?P<first>\d\d?)(?P<mark>[-/.])(?P<second>\d\d?)(?P=mark)(?P<year>\d{4}|\d\d)(?![\d]|[-/.]\d)"
)
_DAY_AND_MONTH = re.compile(r"(?P<first>\d\d?)/(?P<second>\d\d?)(?![\d/%]|[.,-]\d|[^\W_])")
_DAY_FIRST = re.compile(rf"{_DAYS}[ ](?:of[ ])?{_MONTH}(?![^\W_])(?:,?[ ]{_YEAR})?")
_MONTH_FIRST = re.compile(rf"{_MONTH}[ ](?:the[ ])?{_DAYS}{_END}(?:(?P<comma>,?)[ ]{_YEAR})?")
_MONTH_YEAR = re.compile(rf"{_MONTH}(?:,|[ ]of)?[ ](?:{_YEAR}|['’](?P<short>\d\d)(?!\w))")

_SEASON = re.compile(r"(?P<low>[12]\d{3})/(?P<high>[12]\d{3}|\d\d)(?![\d/%]|[.,]\d|[^\W_])")
_SPAN = re.compile(
    rf"(?P<first>[A-Z][a-z]{{2,8}})\.?[ ]?{DASH}[ ]?(?P<last>[A-Z][a-z]{{2,8}})(?:\.(?!\s*+\Z))?(?![^\W_])"
)
_DECADE = re.compile(r"(?P<century>1\d|20)(?P<tens>\d0)['’]?s(?!\w)")
_SHORT_DECADE = re.compile(r"(?P<mark>['’]?)(?P<tens>[1-9]0)['’]?s(?!\w)")
_SHORT_YEAR = re.compile(r"['’](?P<year>\d\d)(?![\w'’])")
_YEARS = re.compile(
    rf"(?P<low>[12]\d{{3}})[ ]?{DASH}[ ]?(?P<high>[12]\d{{3}}|\d\d)(?![\d:%]|[.,/]\d|[^\W_]|{DASH}\d)"
)
_ONE_YEAR = re.compile(_YEAR)

_ON = re.compile(r"(?i:\b(?:on|by|until|till|since|from|before|after|due|dated?|to|through|of))[ ]\Z")
_SAYS_DECADE = re.compile(r"(?i:\b(?:the|early|late|mid|my|his|her|their|your|our|in|into))[ -]\Z")
_SAYS_YEAR = re.compile(
    r"(?i:\b(?:in|since|until|till|by|from|of|during|before|after|circa|year|spring|summer|autumn|fall|winter|early"
    r"|late|mid|between|through|born|died|copyright)|\b(?:ca?|est)\.|©)[ -]\Z"
)
COUNTED = re.compile(
    r"[ ](?!(?:was|is|has|as|its|this|does|versus|always|perhaps|plus|sees|unless|across|us)\b)"
    r"(?:[a-z]++(?<=s)|people|men|women|children|feet|sheep)(?![^\W_])"
)
_HAPPENED = re.compile(r"[ ](?:AD|CE|BC|BCE)\b")
_FEWEST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_day(day: int, month: int) -> bool:
    """Tell whether a month has such a day."""
    return 1 <= month <= len(MONTHS) and 1 <= day <= _FEWEST_DAYS[month - 1]


def date_in_words(style: Style, year: str, month: int, day: int) -> str:
    """Say a date in the order of the place; the year may be empty."""
    rank = style.ordinal(str(day))
    if style.is_american:
        words = f"{MONTHS[month - 1]} {rank}"
        return f"{words}, {year_in_words(style, year)}" if year else words
    words = f"the {rank} of {MONTHS[month - 1]}"
    return f"{words} {year_in_words(style, year)}" if year else words


def plural(words: str) -> str:
    """Return several of a number: nineties, sixes, tens."""
    if words.endswith("y"):
        return f"{words.removesuffix('y')}ies"
    return f"{words}{'es' if words.endswith('x') else 's'}"


def year_in_words(style: Style, year: str) -> str:
    """Say a year; of two digits, "oh five" and "ninety-nine"."""
    if len(year) == 2 and int(year[0]) == 0:  # noqa: PLR2004
        return "two thousand" if year == "00" else f"oh {style.cardinal(year)}"
    return style.year(year)


def _month(match: re.Match[str]) -> int | None:
    name = match["month"]
    if name.islower() and name in _ALSO_WORDS:
        return None
    return _BY_NAME.get(name.lower())


class _Dates:
    def __init__(self, style: Style) -> None:
        self._style = style

    def iso(self, match: re.Match[str]) -> str | None:
        month, day = int(match["month"]), int(match["day"])
        if not is_day(day, month):
            return None
        return date_in_words(self._style, match["year"], month, day) + (", " if match["at"] else "")

    def numeric(self, match: re.Match[str]) -> str | None:
        if match["mark"] != "/" and len(match["year"]) == 2:  # noqa: PLR2004
            return None
        order = self._order(match, is_day_first=match["mark"] == ".")
        return date_in_words(self._style, match["year"], *order) if order else None

    def day_and_month(self, match: re.Match[str]) -> str | None:
        first, second = int(match["first"]), int(match["second"])
        if (first, second) in ((24, 7), (9, 11), (50, 50)) and not re.search(r"\b[Oo]n[ ]\Z", before(match)):
            return f"{self._style.cardinal(match['first'])} {self._style.cardinal(match['second'])}"
        is_told = _ON.search(before(match)) is not None and (first < second or second > 2)  # noqa: PLR2004
        is_fraction = first < second and (second <= 10 or second in (16, 20))  # noqa: PLR2004
        order = self._order(match, is_day_first=False)
        return date_in_words(self._style, "", *order) if order and (is_told or not is_fraction) else None

    def _order(self, match: re.Match[str], *, is_day_first: bool) -> tuple[int, int] | None:
        """Return month and day: in the order of the place, in the other if only that is possible."""
        first, second = int(match["first"]), int(match["second"])
        orders = [(first, second), (second, first)]
        if is_day_first or not self._style.is_american:
            orders.reverse()
        return next(((month, day) for month, day in orders if is_day(day, month)), None)

    def day_first(self, match: re.Match[str]) -> str | None:
        month, rank = _month(match), self._ranks(match)
        if month is None or rank is None:
            return None
        the = "" if re.search(r"(?i:\bthe)[ ]\Z", before(match)) else "the "
        year = f" {self._style.year(match['year'])}" if match["year"] else ""
        return f"{the}{rank} of {MONTHS[month - 1]}{year}"

    def month_first(self, match: re.Match[str]) -> str | None:
        month, rank = _month(match), self._ranks(match)
        if month is None or rank is None:
            return None
        the = "" if self._style.is_american else "the "
        year = f"{match['comma']} {self._style.year(match['year'])}" if match["year"] else ""
        return f"{MONTHS[month - 1]} {the}{rank}{year}"

    def _ranks(self, match: re.Match[str]) -> str | None:
        month = _month(match)
        days = [int(day) for day in (match["day"], match["last"]) if day]
        if month is None or not all(is_day(day, month) for day in days):
            return None
        return " to ".join(self._style.ordinal(str(day)) for day in days)

    def month_and_year(self, match: re.Match[str]) -> str | None:
        month = _month(match)
        return (
            f"{MONTHS[month - 1]} {year_in_words(self._style, match['year'] or match['short'])}"
            if month
            else None
        )


class _Years:
    def __init__(self, style: Style) -> None:
        self._style = style

    def season(self, match: re.Match[str]) -> str | None:
        low, high = match["low"], match["high"]
        if int(high) != (int(low) + 1) % 10 ** len(high):
            return None
        return f"{self._style.year(low)} {year_in_words(self._style, high)}"

    def decade(self, match: re.Match[str]) -> str:
        century, tens = match["century"], match["tens"]
        if tens != "00":
            return f"{self._style.cardinal(century)} {self._plural(tens)}"
        return "two thousands" if century == "20" else f"{self._style.cardinal(century)} hundreds"

    def short_decade(self, match: re.Match[str]) -> str | None:
        if match["mark"] or _SAYS_DECADE.search(before(match)):
            return self._plural(match["tens"])
        return None

    def _plural(self, tens: str) -> str:
        return plural(self._style.cardinal(tens))

    def short(self, match: re.Match[str]) -> str | None:
        is_apart = not before(match, 1).strip(" \u00a0([-–—")
        return year_in_words(self._style, match["year"]) if is_apart else None

    def between(self, match: re.Match[str]) -> str | None:
        low, high = match["low"], match["high"]
        full = high if len(high) > 2 else low[:2] + high  # noqa: PLR2004
        if not low < full or not "1100" <= low <= "2100" or full > "2199":
            return None
        return f"{self._style.year(low)} to {year_in_words(self._style, high)}"

    def one(self, match: re.Match[str]) -> str | None:
        year = match["year"]
        if not "1001" <= year <= "2199" or COUNTED.match(after(match)):
            return None
        is_recent = "1900" <= year <= "2099"
        is_told = _SAYS_YEAR.search(before(match)) or _HAPPENED.match(after(match))
        return self._style.year(year) if is_recent or is_told else None


def _span(match: re.Match[str]) -> str | None:
    names = [_SHORT_NAMES.get(match[end], match[end]) for end in ("first", "last")]
    are_names = all(name in MONTHS for name in names) or all(name in _DAYS_OF_WEEK for name in names)
    return " to ".join(names) if are_names else None


def date_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for dates."""
    dates, years = _Dates(style), _Years(style)
    return (
        Rule("dates", DIGIT, _ISO, dates.iso, re.compile(r"\d{4}[-/.]\d")),
        Rule("dates", DIGIT, _NUMERIC, dates.numeric, re.compile(r"\d\d?[-/.]\d")),
        Rule("dates", DIGIT, _DAY_AND_MONTH, dates.day_and_month, re.compile(r"\d\d?/\d")),
        Rule(
            "dates",
            DIGIT,
            _DAY_FIRST,
            dates.day_first,
            re.compile(rf"\d\d?(?:[a-z]{{2}}|[ ]?{DASH}|[ ][A-Za-z])"),
        ),
        Rule("dates", LETTER, _MONTH_FIRST, dates.month_first),
        Rule("dates", LETTER, _MONTH_YEAR, dates.month_and_year),
        Rule("dates", LETTER, _SPAN, _span),
        Rule("dates", DIGIT, _SEASON, years.season, re.compile(r"\d{4}/\d")),
        Rule("dates", DIGIT, _DECADE, years.decade, re.compile(r"\d{4}['’]?[a-z](?!\w)")),
        Rule(
            "dates", rf"{DIGIT}|['’]", _SHORT_DECADE, years.short_decade, re.compile(r"\d\d['’]?[a-z](?!\w)")
        ),
        Rule("dates", "['’]", _SHORT_YEAR, years.short),
        Rule("dates", DIGIT, _YEARS, years.between, re.compile(rf"\d{{4}}[ ]?{DASH}")),
    )


def year_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rule for a year alone, which comes behind those for what a number may count."""
    return (Rule("dates", DIGIT, _ONE_YEAR, _Years(style).one, re.compile(r"\d{4}(?!\d)")),)

"""Dates and times as they are written in figures, in any language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from stentor.text.normalize.rules import DIGIT, Rule

Order: TypeAlias = Literal["dmy", "mdy", "ymd"]

_MONTHS = 12
_DAYS = 31
_FIRST_YEAR_OF_LAST_CENTURY = 50

_YEAR, _PART = r"(?P<y>\d{4})", r"\d{1,2}"
_YEAR_FIRST = re.compile(
    rf"{_YEAR}(?P<mark>[-/.])(?P<m>{_PART})(?P=mark)(?P<d>{_PART})(?![\d-]|[/.]\d)(?>(?:T(?=\d\d:))?)"
)
_YEAR_LAST = re.compile(
    rf"(?P<d>{_PART})(?P<mark>[-/.])(?P<m>{_PART})(?P=mark)(?P<y>\d{{4}}|\d{{2}})(?![\d-]|[/.]\d)"
)
_SPACED = re.compile(rf"(?P<d>{_PART})\.[ \u00a0](?P<m>{_PART})\.[ \u00a0](?P<y>\d{{4}})(?!\d)")
_CLOCK = r"(?P<h>\d{1,2}):(?P<m>\d\d)(?>(?::(?P<s>\d\d)(?>(?:[.,]\d{1,6}+)?))?)(?![\d:])"


@dataclass(frozen=True, slots=True)
class Date:
    """A day that may exist. `month` counts from 1; the year may be left out."""

    day: int
    month: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day. `second` is None where it is left out."""

    hour: int
    minute: int = 0
    second: int | None = None


def date_of(day: str, month: str, year: str | None = None) -> Date | None:
    """Return a date by its figures, None if there is no such day; "24" is 2024 and "85" is 1985."""
    if not (1 <= int(month) <= _MONTHS and 1 <= int(day) <= _DAYS):
        return None
    if year is None:
        return Date(int(day), int(month))
    number = int(year)
    if len(year) == 2:  # noqa: PLR2004
        number += 2000 if number < _FIRST_YEAR_OF_LAST_CENTURY else 1900
    return Date(int(day), int(month), number)


def time_of(hour: str, minute: str | None = None, second: str | None = None) -> Time | None:
    """Return a time by its figures, None if there is no such time."""
    time = Time(int(hour), int(minute or 0), None if second is None else int(second))
    return time if time.hour <= 24 and time.minute < 60 and (time.second or 0) < 60 else None  # noqa: PLR2004


def date_rules(say: Callable[[Date, re.Match[str]], str | None], order: Order = "dmy") -> tuple[Rule, ...]:
    """Return the rules for 2024-01-05, 2024/1/5, 5.1.2024, 5/1/2024, 5-1-24 and 5. 1. 2024.

    `say` is given what was matched as well, as some languages decline a date by the word before it.
    Where the year stands last, `order` tells which of the others is the month, unless there is no such day.
    """

    def read(match: re.Match[str]) -> str | None:
        day, month = match["d"], match["m"]
        if order == "mdy" and match.re is _YEAR_LAST and match["mark"] != ".":
            day, month = month, day
        date = date_of(day, month, match["y"])
        if date is None and match.re is _YEAR_LAST:
            date = date_of(month, day, match["y"])
        return say(date, match) if date else None

    return tuple(Rule("dates", DIGIT, pattern, read) for pattern in (_YEAR_FIRST, _YEAR_LAST, _SPACED))


def time_rules(
    say: Callable[[Time], str | None], patterns: Iterable[str] = (), behind: str = ""
) -> tuple[Rule, ...]:
    """Return the rules for 15:30 and 15:30:20, and those for other ways to write a time.

    `patterns` have the groups `h`, and `m` where there are minutes. `behind` may stand behind a time;
    it belongs to it and is not said by itself.
    """

    def read(match: re.Match[str]) -> str | None:
        found = match.groupdict()
        time = time_of(found["h"], found.get("m"), found.get("s"))
        return say(time) if time else None

    sources = [*patterns, _CLOCK + (f"(?>(?:[ \u00a0]?(?:{behind})(?![^\\W_]))?)" if behind else "")]
    return tuple(Rule("times", DIGIT, re.compile(source), read) for source in sources)

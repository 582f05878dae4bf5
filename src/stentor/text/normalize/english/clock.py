"""Times of day in English."""

from __future__ import annotations

import re

from stentor.text.normalize.english.style import DASH, Style, before
from stentor.text.normalize.rules import DIGIT, Rule


def _time(number: int) -> str:
    """Return the source of an expression for a time whose groups end in a number."""
    return (
        rf"(?P<hour{number}>\d{{1,2}})"
        rf"(?:(?P<mark{number}>[:.])(?P<minute{number}>[0-5]\d)(?::(?P<second{number}>[0-5]\d)(?:[.,]\d{{1,6}})?)?)?"
        rf"(?:[ \u00a0\u202f]?(?P<half{number}>[aApP])(?:[mM]|\.[ ]?[mM](?:\.(?!\s*\Z))?)(?!\w))?"
    )


_END = r"(?![:\d]|[.,/]\d)"
_ONE = re.compile(_time(1) + _END)
_TWO = re.compile(f"{_time(1)}[ ]?{DASH}[ ]?{_time(2)}{_END}(?!{DASH}\\d)")
_RATIO = re.compile(r"(?P<low>\d{1,9}):(?P<high>\d{1,9})(?![:\d]|[.,/]\d)")
_OF_RATIOS = re.compile(r"(?i:\b(?:ratio|scale|odds|aspect|score|won|lost|proportion)(?: of| is| was)?)[ ]\Z")
_NOON, _LAST_HOUR = 12, 24


def time_in_words(hour: int, minute: int | None, second: int | None, half: str, style: Style) -> str:
    """Say a time; `half` is a, p or empty where the hours go to 24."""
    words = _hour_and_minute(hour, minute or 0, half, style)
    if second:
        words += f" and {style.cardinal(str(second))} {'second' if second == 1 else 'seconds'}"
    return f"{words} {half.upper()}M" if half else words


def _hour_and_minute(hour: int, minute: int, half: str, style: Style) -> str:
    spoken = style.cardinal(str(hour))
    if minute:
        return f"{spoken} {'oh ' if minute < 10 else ''}{style.cardinal(str(minute))}"  # noqa: PLR2004
    if half:
        return spoken
    if hour in (0, _LAST_HOUR):
        return "midnight"
    return f"{spoken} o'clock" if hour <= _NOON else f"{spoken} hundred"


class _Clock:
    def __init__(self, style: Style) -> None:
        self._style = style

    def one(self, match: re.Match[str]) -> str | None:
        if _OF_RATIOS.search(before(match)):
            return None
        return self._said(match, 1) if _is_time(match, 1) else None

    def two(self, match: re.Match[str]) -> str | None:
        first, second = _is_time(match, 1), _is_time(match, 2)
        if not (first or match["half2"]) or not (second or match["mark1"] == ":"):
            return None
        if int(match["hour1"]) > _LAST_HOUR or int(match["hour2"]) > _LAST_HOUR:
            return None
        low = self._said(match, 1) if first else self._style.cardinal(match["hour1"])
        if match["half2"] and first and not match["half1"] and not match["minute1"].strip("0"):
            low = self._style.cardinal(match["hour1"])
        return f"{low} to {self._said(match, 2) if second else self._style.cardinal(match['hour2'])}"

    def _said(self, match: re.Match[str], number: int) -> str:
        hour, minute, second = (match[f"{name}{number}"] for name in ("hour", "minute", "second"))
        return time_in_words(
            int(hour),
            int(minute) if minute else None,
            int(second) if second else None,
            (match[f"half{number}"] or "").lower(),
            self._style,
        )


def _is_time(match: re.Match[str], number: int) -> bool:
    hour = int(match[f"hour{number}"])
    if match[f"half{number}"]:
        return 1 <= hour <= _NOON
    is_day = hour < _LAST_HOUR or (hour == _LAST_HOUR and match[f"minute{number}"] == "00")
    return match[f"mark{number}"] == ":" and is_day


def time_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for times of day, and for what is written like one and is none."""
    clock = _Clock(style)

    def ratio(match: re.Match[str]) -> str:
        return f"{style.cardinal(match['low'])} to {style.cardinal(match['high'])}"

    return (
        Rule(
            "times",
            DIGIT,
            _TWO,
            clock.two,
            re.compile(rf"\d\d?(?:[:.]\d|[ \u00a0\u202f]?[A-Za-z](?!\d)|[ ]?{DASH})"),
        ),
        Rule("times", DIGIT, _ONE, clock.one, re.compile(r"\d\d?(?:[:.]\d|[ \u00a0\u202f]?[A-Za-z](?!\d))")),
        Rule("numbers", DIGIT, _RATIO, ratio, re.compile(r"\d+:\d")),
    )

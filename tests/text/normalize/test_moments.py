from __future__ import annotations

import re

import pytest

from stentor.text.normalize.moments import Date, Order, Time, date_of, date_rules, time_of, time_rules
from stentor.text.normalize.rules import Rule


def read(rules: tuple[Rule, ...], text: str) -> str | None:
    for rule in rules:
        match = rule.pattern.match(text)
        said = rule.read(match) if match and re.fullmatch(rule.first, text[0]) else None
        if said is not None:
            return said
    return None


def say_date(date: Date, match: re.Match[str]) -> str:
    return f"{date.year}-{date.month}-{date.day} {match[0]}"


@pytest.mark.parametrize(
    ("written", "order", "date"),
    [
        ("2024-01-05", "dmy", "2024-1-5"),
        ("2024/1/5", "dmy", "2024-1-5"),
        ("2024.1.5", "mdy", "2024-1-5"),
        ("5.1.2024", "dmy", "2024-1-5"),
        ("5.1.2024", "mdy", "2024-1-5"),
        ("5/1/2024", "dmy", "2024-1-5"),
        ("5/1/2024", "mdy", "2024-5-1"),
        ("5/13/2024", "dmy", "2024-5-13"),
        ("13/5/2024", "mdy", "2024-5-13"),
        ("5-1-24", "dmy", "2024-1-5"),
        ("5.1.85", "dmy", "1985-1-5"),
        ("5. 1. 2024", "dmy", "2024-1-5"),
        ("٥.١.٢٠٢٤", "dmy", "2024-1-5"),
    ],
)
def test_dates_are_understood_however_they_are_written(written: str, order: Order, date: str) -> None:
    assert read(date_rules(say_date, order), written) == f"{date} {written}"


@pytest.mark.parametrize(
    "written",
    ["2024-13-05", "32.1.2024", "13/13/2024", "0.1.2024", "1.2.3.4", "5/1.2024", "2024-01-055", "1-2-3"],
)
def test_what_is_no_day_is_no_date(written: str) -> None:
    assert read(date_rules(say_date), written) is None


def test_the_t_of_a_timestamp_is_part_of_its_date() -> None:
    assert read(date_rules(say_date), "2024-01-05T10:00") == "2024-1-5 2024-01-05T"


def test_a_date_may_do_without_a_year() -> None:
    assert date_of("3", "5") == Date(3, 5)
    assert date_of("3", "15") is None


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("15:30", Time(15, 30)),
        ("9:05:07", Time(9, 5, 7)),
        ("9:05:07.5", Time(9, 5, 7)),
        ("24:00", Time(24)),
        ("15h30", Time(15, 30)),
        ("15:30 Uhr", Time(15, 30)),
    ],
)
def test_times_are_understood(written: str, time: Time) -> None:
    rules = time_rules(repr, [r"(?P<h>\d{1,2})h(?P<m>\d\d)"], behind="Uhr")

    assert read(rules, written) == repr(time)


@pytest.mark.parametrize("written", ["25:00", "12:60", "12:5", "12:30:61", "1:23:45:67", "123:45"])
def test_what_is_no_time_is_not_read(written: str) -> None:
    assert read(time_rules(repr), written) is None


def test_a_time_may_do_without_minutes() -> None:
    assert time_of("7") == Time(7)
    assert time_of("7", "61") is None

from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.english.calendar import date_in_words, is_day, plural, year_in_words
from stentor.text.normalize.english.style import Style


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        ("en", "March fourth, twenty twenty-four"),
        ("en-US", "March fourth, twenty twenty-four"),
        ("en-PH", "March fourth, twenty twenty-four"),
        ("en-GB", "the third of April twenty twenty-four"),
        ("en-AU", "the third of April twenty twenty-four"),
        ("en-Latn-IE", "the third of April twenty twenty-four"),
    ],
)
def test_the_order_of_a_date_is_that_of_the_place(tag: str, spoken: str) -> None:
    assert said("3/4/2024", tag) == spoken


def test_an_order_that_is_not_possible_is_turned_round() -> None:
    assert said("31/12/2024", "en-US") == "December thirty-first, twenty twenty-four"
    assert said("12/31/2024", "en-GB") == "the thirty-first of December twenty twenty-four"


def test_a_date_with_dots_begins_with_its_day() -> None:
    assert said("05.01.2024", "en-US") == "January fifth, twenty twenty-four"


@pytest.mark.parametrize("written", ["31/31/2024", "2024-13-01", "Feb 30", "32 May"])
def test_a_day_that_does_not_exist_is_no_date(written: str) -> None:
    assert " of " not in said(written, "en-GB")
    assert "thirtieth" not in said(written, "en-GB")


def test_small_letters_that_are_another_word_are_no_month() -> None:
    assert said("we march 5 miles and may 5 times", "en-US") == "we march five miles and may five times"
    assert said("on april 5", "en-US") == "on April fifth"


def test_the_article_is_said_once() -> None:
    assert said("on the 5 May", "en-GB") == "on the fifth of May"
    assert said("on 5 May", "en-GB") == "on the fifth of May"


def test_what_people_count_is_no_year() -> None:
    assert said("1984 people", "en-US") == "one thousand nine hundred eighty-four people"
    assert said("1984 was", "en-US") == "nineteen eighty-four was"
    assert said("in 1500 cases", "en-US") == "in one thousand five hundred cases"


def test_decades_and_seconds_are_told_apart() -> None:
    assert said("in the 90s", "en-US") == "in the nineties"
    assert said("after 90s", "en-US") == "after ninety seconds"


def test_dates_and_years_in_words() -> None:
    assert date_in_words(Style("en-US"), "", 3, 1) == "March first"
    assert date_in_words(Style("en-GB"), "1905", 3, 1) == "the first of March nineteen oh-five"
    assert year_in_words(Style("en-US"), "05") == "oh five"
    assert year_in_words(Style("en-US"), "00") == "two thousand"


def test_days_of_months() -> None:
    assert is_day(29, 2)
    assert not is_day(30, 2)
    assert not is_day(1, 13)
    assert not is_day(0, 1)


def test_plurals_of_numbers() -> None:
    assert [plural(word) for word in ("ninety", "six", "ten")] == ["nineties", "sixes", "tens"]


def test_spans_of_months_and_days() -> None:
    assert (
        said("Mon–Fri, Jan-Mar, Nov. – Dec.", "en-US")
        == "Monday to Friday, January to March, November to December."
    )
    assert said("Jan–Fri, Ann-Marie", "en-US") == "Jan–Fri, Ann-Marie"


def test_seasons_are_years_that_follow_each_other() -> None:
    assert (
        said("1999/2000, 2023/24", "en-US")
        == "nineteen ninety-nine two thousand, twenty twenty-three twenty-four"
    )
    assert said("2000/3000", "en-US") == "two thousand over three thousand"

from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.english.clock import time_in_words
from stentor.text.normalize.english.style import Style


@pytest.mark.parametrize(
    ("time", "spoken"),
    [
        ((0, 0, None, ""), "midnight"),
        ((24, 0, None, ""), "midnight"),
        ((12, None, None, ""), "twelve o'clock"),
        ((13, 0, None, ""), "thirteen hundred"),
        ((7, 5, None, "a"), "seven oh five AM"),
        ((7, 0, 1, "p"), "seven and one second PM"),
        ((15, 45, 10, ""), "fifteen forty-five and ten seconds"),
    ],
)
def test_times_in_words(time: tuple[int, int | None, int | None, str], spoken: str) -> None:
    assert time_in_words(*time, Style("en-US")) == spoken


@pytest.mark.parametrize(
    "written", ["10 a.m.", "10 A.M.", "10 am", "10AM", "10 a. m.", "10\u202fam", "10.00 am", "10:00 a.m."]
)
def test_the_half_of_the_day_is_written_in_many_ways(written: str) -> None:
    assert said(f"at {written} sharp", "en-GB") == "at ten AM sharp"


def test_a_point_that_ends_the_sentence_stays() -> None:
    assert said("Come at 10 a.m.", "en-US") == "Come at ten AM."


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("3-5pm", "three to five PM"),
        ("11am-1pm", "eleven AM to one PM"),
        ("9:30-10", "nine thirty to ten"),
        ("9:00 - 17:30", "nine o'clock to seventeen thirty"),
    ],
)
def test_spans_of_time(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("25:10", "twenty-five to ten"),
        ("a ratio of 1:10", "a ratio of one to ten"),
        ("13pm", "thirteen pm"),
        ("at 1:10", "at one ten"),
    ],
)
def test_what_is_no_time_is_read_otherwise(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken

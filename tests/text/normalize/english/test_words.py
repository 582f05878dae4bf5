from __future__ import annotations

import pytest
from tests.text.normalize.readings import said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Dr. Who", "Doctor Who"),
        ("Elm Dr.", "Elm Drive."),
        ("12 Elm Dr. Boston", "twelve Elm Drive Boston"),
        ("St. Louis", "Saint Louis"),
        ("Visit St. Louis", "Visit Saint Louis"),
        ("Wall St. is", "Wall Street is"),
        ("123 N. Main St. Boston", "one hundred twenty-three N. Main Street Boston"),
        ("the st. of", "the st. of"),
        ("no. 5", "number five"),
        ("No. 5", "Number five"),
        ("No.", "No."),
        ("Mr. and Mrs. Ray", "Mr. and Missus Ray"),
        ("Foo Inc.", "Foo Incorporated."),
        ("Foo Inc. is", "Foo Incorporated is"),
        ("etc.)", "et cetera.)"),
        ("Max. Ray", "Max. Ray"),
        ("Jan. was", "January was"),
        ("It is Jan.", "It is Jan."),
        ("w/ milk, w/o", "with milk, without"),
        ("n/a", "not applicable"),
        ("and/or", "and or"),
        ("he/she", "he/she"),
        ("c. 1800", "circa eighteen hundred"),
        ("Prof Ray", "Professor Ray"),
        ("Dr who", "Dr who"),
    ],
)
def test_abbreviations(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("We met in Sept.", "We met in September."),
        ("Apples and so on, etc.", "Apples and so on, et cetera."),
        ("He lives on Elm St.", "He lives on Elm Street."),
        ("Open Mon-Fri", "Open Monday to Friday"),
        ("Chapter IV", "Chapter four"),
        ("Ask Mr Ray", "Ask Mister Ray"),
        ("This is the end.", "This is the end."),
    ],
)
def test_a_sentence_may_hold_nothing_but_one_abbreviation(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken

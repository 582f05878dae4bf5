from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.normalize import say_as

KINDS = "cardinal ordinal digits characters verbatim fraction telephone date time currency unit".split()


@pytest.mark.parametrize(
    ("text", "kind", "format_", "spoken"),
    [
        ("5", "cardinal", "", "five"),
        ("-1,234.5", "cardinal", "", "minus one thousand two hundred thirty-four point five"),
        ("1984", "cardinal", "", "one thousand nine hundred eighty-four"),
        ("XIV", "cardinal", "", "fourteen"),
        ("IV", "ordinal", "", "fourth"),
        ("21st", "ordinal", "", "twenty-first"),
        ("1,000", "ordinal", "", "one thousandth"),
        ("12-34", "digits", "", "one two three four"),
        ("b2 CAT", "characters", "", "B two C A, T"),
        ("x@y.z!", "verbatim", "", "X at Y dot Z exclamation mark"),
        ("3/4", "fraction", "", "three quarters"),
        ("2 1/2", "fraction", "", "two and a half"),
        ("2+1/2", "fraction", "", "two and a half"),
        ("7/3", "fraction", "", "seven thirds"),
        ("1/250", "fraction", "", "one over two hundred fifty"),
        ("½", "fraction", "", "one half"),
        ("555 1234", "telephone", "", "five five five, one two three four"),
        ("02/03/2024", "date", "mdy", "February third, twenty twenty-four"),
        ("02/03/2024", "date", "dmy", "March second, twenty twenty-four"),
        ("2024-03-02", "date", "ymd", "March second, twenty twenty-four"),
        ("20240302", "date", "ymd", "March second, twenty twenty-four"),
        ("3/2", "date", "md", "March second"),
        ("3/2", "date", "dm", "February third"),
        ("3/2024", "date", "my", "March twenty twenty-four"),
        ("2024/3", "date", "ym", "March twenty twenty-four"),
        ("2024", "date", "y", "twenty twenty-four"),
        ("3", "date", "m", "March"),
        ("3", "date", "d", "third"),
        ("May 5, 2024", "date", "", "May fifth, twenty twenty-four"),
        ("May 5", "date", "md", "May fifth"),
        ("1/2/2024", "date", "md", "January second, twenty twenty-four"),
        ("3:30", "time", "hms12", "three thirty"),
        ("3:30pm", "time", "hms12", "three thirty PM"),
        ("15:30:10", "time", "hms24", "fifteen thirty and ten seconds"),
        ("3", "time", "", "three o'clock"),
        ("$25", "currency", "", "twenty-five dollars"),
        ("25 USD", "currency", "", "twenty-five US dollars"),
        ("5kg", "unit", "", "five kilograms"),
    ],
)
def test_markup_tells_what_a_text_is(text: str, kind: str, format_: str, spoken: str) -> None:
    assert say_as(text, kind, format_, "en-US") == spoken


@pytest.mark.parametrize(
    ("text", "kind", "format_"),
    [
        *(
            (text, kind, "")
            for text in ("", "x", "-", "no such thing")
            for kind in KINDS
            if kind[:1] not in "cv"
        ),
        ("31/2/2024", "date", "dmy"),
        ("13/1/2024", "date", "mdy"),
        ("1/2", "date", "mdy"),
        ("15:30", "time", "hms12"),
        ("25:30", "time", ""),
        ("1/0", "fraction", ""),
        ("x", "cardinal", ""),
        ("5", "currency", ""),
        ("5", "no such kind", ""),
    ],
)
def test_what_is_no_such_thing_is_not_read(text: str, kind: str, format_: str) -> None:
    assert say_as(text, kind, format_, "en-US") is None


def test_the_region_decides_how_a_date_is_said() -> None:
    assert say_as("02/03/2024", "date", "dmy", "en-GB") == "the second of March twenty twenty-four"


@given(
    st.text(max_size=12) | st.from_regex(r"[0-9+:/. $-]{0,14}"),
    st.sampled_from(KINDS),
    st.text("dmy", max_size=4),
)
def test_nothing_is_too_strange_to_be_asked_about(text: str, kind: str, format_: str) -> None:
    spoken = say_as(text, kind, format_, "en-US")
    assert spoken is None or not any(map(str.isdecimal, spoken))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", ["1", "1,111", "(", "+1 ", "1/", "x", "1 1"])
def test_asking_takes_linear_time(kind: str, unit: str) -> None:
    assert effort(lambda text: say_as(text, kind, "mdy", "en-US"), unit) < 3

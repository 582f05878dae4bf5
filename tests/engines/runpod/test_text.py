"""What Echo-TTS is given to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.engines.runpod.text import echo_text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Hello there.", "[S1] Hello there."),
        ("He said: go; stay.", "[S1] He said, go, stay."),
        ("Wait — what?", "[S1] Wait, what?"),
        ("Wait—what?", "[S1] Wait, what?"),
        ("one -- two - three", "[S1] one, two, three"),
        ("a - - -- — b", "[S1] a, b"),
        ("well-known, twenty-one", "[S1] well-known, twenty-one"),
        ("a, — b", "[S1] a, b"),
        ("1,000 and 2", "[S1] 1,000 and 2"),
        ("— Yes.", "[S1] Yes."),
        ("the end:", "[S1] the end"),
        ("“Don’t…”", '[S1] "Don\'t..."'),
        ("two\nlines\t here", "[S1] two lines here"),
        ("[S2] Mine.", "[S2] Mine."),
        ("(laughs) Well.", "(laughs) Well."),
    ],
)
def test_it_is_in_the_models_own_form(written: str, read: str) -> None:
    assert echo_text(written, "[S1]") == read


def test_another_tag_or_none_is_used_as_set() -> None:
    assert echo_text("Hello.", "[S2]") == "[S2] Hello."
    assert echo_text("Hello.", "") == "Hello."


@given(st.text(alphabet=" ,;:-—–ab.\n", max_size=80))
def test_no_colon_semicolon_or_dash_is_left_and_no_letter_is_lost(text: str) -> None:
    read = echo_text(text, "")
    assert not set(read) & set(":;—–\n")
    assert "--" not in read
    assert " - " not in read
    assert [sign for sign in read if sign in "ab."] == [sign for sign in text if sign in "ab."]
    assert read == read.strip(" ,")
    if "," not in text:
        assert ", ," not in read


@pytest.mark.parametrize("hostile", [" ", "-", "—", ",", " ,", " -", ", -", "- ", "-a"])
def test_the_effort_grows_with_the_text_alone(hostile: str) -> None:
    assert effort(lambda text: echo_text(text, "[S1]"), hostile) < 4

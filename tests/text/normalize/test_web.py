from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.normalize.readings import said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("https://example.com", "example dot com"),
        ("http://www.example.com/", "example dot com"),
        ("HTTPS://Example.COM/A-b_c", "Example dot com slash A b c"),
        ("https://user:secret@example.com:8080/x", "example dot com slash x"),
        ("https://example.com/a?b=c#d", "example dot com slash a"),
        ("https://example.com/a%20b/%C3%A9", "example dot com slash a b slash é"),
        ("https://example.com/a/b/c/d/e/f", "example dot com slash a slash b slash c slash d"),
        ("https://example.com/550e8400-e29b-41d4/x", "example dot com slash x"),
        ("ftp://a.b.io", "a dot b dot IO"),
        ("(see https://example.com).", "(see example dot com)."),
        ("https://example.com, or", "example dot com, or"),
        ("www.example.org!", "example dot org!"),
        ("example.com/docs", "example dot com slash docs"),
        ("example.com's", "example dot com's"),
        ("config.json", "config dot json"),
        ("README.md", "README dot MD"),
        ("end.Next", "end.Next"),
        ("e.g", "e.g"),
        ("https://", "https://"),
        ("https://?", "https://?"),
        ("a_b+c-d@x-y.co.uk", "a underscore b plus c dash d at x dash y dot co dot UK"),
        ("mailto:me@example.com", "me at example dot com"),
        ("me@localhost", "me at localhost"),
        ("At 00:1A:2b:3C:4D:5E.", "At zero zero, one A, two B, three C, four D, five E."),
        ("aa:bb:cc:dd:ee:ff", "A A, B B, C C, D D, E E, F F"),
        ("f0-1a-2b-3c-4d-5e", "F zero, one A, two B, three C, four D, five E"),
        ("12:34:56:12:34:56", "one two, three four, five six, one two, three four, five six"),
        ("1: da-ba-de-da-ba-de", "one: da-ba-de-da-ba-de"),
        ("01-02-03-04-05-06", "zero one zero two zero three zero four zero five zero six"),
        ("99@example.com", "ninety-nine at example dot com"),
    ],
)
def test_addresses_are_said(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken


def test_the_words_are_those_of_the_language() -> None:
    assert said("a@b.de", "de") == "a at b Punkt DE"
    assert said("00:1A:2B:3C:4D:5E", "de") == "null null, eins A, zwei B, drei C, vier D, fünf E"


@given(st.text(max_size=40), st.sampled_from(["https://", "http://www.", "www.", "a@", "mailto:"]))
def test_no_address_is_too_strange(text: str, beginning: str) -> None:
    assert not any(map(str.isdecimal, said(beginning + text, "en-US")))

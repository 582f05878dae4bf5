"""The values of markup's attributes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.text.markup import values
from stentor.text.script import STYLES

READERS = [values.seconds, values.strength, values.rate, values.semitones, values.decibels]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1s", 1), ("500ms", 0.5), ("1.5s", 1.5), ("+.25s", 0.25), (" 2 S ", 2), ("0ms", 0), ("3.s", 3)],
)
def test_lengths_of_time(written: str, seconds: float) -> None:
    assert values.seconds(written) == seconds


@pytest.mark.parametrize("written", ["", "1", "s", "-1s", "1m", "1e3s", "nan s", "inf", "1,5s", "1s2s", "١s"])
def test_what_is_no_length_of_time(written: str) -> None:
    assert values.seconds(written) is None


def test_a_stronger_break_is_longer() -> None:
    seconds = [values.strength(name) for name in ("none", "x-weak", "weak", "medium", "strong", "x-strong")]
    assert seconds == sorted({second for second in seconds if second is not None})
    assert values.strength("huge") is None


@pytest.mark.parametrize(
    ("written", "rate"),
    [("120%", 1.2), ("+20%", 1.2), ("-10%", 0.9), ("1.2", 1.2), ("-5%", 0.95), ("-200%", 0), ("Medium", 1)],
)
def test_rates(written: str, rate: float) -> None:
    assert values.rate(written) == pytest.approx(rate)


@pytest.mark.parametrize("written", ["+1.2", "1e999%", "nan", "inf", "2st", "%", "++1%", "9" * 19])
def test_what_is_no_rate(written: str) -> None:
    assert values.rate(written) is None


@pytest.mark.parametrize(
    ("written", "semitones"),
    [
        ("+2st", 2), ("-1.5ST", -1.5), ("3st", 3), ("+100%", 12), ("-50%", -12), ("200%", 12),
        ("-100%", -math.inf), ("+160Hz", 12), ("-80Hz", -12), ("-1000Hz", -math.inf), ("+0%", 0),
        ("high", 3), ("x-low", -6),
    ],
)  # fmt: skip
def test_changes_of_pitch(written: str, semitones: float) -> None:
    assert values.semitones(written) == pytest.approx(semitones)


@pytest.mark.parametrize("written", ["200Hz", "2", "+2", "6dB", "1e9st", "st"])
def test_what_is_no_change_of_pitch(written: str) -> None:
    assert values.semitones(written) is None


@pytest.mark.parametrize(
    ("written", "decibels"),
    [
        ("+6dB", 6), ("-3.5db", -3.5), ("6dB", 6), ("silent", -math.inf), ("100", 0), ("10", -20),
        ("0", -math.inf), ("50%", -6.02), ("+100%", 6.02), ("-50%", -6.02),
        ("+10", 0.828), ("-100%", -math.inf), ("x-loud", 6),
    ],
)  # fmt: skip
def test_changes_of_volume(written: str, decibels: float) -> None:
    assert values.decibels(written) == pytest.approx(decibels, abs=0.01)


@pytest.mark.parametrize("written", ["101", "2st", "loudest", "1e2", "dB"])
def test_what_is_no_change_of_volume(written: str) -> None:
    assert values.decibels(written) is None


def test_styles_have_other_names() -> None:
    assert [values.style(name) for name in STYLES] == list(STYLES)
    synonyms = {"Cheerful": "happy", "whisper": "whispering", "afraid": "fearful", "shocked": "surprised"}
    assert {name: values.style(name) for name in synonyms} == synonyms
    assert values.style("laughs") is None
    assert {values.style(name) for name in values.STYLE_NAMES} == set(STYLES)


@pytest.mark.parametrize(
    ("written", "tag"),
    [("de", "de"), ("de_AT", "de-AT"), ("French", "fr"), ("auto", None), ("x!", None), ("", None)],
)
def test_languages(written: str, tag: str | None) -> None:
    assert values.language(written) == tag


@given(st.text(max_size=30) | st.from_regex(r"[+-]?[0-9.]{0,20}(ms|s|%|st|Hz|dB|)", fullmatch=True))
def test_any_value_is_a_number_or_not_understood(written: str) -> None:
    for reader in READERS:
        value = reader(written)
        assert value is None or not math.isnan(value)
        assert value != math.inf

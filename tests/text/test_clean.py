"""What may reach an engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.text.clean import is_speakable, remove_controls


def test_plain_text_is_left_alone() -> None:
    text = "Grüße, 世界! 👋🏽 $5 — ok?\tA tab,\r\na line."
    assert remove_controls(text) == (text, 0)


@pytest.mark.parametrize(
    "control", ["\0", "\x01", "\x0b", "\x1b", "\x7f", "\x85", chr(0xD800), chr(0xDFFF), chr(0xFFFE)]
)
def test_a_control_character_becomes_a_space_and_is_counted(control: str) -> None:
    assert remove_controls(f"a{control}b{control}") == ("a b ", 2)


@given(st.text(st.characters(exclude_categories=())))
def test_the_result_can_be_encoded_holds_no_nul_and_is_as_long(text: str) -> None:
    cleaned, _ = remove_controls(text)
    assert b"\0" not in cleaned.encode("utf-8")
    assert len(cleaned) == len(text)


@given(st.text(st.characters(exclude_categories=())))
def test_what_was_cleaned_once_is_clean(text: str) -> None:
    cleaned, _ = remove_controls(text)
    assert remove_controls(cleaned) == (cleaned, 0)


@pytest.mark.parametrize("text", ["a", "...7...", "世", "ß", "€", "+", "👋", "©", "½", "Ⅳ", "٣"])
def test_letters_digits_and_symbols_can_be_said(text: str) -> None:
    assert is_speakable(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "...", "?!", "—", "«»", "。", "()", "_", "\u200b", "\u0301"]
)
def test_punctuation_and_space_alone_is_silence(text: str) -> None:
    assert not is_speakable(text)

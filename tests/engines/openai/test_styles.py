"""Styles in words."""

from __future__ import annotations

from stentor.engines.openai.styles import STYLES
from stentor.text import script


def test_every_style_has_words_of_its_own() -> None:
    assert tuple(STYLES) == script.STYLES
    assert len(set(STYLES.values())) == len(STYLES)
    assert all(words.endswith(".") for words in STYLES.values())

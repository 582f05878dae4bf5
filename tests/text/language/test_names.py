"""Languages by the names callers have for them."""

from __future__ import annotations

import pytest

from stentor.text.language.names import language_tag


@pytest.mark.parametrize("written", ["", "  ", "auto", "Auto", " AUTO "])
def test_nothing_and_auto_mean_no_language(written: str) -> None:
    assert language_tag(written) is None


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("English", "en"), ("chinese", "zh"), ("GERMAN", "de"), (" French ", "fr"), ("Italian", "it"),
        ("Japanese", "ja"), ("Korean", "ko"), ("Portuguese", "pt"), ("Russian", "ru"), ("Spanish", "es"),
    ],
)  # fmt: skip
def test_the_names_of_qwen3_are_understood_in_any_case(written: str, tag: str) -> None:
    assert language_tag(written) == tag


@pytest.mark.parametrize("written", ["en", "en-GB", "zh-Hant-TW", "EN_us", "xx"])
def test_a_tag_is_passed_on_as_it_is(written: str) -> None:
    assert language_tag(f" {written} ") == written


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("Mandarin", "zh"),
        ("cantonese", "yue"),
        ("Persian", "fa"),
        ("farsi", "fa"),
        ("Norwegian", "no"),
        ("HINDI", "hi"),
    ],
)
def test_so_are_those_of_other_common_languages(written: str, tag: str) -> None:
    assert language_tag(written) == tag

"""Text in several scripts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.language.runs import script_runs


def cut(text: str, language: str) -> list[tuple[str, str]]:
    return [(text[start:end], tag) for start, end, tag in script_runs(text, language)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, world! 123", "en"), ("Grüße aus Łódź", "de"), ("Привет, мир", "ru-RU"),
        ("これは漢字です", "ja"),
        ("你好", "cmn"),
        ("김 漢字", "ko"), ("123 €", "hi"), ("я uses Latin", "ru"), ("Београд i Beograd", "sr"),
        ("iPhone 15 的价格", "zh"),
        ("5 Ω, α = 3, the letter Я", "en"), ("美味の店", "zh"), ("👍🏽 €5 → 7", "en"),
        ("Kya haal hai bhai", "hi"),
    ],
)  # fmt: skip
def test_what_its_language_is_written_in_stays_whole(text: str, language: str) -> None:
    assert cut(text, language) == [(text, language)]


def test_nothing_has_no_runs() -> None:
    assert script_runs("", "en") == []


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", [("He said ", "en"), ("Привет, мир! ", "ru"), ("and left.", "en")]),
        ("en", [("Write ", "en"), ("“Привет” ", "ru"), ("or ", "en"), ("(東京) ", "zh"), ("5 times.", "en")]),
        ("en", [("In 2024 ", "en"), ("Москва", "ru")]),
        ("en", [("Москва ", "ru"), ("2024 was warm", "en")]),
        ("en-GB", [("「ありがとう」", "ja"), ("means thanks", "en-GB")]),
        ("de", [("Sie heißt ", "de"), ("김민지 ", "ko"), ("und wohnt in ", "de"), ("서울.", "ko")]),
        ("ru", [("Он сказал ", "ru"), ("שלום, ", "he"), ("потом ", "ru"), ("γεια σου", "el")]),
        ("zh", [("她说", "zh"), ("ありがとう", "ja"), ("就走了。", "zh")]),
        ("zh", [("这是 iPhone。", "zh"), ("This is what I want to do.", "en")]),
        ("ja", [("彼は", "ja"), ("안녕하세요", "ko"), ("と言った。", "ja")]),
        ("fr", [("Bonjour, ", "fr"), ("مرحبا ", "ar"), ("et ", "fr"), ("नमस्ते !", "hi")]),
        ("en", [("Київ ", "uk"), ("and more", "en")]),
    ],
)
def test_each_script_goes_to_its_language(language: str, parts: list[tuple[str, str]]) -> None:
    """What stands behind a word stays with it, but what opens a bracket or a quotation."""
    text = "".join(part for part, _ in parts)
    assert cut(text, language) == parts


MIXED = st.lists(
    st.sampled_from([
        "abc",
        "Grüße",
        "мир",
        "і",
        "字",
        "の",
        "ありがとう",
        "안녕",
        "שלום",
        "α",
        "5",
        " ",
        ". ",
        "(",
        ")",
        "«",
        "\u0301",
        "\n",
        "the and of is",
    ]),
    max_size=20,
).map("".join)


@given(MIXED | st.text(max_size=60), st.sampled_from(["en", "ru", "zh", "ja", "ko", "hi", "sr", "xx", ""]))
@example("(", "en")
def test_the_runs_are_the_whole_text(text: str, language: str) -> None:
    runs = script_runs(text, language)
    assert "".join(text[start:end] for start, end, _ in runs) == text
    assert all(start < end for start, end, _ in runs)
    assert [start for start, _, _ in runs[1:]] == [end for _, end, _ in runs[:-1]]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "unit",
    [
        "я",
        "я ",
        "яa",
        "字a",
        "(",
        "я((((",
        "の字",
        "ああ字字字",
        "a b c. ",
        "1",
        "\u0301",
        "яω",
        "the of and. ",
    ],
)
def test_hostile_text_costs_linear_time(unit: str, language: str) -> None:
    assert effort(lambda text: script_runs(text, language), unit) < 3

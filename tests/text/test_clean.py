"""What may reach an engine."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.clean import controls_left_out, is_speakable, remove_controls, tidy, unpictured
from stentor.text.edits import Edited

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def tidied(text: str) -> str:
    return Edited(text, tidy(text)).text


def test_plain_text_is_left_alone() -> None:
    text = "Grüße, 世界! 👋🏽 $5 — ok?\tA tab,\r\na line."
    assert remove_controls(text) == (text, 0)


@pytest.mark.parametrize(
    "control",
    [
        "\0",
        "\x01",
        "\x0b",
        "\x1b",
        "\x7f",
        "\x85",
        chr(0xD800),
        chr(0xDFFF),
        chr(0xFFFE),
        chr(0xFDD0),
        chr(0xE000),
        chr(0xF8FF),
        chr(0x10FFFD),
        "\ufff9",
        "\ufffb",
        "\ufffc",
    ],
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
    "text", ["", " ", "\n\t", "...", "?!", "—", "«»", "。", "()", "_", "\u200b", "\u0301", "\u3164", "\u202e"]
)
def test_punctuation_and_space_alone_is_silence(text: str) -> None:
    assert not is_speakable(text)


def test_what_was_left_out_is_said() -> None:
    assert controls_left_out(1, "input") == "1 control character was left out of `input`"
    assert controls_left_out(2, "input") == "2 control characters were left out of `input`"


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, 世界! 123 — ok?", "👩\u200d💻", "❤\ufe0f", "1\ufe0f\u20e3", "❤\ufe0f\u200d🔥", "👍🏽", "🇩🇪",
        ENGLAND,
        "می\u200cخواهم", "ه\u200d ", "क\u094d\u200dष", "ന\u0d4d\u200d", "e\u0301", "tie\u0302\u0301ng",
        "\u05e9\u05c1\u05b8",
        "x²", "5 ㎏", "ﷺ", "㌔",
    ],
)  # fmt: skip
def test_what_has_a_meaning_stays(text: str) -> None:
    assert tidy(text) == []


@pytest.mark.parametrize(
    "sign",
    [
        "\u00ad", "\u034f", "\u061c", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202e",
        "\u2060",
        "\u2064", "\u2066", "\u2069", "\u206f", "\ufeff", "\ufe00", "\ufe0f", "\U000e0041", "\U000e0101",
        "\u3164",
        "\u115f",
    ],
)  # fmt: skip
def test_what_is_not_seen_does_not_part_a_word(sign: str) -> None:
    assert tidied(f"wo{sign}rd and {sign}word{sign}{sign}") == "word and word"


def test_what_chooses_a_picture_goes_where_none_is_read() -> None:
    text = "I ❤\ufe0f it. ☎\ufe0e 🏴\U000e0067\U000e0062\U000e007f!"
    assert tidied(text) == text
    assert Edited(text, unpictured(text, [])).text == "I ❤ it. ☎ 🏴!"
    assert Edited(text, unpictured(text, [(9, 11), (2, 4)])).text == "I ❤\ufe0f it. ☎\ufe0e 🏴!"


def test_a_second_joiner_is_one_too_many() -> None:
    assert tidied("می\u200c\u200cخواهم") == "می\u200cخواهم"
    assert tidied("👩\u200d\u200d💻") == "👩💻"


def test_half_a_flag_is_none() -> None:
    assert tidied("\U0001f3f4\U000e0067\U000e0062 x") == "\U0001f3f4 x"


@pytest.mark.parametrize(
    ("styled", "plain"),
    [
        ("𝐇𝐞𝐥𝐥𝐨 𝕎𝕠𝕣𝕝𝕕", "Hello World"),
        ("Ｈｅｌｌｏ　１２３", "Hello　123"),
        ("ⓐⓑ", "ab"),
        ("ﬁne", "fine"),
        ("ℋ𝑒", "He"),
    ],
)
def test_letters_in_fancy_dress_become_plain(styled: str, plain: str) -> None:
    assert tidied(styled) == plain


def test_a_flood_of_marks_is_dammed() -> None:
    assert tidied("H" + "\u0301\u0332" * 20 + "i") == "H" + "\u0301\u0332" * 2 + "i"
    assert tidied("ก" + "\u0e47" * 50) == "ก" + "\u0e47" * 8


ODD = st.lists(
    st.sampled_from([
        *"aم字कँ👩🏽❤1 \u0301\u200b\u200c\u200d\u094d\ufe0f\u202eＨ\U0001f3f4\U000e0067\U000e007f\u0e47"
    ]),
    max_size=40,
).map("".join)


@given(ODD | st.text(max_size=40))
@example("❤\ufe0f\ufe0f")
def test_edits_are_in_order_and_touch_nothing_that_is_heard(text: str) -> None:
    end = 0
    for edit in tidy(text):
        assert end <= edit.start < edit.end <= len(text)
        end = edit.end
        gone = text[edit.start : edit.end]
        assert edit.text == unicodedata.normalize("NFKC", gone) or not is_speakable(gone)
    assert is_speakable(tidied(text)) == is_speakable(text)


@pytest.mark.parametrize(
    "unit",
    ["\u0301", "\u0e47", "a\u200b", "\u200b", "\u200c", "م\u200c", "\u200d", "👩\u200d", "🏴\U000e0067",
    "\U000e0067", "𝐇", "\ufe0f", "❤\ufe0f"],
)  # fmt: skip
def test_hostile_text_costs_linear_time(unit: str) -> None:
    assert effort(tidy, unit) < 3
    assert effort(is_speakable, unit) < 3

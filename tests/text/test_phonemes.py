"""Pronunciations in IPA and in X-SAMPA."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.text.phonemes import LONGEST, checked_ipa, ipa_from_xsampa


@pytest.mark.parametrize(
    ("written", "ipa"),
    [
        ("təˈmeɪtoʊ", "təˈmeɪtoʊ"),
        ("/təˈmeɪtoʊ/", "təˈmeɪtoʊ"),
        ("[ə]", "ə"),
        ("  ˈnjuː\n ˈjɔːk ", "ˈnjuː ˈjɔːk"),
        ("ʧɑː ʤʌʤ ʦ ʣ ʨ ʥ", "t͡ʃɑː d͡ʒʌd͡ʒ t͡s d͡z t͡ɕ d͡ʑ"),
        ("go:", "ɡoː"),
        ("tə.ˈmɑː.təʊ", "tə.ˈmɑː.təʊ"),
        ("ma˥˩ ma˧˥", "ma˥˩ ma˧˥"),
        ("m̩ ɹ̩ ɫ n̪ d̥ ɪ̯ tʰ kʷ ɑ˞ pʼ", "m̩ ɹ̩ ɫ n̪ d̥ ɪ̯ tʰ kʷ ɑ˞ pʼ"),
    ],
)
def test_ipa_comes_out_in_one_spelling(written: str, ipa: str) -> None:
    assert checked_ipa(written) == ipa


def test_precomposed_letters_are_taken_apart_but_for_the_letter_with_a_cedilla() -> None:
    assert checked_ipa("b\u1ebd \xe7 c\u0327") == "be\u0303 \xe7 \xe7"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("kæ7t", "'7' (U+0037), character 3 of the pronunciation, is no symbol of the International"),
        ("/kæSt/", "'S' (U+0053), character 4 of"),
        ("hə'ləʊ", "Write ˈ for stress."),
        ("a\x00", "'\N{REPLACEMENT CHARACTER}' (U+0000), character 2"),
        ("a\ud800", "(U+D800), character 2"),
        ("ә", "(U+04D9), character 1"),  # Cyrillic, and looks the same
        ("\u0303a", "cannot begin with a diacritic"),
        ("", "at least one sound"),
        ("ˈ.ː", "at least one sound"),
        ("//", "at least one sound"),
        ("/", "'/' (U+002F), character 1"),
        ("a" * (LONGEST + 1), "at most 200 characters; this one has 201"),
        ("\u0303" * 1_000_000, "this one has 1,000,000"),
    ],
)
def test_what_is_no_ipa_is_named(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refused:
        checked_ipa(written)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("xsampa", "ipa"),
    [
        ('t@"meIt@U', "təˈmeɪtəʊ"),
        ('"Stu:l', "ˈʃtuːl"),
        ("t_S{t", "t͡ʃæt"),
        ("d_z`", "d͡ʐ"),
        ("p_hIn", "pʰɪn"),
        ('"b_<aR\\ J\\_<e', "ˈɓaʀ ʄe"),
        ("r\\`3` r` @`", "ɻɝ ɽ ɚ"),
        ("O~ E_~", "ɔ̃ ɛ̃"),
        ('"bVtn= m_=', "ˈbʌtn̩ m̩"),
        ("a_H_T a_B_L a_R_F a_T", "a᷄ a᷅ a᷈ a̋"),
        ("|\\a |\\|\\a !\\a =\\a O\\a", "ǀa ǁa ǃa ǂa ʘa"),
        ("a:\\ a | a || a-\\a", "aˑ a | a ‖ a‿a"),
        ("s-a t' t_j", "sa tʲ tʲ"),
        ("2 9 & 6 7 8 1 4 5", "ø œ ɶ ɐ ɤ ɵ ɨ ɾ ɫ"),
        ("a<F> a<R> ^a !a", "a↘ a↗ ꜛa ꜜa"),
        ("K\\ <\\ >\\ X\\ I\\ U\\ ?\\ M\\ v\\ x\\", "ɮ ʢ ʡ ħ ᵻ ᵿ ʕ ɰ ʋ ɧ"),
    ],
)
def test_x_sampa_is_read(xsampa: str, ipa: str) -> None:
    assert ipa_from_xsampa(xsampa) == unicodedata.normalize("NFD", ipa)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("ka*t", "'*' (U+002A), character 3 of the pronunciation, is no symbol of X-SAMPA."),
        ("ma_5", "'_' (U+005F), character 3"),  # a tone whose meaning each language has for itself
        ("tə", "(U+0259), character 2"),
        ("t_", "'_' (U+005F), character 2"),
        ("~a", "cannot begin with a diacritic"),
        ('"', "at least one sound"),
        ("", "at least one sound"),
        ("_h" * 101, "this one has 202"),
    ],
)
def test_what_is_no_x_sampa_is_named(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refused:
        ipa_from_xsampa(written)
    assert sentence in str(refused.value)


@given(st.one_of(st.text(max_size=30), st.text(alphabet="aɪʃtːˈ̩̃ç g'/[].c̡", max_size=30)))
def test_whatever_is_accepted_is_accepted_unchanged(written: str) -> None:
    try:
        ipa = checked_ipa(written)
    except ValueError:
        return
    assert checked_ipa(ipa) == ipa


@given(st.text(alphabet=[chr(code) for code in range(32, 127)], max_size=30))
def test_x_sampa_is_ipa_or_refused(written: str) -> None:
    try:
        ipa = ipa_from_xsampa(written)
    except ValueError:
        return
    assert checked_ipa(ipa) == ipa

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unicode_rbnf import RbnfEngine

from stentor.text.normalize.spell import cardinal, decimal, digits, knows, ordinal, year

LANGUAGES = RbnfEngine.get_supported_languages()
KNOWN = [
    "en",
    "en-GB",
    "de",
    "fr",
    "fr-CH",
    "es",
    "es-MX",
    "it",
    "pt",
    "pt-PT",
    "zh",
    "zh-TW",
    "ja",
    "hi",
    "ko",
]


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 105, "one hundred five"),
        ("en-US", 105, "one hundred five"),
        ("en-GB", 105, "one hundred and five"),
        ("en-AU", 1001, "one thousand and one"),
        ("en-IN", 100_000, "one lakh"),
        ("de", 21, "einundzwanzig"),
        ("de-AT", 101, "einhunderteins"),
        ("fr", 71, "soixante-et-onze"),
        ("fr", 80, "quatre-vingts"),
        ("fr", 91, "quatre-vingt-onze"),
        ("fr-CH", 91, "nonante-et-un"),
        ("es", 1_200_000, "un millón doscientos mil"),
        ("it", 28, "ventotto"),
        ("pt", 1999, "mil novecentos e noventa e nove"),
        ("pt-BR", 16, "dezesseis"),
        ("pt-PT", 16, "dezasseis"),
        ("zh", 10, "十"),
        ("zh", 100, "一百"),
        ("zh-Hant", 10_000, "一萬"),
        ("cmn", 3, "三"),
        ("ja", 10_000, "一万"),
        ("hi", 12_34_567, "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ"),
        ("ko", 21, "이십일"),
        ("nb", 2, "to"),
        ("de", -3, "minus drei"),
        ("zh", -3, "负三"),
        ("de", 10**15, " ".join(["eins", *["null"] * 15])),
        ("de", -(10**15), " ".join(["minus", "eins", *["null"] * 15])),
    ],
)
def test_numbers_are_said_in_words(language: str, number: int, said: str) -> None:
    assert cardinal(number, language) == said


@pytest.mark.parametrize(
    ("language", "gender", "said"),
    [
        ("de", None, "eins"),
        ("de", "masculine", "ein"),
        ("de", "feminine", "eine"),
        ("es", "masculine", "un"),
        ("es", "feminine", "una"),
        ("en", "feminine", "one"),
        ("it", "masculine", "un"),
        ("zh", "masculine", "一"),
    ],
)
def test_one_has_the_gender_of_what_is_counted(language: str, gender: str | None, said: str) -> None:
    assert cardinal(1, language, gender) == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 21, "twenty-first"),
        ("en-GB", 101, "one hundred and first"),
        ("de", 3, "dritte"),
        ("ko", 1, "첫째"),
        ("pl", 2, "dwa"),
    ],
)
def test_ordinals_are_said_in_words(language: str, number: int, said: str) -> None:
    assert ordinal(number, language) == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1984, "nineteen eighty-four"),
        ("en", 1905, "nineteen oh-five"),
        ("en", 2005, "two thousand five"),
        ("en-GB", 2005, "two thousand and five"),
        ("en-GB", 476, "four hundred and seventy-six"),
        ("en-GB", 1066, "ten sixty-six"),
        ("en", 2024, "twenty twenty-four"),
        ("de", 1984, "neunzehnhundertvierundachtzig"),
    ],
)
def test_years_are_said_in_words(language: str, number: int, said: str) -> None:
    assert year(number, language) == said


@pytest.mark.parametrize(
    ("language", "whole", "fraction", "said"),
    [
        ("en", "3", "14", "three point one four"),
        ("de", "3", "14", "drei Komma eins vier"),
        ("fr", "3", "14", "trois virgule quatorze"),
        ("fr", "3", "05", "trois virgule zéro cinq"),
        ("fr", "3", "141", "trois virgule cent quarante-et-un"),
        ("es", "3", "141", "tres coma uno cuatro uno"),
        ("fr", "3", "00", "trois virgule zéro zéro"),
        ("en", "", "5", "zero point five"),
        ("en", "-0", "5", "minus zero point five"),
        ("en", "−7", "", "minus seven"),
        ("zh", "-3", "14", "负三点一四"),
        ("hi", "१२", "५", "बारह दशमलव पाँच"),
        ("ja", "１", "５", "一点五"),
        ("ru", "3", "5", "три запятая пять"),
        ("en", "007", "", "seven"),
        ("en", "1" * 16, "", " ".join(["one"] * 16)),
    ],
)
def test_decimals_are_said_in_words(language: str, whole: str, fraction: str, said: str) -> None:
    assert decimal(whole, fraction, language) == said


def test_what_is_counted_gives_a_number_without_decimals_its_gender() -> None:
    assert decimal("1", "", "de", "feminine") == "eine"
    assert decimal("1", "5", "de", "feminine") == "eins Komma fünf"


def test_digits_of_any_script_are_said_one_by_one() -> None:
    assert digits("+1 (0)٣४５", "en") == "one zero three four five"
    assert digits("2024", "zh") == "二零二四"
    assert digits("no digits", "en") == ""


@pytest.mark.parametrize("language", ["xx", "", "-", "../en", "tlh", "en\0", "root", "e" * 1000])
def test_a_language_without_rules_is_refused(language: str) -> None:
    assert not knows(language)
    with pytest.raises(LookupError, match="no rules for numbers"):
        cardinal(1, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_every_number_without_digits(language: str) -> None:
    tag = language.replace("_", "-")
    numbers = [*range(130), 999, 1000, 1905, 2000, 10_000, 123_456, 10**6, 10**9 + 1, 10**15 - 1, 10**15]
    said = [speak(number, tag) for speak in (cardinal, ordinal, year) for number in numbers]
    said += [cardinal(-1, tag), decimal("1", "5", tag), digits("123", tag)]

    assert all(said)
    assert [words for words in said if any(map(str.isdecimal, words)) or "\xad" in words] == []


@given(st.sampled_from(KNOWN), st.integers(-(10**20), 10**20))
def test_no_digit_is_left_in_any_number(language: str, number: int) -> None:
    for words in (cardinal(number, language), ordinal(number, language), year(number, language)):
        assert words.strip() == words != ""
        assert not any(map(str.isdecimal, words))


@given(
    st.sampled_from(KNOWN),
    st.from_regex(r"-?\d{0,30}", fullmatch=True),
    st.from_regex(r"\d{0,30}", fullmatch=True),
)
def test_any_digits_make_a_number(language: str, whole: str, fraction: str) -> None:
    words = decimal(whole, fraction, language)

    assert words
    assert not any(map(str.isdecimal, words))


@given(st.sampled_from(KNOWN), st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1))
def test_different_numbers_are_said_differently(language: str, one: int, other: int) -> None:
    assert (cardinal(one, language) == cardinal(other, language)) == (one == other)

from __future__ import annotations

import re

import pytest

from stentor.text.normalize.vocabulary import any_of, vocabulary

NAMES = "chinese chinese_traditional french german hindi italian japanese portuguese spanish".split()
SIGNS_OF_ALL = "& \\+ = % € \\$ £ ° × ÷ ± −".split()


@pytest.mark.parametrize("name", NAMES)
def test_every_file_holds_every_word_that_all_languages_need(name: str) -> None:
    words = vocabulary(name)

    assert [words.month(number) for number in range(1, 13)] == list(
        dict.fromkeys(map(words.month, range(1, 13)))
    )
    assert {"km", "m", "kg", "g", "°C", "h", "min", "s", "GB", "km²", "m³"} <= {*words.units}
    assert {"€", "$", "£", "₹"} <= {*words.currencies}
    assert words.scales
    assert set(SIGNS_OF_ALL) <= {*words.signs}


@pytest.mark.parametrize("name", NAMES)
def test_no_word_holds_a_digit_or_a_sign_that_would_be_read_again(name: str) -> None:
    words = vocabulary(name)
    nouns = [*words.units.values(), *words.scales.values()]
    said = [form for noun in nouns for form in (noun.one, noun.many)]
    said += [
        form
        for currency in words.currencies.values()
        for form in (currency.one, currency.many, currency.part)
    ]
    said += [
        *words.abbreviations.values(),
        *words.numbered.values(),
        *words.named.values(),
        *words.signs.values(),
    ]

    assert [word for word in said if re.search(r"[\d%€$&@=]", word)] == []
    assert [word for word in said if word != word.strip()] == []


def test_months_are_known_by_their_short_forms() -> None:
    words = vocabulary("german")

    assert words.months["Januar"] == words.months["Jan."] == words.months["Jänner"] == 1
    assert words.month(1) == "Januar"


def test_the_longest_word_is_tried_first() -> None:
    match = re.match(any_of({"m": 1, "m²": 2, "m.": 3}), "m²")

    assert match
    assert match[0] == "m²"

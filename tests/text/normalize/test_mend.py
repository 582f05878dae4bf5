from __future__ import annotations

import pytest

from stentor.text.normalize.spell import cardinal, decimal, ordinal, year


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en-GB", 1_200_000, "one million two hundred thousand"),
        ("en-IN", 21_000_000, "two crore ten lakh"),
        ("fr-BE", 81, "quatre-vingt-un"),
        ("fr-BE", 80_000, "quatre-vingt mille"),
        ("it", 1003, "milletré"),
        ("it", 3, "tre"),
        ("pt-PT", 10**9, "mil milhões"),
        ("pt-PT", 21 * 10**9, "vinte e um mil milhões"),
        ("zh", 0, "零"),
        ("zh", 105, "一百零五"),
        ("zh", 200, "二百"),
        ("zh", 2024, "两千零二十四"),
        ("zh", 12_000, "一万二千"),
        ("zh", 20_000_000, "两千万"),
        ("zh", 10**12, "一万亿"),
        ("zh", 10**12 + 5, "一万亿零五"),
        ("zh", 10**12 + 10**7, "一万亿一千万"),
        ("zh-TW", 22_000, "兩萬二千"),
        ("zh-TW", 10**12, "一兆"),
        ("ja", 0, "ゼロ"),
        ("ja", 1000, "千"),
        ("ja", 10_000_000, "一千万"),
        ("ja", 20_000_000, "二千万"),
        ("ja", 110_000_000, "一億一千万"),
        ("hi", -5, "माइनस पाँच"),
    ],
)
def test_cardinals_are_said_as_people_say_them(language: str, number: int, said: str) -> None:
    assert cardinal(number, language) == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("de", 100, "hundertste"),
        ("de", 1100, "eintausendeinhundertste"),
        ("de-CH", 10**6, "Millionste"),
        ("de", 10**9, "Milliardste"),
        ("fr", 5, "cinquième"),
        ("fr", 9, "neuvième"),
        ("fr", 80, "quatre-vingtième"),
        ("fr", 81, "quatre-vingt-unième"),
        ("fr", 200, "deux centième"),
        ("fr-CH", 81, "huitante-et-unième"),
        ("fr", 10**6, "millionième"),
        ("fr", 2 * 10**6, "deux millionième"),
        ("es", 11, "undécimo"),
        ("es", 12, "duodécimo"),
        ("es", 2000, "dosmilésimo"),
        ("es", 10**6, "millonésimo"),
        ("it", 10, "decimo"),
        ("it", 23, "ventitreesimo"),
        ("it", 26, "ventiseiesimo"),
        ("it", 110, "centodecimo"),
        ("it", 10_000, "diecimillesimo"),
        ("it", 10**6, "milionesimo"),
        ("pt", 10**6, "milionésimo"),
        ("zh", 105, "第一百零五"),
        ("ja", 3, "第三"),
        ("hi", 100, "सौवाँ"),
        ("hi", 101, "एक सौ एकवाँ"),
    ],
)
def test_ordinals_are_said_as_people_say_them(language: str, number: int, said: str) -> None:
    assert ordinal(number, language) == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("fr", 1, "première"),
        ("es", 11, "undécima"),
        ("it", 3, "terza"),
        ("it", 21, "ventunesima"),
        ("pt", 10**6, "milionésima"),
        ("hi", 5, "पाँचवीं"),
        ("hi", 1, "पहली"),
    ],
)
def test_ordinals_have_a_feminine_form(language: str, number: int, said: str) -> None:
    assert ordinal(number, language, "feminine") == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("fr", 1905, "mille neuf cent cinq"),
        ("zh", 2024, "二零二四"),
        ("zh", 98, "九十八"),
        ("ja", 2024, "二千二十四"),
        ("hi", 1905, "उन्नीस सौ पाँच"),
        ("hi", 1900, "उन्नीस सौ"),
        ("hi", 2024, "दो हज़ार चौबीस"),
    ],
)
def test_years_are_said_as_people_say_them(language: str, number: int, said: str) -> None:
    assert year(number, language) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "uno coma cinco"),
        ("es-ES", "uno coma cinco"),
        ("es-MX", "uno punto cinco"),
        ("ja", "一点五"),
    ],
)
def test_the_decimal_mark_has_its_own_word(language: str, said: str) -> None:
    assert decimal("1", "5", language) == said

from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.signs import abbreviation_rule


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("z. B. hier", "zum Beispiel hier"),
        ("z.B. hier", "zum Beispiel hier"),
        ("Z. B. hier", "Zum Beispiel hier"),
        ("und usw.", "und und so weiter."),
        ("usw. mehr", "und so weiter mehr"),
        ("Prof. Dr. Müller", "Professor Doktor Müller"),
        ("S. 5, S. Müller", "Seite fünf, S. Müller"),
        ("Fr. Müller, Fr. und", "Frau Müller, Fr. und"),
        ("abc.", "abc."),
    ],
)
def test_abbreviations_are_read_in_full(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


def test_without_abbreviations_there_is_nothing_to_find() -> None:
    assert abbreviation_rule({}).pattern.match("a. b") is None


def test_an_abbreviation_is_found_by_its_longest_form() -> None:
    rule = abbreviation_rule({"a.": "short", "a. b.": "long"})
    match = rule.pattern.match("a.b. c")

    assert match
    assert rule.read(match) == "long"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A & B", "A und B"),
        ("R&D", "R und D"),
        ("1+1=2", "eins plus eins gleich zwei"),
        ("C++", "C plus plus"),
        ("a === b, +++", "a === b, +++"),
        ("#5, #neu", "Nummer fünf, Hashtag neu"),
        ("5 €/Tag", "fünf Euro pro Tag"),
        ("6 x 4, 3 m x 2 m", "sechs mal vier, drei Meter mal zwei Meter"),
        ("und/oder", "und/oder"),
        ("§ 5", "Paragraf fünf"),
    ],
)
def test_signs_are_read_where_they_mean_something(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


@pytest.mark.parametrize(
    ("written", "language", "spoken"),
    [
        ("+49 30 1234567", "de", "plus vier neun, drei null, eins zwei drei vier fünf sechs sieben"),
        ("+49 (0)30 123456", "de", "plus vier neun, drei null, eins zwei drei vier fünf sechs"),
        ("(030) 123 45 67", "de", "null drei null, eins zwei drei, vier fünf, sechs sieben"),
        ("0172/1234567", "de", "null eins sieben zwei, eins zwei drei vier fünf sechs sieben"),
        ("06 12 34 05 78", "fr", "zéro six, douze, trente-quatre, zéro cinq, soixante-dix-huit"),
        ("03-1234-5678", "ja", "ゼロ三、一二三四、五六七八"),
        ("0 12", "de", "null zwölf"),
    ],
)
def test_telephone_numbers_are_read_in_groups(written: str, language: str, spoken: str) -> None:
    assert said(written, language) == spoken

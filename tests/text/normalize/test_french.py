from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("french")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "fr") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "fr")


def test_switzerland_and_belgium_count_in_their_own_way() -> None:
    assert said("71 et 81 et 91", "fr-CH") == "septante-et-un et huitante-et-un et nonante-et-un"
    assert said("71 et 81 et 91", "fr-BE") == "septante-et-un et quatre-vingt-un et nonante-et-un"
    assert said("71 et 81 et 91", "fr-CA") == "soixante-et-onze et quatre-vingt-un et quatre-vingt-onze"


def test_words_that_look_like_roman_numbers_stay_words() -> None:
    assert said("Le chat. Ce chien, Les Mille, CE et LE", "fr") == "Le chat. Ce chien, Les Mille, CE et LE"


def test_any_space_may_stand_between_thousands() -> None:
    spoken = "mille deux cent trente-quatre virgule cinq"
    assert {said(f"1{space}234,5", "fr") for space in " \u00a0\u2009\u202f"} == {spoken}
    assert said("1\u202f234\u00a0€", "fr") == "mille deux cent trente-quatre euros"


def test_below_two_is_singular() -> None:
    assert (
        said("0,5 l, 1,9 l et 2 l", "fr") == "zéro virgule cinq litre, un virgule neuf litre et deux litres"
    )


@pytest.mark.parametrize("unit", ["XX", "XXe ", "M. ", "06 12 ", "1er", "24h/24"])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "fr", Switches()), unit) < 3

from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("portuguese")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "pt") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "pt")


def test_portugal_has_words_of_its_own() -> None:
    spoken = "dois euros e cinquenta cêntimos, dezasseis quilómetros, um de maio"
    assert said("2,50 €, 16 km, 1 de maio", "pt-PT") == spoken
    spoken = "dois euros e cinquenta centavos, dezesseis quilômetros, primeiro de maio"
    assert said("2,50 €, 16 km, 1 de maio", "pt-BR") == spoken


def test_years_with_a_dash_are_no_telephone() -> None:
    spoken = "de dois mil e vinte a dois mil e vinte e quatro"
    assert said("de 2020-2024", "pt") == spoken
    assert said("ligue 3456-1234", "pt") == "ligue três quatro cinco seis, um dois três quatro"


def test_numbers_agree_with_the_noun_behind_them() -> None:
    assert said("2 dias, 2 vezes, 1 problema", "pt") == "dois dias, duas vezes, um problema"


@pytest.mark.parametrize("unit", ["século X ", "1ª ", "(11) 9", "D. A", "1 de "])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "pt", Switches()), unit) < 3

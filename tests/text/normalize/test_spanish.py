from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("spanish")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "es") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "es")


def test_mexico_writes_a_point_and_counts_pesos() -> None:
    assert said("$1,234.50", "es-MX") == "mil doscientos treinta y cuatro pesos con cincuenta centavos"
    assert said("1,234 y 1.5", "es-MX") == "mil doscientos treinta y cuatro y uno punto cinco"
    assert said("1,234 y 1.500", "es") == "uno coma dos tres cuatro y mil quinientos"


def test_the_first_of_a_month_is_a_rank_in_america() -> None:
    assert said("01/05/2024", "es-CO") == "primero de mayo de dos mil veinticuatro"
    assert said("01/05/2024", "es-ES") == "uno de mayo de dos mil veinticuatro"


def test_numbers_agree_with_the_noun_behind_them() -> None:
    assert said("1 día, 1 vez, 31 años y 1 y 2", "es") == "un día, una vez, treinta y un años y uno y dos"


@pytest.mark.parametrize("unit", ["siglo X ", "1º ", "912 345 ", "1 de ", "Sr. "])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "es", Switches()), unit) < 3

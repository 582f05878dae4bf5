from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("italian")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "it") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "it")


def test_one_takes_the_form_that_the_next_word_asks_for() -> None:
    assert said("1 gatto, 1 stella, 1 zio, 1 problema", "it") == "un gatto, una stella, uno zio, un problema"


def test_saints_have_the_form_that_their_name_asks_for() -> None:
    spoken = "Sant'Anna, Santo Stefano, Santa Lucia, San Luca"
    assert said("S. Anna, S. Stefano, S. Lucia, S. Luca", "it") == spoken


def test_a_degree_sign_before_a_noun_is_a_rank() -> None:
    assert said("il 2° piano a 20° C o 20°", "it") == "il secondo piano a venti gradi Celsius o venti gradi"


@pytest.mark.parametrize("unit", ["X secolo ", "1° ", "S. A ", "alle 1.30 ", "l'1 "])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "it", Switches()), unit) < 3

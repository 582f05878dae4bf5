from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("hindi")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "hi") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "hi")


def test_quarters_of_an_hour_have_names() -> None:
    assert said("1:30 बजे, 2:45 बजे, 6:15 बजे", "hi") == "डेढ़ बजे, पौने तीन बजे, सवा छह बजे"


def test_ranks_agree_with_their_suffix() -> None:
    assert said("1ला, 1ली, 1ले, 5वाँ, 5वीं, 5वें, 6ठे", "hi") == "पहला, पहली, पहले, पाँचवाँ, पाँचवीं, पाँचवें, छठे"


def test_words_in_devanagari_stay_apart_from_numbers() -> None:
    assert said("कुल2में और गुरु 5", "hi") == "कुल दो में और गुरु पाँच"


@pytest.mark.parametrize("unit", ["रु", "रु. 1 ", "5वाँ", "1:30 बजे", "क", "1,23,"])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "hi", Switches()), unit) < 3

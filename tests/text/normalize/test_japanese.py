from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("japanese")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "ja") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "ja")


def test_latin_words_begin_right_behind_others() -> None:
    assert said("私はx@y.jpです。", "ja") == "私はx アットマーク y ドット JPです。"


def test_speed_stands_before_its_number() -> None:
    assert said("120km/hで走る", "ja") == "時速百二十キロメートルで走る"


@pytest.mark.parametrize("unit", ["時", "2024年", "第1", "1〜", "１．", "あ", "5km/h"])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "ja", Switches()), unit) < 3

from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("chinese")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "zh") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "zh")


def test_taiwan_reads_in_its_own_characters() -> None:
    assert (
        said("2個人，-5%，15:30，5km，NT$2,000", "zh-TW")
        == "兩個人，負百分之五，十五點三十分，五公里，兩千新台幣"
    )
    assert said("2個人", "zh-Hant-HK") == said("2個人", "yue") == "兩個人"
    assert said("2个人", "zh-Hans-TW") == "两个人"


def test_two_is_read_by_what_it_counts() -> None:
    spoken = "两个，第二个，十二个，二月二日，二楼，两年，两公里，二"
    assert said("2个，第2个，12个，2月2日，2楼，2年，2km，2", "zh") == spoken


def test_a_year_is_read_figure_by_figure_but_a_span_is_not() -> None:
    assert (
        said("2000年，1000年，1500年前，1949-1978年", "zh")
        == "二零零零年，一千年，一千五百年前，一九四九到一九七八年"
    )


@pytest.mark.parametrize("unit", ["年", "2024年", "第1", "1-", "１，２３４", "一", "13812345678", "5%-"])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "zh", Switches()), unit) < 3

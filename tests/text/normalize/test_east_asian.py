from __future__ import annotations

import pytest
from tests.text.normalize.readings import said


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_full_width_figures_have_full_width_marks(language: str) -> None:
    assert said("１２．５", language) == "十二点五"
    assert said("５０％", language) in ("百分之五十", "五十パーセント")
    assert said("１５：３０", language) in ("十五点三十分", "十五時三十分")


def test_a_full_width_comma_groups_only_thousands() -> None:
    assert said("１，２３４", "zh") == "一千二百三十四"
    assert said("１，２，３", "zh") == "一，二，三"


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_numbers_in_characters_stay_as_they_are(language: str) -> None:
    assert said("三百二十一、〇", language) == "三百二十一、〇"


def test_latin_words_begin_right_behind_other_letters() -> None:
    assert said("请看www.example.com。好", "zh") == "请看example 点 com。好"
    assert said("第No.5", "zh") == "第第五"

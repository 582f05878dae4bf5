from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.normalize.readings import said

from stentor.text.normalize.emoji import emoji_rules

_EMOJI = "👍 😂 🏽 🇩 🇪 🇺 🇸 ❤ \ufe0f \u200d 👩 💻 🏴 1 \u20e3 # © \U000e0067 \U000e007f a".split()


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("👍", "thumbs up"),
        ("👍🏿", "thumbs up"),
        ("👍👍 👍🏽", "thumbs up"),
        ("👍😂", "thumbs up, face with tears of joy"),
        ("ok👍yes", "ok thumbs up yes"),
        ("❤️❤️", "red heart"),
        ("🇩🇪🇩🇪", "Germany flag"),
        ("🇺🇸", "United States flag"),
        ("🇩", "🇩"),
        ("👩🏽‍💻", "woman technologist"),
        ("👨‍👩‍👧‍👦", "family man woman girl boy"),
        ("🏳️‍🌈", "rainbow flag"),
        ("1️⃣", "one"),
        ("#️⃣", "#️⃣"),
        ("🥈", "second place medal"),
        ("🕐", "one o’clock"),
        ("🇧🇦", "Bosnia and Herzegovina flag"),
        ("🏽", ""),
        ("👍\U000e0067", "thumbs up"),
        ("👩‍🚨", "woman police car light"),
    ],
)
def test_emoji_are_said_by_their_names(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken


@pytest.mark.parametrize(
    ("tag", "spoken"), [("de", "daumen hoch"), ("fr", "pouce vers le haut"), ("ja", "サムズアップ")]
)
def test_names_are_in_the_language(tag: str, spoken: str) -> None:
    assert said("👍", tag) == spoken


def test_without_names_emoji_are_left_to_the_engine() -> None:
    assert emoji_rules("hi") == ()
    assert said("👍", "hi") == "👍"


@given(st.lists(st.sampled_from(_EMOJI), max_size=16).map("".join))
def test_any_run_of_pieces_is_read(text: str) -> None:
    assert "👍" not in said(text, "en-US")

"""Languages told by their small words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.language.votes import vote


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The cat sat on the mat.", "en"), ("Die Katze saß auf der Matte.", "de"),
        ("Le chat est sur le tapis.", "fr"),
        ("El gato está en la alfombra, pero no duerme muy bien.", "es"),
        ("O gato está no tapete, mas não dorme muito bem.", "pt"),
        ("De kat zit op de mat, maar hij slaapt niet.", "nl"),
        ("Кот сидит на ковре, и он уже очень хочет спать.", "ru"),
        ("Кіт сидить на килимі, і він спить.", "uk"),
        ("यह किताब है", "hi"),
        ("It’s what we’ve always wanted", "en"), ("¿Dónde?", "es"),
    ],
)  # fmt: skip
def test_small_words_tell_a_language(text: str, language: str) -> None:
    assert vote(text) == language


@pytest.mark.parametrize(
    "text",
    ["", "12", "Anna Schmidt", "x = y + z", "https://example.org/der/die/das", "der.die@das.example.org",
    "`der die das`",
     "Lorem Ipsum Dolor Amet The Consectetur Adipiscing Elit Eiusmod Tempor"],
)  # fmt: skip
def test_what_has_none_tells_nothing(text: str) -> None:
    assert vote(text) is None


def test_only_what_is_asked_for_is_found() -> None:
    assert vote("Die Katze saß auf der Matte.", {"en", "fr"}) is None


def test_a_few_foreign_words_change_nothing() -> None:
    assert vote("The words Schadenfreude, ¡olé! and déjà vu are not from here, but und so weiter is.") == "en"


@given(st.text(max_size=100))
def test_the_same_text_gives_the_same_answer(text: str) -> None:
    assert vote(text) == vote(text)


@pytest.mark.parametrize(
    "unit", ["the ", "a", "@", "a@", "http://", "`", "www.", "’", "a’", "\u0301", "ß", "क्"]
)
def test_hostile_text_costs_linear_time(unit: str) -> None:
    assert effort(vote, unit) < 3

from __future__ import annotations

import pytest
from hypothesis import given
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, golden, said

from stentor.text.normalize import Switches, normalize

GOLDEN = golden("german")


@pytest.mark.parametrize(("written", "spoken"), GOLDEN, ids=[written for written, _ in GOLDEN])
def test_what_is_written_is_said_in_words(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


@given(TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "de")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Er hat 3. Danach ging er.", "Er hat drei. Danach ging er."),
        ("Sie wurde 2. und er 3.", "Sie wurde zweiter und er drei."),
        ("vom 3. bis 5. Mai", "vom dritten bis fünften Mai"),
        ("Der 3. Mai", "Der dritte Mai"),
        ("im 3. Kapitel, im 2. Buch", "im dritten Kapitel, im zweiten Buch"),
    ],
)
def test_a_number_with_a_point_is_a_rank_where_no_sentence_ends(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


def test_one_has_the_gender_of_the_noun_behind_it() -> None:
    assert said("1 Hund, 1 Katze und 1 Name", "de") == "ein Hund, eine Katze und ein Name"
    assert said("Platz 1 und Kapitel 1 Anfang", "de") == "Platz eins und Kapitel eins Anfang"


def test_ages_of_ranks_and_multiples_keep_their_endings() -> None:
    assert (
        said("die 90er, 3-fach, 2te, dem 20sten", "de") == "die neunziger, dreifach, zweite, dem zwanzigsten"
    )


@pytest.mark.parametrize("unit", ["am 3. ", "und 3. ", "Hauptstr. ", "1. a ", "3.-", "1 Uhr 30"])
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "de", Switches()), unit) < 3

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stentor.text.edits import Chained, Edit, Edited


def test_text_without_edits_maps_to_itself() -> None:
    edited = Edited("abc", [])

    assert edited.text == "abc"
    assert [edited.origin(position) for position in range(3)] == [(0, 1), (1, 2), (2, 3)]


def test_every_character_of_an_edit_maps_to_all_it_stands_for() -> None:
    edited = Edited("pay $5 now", [Edit(4, 6, "five dollars")])

    assert edited.text == "pay five dollars now"
    assert {edited.origin(position) for position in range(4, 16)} == {(4, 6)}
    assert edited.origin(16) == (6, 7)
    assert edited.origin(17) == (7, 8)


def test_what_is_left_out_maps_to_nothing() -> None:
    edited = Edited("a *b* c", [Edit(2, 3, ""), Edit(4, 5, "")])

    assert edited.text == "a b c"
    assert [edited.origin(position) for position in range(5)] == [(0, 1), (1, 2), (3, 4), (5, 6), (6, 7)]


def test_empty_text_has_an_origin() -> None:
    assert Edited("", []).origin(0) == (0, 0)


@st.composite
def edits_of(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    original = draw(st.text(max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(original)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return original, [Edit(start, end, draw(st.text(max_size=5))) for start, end in pairs]


@given(edits_of())
def test_every_position_maps_into_the_original_in_order(case: tuple[str, list[Edit]]) -> None:
    original, edits = case
    edited = Edited(original, edits)
    origins = [edited.origin(position) for position in range(len(edited.text))]

    assert all(0 <= start <= end <= len(original) for start, end in origins)
    assert origins == sorted(origins)
    kept = [(position, start) for position, (start, end) in enumerate(origins) if end == start + 1]
    unedited = {i for i in range(len(original)) if not any(e.start <= i < e.end for e in edits)}
    assert {start for _, start in kept} >= unedited
    assert all(edited.text[at] == original[start] for at, start in kept if start in unedited)


def test_what_was_made_of_what_was_made_leads_back() -> None:
    first = Edited("a-b 5", [Edit(1, 2, "")])
    both = Chained(Edited(first.text, [Edit(3, 4, "five")]), first)

    assert both.text == "ab five"
    assert both.origin(1) == (2, 3)
    assert both.stretch(3, 7) == (4, 5)

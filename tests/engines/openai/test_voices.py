"""The lists of voices that servers give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.openai.voices import OPENAI, listed, named
from stentor.types import Voice, VoiceId
from stentor.voices.aliases import OPENAI_VOICES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.sampled_from(["voices", "data", "id", "name", "languages", "language"]), inside)
    ),
)


def voice(identity: str, name: str = "", *languages: str) -> Voice:
    return Voice(VoiceId(identity), name or identity, "cloud", languages or ("und",))


@pytest.mark.parametrize(
    ("listing", "voices"),
    [
        ({"voices": ["af_bella", "am_adam"]}, [voice("af_bella"), voice("am_adam")]),
        ({"voices": [{"id": "af_bella", "name": "Bella"}]}, [voice("af_bella", "Bella")]),
        ({"voices": [{"name": "Bella"}]}, [voice("Bella")]),
        ({"voices": [{"voice_id": "b", "name": "Bella"}]}, [voice("b", "Bella")]),
        (["a", {"id": "b"}], [voice("a"), voice("b")]),
        ({"object": "list", "data": [{"id": "a"}]}, [voice("a")]),
        ({"voices": ["a"], "uploaded_voices": ["b"]}, [voice("a")]),
        ({"voices": [{"id": "a", "language": "en_US"}]}, [voice("a", "", "en-US")]),
        ({"voices": [{"id": "a", "languages": ["de", "fr-CA"]}]}, [voice("a", "", "de", "fr-CA")]),
        ({"voices": [{"id": "a", "languages": ["no language", 5, ""]}]}, [voice("a")]),
        (["a", "A", " a "], [voice("a")]),
        (["", " ", "a\nb", "a" * 201, 5, None, [], {"id": 5}, {}], []),
        ({"detail": "Not Found"}, []),
        (None, []),
        ("alloy", []),
        ({"voices": None}, []),
        ({"voices": {"alloy": 1}}, []),
    ],
)
def test_a_list_is_read_in_every_shape_in_use(listing: Any, voices: list[Voice]) -> None:
    assert listed("cloud", listing, ("und",)) == voices


@given(JSON)
def test_no_list_does_harm(listing: Any) -> None:
    for found in listed("cloud", listing, ("und",)):
        assert found.id.isprintable()
        assert found.languages


def test_a_list_without_an_end_is_cut() -> None:
    assert len(listed("cloud", [str(number) for number in range(100_000)], ("und",))) == 5000


def test_openais_voices_are_those_of_the_rest_of_the_house() -> None:
    assert sorted(OPENAI) == sorted(OPENAI_VOICES)
    assert [made.id for made in named("cloud", OPENAI, ("en",))] == list(OPENAI)

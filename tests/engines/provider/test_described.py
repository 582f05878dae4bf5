"""What another Stentor says of itself is believed as far as it makes sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.provider.described import described, is_stentor, voices_of

HEALTH = {"status": "ok", "version": "1.0", "engines": {"espeak": {"status": "ok"}}}
MODEL: dict[str, Any] = {
    "owned_by": "espeak",
    "licence": "MIT",
    "capabilities": {
        "sample_rate": 22_050, "languages": ["de", "en-GB"], "speed": [0.5, 3], "pitch": [-12, 12],
        "styles": ["sad", "happy", "like a pirate"], "emphasis": True, "phonemes": True, "marks": True,
        "seed": True, "instructions": True, "longest_utterance": 250, "something_new": 1,
    },
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_stentor_is_told_by_its_health() -> None:
    assert is_stentor(HEALTH)
    printed = {"status": "healthy", "model": "Qwen3-TTS", "device": "cuda:0"}
    others: list[object] = [None, [], "ok", printed, {"version": "1"}]
    for other in others:
        assert not is_stentor(other)


def test_what_it_can_do_is_ours() -> None:
    found = described(MODEL)
    can = found.capabilities
    assert found.owner == "espeak"
    assert (can.sample_rate, can.languages, can.speed, can.pitch) == (
        22_050,
        ("de", "en-GB"),
        (0.5, 3),
        (-12, 12),
    )
    assert (can.emphasis, can.phonemes, can.marks, can.seed, can.instructions) == (True,) * 5
    assert set(can.styles) == {"sad", "happy"}
    assert (can.longest_utterance, can.licence) == (250, "MIT")


@pytest.mark.parametrize(
    ("field", "nonsense"),
    [("sample_rate", 1), ("sample_rate", None), ("languages", []), ("speed", [1, float("inf")]),
     ("longest_utterance", 0), ("styles", "sad"), ("pitch", [1])],
)  # fmt: skip
def test_nonsense_is_refused(field: str, nonsense: object) -> None:
    with pytest.raises(ValueError, match="describes no engine"):
        described({**MODEL, "capabilities": {**MODEL["capabilities"], field: nonsense}})


@given(st.dictionaries(st.sampled_from(["speed", "pitch"]), st.tuples(*[st.floats(-1e9, 1e9)] * 2)))
def test_a_pace_and_a_pitch_of_its_own_are_always_within_its_ranges(told: dict[str, Any]) -> None:
    can = described({**MODEL, "capabilities": {**MODEL["capabilities"], **told}}).capabilities
    assert 0 < can.speed[0] <= 1 <= can.speed[1]
    assert can.pitch[0] <= 0 <= can.pitch[1]


@given(ANYTHING)
def test_anything_else_is_refused_in_words(told: Any) -> None:
    is_stentor(told)
    voices_of("espeak", "remote", told, ("und",))
    with pytest.raises(ValueError, match="describes no engine"):
        described(told)


def test_only_the_voices_of_its_engine_are_listed() -> None:
    listing = {
        "voices": [
            {"id": "alloy", "name": "Alloy", "engine": "espeak", "languages": ["en-US"]},
            {"id": "low", "name": "220 Hz", "engine": "tone", "languages": ["und"]},
            {"id": "en-GB-x-rp", "name": 7, "engine": "espeak", "languages": ["en-GB-x-rp", "?", 7]},
            {"id": "de", "name": "German", "engine": "espeak"},
            {"id": "no\nname", "engine": "espeak"},
            {"id": 7, "engine": "espeak"},
            {"engine": "espeak"},
        ]
    }
    found = voices_of("espeak", "remote", listing, ("en", "de"))
    assert [(voice.id, voice.engine, voice.languages) for voice in found] == [
        ("alloy", "remote", ("en-US",)),
        ("en-GB-x-rp", "remote", ("en-GB-x-rp",)),
        ("de", "remote", ("en", "de")),
    ]

"""The words of the project: values that nobody can change."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.types import AudioChunk, Prompt, Sample, Utterance, Voice, VoiceId

VOICE = Voice(VoiceId("en-GB"), "English", "espeak", ("en-GB",))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    SCALARS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def nested(levels: int) -> dict[str, Any]:
    """Put objects and lists within each other, an object outermost."""
    made: Any = {}
    for level in range(levels - 1, 0, -1):
        made = {"in": made} if level % 2 else [made]
    return dict(made)


@pytest.mark.parametrize(
    "value",
    [
        VOICE,
        AudioChunk(np.zeros(3, np.float32), 24_000),
        Utterance("Hello.", VOICE),
        Sample(np.zeros(3, np.float32), 24_000, "Hm."),
        Prompt.of({"tensors": "…"}),
    ],
)
def test_a_value_stays_as_it_was_made(value: object) -> None:
    for name in [field.name for field in dataclasses.fields(value)]:  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)


def test_equal_voices_are_one_voice() -> None:
    assert {VOICE, dataclasses.replace(VOICE)} == {VOICE}


def test_an_utterance_that_says_no_more_is_said_in_the_voice_s_own_way() -> None:
    utterance = Utterance("Hello.", VOICE)
    assert (utterance.speed, utterance.pitch, utterance.style) == (1.0, 0.0, None)
    assert utterance.is_complete
    assert not utterance.marks


@given(st.dictionaries(st.text(), JSON))
def test_a_prompt_is_the_same_wherever_it_is_written_again(content: dict[str, Any]) -> None:
    prompt = Prompt.of(content)
    assert prompt.content == content
    turned = dict(reversed(json.loads(json.dumps(content, indent=1, ensure_ascii=False)).items()))
    assert Prompt.of(turned) == prompt


def test_the_id_of_a_prompt_is_made_as_it_is_documented() -> None:
    content = {"b": [1.5, "é"], "a": {"safetensors": "AAAA"}}
    written = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    assert Prompt.of(content).written == written
    assert Prompt.of(content).id == f"sha256:{hashlib.sha256(written).hexdigest()}"
    assert Prompt.of({**content, "c": 1}) != Prompt.of(content)


def test_a_prompt_does_not_show_all_of_itself() -> None:
    assert len(repr(Prompt.of({"tensors": "A" * 100_000}))) < 200


@pytest.mark.parametrize(
    ("content", "because"),
    [
        ({"x": float("inf")}, "what JSON cannot write"),
        ({"x": b"bytes"}, "what JSON cannot write"),
        (nested(65), "levels deep"),
        (nested(100_000), "levels deep"),
    ],
    ids=["infinity", "bytes", "deep", "very deep"],
)
def test_what_is_no_prompt_is_refused(content: dict[str, Any], because: str) -> None:
    with pytest.raises(ValueError, match=because):
        Prompt.of(content)


def test_a_prompt_may_be_nested_sixty_four_levels_deep() -> None:
    assert Prompt.of(nested(64)).content == nested(64)

"""The words of the project: values that nobody can change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stentor.types import AudioChunk, Utterance, Voice, VoiceId

VOICE = Voice(VoiceId("en-GB"), "English", "espeak", ("en-GB",))


@pytest.mark.parametrize(
    "value",
    [
        VOICE,
        AudioChunk(np.zeros(3, np.float32), 24_000),
        Utterance("Hello.", VOICE),
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

"""The words of the project: values that nobody can change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stentor.pipeline.request import SpeechRequest
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

VOICE = Voice(VoiceId("en-GB"), "English", "espeak", ("en-GB",))


@pytest.mark.parametrize(
    "value",
    [
        VOICE,
        AudioChunk(np.zeros(3, np.float32), 24_000),
        Utterance("Hello.", VOICE),
        SpeechRequest("Hello.", "tts-1", "alloy"),
    ],
)
def test_a_value_stays_as_it_was_made(value: object) -> None:
    for name in [field.name for field in dataclasses.fields(value)]:  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)


def test_equal_voices_are_one_voice() -> None:
    assert {VOICE, dataclasses.replace(VOICE)} == {VOICE}


def test_a_request_that_says_no_more_is_openai_s_default() -> None:
    request = SpeechRequest("Hello.", "tts-1", "alloy")
    assert (request.format, request.speed, request.strict) == ("mp3", 1.0, False)
    assert not any((request.sample_rate, request.seed, request.language, request.instructions))


def test_an_utterance_that_says_no_more_is_the_whole_text_at_the_voice_s_own_pace() -> None:
    utterance = Utterance("Hello.", VOICE)
    assert (utterance.start, utterance.speed, utterance.pause) == (0, 1.0, 0.0)

"""What passes for speech."""

from __future__ import annotations

import base64
import json
import wave
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from tests.fakes import tone

from stentor.engines.provider.answers import Whole
from stentor.providercheck.finding import WrongError
from stentor.providercheck.heard import Said, judged, length_of, recording, whole

RATE = 24_000
SOUND = tone(2)


def said(told: Any, status: int = 200) -> Said:
    return Said(status, "application/json", {}, json.dumps(told).encode(), 0.1)


def samples(content: np.ndarray[Any, Any], sample: str, rate: int = RATE) -> Whole:
    return Whole(content.astype(sample).tobytes(), rate, sample)


def test_samples_are_described() -> None:
    assert judged(samples(SOUND, "<f4")) == "2.00 s at 24000 Hz, peak 0.25"
    assert judged(samples(SOUND * 32767, "<i2")) == "2.00 s at 24000 Hz, peak 0.25"
    assert length_of(samples(SOUND, "<f8")) == 2


@pytest.mark.parametrize(
    ("heard", "because"),
    [
        (samples(np.zeros(48_000), "<f4"), "silence"),
        (samples(np.zeros(0), "<f4"), "silence"),
        (samples(SOUND[:9000], "<f4"), r"last 0\.38 s"),
        (samples(SOUND, "<f4", 1_000), r"last 48\.00 s"),
        (samples(SOUND * 32767, "<f4"), "times full scale"),
        (samples(SOUND * np.nan, "<f4"), "no numbers"),
        (Whole(b"\0" * 9, RATE, "<f4"), "no whole number of float32"),
    ],
)
def test_what_is_no_speech_is_told_with_a_remedy(heard: Whole, because: str) -> None:
    with pytest.raises(WrongError, match=because) as wrong:
        judged(heard)
    assert wrong.value.remedy


def test_a_type_that_lies_is_noticed() -> None:
    integers = (SOUND * 32767).astype("<i2").tobytes()
    with pytest.raises(WrongError):
        judged(Whole(integers, RATE, "<f4"))


def test_an_answer_must_be_the_protocol_s() -> None:
    audio = base64.b64encode(SOUND.tobytes()).decode()
    assert whole(said({"audio": audio, "sample_rate": RATE, "dtype": "float32"})).rate == RATE
    with pytest.raises(WrongError, match="500: Out of memory"):
        whole(said({"error": {"message": "Out of memory."}}, 500))
    with pytest.raises(WrongError, match="404: Not Found"):
        whole(said({"detail": "Not Found"}, 404))
    with pytest.raises(WrongError, match="without `audio`"):
        whole(said({"sample_rate": RATE}))
    assert said([1]).sentence == "[1]"
    assert Said(200, "", {}, b"\xff{", 0.1).json is None


def test_the_recording_is_what_the_provider_said() -> None:
    part = recording(Whole(SOUND.astype("<f8").tobytes(), RATE, "<f8"))
    assert isinstance(part.content, bytes)
    with wave.open(BytesIO(part.content)) as file:
        assert (file.getframerate(), file.getnframes()) == (RATE, len(SOUND))
        heard = np.frombuffer(file.readframes(len(SOUND)), "<i2") / 32768
    np.testing.assert_allclose(heard, SOUND, atol=1e-3)

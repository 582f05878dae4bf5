"""Fitting a voice to recordings, also to those of which none can be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.engines.espeak.references import (
    FLITE,
    READ,
    VARIANTS,
    distance,
    pitch,
    recorded,
    recorded_from_flite,
    spoken,
)
from tests.engines.espeak.test_hearing import vowels

from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.engines.espeak.adaptation import Adaptation
from stentor.engines.espeak.fitting import fit
from stentor.engines.espeak.hearing import BANDS, RATE
from stentor.errors import UnusableRecording
from stentor.types import Sample

if TYPE_CHECKING:
    from stentor.types import Samples

RANDOM = np.random.default_rng(5)
NOISE = RANDOM.normal(0, 0.1, 4 * RATE).astype(np.float32)


async def nobody(_text: str, _adapted: Adaptation | None) -> Samples:
    raise AssertionError("it was asked to speak")


@pytest.mark.parametrize(
    ("samples", "because"),
    [
        (np.zeros(0, np.float32), "nothing to hear"),
        (np.zeros(RATE, np.float32), "nothing to hear"),
        (np.full(RATE, np.nan, np.float32), "no numbers"),
        (np.full(RATE, np.inf, np.float32), "no numbers"),
        (3e38 * vowels(seconds=1.0), "seconds of speech, and 1.5 are needed"),
        (vowels(seconds=1.0), "seconds of speech, and 1.5 are needed"),
        (NOISE, "noise, or a steady sound"),
        (vowels(pace=0.3), "noise, or a steady sound"),
        (np.clip(20 * vowels(), -1, 1), "recorded too loud"),
    ],
    ids=["empty", "silence", "no numbers", "infinite", "huge", "short", "noise", "hum", "distorted"],
)
async def test_a_recording_that_is_of_no_use_is_refused_with_a_sentence(
    samples: Samples, because: str
) -> None:
    with pytest.raises(UnusableRecording, match=because) as raised:
        await fit([Sample(samples, RATE)], nobody)
    assert raised.value.param == "audio"


@dataclass(frozen=True)
class Likeness:
    """How an adapted voice compares with the recording that it follows."""

    higher: float
    """Its pitch over that of the recording."""
    plain: float
    """The distance of the plain voice from the recording, in decibels."""
    adapted: float


async def compared(engine: EspeakEngine, reference: Sample) -> Likeness:
    prompt = await engine.prepare([reference])
    plain, adapted = await spoken(engine), await spoken(engine, prompt=prompt)
    return Likeness(
        pitch(adapted) / pitch(reference.samples, reference.rate),
        *(distance(reference, Sample(said, SAMPLE_RATE)) for said in (plain, adapted)),
    )


@pytest.mark.e2e
@pytest.mark.parametrize("voice", [*FLITE, *VARIANTS])
async def test_it_comes_nearer_to_every_clean_recording(espeak: EspeakEngine, voice: str) -> None:
    flite = voice in FLITE
    reference = recorded_from_flite(voice) if flite else await recorded(espeak, VARIANTS[voice])
    found = await compared(espeak, reference)
    assert found.higher == pytest.approx(1, abs=0.05)
    assert found.adapted < 0.9 * found.plain


@pytest.mark.e2e
async def test_noise_in_a_recording_does_not_change_the_pitch(espeak: EspeakEngine) -> None:
    clean = await recorded(espeak, "en-US+f3")
    level = 0.3 * np.sqrt(np.mean(clean.samples**2))
    noise = RANDOM.normal(0, level, clean.samples.size).astype(np.float32)
    prompt = await espeak.prepare([Sample(clean.samples + noise, clean.rate)])
    assert pitch(await spoken(espeak, prompt=prompt)) == pytest.approx(pitch(clean.samples), rel=0.05)


@pytest.mark.e2e
async def test_where_formants_are_and_the_pace_are_found(espeak: EspeakEngine) -> None:
    found = {}
    for formants, pace in ((90, 0.85), (116, 1.15)):
        made = Adaptation(115, 155, formants, pace, 0.0, (0.0,) * BANDS)
        reference = Sample(await spoken(espeak, READ, made.prompt()), SAMPLE_RATE)
        found[formants] = Adaptation.of(await espeak.prepare([reference]))
        assert found[formants].formants == pytest.approx(formants, abs=6)
        assert found[formants].pace == pytest.approx(pace, abs=0.08)

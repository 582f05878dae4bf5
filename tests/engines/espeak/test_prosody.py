"""Pace, pitch, melody and loudness: what the library is asked for, and what is heard of it."""

from __future__ import annotations

from itertools import pairwise
from math import log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.espeak.speaking import Heard, Speaking
from tests.hearing import pitches, rms

from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.engines.espeak.prosody import EMPHASIS, STYLES, knobs
from stentor.engines.espeak.voices import VoiceTable
from stentor.text.script import STYLES as ALL_STYLES
from stentor.types import Utterance, VoiceId

TABLE = VoiceTable()
VOICED = "We were away a year ago. Are you alone in the lonely meadow?"
LOWEST, HIGHEST = EspeakEngine.capabilities.pitch


def asked(voice: str = "en-US", **fields: Any) -> dict[str, int]:
    found, timbre = TABLE.find(voice, None), TABLE.timbre(VoiceId(voice))
    assert found
    assert timbre
    return knobs(Utterance("", found, **fields), timbre)


PLAIN = {"rate": 175, "pitch": 50, "range": 50, "volume": 100}


def test_nothing_is_changed_unless_something_is_asked_for() -> None:
    assert asked() == asked(style="neutral") == asked(style="no such style") == PLAIN


def test_every_style_and_emphasis_there_is_has_its_own_manner() -> None:
    assert set(STYLES) == set(ALL_STYLES) == set(EspeakEngine.capabilities.styles)
    manners = [*STYLES.values(), *EMPHASIS.values()]
    assert len({repr(manner) for manner in manners}) == len(manners)


@given(
    st.floats(0.45, 2.57),
    st.floats(LOWEST, HIGHEST),
    st.sampled_from([None, *STYLES]),
    st.sampled_from([None, *EMPHASIS]),
    st.sampled_from(["en-US", "en-US+Annie", "de+AnxiousAndy", "hi+robosoft6", "cmn+aunty"]),
)
def test_the_library_is_asked_for_nothing_that_it_cannot_do(
    speed: float, pitch: float, style: str | None, emphasis: str | None, voice: str
) -> None:
    knob = asked(voice, speed=speed, pitch=pitch, style=style, emphasis=emphasis)
    assert 80 <= knob["rate"] <= 449
    assert 0 <= knob["pitch"] <= 99
    assert 0 <= knob["range"] <= 99
    assert 30 <= knob["volume"] <= 200


def semitones(heard: Heard, normal: Heard) -> float:
    """How much higher it is, at the same place in the same words."""
    higher, lower = (pitches(sound.samples, SAMPLE_RATE) for sound in (heard, normal))
    lower = lower[np.round(np.linspace(0, lower.size - 1, higher.size)).astype(int)]
    both = (higher > 0) & (lower > 0)
    return 12 * log2(np.median(higher[both] / lower[both]))


VOICES = {
    "en-US": VOICED,
    "en-US+f3": VOICED,
    "en-US+m7": VOICED,
    "en-GB": VOICED,
    "de": "Wir waren vor einem Jahr in Jena. Wo wollen wir wohnen?",
    "fr-FR": "Nous avons un ami en Allemagne. Où allons-nous maintenant?",
    "hi": "मैं यहाँ हूँ और वह वहाँ है",
}


@pytest.mark.e2e
@pytest.mark.parametrize("voice", VOICES)
async def test_the_pitch_moves_by_as_many_semitones_as_asked(say: Speaking, voice: str) -> None:
    """Within a tenth, and a fifth of a semitone that the measurement takes."""
    normal = await say(VOICES[voice], voice)
    for pitch in (LOWEST, -4, -2, 2, 4, HIGHEST):
        heard = await say(VOICES[voice], voice, pitch=pitch)
        assert semitones(heard, normal) == pytest.approx(pitch, rel=0.1, abs=0.2)
        assert heard.seconds == pytest.approx(normal.seconds, rel=0.05)


@pytest.mark.e2e
async def test_emphasis_is_longer_higher_and_louder_and_less_of_it_the_reverse(say: Speaking) -> None:
    said = [await say(VOICED, emphasis=emphasis) for emphasis in ("strong", "moderate", None, "reduced")]
    for more, less in pairwise(said):
        assert more.seconds > 1.05 * less.seconds
        assert semitones(more, less) > 0.5
        assert rms(more.samples) > 1.05 * rms(less.samples)


@pytest.mark.e2e
async def test_each_style_is_heard(say: Speaking) -> None:
    normal = await say(VOICED)
    said = {style: await say(VOICED, style=style) for style in STYLES}
    assert said["neutral"].seconds == pytest.approx(normal.seconds, rel=0.01)
    for style in ("happy", "angry", "excited", "fearful", "surprised"):
        assert said[style].seconds < 0.98 * normal.seconds, style
    for style in ("sad", "calm", "whispering"):
        assert said[style].seconds > 1.05 * normal.seconds, style
    for style in ("happy", "excited", "surprised", "fearful"):
        assert semitones(said[style], normal) > 1, style
    for style in ("sad", "calm"):
        assert semitones(said[style], normal) < -0.7, style
        assert rms(said[style].samples) < 0.95 * rms(normal.samples), style
    assert rms(said["angry"].samples) > 1.1 * rms(normal.samples)


@pytest.mark.e2e
@pytest.mark.parametrize("voice", ["en-US", "en-US+f3", "de+m7", "ru"])
async def test_a_whisper_has_no_pitch_and_is_half_as_loud(say: Speaking, voice: str) -> None:
    aloud, whispered = await say(VOICED, voice), await say(VOICED, voice, style="whispering")
    assert voiced(whispered) < 0.2 * voiced(aloud)
    assert rms(whispered.samples) == pytest.approx(rms(aloud.samples) / 2, rel=0.35)


def voiced(heard: Heard) -> float:
    """How much of it has a pitch."""
    return float(np.mean(pitches(heard.samples, SAMPLE_RATE) > 0))


@pytest.mark.e2e
async def test_no_manner_is_left_over_for_the_next_utterance(say: Speaking) -> None:
    before = await say(VOICED)
    for manner in (
        {"style": "whispering"},
        {"style": "excited", "emphasis": "strong"},
        {"pitch": LOWEST, "speed": 0.5, "style": "sad"},
        {"pitch": HIGHEST, "speed": 2.0},
    ):
        await say(VOICED, **manner)
        after = await say(VOICED)
        assert after.seconds == pytest.approx(before.seconds, rel=0.01)
        assert semitones(after, before) == pytest.approx(0, abs=0.2)
        assert rms(after.samples) == pytest.approx(rms(before.samples), rel=0.05)


@pytest.mark.e2e
@pytest.mark.parametrize("voice", ["en-US", "en-US+Hugo", "de", "de+caleb", "cmn+ian"])
async def test_nothing_is_louder_than_full_scale(say: Speaking, voice: str) -> None:
    heard = await say(VOICED, voice, style="angry", emphasis="strong")
    assert np.abs(heard.samples).max() <= 1


@pytest.mark.e2e
@pytest.mark.parametrize(
    "text", ["I would like to buy a house", "We will", "The money is yellow and it is mine"]
)
async def test_the_voice_does_not_fall_where_an_utterance_goes_on(say: Speaking, text: str) -> None:
    ended, going_on = await say(text, marks=True), await say(text, is_complete=False, marks=True)
    assert last_pitch(going_on) > 1.03 * last_pitch(ended)
    assert [mark.start for mark in going_on.marks] == [mark.start for mark in ended.marks]
    assert going_on.seconds == pytest.approx(ended.seconds, rel=0.05)


def last_pitch(heard: Heard) -> float:
    found = pitches(heard.samples, SAMPLE_RATE)
    return float(found[found > 0][-1])

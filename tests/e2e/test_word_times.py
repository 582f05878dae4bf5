"""When words are said to be heard, against when they are: by the energy of the sound, and by a recognizer."""

from __future__ import annotations

import base64
import json
from statistics import median
from typing import Any, TypeAlias

import httpx
import numpy as np
import pytest

from stentor.audio.stretch import Stretch
from tests.e2e.server import Server
from tests.ear import RATE, Ear
from tests.hearing import decode, onsets

Word: TypeAlias = dict[str, Any]

_OFF = 0.05
"""How far a word may be from its sound, in seconds."""
_TYPICAL = 0.02
_CLOSED = 0.1
"""The recognizer hears `t` from where the mouth closes for it; the sound comes up to so much later."""
_PLOSIVES = tuple("bcdgkpqt")

# A comma is silence, and none of these words has silence inside.
APART = {
    "en-US": "Moon, river, seven, lemon, window, honey, zero, hour.",
    "de": "Mond, Sonne, sieben, Name, Wiese, Honig, Uhr.",
    "es": "Luna, río, lana, miel, ojo, nariz, hora.",
    "ru": "Луна, вода, лимон, окно.",
    "cmn": "我，你，他，月，河。",
}
# The ear follows the last of these in very slow speech, and the first of them in very fast speech.
SENTENCES = (
    "nobody knows what will happen when the meeting is over",
    "he closed a yellow door last evening",
    "please bring seven apples to my mother",
    "the president of the company spoke about money for an hour",
    "never take eleven carrots from your father",
    "the small boat sailed across the river",
    "we will travel to london on monday",
    "my brother reads books in the garden",
    "the quick brown fox jumps over the lazy dog near the river bank",
    "a strong wind blew the leaves off the old apple tree",
    "she went to the store to buy a loaf of bread for the family",
    "she opened the green window this morning",
    "they should return from boston by friday",
    "your sister writes letters near a kitchen",
    "every child in the village learned to swim before summer",
    "in the morning she washes her hair",
)


def told(url: str, text: str | list[Any], voice: str = "en-US", **fields: Any) -> tuple[bytes, list[Word]]:
    """Have a text spoken into a whole file, with the times of its words."""
    body = {"model": "tts-1", "voice": voice, "input": text, "timestamps": ["word"], **fields}
    answer = httpx.post(f"{url}/v1/audio/speech/base64", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    read = answer.json()
    return base64.b64decode(read["audio"]), read["words"]


def streamed(url: str, text: str, **fields: Any) -> tuple[bytes, list[Word]]:
    """Have a text spoken into a stream, with the times of its words beside it."""
    body = {"model": "tts-1", "voice": "en-US", "input": text, "timestamps": ["word"], **fields}
    answer = httpx.post(f"{url}/v1/audio/speech", json={**body, "stream_format": "sse"}, timeout=60)
    assert answer.status_code == 200, answer.text
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
    audio = b"".join(base64.b64decode(event["audio"]) for event in events if "audio" in event)
    return audio, [word for event in events for word in event.get("words", ())]


def starts(words: list[Word]) -> list[float]:
    return [word["start"] for word in words]


@pytest.mark.parametrize("speed", [0.5, 1, 1.7])
@pytest.mark.parametrize("voice", APART)
def test_a_word_behind_silence_begins_with_its_sound(server: Server, voice: str, speed: float) -> None:
    audio, words = told(server.url, APART[voice], voice, response_format="wav", speed=speed)
    heard = onsets(decode(audio, "wav", RATE), RATE, 0.06 / speed)
    assert starts(words) == pytest.approx(heard, abs=0.01)


@pytest.mark.parametrize("format_", ["pcm", "wav", "mp3", "opus", "aac", "flac"])
@pytest.mark.parametrize("way", [told, streamed])
def test_times_are_those_of_the_decoded_file(server: Server, format_: str, way: Any) -> None:
    """What a format adds in front is in them, as long as the file does not say that players shall cut it."""
    audio, words = way(server.url, APART["en-US"], response_format=format_)
    assert starts(words) == pytest.approx(onsets(decode(audio, format_), 24_000), abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_times_follow_the_sample_rate(server: Server, rate: int) -> None:
    audio, words = told(server.url, APART["en-US"], response_format="wav", sample_rate=rate)
    assert starts(words) == pytest.approx(onsets(decode(audio, "wav", rate), rate), abs=0.01)


@pytest.mark.parametrize("speed", [0.5, 1, 4])
def test_times_go_on_over_sentences_paragraphs_pauses_and_voices(server: Server, speed: float) -> None:
    text = (
        "Moon. [pause:200ms] River. [voice:de] Mond. [voice:en-US] Seven.\n\n"
        "Lemon! Is it 9? We saw $5. [pause:700ms]Hour."
    )
    audio, words = told(server.url, text, response_format="wav", speed=speed)
    firsts = [word["start"] for word in words if word["word"] not in ("it", "9?", "saw", "$5.")]
    assert firsts == pytest.approx(onsets(decode(audio, "wav", RATE), RATE, 0.06 / min(speed, 1)), abs=0.01)


def test_times_go_on_over_parts_with_voices_of_their_own(server: Server) -> None:
    parts = [
        {"voice": "en-US", "text": "Moon, river."},
        {"voice": "onyx", "text": "Honey."},
        {"voice": "de", "text": "Mond, Uhr."},
    ]
    audio, words = told(server.url, parts, response_format="wav")
    assert starts(words) == pytest.approx(onsets(decode(audio, "wav", RATE), RATE), abs=0.01)
    assert [(word["part"], word["char_start"]) for word in words] == [(0, 0), (0, 6), (1, 0), (2, 0), (2, 6)]


@pytest.mark.parametrize(
    ("speed", "sentences"),
    [(0.5, SENTENCES[-5:]), (1, SENTENCES), (1.7, SENTENCES), (4, SENTENCES[:6])],
)
def test_words_begin_where_a_recognizer_finds_them(
    server: Server, ear: Ear, speed: float, sentences: tuple[str, ...]
) -> None:
    apart: list[float] = []
    for sentence in sentences:
        words, found = followed(server.url, ear, f"{sentence.capitalize()}.", sentence, speed)
        for word, start in zip(words, found, strict=True):
            late = word["start"] - start
            apart.append(abs(late))
            most = _CLOSED if word["word"].lower().startswith(_PLOSIVES) else _OFF
            assert -_OFF <= late <= most, f"{word} of {sentence!r} is {late:+.3f} s from its sound"
    assert median(apart) <= _TYPICAL


def followed(
    url: str, ear: Ear, written: str, spoken: str, speed: float = 1
) -> tuple[list[Word], list[float]]:
    """Have a text spoken; return when its words are said to begin, and when the ear finds what is spoken.

    No two sounds of one text are quite the same, and in one of some hundreds the ear loses its way.
    Then it gets another one. It gets none for a word that it finds elsewhere.
    """
    for _ in range(3):
        audio, words = told(url, written, response_format="wav", speed=speed)
        if found := found_by(ear, decode(audio, "wav", RATE), spoken, speed):
            return words, found
    pytest.fail(f"the ear does not follow {spoken!r}")


def found_by(ear: Ear, sound: np.ndarray, sentence: str, speed: float = 1) -> list[float] | None:
    """Return when words begin; None if the ear loses its way.

    Speech may be so fast that the ear has to be given it slowed down. Then it listens at several paces,
    since at one it sometimes takes a sound for its neighbour's; the middle of what it finds holds.
    """
    paces = (0.3, 0.325, 0.35, 0.375, 0.4, 0.425, 0.45, 0.5) if speed > 2 else (1,)
    sounds = [stretched(sound, pace) for pace in paces]
    heard = [(begins, paced.size) for paced in sounds if (begins := ear.starts(paced, sentence))]
    if len(heard) < min(2, len(paces)):
        return None
    found = [np.array(begins) * sound.size / size for begins, size in heard]
    return [float(start) for start in np.median(found, axis=0)]


def stretched(sound: np.ndarray, factor: float) -> np.ndarray:
    """Make a sound faster by a factor: a recognizer knows speech of a usual pace only."""
    if factor == 1:
        return sound
    stretch = Stretch(factor, RATE)
    return np.concatenate((stretch.push(sound), stretch.flush()))


def test_what_is_read_out_begins_where_its_first_word_does(server: Server, ear: Ear) -> None:
    """A price is one word of the text, and several of the speech."""
    written = "We owe $25, and she was here in 1984, with Dr. Smith of No. 7."
    spoken = {
        "We": "we",
        "owe": "owe",
        "$25,": "twenty five dollars",
        "and": "and",
        "she": "she",
        "was": "was",
        "here": "here",
        "in": "in",
        "1984,": "nineteen eighty four",
        "with": "with",
        "Dr.": "doctor",
        "Smith": "smith",
        "of": "of",
        "No.": "number",
        "7.": "seven",
    }
    words, found = followed(server.url, ear, written, " ".join(spoken.values()))
    assert [word["word"] for word in words] == list(spoken)
    firsts = np.cumsum([0, *(len(said.split()) for said in spoken.values())])[:-1]
    late = np.array(starts(words)) - np.array(found)[firsts]
    assert np.median(np.abs(late)) <= _TYPICAL
    assert np.max(np.abs(late)) <= _CLOSED


def test_a_word_ends_where_the_next_begins_or_a_pause_does(server: Server) -> None:
    audio, words = told(server.url, "Moon, river. [pause:1s] Seven lemons.", response_format="wav")
    assert words[0]["end"] == words[1]["start"]
    assert words[2]["start"] - words[1]["end"] == pytest.approx(1, abs=0.02)
    assert words[-1]["end"] == pytest.approx(decode(audio, "wav").size / 24_000, abs=0.01)

"""The library itself, in a worker as always: what it is asked for, and what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
import pytest
from tests.hearing import pitches

from stentor.engines.espeak import library
from stentor.engines.lane import Part
from stentor.engines.process import WorkerPool, WorkerSpec
from stentor.errors import EngineFailed, EngineUnavailable
from stentor.types import WordMark

pytestmark = pytest.mark.e2e  # it starts processes

TABLE = json.loads(files("stentor.engines.espeak").joinpath("voices.json").read_text("utf-8"))
OPTIONS = {
    "library": espeakng_loader.get_library_path(),
    "data": str(espeakng_loader.get_data_path()),
    "sample_rate": 22_050,
}


class Library:
    """One worker with the library in it."""

    def __init__(self, **options: Any) -> None:
        file = Path(library.__file__)
        spec = WorkerSpec("espeak", file, "Espeak", OPTIONS | options, 44_100, spares=0, site_packages=False)
        self.pool = WorkerPool(spec)
        self.pool.open()

    async def parts(self, text: str, voice: str = "gmw/en-US", rate: int = 175, **asked: Any) -> list[Part]:
        plain = {"rate": rate, "pitch": 50, "range": 50, "volume": 100, "marks": False}
        request = plain | {"voice": voice, "text": text} | asked
        return [part async for part in self.pool.call(request, 1000)]

    async def speak(self, text: str, voice: str = "gmw/en-US", rate: int = 175, **asked: Any) -> bytes:
        return b"".join(part.samples for part in await self.parts(text, voice, rate, **asked))

    async def words(self, text: str, voice: str = "gmw/en-US", rate: int = 175) -> list[WordMark]:
        parts = await self.parts(text, voice, rate, marks=True)
        return [mark for part in parts for mark in part.marks]


@pytest.fixture
async def espeak() -> AsyncIterator[Library]:
    made = Library()
    yield made
    await made.pool.close()


async def test_every_voice_of_the_table_is_one_the_library_has(espeak: Library) -> None:
    """Each makes a sound, and none is the last voice kept by mistake."""
    for row in TABLE["voices"]:
        assert any(await espeak.speak("a 1", row["identifier"], 449)), row
    assert espeak.pool.status().restarts == 0


async def test_every_variant_of_the_table_changes_the_sound(espeak: Library) -> None:
    plain = await espeak.speak("banana", "gmw/en-US", 449)
    same = [
        variant
        for variant in TABLE["variants"]
        if await espeak.speak("banana", f"gmw/en-US+{variant}", 449) == plain
    ]
    assert same == []


async def test_languages_sound_different(espeak: Library) -> None:
    identifiers = ["gmw/en", "gmw/en-US", "gmw/de", "roa/fr", "sit/cmn", "zle/ru"]
    assert len({await espeak.speak("radio 7", identifier) for identifier in identifiers}) == 6


async def test_an_unknown_voice_is_an_error_and_keeps_no_voice(espeak: Library) -> None:
    with pytest.raises(EngineFailed, match="has no voice xx/none"):
        await espeak.speak("Hello.", "xx/none")
    assert any(await espeak.speak("Hello."))


async def test_nothing_is_left_over_from_the_request_before(espeak: Library) -> None:
    """But for 1%: the library's noise is never twice the same."""
    first = await espeak.speak("Hello there.")
    await espeak.speak("<prosody rate='slow'><voice name='de'>Guten Tag", "gmw/de+f2", 80)
    assert len(await espeak.speak("Hello there.")) == pytest.approx(len(first), rel=0.01)


async def test_slower_is_longer_in_proportion(espeak: Library) -> None:
    text = "The quick brown fox jumps over the lazy dog, and again."
    lengths = {rate: len(await espeak.speak(text, rate=rate)) for rate in (80, 175, 350, 449)}
    for rate, length in lengths.items():
        assert length * rate == pytest.approx(lengths[175] * 175, rel=0.12)


async def test_the_first_chunk_is_100_ms_and_none_is_longer_than_about_a_second(espeak: Library) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 6
    sizes = [len(part.samples) for part in await espeak.parts(text)]
    assert sizes[0] == pytest.approx(4410, rel=0.1)
    assert max(sizes) < 60_000
    assert all(sizes)


WORDS = {
    "gmw/en-US": "of all the words that we know, only a few are short",
    "gmw/de": "Der Hund, der Käse mag, schläft oft hier",
    "roa/fr": "les hommes aiment le café, et la montagne",
    "zle/ru": "мама мыла раму, а папа читал",
    "sem/ar": "السلام عليكم ورحمة الله، كيف حالك",
    "sem/he": "שלום עולם, מה שלומך",
    "inc/hi": "नमस्ते दुनिया, आप कैसे हैं",
    "ko": "안녕하세요 세계 여러분",
    "gmw/en": "naïve e\u0301te\u0301 𝕳ello 𝐀 bird",
}


@pytest.mark.parametrize("voice", WORDS)
async def test_a_mark_stands_at_a_word_whatever_its_script(espeak: Library, voice: str) -> None:
    text = WORDS[voice]
    begins = {match.start(): match.end() for match in re.finditer(r"[^\s,،]+", text)}
    marks = await espeak.words(text, voice)
    assert len(marks) >= 0.6 * len(begins)
    for mark in marks:
        assert begins.get(mark.start) == mark.end, text[mark.start : mark.end]


async def test_marks_stay_right_in_a_long_text(espeak: Library) -> None:
    """Of several clauses, and of one that is longer than the library can hold."""
    for words in (["Some words, and others."] * 400, ["yellow"] * 400):
        text = " ".join(words)
        begins = [match.start() for match in re.finditer(r"\S+", text)]
        assert [mark.start for mark in await espeak.words(text, rate=449)] == begins


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two. three four", ["one", "two", "three", "four"]),
        ("he said - well - yes", ["he", "said", "well", "yes"]),
        ("e.g. no -- not. so", ["e", "no", "not", "so"]),
        ("x.  y\n\n z.   w", ["x", "y", "z", "w"]),
        ("😀 so", ["😀", "so"]),
        ("- end -", ["end"]),
        ("!!! one", ["one"]),
    ],
)
async def test_a_word_that_the_library_reports_astray_is_marked_where_it_stands(
    espeak: Library, text: str, words: list[str]
) -> None:
    """It names the space or the dash before it."""
    assert [text[mark.start : mark.end].strip(".") for mark in await espeak.words(text)] == words


async def test_words_without_spaces_are_marked_one_by_one(espeak: Library) -> None:
    text = "今天天气很好，我们去公园吧。"
    marks = await espeak.words(text, "sit/cmn")
    assert len(marks) > 8
    assert all(mark.end - mark.start == 1 and text[mark.start] not in "，。" for mark in marks)


async def test_the_times_of_words_are_told_only_if_asked_and_with_their_sound(espeak: Library) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 4
    assert not any(part.marks for part in await espeak.parts(text))
    parts = await espeak.parts(text, marks=True)
    assert sum(1 for part in parts if part.marks) > 3
    made = 0
    for part in parts:
        made += len(part.samples) // 2
        assert all(made - 30_000 < mark.sample <= made for mark in part.marks)


APART = {
    "gmw/en-US": "banana, seven, happy, zebra, money, apple, under, table, paper, cat, dog, chicken, chair",
    "gmw/en-US+Annie": "banana, seven, happy, zebra, money, apple, under, table, paper, cat, dog, chair",
    "gmw/de": "eins, zwei, drei, Wasser, Haus, Mutter, Apfel, Garten, Tisch, Kaffee, Pause",
    "roa/fr": "maison, rouge, voiture, soleil, arbre, jardin, table, petit, café",
    "sit/cmn": "你，老，妈，学，中，苹，水，太，飞，书",
    "zle/ru": "мама, вода, земля, рука, лето, школа, яблоко, три, папа, кот",
    "sem/ar": "سلام، مدرسة، كتاب، ولد، شمس، نور، باب، قمر",
    "inc/hi": "नमस्ते, पानी, लड़का, सूरज, घर, किताब, आम, दिन",
}


@pytest.mark.parametrize("rate", [80, 175, 250])
@pytest.mark.parametrize("voice", APART)
async def test_a_word_is_marked_where_it_is_first_heard(espeak: Library, voice: str, rate: int) -> None:
    """Where there is silence before it: within 20 ms, whatever sound it begins with."""
    parts = await espeak.parts(APART[voice], voice, rate, marks=True)
    samples = np.abs(np.frombuffer(b"".join(part.samples for part in parts), "<i2").astype(np.int32))
    loud = np.flatnonzero(samples > 10 ** (-40 / 20) * samples.max())
    pauses = np.flatnonzero(np.diff(loud) > 22_050 * 14 / rate)
    onsets = np.concatenate((loud[:1], loud[pauses + 1]))
    marks = np.array([mark.sample for part in parts for mark in part.marks])
    assert len(marks) == len(re.findall("[,،，]", APART[voice])) + 1
    assert len(onsets) >= 0.7 * len(marks)
    assert max(np.abs(marks - onset).min() for onset in onsets) < 0.02 * 22_050


@pytest.mark.parametrize("rate", [80, 175, 300])
@pytest.mark.parametrize(
    "text", ["some apples", "seven apples", "for an hour", "ten animals", "sing often", "green olives"]
)
async def test_a_vowel_is_marked_behind_the_nasal_that_is_drawn_over_to_it(
    espeak: Library, text: str, rate: int
) -> None:
    """The nasal is soft, and the vowel is not."""
    parts = await espeak.parts(text, rate=rate, marks=True)
    samples = np.frombuffer(b"".join(part.samples for part in parts), "<i2").astype(np.float64)
    begin = [mark.sample for part in parts for mark in part.marks][-1]
    step = 22_050 * 5 // rate  # 29 ms at the usual pace
    nasal, vowel = samples[begin - 2 * step : begin - step], samples[begin : begin + step]
    assert np.std(vowel) > 1.5 * np.std(nasal)


async def test_phonemes_are_spoken_between_their_brackets(espeak: Library) -> None:
    """Each `|` ends a mnemonic, so that none is taken for punctuation."""
    spelled = len(await espeak.speak("[[t@m'eItoU]]"))
    word = len(await espeak.speak("tomato"))
    for text in ("[\x02t|@|m|'|eI|t|oU|]]", "[\x02t|@|'|m|eI|t|oU|]]"):
        assert len(await espeak.speak(text)) == pytest.approx(word, rel=0.01)
    assert spelled > 1.5 * word
    for sign in ("?", ":", ",", "'", ";"):
        marks = await espeak.words(f"one [\x02t|{sign}|]] two")
        assert [mark.start for mark in marks] == [0, 5, 13]


async def test_pitch_range_and_volume_are_the_library_s_and_do_not_stay(espeak: Library) -> None:
    text = "We were away a year ago."
    plain = np.frombuffer(await espeak.speak(text), "<i2").astype(np.float32)
    quiet = np.frombuffer(await espeak.speak(text, volume=50), "<i2").astype(np.float32)
    assert np.abs(quiet).max() == pytest.approx(np.abs(plain).max() / 2, rel=0.1)
    high = np.frombuffer(await espeak.speak(text, pitch=99), "<i2").astype(np.float32)
    flat = np.frombuffer(await espeak.speak(text, range=0), "<i2").astype(np.float32)
    again = np.frombuffer(await espeak.speak(text), "<i2").astype(np.float32)
    assert melody(high)[0] > 1.5 * melody(plain)[0]
    assert melody(flat)[1] < 0.5 * melody(plain)[1]
    assert melody(again) == pytest.approx(melody(plain), rel=0.1)
    assert np.abs(again).max() == pytest.approx(np.abs(plain).max(), rel=0.1)


def melody(samples: np.ndarray) -> tuple[float, float]:
    """Return the middle pitch in hertz and how far it swings, as a share of it."""
    found = pitches(samples, 22_050)
    low, middle, high = np.percentile(found[found > 0], [20, 50, 80])
    return float(middle), float((high - low) / middle)


FILE = {"pitch": [200, 260], "formants": 115}


async def test_a_voice_from_a_file_is_higher_and_shorter_and_does_not_stay(espeak: Library) -> None:
    text = "We were away a year ago."
    plain, adapted, low, again = [
        np.frombuffer(await espeak.speak(text, file=file), "<i2").astype(np.float32)
        for file in (None, FILE, FILE | {"formants": 100}, None)
    ]
    assert melody(adapted)[0] == pytest.approx(232, rel=0.1)
    assert melody(plain)[0] == pytest.approx(melody(again)[0], rel=0.02)
    assert brightness(adapted) > 1.05 * brightness(low)


def brightness(samples: np.ndarray) -> float:
    """Return the middle of the spectrum, in hertz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(np.sum(power * np.fft.rfftfreq(samples.size, 1 / 22_050)) / power.sum())


async def test_each_language_can_be_read_from_its_file(espeak: Library) -> None:
    """As long as from the library's list, which holds the same rules."""
    for identifier in ("gmw/en-US", "gmw/en", "gmw/de", "roa/fr", "sit/cmn", "zle/ru", "jpx/ja", "sem/ar"):
        listed = len(await espeak.speak("a 1 2 3", identifier))
        read = len(await espeak.speak("a 1 2 3", identifier, file=FILE))
        assert read == pytest.approx(listed, rel=0.03), identifier


async def test_a_whisper_from_a_file_is_one(espeak: Library) -> None:
    """The library's noise is there, in place of the voice; the pitch is still seen in it."""
    spoken, whispered, listed = [
        spectral_flatness(np.frombuffer(await espeak.speak("We were away.", voice, file=file), "<i2"))
        for voice, file in (("gmw/en-US", FILE), ("gmw/en-US+whisper", FILE), ("gmw/en-US+whisper", None))
    ]
    assert whispered > 2 * spoken
    assert whispered == pytest.approx(listed, rel=0.5)


def spectral_flatness(samples: np.ndarray) -> float:
    """Return how much like noise a sound is, from 0 to 1."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), 1102)[::551] * np.hanning(
        1102
    )
    loud = frames[np.abs(frames).max(axis=1) > 500]
    power = np.abs(np.fft.rfft(loud)[:, 5:200]) ** 2 + 1
    return float(np.mean(np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)))


async def test_a_voice_s_file_that_fails_does_no_harm(espeak: Library) -> None:
    assert await espeak.speak("Hello.", file=FILE)
    for wrong in ({"voice": "gmw/nobody", "file": FILE}, {"file": FILE | {"formants": "100\nvoicing 0"}}):
        with pytest.raises(EngineFailed):
            await espeak.speak("Hello.", **wrong)
        assert await espeak.speak("Hello.", file=FILE | {"pitch": [100, 110]})
    assert await espeak.speak("Hello.")


async def test_no_pause_is_added_at_the_end(espeak: Library) -> None:
    """The pipeline makes the pauses; the library's own would be 300 ms."""
    spoken = await espeak.speak("Hello there.")
    silent = len(spoken) - len(spoken.rstrip(b"\0"))
    assert silent < 44_100 * 0.05


async def test_without_its_data_it_says_so_and_stays_alive_to_say_it(tmp_path: Path) -> None:
    broken = Library(data=str(tmp_path))
    try:
        with pytest.raises(EngineUnavailable, match="did not start from"):
            await broken.pool.ready()
    finally:
        await broken.pool.close()

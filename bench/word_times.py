"""How far the times of words are from their sound: by its energy behind silence, and by a recognizer."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.e2e.test_word_times import APART, SENTENCES, followed, told
from tests.ear import RATE, Ear
from tests.hearing import decode, onsets

from bench.measure import stentor

FORMATS = ("pcm", "mp3", "opus", "aac")


def main() -> None:
    ear = Ear()
    with stentor() as server:
        url = f"http://127.0.0.1:{server.port}"
        for speed in (0.5, 1.0, 1.7):
            late: list[float] = []
            for voice, text in APART.items():
                audio, words = told(url, text, voice, response_format="wav", speed=speed)
                heard = onsets(decode(audio, "wav", RATE), RATE, 0.06 / speed)
                late += [word["start"] - begin for word, begin in zip(words, heard, strict=True)]
            print(f"behind silence, speed {speed:g}, {len(APART)} languages: {described(late)}")
        for format_ in FORMATS:
            audio, words = told(url, APART["en-US"], response_format=format_)
            heard = onsets(decode(audio, format_), 24_000)
            late = [word["start"] - begin for word, begin in zip(words, heard, strict=True)]
            print(f"behind silence, {format_}: {described(late)}")
        for speed in (1.0, 1.7):
            late = []
            for sentence in SENTENCES:
                words, found = followed(url, ear, f"{sentence.capitalize()}.", sentence, speed)
                late += [word["start"] - start for word, start in zip(words, found, strict=True)]
            print(f"against a recognizer, speed {speed:g}: {described(late)}")


def described(late: Sequence[float]) -> str:
    apart = sorted(1000 * abs(seconds) for seconds in late)
    most = apart[-1 - len(apart) // 20]
    return (
        f"{len(apart)} words, median {statistics.median(apart):.1f} ms apart, 95 % within {most:.0f} ms, "
        f"all within {apart[-1]:.0f} ms"
    )

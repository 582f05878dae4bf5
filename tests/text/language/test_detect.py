"""Languages of sentences in many languages, short texts, and what is no language."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.language import detect
from stentor.text.language.detect import Detector
from stentor.text.language.scripts import primary

SENTENCES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent.parent / "golden" / "languages.txt").read_text("utf-8").splitlines()
]
EVERY = tuple(dict.fromkeys(language for language, _ in SENTENCES))
FEW = (
    "en",
    "es",
    "fr",
    "de",
    "it",
    "pt",
    "pl",
    "tr",
    "ru",
    "nl",
    "cs",
    "ar",
    "zh-cn",
    "ja",
    "hu",
    "ko",
    "hi",
)


async def share(among: tuple[str, ...]) -> float:
    """Return how many of the sentences in these languages are told right."""
    detector = Detector()
    known = {primary(tag) for tag in among}
    asked = [(language, sentence) for language, sentence in SENTENCES if language in known]
    right = [await detector.detect(sentence, among) == language for language, sentence in asked]
    return sum(right) / len(right)


async def test_ten_sentences_in_each_of_many_languages() -> None:
    assert await share(EVERY) >= 0.97


async def test_a_voice_of_fewer_languages_is_told_better() -> None:
    assert await share(FEW) >= 0.99


async def test_no_language_is_missed() -> None:
    detector = Detector()
    right = Counter([
        language for language, sentence in SENTENCES if await detector.detect(sentence, EVERY) == language
    ])
    assert set(right) == set(EVERY)


def test_most_sentences_need_no_model() -> None:
    detector = Detector()
    told = [detector.quick(sentence, EVERY) for _, sentence in SENTENCES]
    wrong = [
        found for found, (language, _) in zip(told, SENTENCES, strict=True) if found not in (None, language)
    ]
    assert sum(found is not None for found in told) >= 0.65 * len(told)
    assert len(wrong) <= 0.01 * len(told)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "OK", "Haha", "12345", "3.14", "...", "👍", "Ω", "Anna Müller",
        "https://example.org/der/die/das",
        "print(x)", "x = y + z", "東京", "No",
    ],
)  # fmt: skip
async def test_what_is_short_or_no_language_is_left_to_the_caller(text: str) -> None:
    assert await Detector().detect(text, EVERY) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello!", "en"), ("Danke!", "de"), ("Merci beaucoup", "fr"), ("Привет", "ru"), ("Дякую!", "uk"),
        ("こんにちは", "ja"),
        ("你好吗", "zh"), ("안녕", "ko"), ("مرحبا", "ar"), ("سلام چطوری", "fa"), ("नमस्ते", "hi"),
        ("γεια", "el"), ("שלום", "he"),
        ("iPhone 15 Pro 的价格是多少？你知道吗", "zh"), ("Use a @property, it is what you want.", "en"),
        ("The word Schadenfreude, like déjà vu and piñata, is borrowed from elsewhere.", "en"),
        ("Die App hat ein neues Update, und das ist gut, check it out!", "de"),
        ("He said Привет to me and left.", "en"),
    ],
)  # fmt: skip
def test_short_texts_that_tell_their_language(text: str, language: str) -> None:
    assert Detector().quick(text, EVERY) == language


def test_the_answer_is_one_of_those_asked_for() -> None:
    detector = Detector()
    assert detector.quick("你好吗，今天天气很好", ("en-US", "cmn", "yue", "ja")) == "cmn"
    assert detector.quick("The cat is on the mat", ("en-US", "de-DE")) == "en"
    assert detector.quick("Привет, как дела?", ("en", "de")) is None
    assert detector.quick("Привет, как дела?", ("en", "ru-RU")) == "ru"
    assert detector.quick("Привет, как дела?", ()) is None


@pytest.mark.parametrize("text", ["Hello 你好 мир", "他说：我们走吧。", "Hello, 这是什么?"])
async def test_chinese_is_not_japanese_for_a_voice_that_speaks_no_chinese(text: str) -> None:
    assert await Detector().detect(text, ("en", "ja", "ru")) is None
    assert await Detector().detect(text, ("en", "ja", "ru", "zh")) == "zh"
    assert await Detector().detect("東京の天気", ("en", "ja", "ru")) == "ja"


async def test_the_model_is_loaded_once_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[object] = []
    load = detect._load

    def counted() -> object:
        loads.append(load())
        return loads[-1]

    monkeypatch.setattr(detect, "_load", counted)
    detector = Detector()
    await detector.detect("This is what we have, and that is all.", EVERY)
    assert not loads
    unclear = "Barnen leker bakom huset"
    answers = await asyncio.gather(*(detector.detect(unclear, ("sv", "fi", "is")) for _ in range(5)))
    assert answers == ["sv"] * 5
    assert len(loads) == 1


@pytest.mark.e2e
def test_the_model_is_not_imported_with_the_detector() -> None:
    code = "import stentor.text.language, sys; sys.exit(bool({'numpy', 'py3langid'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_only_the_beginning_is_looked_at() -> None:
    text = "The end of this is not what it was. " * 40
    assert Detector().quick(text + "и это не всё, что он сказал. " * 1000, EVERY) == "en"


@given(st.text(max_size=200))
def test_any_text_has_an_answer_or_none(text: str) -> None:
    found = Detector().quick(text, EVERY)
    assert found is None or found in EVERY


@pytest.mark.parametrize("unit", ["a", "я", "字", "\u0301", "the ", "@", "👍", "\x00"])
def test_hostile_text_costs_no_more_the_longer_it_is(unit: str) -> None:
    assert effort(lambda text: Detector().quick(text, EVERY), unit) < 1

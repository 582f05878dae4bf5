"""Words, by the ear of a machine: a recognizer picks what was said among sentences nearly the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.e2e.server import Server
from tests.ear import RATE, Ear
from tests.hearing import decode

# Each word of a sentence may be another one, or missing.
SENTENCES = {
    "the small boat sailed across the river": "big train drove along a harbor",
    "please bring seven apples to my mother": "never take eleven carrots from your father",
    "she opened the green window this morning": "he closed a yellow door last evening",
    "we will travel to london on monday": "they should return from boston by friday",
    "my brother reads books in the garden": "your sister writes letters near a kitchen",
}


def near_misses(sentence: str, others: str) -> list[str]:
    """Change one word of the sentence, or leave one out."""
    words, instead = sentence.split(), others.split()
    changed = [
        [*words[:place], instead[place], *words[place + 1 :]]
        for place in range(min(len(words), len(instead)))
        if words[place] != instead[place]
    ]
    dropped = [[*words[:place], *words[place + 1 :]] for place in range(len(words)) if len(words[place]) > 3]
    return [" ".join(words) for words in changed + dropped]


def say(server: Server, text: str, format_: str = "wav", **fields: Any) -> np.ndarray:
    answer = server.speak(text, voice="en-US", response_format=format_, sample_rate=RATE, **fields)
    assert answer.status_code == 200, answer.text
    return decode(answer.content, format_, RATE)


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("format_", ["wav", "mp3", "opus"])
def test_the_words_that_were_sent_are_heard(server: Server, ear: Ear, sentence: str, format_: str) -> None:
    choices = [sentence, *near_misses(sentence, SENTENCES[sentence])]
    assert ear.hears(say(server, f"{sentence.capitalize()}.", format_), choices) == sentence


@pytest.mark.parametrize("speed", [0.7, 1, 1.5])
@pytest.mark.parametrize("sentence", list(SENTENCES)[:3])
def test_words_survive_another_pace(server: Server, ear: Ear, sentence: str, speed: float) -> None:
    choices = [sentence, *near_misses(sentence, SENTENCES[sentence])]
    assert ear.hears(say(server, f"{sentence.capitalize()}.", speed=speed), choices) == sentence


@pytest.mark.parametrize("format_", ["wav", "mp3"])
@pytest.mark.parametrize("places", [(0, 1), (1, 0), (2, 3), (4, 2)])
def test_two_sentences_are_heard_in_order_and_whole(
    server: Server, ear: Ear, format_: str, places: tuple[int, int]
) -> None:
    """A join that swallows the last word of the first, or the first of the second, is another choice."""
    first, second = (list(SENTENCES)[place] for place in places)
    spoken = f"{first.capitalize()}. {second.capitalize()}."
    expected = f"{first} {second}"
    choices = [
        expected,
        f"{second} {first}",
        first,
        second,
        f"{first} {first}",
        f"{first.rpartition(' ')[0]} {second}",
        f"{first} {second.partition(' ')[2]}",
        f"{first} {second.rpartition(' ')[0]}",
    ]
    assert ear.hears(say(server, spoken, format_), choices) == expected


def test_the_ear_can_tell_a_wrong_sentence(server: Server, ear: Ear) -> None:
    """The other tests mean something only if a changed word is heard as changed."""
    for sentence, others in SENTENCES.items():
        changed = near_misses(sentence, others)[1]
        assert ear.hears(say(server, f"{changed.capitalize()}."), [sentence, changed]) == changed

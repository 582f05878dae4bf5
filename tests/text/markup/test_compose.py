"""The order of items, and which blanks and boundaries are left out."""

from __future__ import annotations

from stentor.text.markup.compose import Composer
from stentor.text.script import Alias, Boundary, Break, Manner, Pause, Words

_MANNER = Manner()


def words(text: str, start: int) -> Words:
    return Words(text, start, start + len(text), _MANNER)


def test_blanks_that_part_nothing_are_left_out() -> None:
    composer = Composer()
    for item in (words(" ", 0), words("a", 1), words(" ", 2), words(" ", 3)):
        composer.say(item)
    composer.pause(1, 4)
    composer.say(words(" ", 4))
    composer.say(words("b", 5))
    composer.say(words(" ", 6))
    composer.say(words("c", 7))
    composer.say(words(" ", 8))
    assert composer.items() == (words("a", 1), Pause(1, 4), words("b", 5), words(" ", 6), words("c", 7))


def test_a_boundary_needs_words_before_it() -> None:
    composer = Composer()
    composer.boundary(Break.PARAGRAPH, 0)
    composer.say(words("a", 1))
    composer.boundary(Break.SENTENCE, 2)
    composer.boundary(Break.SENTENCE, 3)
    assert composer.items() == (words("a", 1), Boundary(Break.SENTENCE, 2))


def test_a_sentence_may_end_its_paragraph() -> None:
    composer = Composer()
    composer.say(words("a", 0))
    composer.boundary(Break.SENTENCE, 1)
    composer.pause(1, 1)
    composer.boundary(Break.PARAGRAPH, 2)
    assert composer.items() == (words("a", 0), Boundary(Break.PARAGRAPH, 1), Pause(1, 1))


def test_a_reading_is_of_the_words_without_the_blanks_around_them() -> None:
    composer = Composer()
    composer.say(words("a", 0))
    alias = Alias("x")
    assert composer.say_as([words(" b", 1), Words("&", 3, 8, _MANNER), words("c ", 8)], alias)
    assert composer.items() == (words("a", 0), words(" ", 1), Words("b&c", 2, 9, _MANNER, alias))
    assert not composer.say_as([words("  ", 10)], alias)

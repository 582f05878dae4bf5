"""How what is written is worded: readings from markup, pronunciations, numbers and signs in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from stentor.text.clean import tidy, unpictured
from stentor.text.edits import Chained, Edit, Edited, Mapped
from stentor.text.normalize import normalize, say_as
from stentor.text.script import Alias, Phonemes, Words
from stentor.types import Pronunciation

if TYPE_CHECKING:
    from stentor.text.lexicon import Matcher
    from stentor.text.normalize import Switches


@dataclass(frozen=True, slots=True)
class Rules:
    """What is done to words on their way to a voice."""

    language: str
    switches: Switches | None = None
    """What is normalised; None is nothing."""
    lexicon: Matcher | None = None
    phonemes: bool = False
    """Whether the engine takes pronunciations."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Words as they are written, mapped to the request's text, and as they are spoken, mapped to those."""

    written: Mapped
    spoken: Mapped
    pronunciations: tuple[Pronunciation, ...] = ()
    """In `spoken`."""


def worded(words: Sequence[Words], rules: Rules) -> Wording:
    """Word what is said in one manner; what markup settled comes first, then the lexicon, then the rules."""
    written = Mapped((run.text, run.start, run.end) for run in words)
    readings, untidy = _readings(words, rules), tidy(written.text)
    if untidy and not readings:
        # What is tidied is read once more: a digit in fancy dress is a digit.
        tidied = Edited(written.text, untidy)
        spoken, pronunciations = _spoken(tidied.text, [], rules)
        return Wording(written, Chained(spoken, tidied), pronunciations)
    return Wording(written, *_spoken(written.text, readings + untidy, rules))


def _spoken(text: str, edits: list[Edit], rules: Rules) -> tuple[Mapped, tuple[Pronunciation, ...]]:
    if rules.lexicon:
        edits = _merged(edits, rules.lexicon.edits(text, rules.language, _places(edits)))
    if rules.switches:
        edits = _merged(edits, normalize(text, rules.language, rules.switches, _places(edits)))
    edits = _merged(edits, unpictured(text, _places(edits)))
    if not edits:
        return Mapped([(text, 0, len(text))]), ()
    return Edited(text, edits), _pronunciations(edits) if rules.phonemes else ()


def _readings(words: Sequence[Words], rules: Rules) -> list[Edit]:
    starts = accumulate((len(run.text) for run in words), initial=0)
    return [
        edit
        for start, run in zip(starts, words, strict=False)
        if run.reading and (edit := _reading(run, start, rules))
    ]


def _reading(run: Words, start: int, rules: Rules) -> Edit | None:
    end = start + len(run.text)
    if isinstance(run.reading, Alias):
        return Edit(start, end, run.reading.text)
    if isinstance(run.reading, Phonemes):
        return Edit(start, end, run.text, run.reading.ipa)
    assert run.reading is not None  # noqa: S101  only runs that have one come here
    said = say_as(run.text, run.reading.kind, run.reading.format, rules.language)
    return None if said is None else Edit(start, end, said)


def _merged(edits: list[Edit], others: Sequence[Edit]) -> list[Edit]:
    return sorted((*edits, *others), key=lambda edit: edit.start) if others else edits


def _places(edits: Sequence[Edit]) -> list[tuple[int, int]]:
    return [(edit.start, edit.end) for edit in edits]


def _pronunciations(edits: Sequence[Edit]) -> tuple[Pronunciation, ...]:
    found = []
    shift = 0
    for edit in edits:
        start = edit.start + shift
        if edit.ipa:
            found.append(Pronunciation(start, start + len(edit.text), edit.ipa))
        shift += len(edit.text) - (edit.end - edit.start)
    return tuple(found)

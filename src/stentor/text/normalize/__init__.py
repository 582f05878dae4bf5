"""Text as it is said: numbers, dates, addresses and signs as words, each with its way back.

A language's rules are in the module named after it, which is imported when that language is first spoken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import import_module

from stentor.text.clean import tidy
from stentor.text.edits import Edit, Edited
from stentor.text.normalize.markdown import strip_markdown
from stentor.text.normalize.rules import Language, Switches, apply

__all__ = ["LANGUAGES", "Language", "Switches", "language_of", "normalize", "prepare", "say_as"]

LANGUAGES = {
    "cmn": "chinese",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "it": "italian",
    "ja": "japanese",
    "pt": "portuguese",
    "yue": "chinese",
    "zh": "chinese",
}
"""The module that reads a language, by its primary subtag. It has `language(tag) -> Language`."""
_FIRST_TEXT = "21 👍 é"
"""Takes what is loaded at first use: numbers, the names of emoji, what is tidied."""


def normalize(
    text: str, language: str, switches: Switches, taken: Sequence[tuple[int, int]] = ()
) -> list[Edit]:
    """Return what is read otherwise than it is written in one sentence, in order.

    No edit touches what is `taken`: stretches that markup or a lexicon has settled.
    In a language without rules only markdown is stripped.
    """
    spoken = language_of(language)
    marks = strip_markdown(text, taken) if switches.markdown else []
    if not marks:
        return apply(spoken, text, switches, taken) if spoken else []
    bare = Edited(text, marks)
    read = apply(spoken, bare.text, switches, _moved(taken, marks)) if spoken else []
    return _together(marks, read, bare)


def say_as(text: str, kind: str, format_: str, language: str) -> str | None:
    """Return how a text is read as the kind of thing that SSML's `say-as` names; None if it is no such thing.

    `kind` and `format_` are `interpret-as` and `format` of W3C's note "SSML 1.0 say-as attribute values".
    """
    spoken = language_of(language)
    reader = spoken.say_as.get(kind) if spoken else None
    return reader(text.strip(), format_) if reader else None


@lru_cache(maxsize=64)
def language_of(tag: str) -> Language | None:
    """Return how a language is read, by its BCP-47 tag."""
    primary, *subtags = tag.replace("_", "-").split("-")
    module = LANGUAGES.get(primary.casefold())
    if module is None:
        return None
    tag = "-".join([primary.casefold(), *subtags])
    language: Language = import_module(f"{__name__}.{module}").language(tag)
    return language


def prepare(tag: str) -> None:
    """Load what it takes to read a language, so that its first text is read as fast as any other.

    It blocks for some 150 ms, and later for less than one.
    """
    tidy(_FIRST_TEXT)
    normalize(_FIRST_TEXT, tag, Switches())


def _moved(taken: Sequence[tuple[int, int]], edits: Sequence[Edit]) -> list[tuple[int, int]]:
    """Return where stretches that no edit touches are once the edits are applied."""
    moved = []
    shift = done = 0
    for start, end in sorted(taken):
        while done < len(edits) and edits[done].end <= start:
            shift += len(edits[done].text) - (edits[done].end - edits[done].start)
            done += 1
        moved.append((start + shift, end + shift))
    return moved


def _together(first: Sequence[Edit], second: Sequence[Edit], between: Edited) -> list[Edit]:
    """Return one list for edits, and for others that were made to the text that the first ones make."""
    edits: list[Edit] = []
    waiting = deque(first)
    for edit in second:
        start, end = between.stretch(edit.start, edit.end)
        while waiting and waiting[0].end <= start:
            edits.append(waiting.popleft())
        while waiting and waiting[0].start < end:
            waiting.popleft()
        edits.append(replace(edit, start=start, end=end))
    return [*edits, *waiting]

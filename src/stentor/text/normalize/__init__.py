"""Text as it is said: numbers, dates, addresses and signs as words, each with its way back.

A language's rules are in the module named after it, which is imported when that language is first spoken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module

from stentor.text.edits import Edit
from stentor.text.normalize.rules import Language, Switches, apply

__all__ = ["LANGUAGES", "Language", "Switches", "language_of", "normalize", "say_as"]

LANGUAGES = {
    "en": "english",
}
"""The module that reads a language, by its primary subtag. It has `language(tag) -> Language`."""


def normalize(
    text: str, language: str, switches: Switches, taken: Sequence[tuple[int, int]] = ()
) -> list[Edit]:
    """Return what is read otherwise than it is written in one sentence, in order.

    No edit touches what is `taken`: stretches that markup or a lexicon has settled.
    In a language without rules only markdown is stripped.
    """
    spoken = language_of(language)
    return apply(spoken, text, switches, taken) if spoken else []


def say_as(text: str, kind: str, format_: str, language: str) -> str | None:
    """Return how a text is read as the kind of thing that SSML's `say-as` names; None if it is no such thing.

    `kind` and `format_` are `interpret-as` and `format` of W3C's note "SSML 1.0 say-as attribute values".
    """
    spoken = language_of(language)
    reader = spoken.say_as.get(kind) if spoken else None
    return reader(text.strip(), format_) if reader else None


@lru_cache(maxsize=256)
def language_of(tag: str) -> Language | None:
    """Return how a language is read, by its BCP-47 tag."""
    module = LANGUAGES.get(tag.replace("_", "-").partition("-")[0].casefold())
    if module is None:
        return None
    language: Language = import_module(f"{__name__}.{module}").language(tag)
    return language

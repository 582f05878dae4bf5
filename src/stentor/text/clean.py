"""What may reach an engine: real Unicode, no control characters, something that can be said."""

from __future__ import annotations

import re
import unicodedata

# An engine's C library ends the text at NUL, takes other control characters as commands, and cannot
# encode a lone surrogate.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff￾￿]")

_SPEAKABLE_SYMBOLS = frozenset({"Sc", "Sm", "So"})


def remove_controls(text: str) -> tuple[str, int]:
    """Return the text with each control character and lone surrogate made a space, and how many there were.

    The length stays, so offsets into the result are offsets into the original.
    """
    return _UNSPEAKABLE.subn(" ", text)


def controls_left_out(count: int, name: str) -> str:
    """Say that so many of them were left out of a field."""
    them = "control character was" if count == 1 else "control characters were"
    return f"{count} {them} left out of `{name}`"


def is_speakable(text: str) -> bool:
    """Tell whether there is a letter, digit or symbol to say; punctuation alone is silence."""
    return any(
        (category := unicodedata.category(character))[0] in "LN" or category in _SPEAKABLE_SYMBOLS
        for character in text
    )

"""Scripts as lines of text, for golden files."""

from __future__ import annotations

import json
from dataclasses import fields

from stentor.text.script import Alias, Boundary, Item, Manner, Pause, Phonemes, SayAs, Words

_PLAIN = Manner()


def line(item: Item) -> str:
    """Write an item in one line: what it is, where it stands, and what about it is not plain."""
    if isinstance(item, Words):
        manner = [
            f"{field.name}={value:.4g}" if isinstance(value, float) else f"{field.name}={value}"
            for field in fields(Manner)
            if (value := getattr(item.manner, field.name)) != getattr(_PLAIN, field.name)
        ]
        text = json.dumps(item.text, ensure_ascii=False)
        return " ".join([f"{item.start}-{item.end} {text}", *manner, *reading(item)])
    if isinstance(item, Pause):
        return f"{item.start} pause {item.seconds:g}"
    if isinstance(item, Boundary):
        return f"{item.start} end of {item.follows.value}"
    return f"{item.start} mark {item.name}"


def reading(words: Words) -> list[str]:
    """Write how words are read, if it is said."""
    match words.reading:
        case SayAs(kind, format_):
            return [f"as {kind} {format_}".rstrip()]
        case Alias(text):
            return [f"alias {text}"]
        case Phonemes(ipa):
            return [f"ipa {ipa}"]
    return []

"""Secrets in tables of no fixed shape, known by what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "********"
"""What is shown in place of a secret; sent back, it stands for what was there."""

_WORD = re.compile(r"[A-Z]?[a-z]++|[A-Z]++(?![a-z])")
_SECRET = re.compile(
    r".*(?:key|token|secret|passw(?:or)?d|passphrase|credential|authori[sz]ation)s?|auth|pass|pwd|bearer|cookies?"
)
_COUNTED = re.compile(r".*tokens")


def is_secret(name: str, value: object) -> bool:
    """Tell whether what has such a name is not for everybody; `max_tokens` counts, and is no token."""
    if value is None or isinstance(value, bool) or value in ("", {}, []):
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    if isinstance(value, int | float):
        words = [word for word in words if not _COUNTED.fullmatch(word)]
    return any(map(_SECRET.fullmatch, words))


def masked(value: Any) -> Any:  # noqa: ANN401  any setting
    """Return a value with a mask in place of every secret in it, at any depth."""
    if isinstance(value, Mapping):
        return {name: MASK if is_secret(str(name), held) else masked(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(masked, value)) if type(value) in (list, tuple) else value
    return value


def has_masks(value: Any) -> bool:  # noqa: ANN401  any JSON
    """Tell whether a value holds a mask where a secret would be."""
    if isinstance(value, Mapping):
        return any(_is_mask(name, held) or has_masks(held) for name, held in value.items())
    return isinstance(value, list | tuple) and any(map(has_masks, value))


def unmasked(value: Any, before: Any = None) -> Any:  # noqa: ANN401  any JSON
    """Return a value with what was `before` in the place of each mask; masks of nothing are left out."""
    if isinstance(value, Mapping):
        had = before if isinstance(before, Mapping) else {}
        return dict(_restored(value, had))
    if isinstance(value, list | tuple):
        earlier = list(before) if isinstance(before, list | tuple) else []
        earlier += [None] * (len(value) - len(earlier))
        return [unmasked(held, was) for held, was in zip(value, earlier, strict=False)]
    return value


def _restored(value: Mapping[str, Any], had: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, held in value.items():
        if not _is_mask(name, held):
            yield name, unmasked(held, had.get(name))
        elif name in had:
            yield name, had[name]


def _is_mask(name: str, value: object) -> bool:
    return value == MASK and is_secret(name, value)

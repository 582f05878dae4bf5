"""The voices of a server that speaks OpenAI's API, in the shapes in which servers list them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from stentor.types import Voice, VoiceId

OPENAI = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
    "verse",
)  # fmt: skip
"""Those of OpenAI itself, which has no list of them."""
_MOST = 5000
_LONGEST_NAME = 200
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def named(engine: str, names: Sequence[str], languages: tuple[str, ...]) -> list[Voice]:
    """Make voices of names alone."""
    return [Voice(VoiceId(name), name, engine, languages) for name in names]


def listed(engine: str, listing: Any, languages: tuple[str, ...]) -> list[Voice]:  # noqa: ANN401  any JSON
    """Read a list of voices: of names or objects, bare or under `voices` or `data`; empty if it is none.

    A voice speaks the languages that the list says, or else those given.
    """
    if isinstance(listing, dict):
        listing = listing.get("voices", listing.get("data"))
    if not isinstance(listing, list):
        return []
    found: dict[str, Voice] = {}
    for entry in listing[:_MOST]:
        identity, name, own = _read(entry)
        if identity and identity.casefold() not in found:
            found[identity.casefold()] = Voice(VoiceId(identity), name or identity, engine, own or languages)
    return list(found.values())


def _read(entry: Any) -> tuple[str, str, tuple[str, ...]]:  # noqa: ANN401  any JSON
    if not isinstance(entry, dict):
        return _name(entry), "", ()
    identity = next((name for key in ("id", "voice_id", "name") if (name := _name(entry.get(key)))), "")
    return identity, _name(entry.get("name")), tuple(_languages(entry))


def _name(written: Any) -> str:  # noqa: ANN401  any JSON
    fits = isinstance(written, str) and len(written) <= _LONGEST_NAME and written.isprintable()
    return written.strip() if fits else ""


def _languages(entry: dict[str, Any]) -> Iterator[str]:
    several = entry.get("languages")
    for written in several if isinstance(several, list) else [entry.get("language")]:
        if isinstance(written, str) and _TAG.fullmatch(written):
            yield written.replace("_", "-")

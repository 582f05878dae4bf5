"""How a provider is asked: as a Stentor takes it, as the protocol says, or as its sample servers read it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlencode

from stentor.types import Utterance


def to_stentor(utterance: Utterance, model: str, prompt: object) -> dict[str, Any]:
    """Write all of an utterance."""
    asked: dict[str, Any] = {
        "text": utterance.text,
        "model": model,
        "language": utterance.language,
        "seed": utterance.seed,
        "style": utterance.style,
        "emphasis": utterance.emphasis,
        "instructions": utterance.instructions,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    asked |= {"voice_prompt": prompt} if prompt is not None else {"voice": utterance.voice.id}
    asked |= {"speed": utterance.speed} if utterance.speed != 1 else {}
    asked |= {"pitch": utterance.pitch} if utterance.pitch else {}
    if utterance.pronunciations:
        asked["pronunciations"] = [asdict(said) for said in utterance.pronunciations]
    return {**asked, "is_complete": utterance.is_complete, "marks": utterance.marks, "dtype": "int16"}


def to_provider(utterance: Utterance, prompt: object) -> dict[str, Any]:
    """Write the four fields of the protocol, and no others: some servers refuse what they do not know."""
    asked: dict[str, Any] = {"text": utterance.text, "voice_prompt": _prompt(utterance, prompt)}
    asked |= {"language": utterance.language} if utterance.language else {}
    return asked | ({"seed": utterance.seed} if utterance.seed is not None else {})


def as_printed(path: str, utterance: Utterance, prompt: object) -> tuple[str, object]:
    """Return the path with its query, and the body, as the printed sample servers read them.

    FastAPI takes their plain arguments from the query, and the one that is an object from the body.
    """
    asked = to_provider(utterance, None)
    del asked["voice_prompt"]
    return f"{path}?{urlencode(asked, quote_via=quote)}", _prompt(utterance, prompt)


def asks_otherwise(status: int, body: bytes) -> bool:
    """Tell whether an answer is FastAPI's complaint that `text` stands elsewhere than it was looked for."""
    try:
        faults = json.loads(body)["detail"] if status == 422 else ()  # noqa: PLR2004  Unprocessable Content
        return any(fault["loc"][-1] == "text" and fault["type"].endswith("missing") for fault in faults)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def _prompt(utterance: Utterance, prompt: object) -> object:
    return {"voice": utterance.voice.id} if prompt is None else prompt

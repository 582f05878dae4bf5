"""How a provider is asked: as a Stentor takes it, as the protocol says, or as its sample servers read it.

A voice prompt may be large; it is JSON that was written already, or else None.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlencode

from stentor.types import Utterance

_UNKNOWN = "prompt_unknown"


def base_of(url: str) -> str:
    """Return where the routes of a provider begin; OpenAI's clients say it with the version."""
    return url.removesuffix("/v1")


def headers_of(key: str) -> dict[str, str] | None:
    """Return how a key is sent: in both ways that providers look for it."""
    return {"X-API-Key": key, "Authorization": f"Bearer {key}"} if key else None


def to_stentor(utterance: Utterance, model: str, prompt: bytes | None) -> bytes:
    """Write all of an utterance, as JSON."""
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
    asked |= {"voice": utterance.voice.id} if prompt is None else {}
    asked |= {"speed": utterance.speed} if utterance.speed != 1 else {}
    asked |= {"pitch": utterance.pitch} if utterance.pitch else {}
    if utterance.pronunciations:
        asked["pronunciations"] = [asdict(said) for said in utterance.pronunciations]
    asked |= {"is_complete": utterance.is_complete, "marks": utterance.marks, "dtype": "int16"}
    return _with(asked, prompt)


def to_provider(utterance: Utterance, prompt: bytes | None) -> bytes:
    """Write the four fields of the protocol, and no others: some servers refuse what they do not know."""
    return _with(_fields(utterance), _prompt(utterance, prompt))


def as_printed(path: str, utterance: Utterance, prompt: bytes | None) -> tuple[str, bytes]:
    """Return the path with its query, and the body, as the printed sample servers read them.

    FastAPI takes their plain arguments from the query, and the one that is an object from the body.
    """
    return f"{path}?{urlencode(_fields(utterance), quote_via=quote)}", _prompt(utterance, prompt)


def asks_otherwise(status: int, body: bytes) -> bool:
    """Tell whether an answer is FastAPI's complaint that `text` stands elsewhere than it was looked for."""
    try:
        faults = json.loads(body)["detail"] if status == 422 else ()  # noqa: PLR2004  Unprocessable Content
        return any(fault["loc"][-1] == "text" and fault["type"].endswith("missing") for fault in faults)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def forgot(status: int, body: bytes) -> bool:
    """Tell whether an answer says that the id of a prompt is not known."""
    try:
        told = json.loads(body) if status in (404, 409) else {}
        faults = [told.get("error"), told.get("detail")]
        return any(isinstance(fault, dict) and fault.get("code") == _UNKNOWN for fault in faults)
    except (ValueError, AttributeError, RecursionError):
        return False


def _fields(utterance: Utterance) -> dict[str, Any]:
    asked: dict[str, Any] = {"text": utterance.text}
    asked |= {"language": utterance.language} if utterance.language else {}
    return asked | ({"seed": utterance.seed} if utterance.seed is not None else {})


def _prompt(utterance: Utterance, prompt: bytes | None) -> bytes:
    return json.dumps({"voice": utterance.voice.id}).encode() if prompt is None else prompt


def _with(asked: dict[str, Any], prompt: bytes | None) -> bytes:
    written = json.dumps(asked, allow_nan=False).encode()
    return written if prompt is None else b'%b, "voice_prompt": %b}' % (written[:-1], prompt)

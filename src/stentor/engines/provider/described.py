"""What another Stentor says of its engine, and who speaks there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from stentor.audio.wav import RATES
from stentor.engines import Capabilities, Likeness
from stentor.text.script import STYLES
from stentor.types import Voice, VoiceId

_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}")
_MOST = 2000
_LONGEST_LICENCE = _LONGEST_NAME = 200


class _Abilities(BaseModel):
    """The field `capabilities` of `GET /v1/models/NAME`."""

    model_config = ConfigDict(extra="ignore")

    sample_rate: int = Field(ge=RATES.start, lt=RATES.stop)
    languages: tuple[str, ...] = Field(min_length=1, max_length=_MOST)
    longest_utterance: int = Field(default=300, ge=20, le=100_000)
    speed: tuple[FiniteFloat, FiniteFloat] = (1.0, 1.0)
    pitch: tuple[FiniteFloat, FiniteFloat] = (0.0, 0.0)
    styles: tuple[str, ...] = Field(default=(), max_length=_MOST)
    emphasis: bool = False
    phonemes: bool = False
    marks: bool = False
    seed: bool = False
    instructions: bool = False
    cloning: Likeness = False


@dataclass(frozen=True, slots=True)
class Described:
    """An engine of another Stentor: its name there, and what it can do."""

    owner: str
    capabilities: Capabilities


def is_stentor(health: object) -> bool:
    """Tell whether the answer of `GET /health` is that of a Stentor."""
    return (
        isinstance(health, dict)
        and isinstance(health.get("version"), str)
        and isinstance(health.get("engines"), dict)
    )


def offers_of(health: object) -> dict[str, Any]:
    """Return what the answer of `GET /health` says that a provider can do beside speaking."""
    told = health.get("capabilities") if isinstance(health, dict) else None
    return told if isinstance(told, dict) else {}


def described(model: Any) -> Described:  # noqa: ANN401  any JSON
    """Read the answer of `GET /v1/models/NAME`; raises ValueError if it describes no engine."""
    try:
        owner, licence = model["owned_by"], model.get("licence")
        told = _Abilities.model_validate(model["capabilities"])
    except (ValidationError, LookupError, TypeError, AttributeError) as error:
        raise ValueError("it describes no engine") from error
    languages = tuple(tag for tag in told.languages if _is_tag(tag))
    return Described(
        str(owner),
        Capabilities(
            told.sample_rate,
            languages or ("und",),
            speed=(min(told.speed[0], 1.0) if told.speed[0] > 0 else 1.0, max(told.speed[1], 1.0)),
            longest_utterance=told.longest_utterance,
            instructions=told.instructions,
            seed=told.seed,
            marks=told.marks,
            phonemes=told.phonemes,
            emphasis=told.emphasis,
            pitch=(min(told.pitch[0], 0.0), max(told.pitch[1], 0.0)),
            styles=tuple(style for style in STYLES if style in told.styles),
            cloning=told.cloning,
            licence=licence[:_LONGEST_LICENCE] if isinstance(licence, str) and licence.isprintable() else "",
            device="remote",
        ),
    )


def voices_of(owner: str, engine: str, listing: Any, languages: tuple[str, ...]) -> list[Voice]:  # noqa: ANN401
    """Read `GET /v1/audio/voices`: the voices of the engine that is called `owner` there."""
    entries = listing.get("voices") if isinstance(listing, dict) else None
    found: dict[str, Voice] = {}
    for entry in entries[:_MOST] if isinstance(entries, list) else ():
        match entry:
            case {"id": str(identity), "engine": str(speaker)} if speaker == owner and is_name(identity):
                name, tags = entry.get("name"), entry.get("languages")
                spoken = tuple(tag for tag in tags if _is_tag(tag)) if isinstance(tags, list) else ()
                shown = name if isinstance(name, str) and is_name(name) else identity
                found[identity.casefold()] = Voice(VoiceId(identity), shown, engine, spoken or languages)
    return list(found.values())


def is_name(written: str) -> bool:
    """Tell whether something can be the name of a voice."""
    return 0 < len(written) <= _LONGEST_NAME and written.isprintable()


def _is_tag(written: object) -> bool:
    return isinstance(written, str) and _TAG.fullmatch(written) is not None

"""What was asked, in our own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from stentor.text.lexicon import Entry
from stentor.text.normalize import Switches

Times: TypeAlias = Literal["word", "sentence"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the text, from `start` up to `end`, in characters; `voice` speaks it, if there is one."""

    start: int
    end: int
    voice: str | None


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What was asked, checked for type and range but not yet against any engine."""

    text: str
    model: str
    voice: str
    format: str = "mp3"
    speed: float = 1.0
    instructions: str | None = None
    style: str | None = None
    """One of `stentor.text.script.STYLES`."""
    language: str | None = None
    seed: int | None = None
    sample_rate: int | None = None
    strict: bool = False
    parts: tuple[Part, ...] = ()
    """If there are any, they are all that is spoken of the text."""
    ssml: bool | None = None
    """Whether the text is SSML; None looks how it begins."""
    tags: bool = True
    """Whether plain text may hold light tags."""
    switches: Switches | None = Switches()  # noqa: RUF009  frozen
    """What is put into words before it reaches an engine; None is nothing."""
    lexicon: tuple[Entry, ...] = ()
    """Pronunciations for this request alone."""
    lexicons: tuple[str, ...] = ()
    """The ids of lexicons that hold for this request, beside those that hold for every one."""
    times: tuple[Times, ...] = ()
    """What the caller wants the times of."""
    unknown_fields: tuple[str, ...] = field(default=())
    ignored: tuple[str, ...] = ()
    """What is left out whoever speaks, in sentences."""

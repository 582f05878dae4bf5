"""Voice adaptation: a voice of eSpeak NG with the pitch, the melody, the pace and the colour of a recording.

It is not cloning. What makes somebody recognisable is mostly elsewhere, and stays eSpeak NG's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stentor.engines.espeak.equaliser import Equaliser
from stentor.engines.espeak.hearing import BANDS
from stentor.errors import InvalidRequest
from stentor.types import Prompt

_VERSION: Literal[1] = 1
_LARGEST = 2000  # bytes of a prompt
LOWEST, HIGHEST = 45, 600
"""In hertz, of the tones that a voice file asks for."""
FORMANTS = (84, 120)
PACE = (0.8, 1.25)
COLOUR, GAIN = 12.0, 15.0
"""In decibels, either way."""

_Tone: TypeAlias = Annotated[int, Field(ge=LOWEST, le=HIGHEST)]
_Decibels: TypeAlias = Annotated[float, Field(ge=-COLOUR, le=COLOUR)]


class _Written(BaseModel):
    """An adaptation as it is given out: numbers, each within its bounds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    adaptation: Literal[1]
    pitch: tuple[_Tone, _Tone]
    formants: int = Field(ge=FORMANTS[0], le=FORMANTS[1])
    pace: float = Field(ge=PACE[0], le=PACE[1])
    gain: float = Field(ge=-GAIN, le=GAIN)
    colour: tuple[_Decibels, ...] = Field(min_length=BANDS, max_length=BANDS)


@dataclass(frozen=True, slots=True)
class Adaptation:
    """How eSpeak NG speaks like a recording."""

    low: int
    """The lowest tone that its voice file asks for, in hertz."""
    high: int
    formants: int
    """Where its formants are, in percent of where they were."""
    pace: float
    """How many times as fast."""
    gain: float
    """In decibels, for it to be as loud as other voices."""
    colour: tuple[float, ...]
    """What the equaliser does to each of `hearing.BANDS` bands, in decibels."""

    @property
    def file(self) -> dict[str, Any]:
        """What a worker writes into the voice's file."""
        return {"pitch": [self.low, self.high], "formants": self.formants}

    def equaliser(self) -> Equaliser:
        """Make the filter for one utterance."""
        return Equaliser(self.colour, 10 ** (self.gain / 20))

    def prompt(self) -> Prompt:
        """Write it down."""
        written = _Written(
            adaptation=_VERSION,
            pitch=(self.low, self.high),
            formants=self.formants,
            pace=self.pace,
            gain=self.gain,
            colour=self.colour,
        )
        return Prompt.of(written.model_dump())

    @classmethod
    def of(cls, prompt: Prompt) -> Self:
        """Read what `prompt` wrote; raises InvalidRequest for anything else, since anybody may send one."""
        try:
            told = _Written.model_validate_json(prompt.written[:_LARGEST])
        except ValidationError as error:
            raise InvalidRequest(
                "`voice_prompt` is none that this version of the engine espeak made.", param="voice_prompt"
            ) from error
        low, high = told.pitch
        return cls(low, max(low, high), told.formants, told.pace, told.gain, told.colour)

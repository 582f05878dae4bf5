"""Request bodies as callers write them."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import accumulate
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from stentor.audio.encode import FORMATS, SAMPLE_RATES
from stentor.audio.stretch import FASTEST, SLOWEST
from stentor.lexicons.form import Entries, EntryForm, checked_entries
from stentor.pipeline.request import Part, SpeechRequest
from stentor.text.language import language_tag
from stentor.text.normalize import Switches
from stentor.text.script import STYLES

_NO_PROGRESS = "`progress` was ignored: it is told in events, with `stream_format` `sse`"
_LARGEST_SEED = 2**63 - 1
_MOST_WORDS = 1000  # of a lexicon that comes with a request; it is read again with each


class VoiceReference(BaseModel):
    """A voice by its id, as OpenAI writes custom voices."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=256, examples=["alloy"])


def _branch(value: Any) -> str:  # noqa: ANN401  any JSON value
    return "<many>" if isinstance(value, list | dict) else "<one>"


_KINDS = tuple(kind.name for kind in fields(Switches))


def _known_kinds(switches: dict[str, bool]) -> dict[str, bool]:
    for kind in switches:
        if kind not in _KINDS:
            raise PydanticCustomError("kind", "may hold {known}", {"known": ", ".join(_KINDS)})
    return switches


_Normalize = Annotated[
    Annotated[bool, Tag("<one>")]
    | Annotated[
        dict[str, bool],
        AfterValidator(_known_kinds),
        WithJsonSchema({
            "type": "object",
            "properties": {kind: {"type": "boolean"} for kind in _KINDS},
            "additionalProperties": False,
        }),
        Tag("<many>"),
    ],
    Discriminator(_branch),
]


class _SpeechFields(BaseModel):
    """The fields that say how something is spoken, shared by single requests, batches and sessions."""

    model_config = ConfigDict(extra="allow", strict=True)

    instructions: str | None = Field(
        default=None,
        max_length=4096,
        description="How to speak, in words. Engines that cannot follow words say so in `X-Stentor-Warning`.",
        examples=["Speak cheerfully."],
    )
    response_format: str = Field(
        default="mp3",
        description="How the audio is written down. `pcm` is 16-bit little-endian mono without a header.",
        json_schema_extra={"enum": list(FORMATS)},
        examples=["mp3"],
    )
    speed: float = Field(
        default=1.0,
        ge=SLOWEST,
        le=FASTEST,
        allow_inf_nan=False,
        description="Pace of the speech; the pitch stays.",
        examples=[1.0],
    )
    language: str | None = Field(
        default=None,
        max_length=64,
        description="BCP-47 tag, or an English name, of the language; `Auto` leaves it to the voice.",
        examples=["en-GB"],
    )
    seed: int | None = Field(
        default=None,
        ge=-_LARGEST_SEED,
        le=_LARGEST_SEED,
        description="Makes engines with chance in them repeat themselves.",
        examples=[42],
    )
    sample_rate: int | None = Field(
        default=None,
        description="Sample rate of the audio in hertz; 24000 if not given. Opus has no 11025, 22050, 32000 "
        "and 44100.",
        json_schema_extra={"anyOf": [{"type": "integer", "enum": list(SAMPLE_RATES)}, {"type": "null"}]},
        examples=[24000],
    )
    strict: bool = Field(
        default=False,
        description="Refuse what would otherwise be left out with a warning.",
        examples=[False],
    )
    style: str | None = Field(
        default=None,
        description="How to speak: the style that holds where the text has no other.",
        json_schema_extra={"anyOf": [{"type": "string", "enum": list(STYLES)}, {"type": "null"}]},
        examples=["calm"],
    )
    ssml: bool | None = Field(
        default=None,
        description="Whether the text is SSML; if not given, it is when it begins with `<speak`.",
        examples=[None],
    )
    tags: bool = Field(
        default=True,
        description="Read light tags in plain text, such as `[pause:1s]`, `(happy)` and `*emphasis*`.",
        examples=[True],
    )
    normalize: _Normalize = Field(
        default=True,
        description="Put numbers, signs and the like into words; an object turns some of them off: "
        f"{', '.join(_KINDS)}.",
        examples=[True],
    )
    lexicon: Entries = Field(
        default_factory=list,
        max_length=_MOST_WORDS,
        description="How words are said in this request. An object of words and aliases will do.",
        examples=[[{"word": "SQL", "alias": "sequel"}]],
    )
    lexicons: list[str] = Field(
        default_factory=list,
        max_length=32,
        description="Ids of lexicons to use beside those that always hold.",
        examples=[[]],
    )
    timestamps: list[Literal["word", "sentence"]] = Field(
        default_factory=list,
        max_length=2,
        description="Tell when words or sentences are heard: in events, in JSON and over the WebSocket.",
        examples=[["word"]],
    )

    @field_validator("style")
    @classmethod
    def _is_style(cls, style: str | None) -> str | None:
        if style is not None and style not in STYLES:
            raise PydanticCustomError("style", "must be one of {known}", {"known": ", ".join(STYLES)})
        return style

    @field_validator("lexicon")
    @classmethod
    def _has_room(cls, entries: list[EntryForm]) -> list[EntryForm]:
        words = sum(len(entry.words or (entry.word,)) for entry in entries)
        if words > _MOST_WORDS:
            raise PydanticKnownError(
                "too_long", {"field_type": "List", "max_length": _MOST_WORDS, "actual_length": words}
            )
        return entries

    def unknown(self) -> tuple[str, ...]:
        """Name the fields nobody knows."""
        return tuple(self.model_extra or ())


_Voice = Annotated[
    Annotated[str, Field(min_length=1, max_length=256)] | VoiceReference,
    Field(
        description="Who speaks: one of OpenAI's thirteen names, any id from `GET /v1/audio/voices`, "
        'or `{"id": …}`.',
        examples=["alloy"],
    ),
]


class InputPart(BaseModel):
    """A part of a text that has a voice of its own."""

    model_config = ConfigDict(extra="forbid", strict=True)

    voice: _Voice
    text: str = Field(description="What it speaks.", examples=["Hello!"])


_Input = Annotated[
    Annotated[str, Tag("<one>")] | Annotated[list[InputPart], Field(min_length=1), Tag("<many>")],
    Discriminator(_branch),
]


class SpeechBody(_SpeechFields):
    """The body of `POST /v1/audio/speech`: OpenAI's fields, and ours."""

    model: str = Field(
        min_length=1,
        max_length=256,
        description="`tts-1`, `tts-1-hd` or `gpt-4o-mini-tts` for the default engine, or an engine's name.",
        examples=["tts-1"],
    )
    input: _Input = Field(
        description="The text to speak; 4,096 characters at most unless the server allows more. "
        'A list of `{"voice": …, "text": …}` is spoken by several voices.',
        examples=["Hello, world!"],
    )
    voice: _Voice
    stream_format: Literal["audio", "sse"] = Field(
        default="audio",
        description="`audio` sends the bytes of the file, `sse` events with the audio in base64.",
        examples=["audio"],
    )
    progress: bool = Field(
        default=False,
        description="With `sse`, answer at once and send an event each second until the first sound; "
        "errors are events then.",
        examples=[False],
    )
    stream: bool = Field(
        default=True,
        description="Send the audio as it is made; `false` sends it whole, with length and exact headers.",
        examples=[True],
    )

    @model_validator(mode="before")
    @classmethod
    def _first_voice(cls, fields: Any) -> Any:  # noqa: ANN401  any JSON value
        """Let the first part's voice be that of a request which names no other."""
        parts = fields.get("input") if isinstance(fields, dict) and "voice" not in fields else None
        if isinstance(parts, list) and parts and isinstance(parts[0], dict) and "voice" in parts[0]:
            return {**fields, "voice": parts[0]["voice"]}
        return fields

    def request(self) -> SpeechRequest:
        """Say the same in our own words."""
        if isinstance(self.input, str):
            return self._request(self.input)
        ends = list(accumulate(len(part.text) for part in self.input))
        parts = tuple(
            Part(end - len(part.text), end, _name(part.voice))
            for part, end in zip(self.input, ends, strict=True)
        )
        text = "".join(part.text for part in self.input)
        return replace(self._request(text), parts=parts)

    def _request(self, text: str) -> SpeechRequest:
        asked = speech_request(self, text=text, model=self.model, voice=self.voice)
        needs_events = self.progress and self.stream_format != "sse"
        return replace(asked, ignored=(_NO_PROGRESS,)) if needs_events else asked


class CaptionsBody(SpeechBody):
    """The body of `POST /v1/audio/speech/captions`: that of the speech, and how the captions are written."""

    format: Literal["json", "srt", "vtt"] = Field(
        default="json",
        description="`json` has the times of words and sentences, `srt` and `vtt` are files of subtitles.",
        examples=["srt"],
    )


class BatchItem(BaseModel):
    """One text of a batch; what it leaves out is taken from the batch."""

    model_config = ConfigDict(extra="allow", strict=True)

    input: _Input = Field(description="The text to speak.", examples=["First line."])


class BatchBody(_SpeechFields):
    """The body of `POST /v1/audio/speech/batch`: fields for all items, and the items."""

    items: list[BatchItem] = Field(min_length=1, description="What to speak, each with its own fields.")
    model: str = Field(default="tts-1", min_length=1, max_length=256, description="As for one request.")
    voice: _Voice = "alloy"


class SessionConfig(_SpeechFields):
    """The `session.config` message of the WebSocket."""

    type: Literal["session.config"]
    model: str = Field(default="tts-1", min_length=1, max_length=256)
    voice: _Voice | None = None
    speaker: _Voice | None = None
    response_format: str = Field(default="wav", json_schema_extra={"enum": list(FORMATS)})
    stream_audio: bool = False
    split_granularity: Literal["none", "sentence", "clause"] = "clause"

    def request(self) -> SpeechRequest:
        """Say the same in our own words; the text will come later."""
        return speech_request(self, text="", model=self.model, voice=self.voice or self.speaker or "alloy")


def speech_request(
    fields: _SpeechFields, *, text: str, model: str, voice: str | VoiceReference
) -> SpeechRequest:
    """Make our own request of a caller's fields."""
    return SpeechRequest(
        text=text,
        model=model,
        voice=_name(voice),
        format=fields.response_format,
        speed=fields.speed,
        instructions=fields.instructions,
        language=language_tag(fields.language) if fields.language else None,
        seed=fields.seed,
        sample_rate=fields.sample_rate,
        strict=fields.strict,
        style=fields.style,
        ssml=fields.ssml,
        tags=fields.tags,
        switches=_switches(fields.normalize),
        lexicon=checked_entries(fields.lexicon, "lexicon"),
        lexicons=tuple(fields.lexicons),
        times=tuple(fields.timestamps),
        unknown_fields=fields.unknown(),
    )


def _name(voice: str | VoiceReference) -> str:
    return voice if isinstance(voice, str) else voice.id


def _switches(normalize: bool | dict[str, bool]) -> Switches | None:  # noqa: FBT001  a field's value
    if isinstance(normalize, bool):
        return Switches() if normalize else None
    return Switches(**normalize)

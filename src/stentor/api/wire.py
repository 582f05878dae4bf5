"""Request bodies as callers write them, and how they are read."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from stentor.audio.encode import FORMATS, SAMPLE_RATES
from stentor.audio.stretch import FASTEST, SLOWEST
from stentor.errors import (
    BodyTooLarge,
    BodyTooSlow,
    InvalidRequest,
    UnreadableBody,
    UnsupportedMediaType,
    printable,
    quoted,
)
from stentor.text.language import language_tag
from stentor.types import SpeechRequest

_LARGEST_SEED = 2**63 - 1


class VoiceReference(BaseModel):
    """A voice by its id, as OpenAI writes custom voices."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=256, examples=["alloy"])


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


class SpeechBody(_SpeechFields):
    """The body of `POST /v1/audio/speech`: OpenAI's fields, and ours."""

    model: str = Field(
        min_length=1,
        max_length=256,
        description="`tts-1`, `tts-1-hd` or `gpt-4o-mini-tts` for the default engine, or an engine's name.",
        examples=["tts-1"],
    )
    input: str = Field(
        description="The text to speak; 4,096 characters at most unless the server allows more.",
        examples=["Hello, world!"],
    )
    voice: _Voice
    stream_format: Literal["audio", "sse"] = Field(
        default="audio",
        description="`audio` sends the bytes of the file, `sse` events with the audio in base64.",
        examples=["audio"],
    )
    stream: bool = Field(
        default=True,
        description="Send the audio as it is made; `false` sends it whole, with length and exact headers.",
        examples=[True],
    )

    def request(self) -> SpeechRequest:
        """Say the same in our own words."""
        return speech_request(self, text=self.input, model=self.model, voice=self.voice)


class BatchItem(BaseModel):
    """One text of a batch; what it leaves out is taken from the batch."""

    model_config = ConfigDict(extra="allow", strict=True)

    input: str = Field(description="The text to speak.", examples=["First line."])


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
        voice=voice if isinstance(voice, str) else voice.id,
        format=fields.response_format,
        speed=fields.speed,
        instructions=fields.instructions,
        language=language_tag(fields.language) if fields.language else None,
        seed=fields.seed,
        sample_rate=fields.sample_rate,
        strict=fields.strict,
        unknown_fields=fields.unknown(),
    )


Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: Request, model: type[Body], limit: int, seconds: float) -> Body:
    """Read and check a JSON body of at most `limit` bytes that arrives within `seconds`.

    Raises UnsupportedMediaType, BodyTooLarge, BodyTooSlow, UnreadableBody or InvalidRequest.
    """
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType(media_type)
    try:
        async with asyncio.timeout(seconds):
            raw = await _read(request, limit)
    except TimeoutError as error:
        raise BodyTooSlow(seconds) from error
    return parse(raw, model)


def parse(raw: bytes | str, model: type[Body]) -> Body:
    """Check JSON text against a model; raises UnreadableBody or InvalidRequest."""
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"The body is not UTF-8: byte {error.start} begins no character.") from error
    except json.JSONDecodeError as error:
        raise UnreadableBody(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise UnreadableBody("The body is nested too deeply.") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise UnreadableBody("The body holds a number that is too long.") from error
    return validate(value, model)


def validate(value: Any, model: type[Body], prefix: str = "") -> Body:  # noqa: ANN401  any JSON value
    """Check a JSON value against a model; raises InvalidRequest for the first thing that is wrong."""
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _sentence(error, prefix) from error


async def _read(request: Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLarge(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)
        parts.append(part)
    return b"".join(parts)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise UnreadableBody(f"The field {quoted(name)} is given twice.", param=printable(name))
        members[name] = value
    return members


def _no_constant(name: str) -> None:
    raise UnreadableBody(f"{name} is not valid JSON.")


_SENTENCES = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters long",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must hold at least {min_length} item",
    "too_long": "must hold at most {max_length} items",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": 'must be a name or an object like {{"id": "alloy"}}',
    "extra_forbidden": "is not known here",
}


def _sentence(error: ValidationError, prefix: str) -> InvalidRequest:
    first = error.errors(include_url=False, include_input=False)[0]
    # pydantic names the tried branch of a union in the path; a caller knows no branches.
    path = [str(part) for part in first["loc"] if part not in ("constrained-str", "VoiceReference")]
    name = printable(prefix + ".".join(path), 80)
    if first["type"] == "string_unicode":
        place = f"`{name}`" if path else "A field's name"
        return UnreadableBody(
            f"{place} holds half of a surrogate pair, which is no character.", param=name or None
        )
    rule = _SENTENCES.get(first["type"])
    if path[-1:] in (["voice"], ["speaker"]) and first["type"] == "string_type":
        rule = 'must be a name or an object like {{"id": "alloy"}}'
    context = {key: _plain(value) for key, value in first.get("ctx", {}).items()}
    said = rule.format(**context) if rule else first["msg"]
    return InvalidRequest(f"`{name}` {said}.", param=name)


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever bound a constraint has
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""The provider protocol: this server as an engine of another.

Source: Voicebox's plan for external providers. Its sample servers have their fields as plain arguments, which
FastAPI reads from the query; both ways of asking are taken.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from stentor import threads
from stentor.api.allowance import Allowance
from stentor.api.answers import PromptAnswer
from stentor.api.body import parse, read_body, read_bytes, validate
from stentor.api.context import Context, context_of
from stentor.api.documented import GENERATED, answers, failures, form_body
from stentor.api.form import read_form
from stentor.api.names import costing, counted, foretold, named_verbatim
from stentor.api.operations import Operation
from stentor.api.prompts import can_clone, find_cloning, find_prompt, prepare, sample_of, warnings
from stentor.api.respond import (
    InBase64,
    Parts,
    Streamed,
    Worked,
    error_event,
    json_parts,
    server_sent_events,
)
from stentor.audio.encode import to_int16
from stentor.audio.stretch import FASTEST, SLOWEST
from stentor.engines import Cloning, Engine
from stentor.errors import InvalidRequest, NothingToSpeak, NotOffered, ServerEnding, TextTooLong
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import Choice
from stentor.pipeline.verbatim import VerbatimAnswer
from stentor.text.clean import is_speakable, remove_controls
from stentor.text.language import language_tag
from stentor.text.script import STYLES
from stentor.types import AudioChunk, Prompt, Pronunciation, Utterance, Voice, VoiceId

router = APIRouter(prefix="/v1", tags=["provider"])

_LARGEST_SEED = 2**63 - 1
_LONGEST_TRANSCRIPT = 4000
_LONGEST_NAME = 256
_USUAL_MODEL = "tts-1"
_ENGINE = "X-Stentor-Engine"


class SaidSo(BaseModel):
    """How a part of the text is pronounced."""

    model_config = ConfigDict(extra="forbid", strict=True)

    start: int = Field(ge=0, description="Where it begins in the text, in characters.")
    end: int = Field(ge=0, description="Where it ends.")
    ipa: str = Field(min_length=1, max_length=200, description="In the International Phonetic Alphabet.")


class RecordingForm(BaseModel):
    """The form of `POST /v1/create_voice_prompt`."""

    audio: bytes = Field(description="A recording of one voice: WAV, FLAC, MP3, Ogg, AAC and others.")
    reference_text: str = Field(
        default="", max_length=_LONGEST_TRANSCRIPT, description="What is said in it, if that is known."
    )
    model: str = Field(default=_USUAL_MODEL, max_length=_LONGEST_NAME, description="Which engine makes it.")


class GenerateBody(BaseModel):
    """The body of `POST /v1/generate`: the protocol's four fields, and what an engine can be told beside."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: str = Field(description="What is said, as it is: markup and numbers were read before.")
    voice_prompt: dict[str, Any] | None = Field(
        default=None,
        description='What `/v1/create_voice_prompt` gave, its `{"id": …}` alone, or `{"voice": NAME}`.',
    )
    language: str | None = Field(default=None, max_length=64, description="A BCP-47 tag.")
    seed: int | None = Field(
        default=None, ge=-_LARGEST_SEED, le=_LARGEST_SEED, description="For engines with chance."
    )
    voice: str | None = Field(
        default=None, min_length=1, max_length=256, description="A voice by name; `alloy` if not given."
    )
    model: str = Field(
        default=_USUAL_MODEL, min_length=1, max_length=_LONGEST_NAME, description="As for `/v1/audio/speech`."
    )
    speed: float = Field(
        default=1.0, ge=SLOWEST, le=FASTEST, allow_inf_nan=False, description="Times the normal pace."
    )
    pitch: float = Field(default=0.0, ge=-24, le=24, allow_inf_nan=False, description="In semitones.")
    style: Literal[STYLES] | None = Field(default=None, description="How it is said.")  # type: ignore[valid-type]
    emphasis: Literal["strong", "moderate", "reduced"] | None = Field(default=None, description="As in SSML.")
    instructions: str | None = Field(default=None, max_length=4096, description="How to speak, in words.")
    pronunciations: list[SaidSo] = Field(default=[], max_length=1000, description="How parts are pronounced.")
    is_complete: bool = Field(default=True, description="Whether a sentence ends with the text.")
    marks: bool = Field(default=False, description="Tell when words begin.")
    dtype: Literal["float32", "int16"] = Field(default="float32", description="How samples are written.")


async def generate(request: Request) -> Response:
    """Speak a text for another server.

    The answer is JSON with raw little-endian samples in base64. With `Accept: text/event-stream` they come as
    they are made, in events like those of `/v1/audio/speech`; the headers say their rate and type.
    """
    context = context_of(request)
    body = await _asked(request)
    answer = await _answer(context, body)
    if "text/event-stream" in request.headers.get("accept", ""):
        return _events(body, answer)
    allowance = Allowance(context.config.max_whole_seconds)

    async def make() -> Response:
        written = _Written(answer)
        chunks = allowance.bound(answer.chunks())
        async with aclosing(_samples(chunks, body.dtype)) as parts:
            audio = await threads.run(b"".join, [part async for part in parts])
        told = {"audio": InBase64(audio), "sample_rate": answer.rate, "dtype": body.dtype, **written.news()}
        return json_parts(told, {**_names(answer), **costing(answer.cost)})

    return Worked(make)


def _events(body: GenerateBody, answer: VerbatimAnswer) -> Response:
    written = _Written(answer)
    parts = _samples(answer.chunks(), body.dtype)
    return Streamed(
        server_sent_events(parts, partial(written.usage, body.text), written.news),
        "text/event-stream; charset=utf-8",
        lambda: {
            **_names(answer),
            **foretold(answer),
            "X-Sample-Rate": str(answer.rate),
            "X-Sample-Type": body.dtype,
            "Cache-Control": "no-cache",
            "X-Accel-Buffering": "no",
        },
        error_event(ServerEnding()),
    )


@router.post(
    "/create_voice_prompt",
    summary="Make a voice prompt",
    response_model=None,
    responses=answers(PromptAnswer, "The voice prompt.", 400, 408, 413, 415, 500, 501, 503),
    openapi_extra=form_body(RecordingForm),
)
async def create_voice_prompt(request: Request) -> Response:
    """Make a voice prompt of a recording, by the first engine behind `model` that can."""
    context = context_of(request)
    config = context.config
    if not any(isinstance(engine, Cloning) for engine in context.catalog.engines.values()):
        raise NotOffered("No engine of this server makes voice prompts; name one of its voices as `voice`.")
    context.sandbox.warm()
    form = await read_form(request, config.max_upload_bytes, config.body_seconds)
    recording = form.file("audio")
    written = form.text("reference_text", _LONGEST_TRANSCRIPT)
    transcript = written or request.query_params.get("reference_text", "")[:_LONGEST_TRANSCRIPT]
    model = form.text("model", _LONGEST_NAME) or _USUAL_MODEL
    engine = find_cloning(context, model, NotOffered)

    async def make() -> Response:
        sample = await sample_of(context, recording, transcript)
        prompt = await prepare(engine, sample)
        context.prompts.keep(prompt)
        around = (b'{"voice_prompt":', b',"id":"%b"}' % prompt.id.encode())
        headers = {_ENGINE: engine.name, **warnings(engine)}
        return Parts([around[0], prompt.written, around[1]], "application/json", headers)

    return Worked(make)


@router.post("/transcribe", summary="Transcribe a recording", responses=failures(501))
async def transcribe() -> Response:
    """Transcribe a recording: refused, as this server does not transcribe."""
    raise NotOffered("This server does not transcribe.")


class _Written:
    """What was sent, and what is known of it."""

    def __init__(self, answer: VerbatimAnswer) -> None:
        self._answer = answer
        self._told = 0

    def news(self) -> dict[str, Any]:
        """Return the words that became known since the last call."""
        times = self._answer.times
        words = times.words[self._told :] if times else []
        self._told += len(words)
        return (
            {
                "words": [
                    {
                        "word": word.text,
                        "start": round(word.start, 4),
                        "end": round(word.end, 4),
                        "char_start": word.source_start,
                        "char_end": word.source_end,
                    }
                    for word in words
                ]
            }
            if words
            else {}
        )

    def usage(self, text: str) -> dict[str, Any]:
        """Count as `/v1/audio/speech` does."""
        answer = self._answer
        return counted(len(text), answer.usage.samples, answer.rate, answer.cost)


async def _samples(chunks: AsyncGenerator[AudioChunk, None], dtype: str) -> AsyncGenerator[bytes, None]:
    async with aclosing(chunks) as source:
        async for chunk in source:
            yield to_int16(chunk.samples) if dtype == "int16" else chunk.samples.astype("<f4").tobytes()
            del chunk


async def _asked(request: Request) -> GenerateBody:
    context = context_of(request)
    config = context.config
    clones = any(map(can_clone, context.catalog.engines.values()))
    limit = config.max_body_bytes + (config.max_prompt_bytes if clones else 0)
    if "text" not in request.query_params:
        return await read_body(request, GenerateBody, limit, config.body_seconds)
    raw = await read_bytes(request, limit, config.body_seconds)
    asked: dict[str, Any] = dict(request.query_params)
    for name, kind in (("seed", int), ("speed", float)):
        if name in asked:
            try:
                asked[name] = kind(asked[name])
            except ValueError as error:
                raise InvalidRequest(f"`{name}` must be a number.", param=name) from error
    if raw.strip():
        asked["voice_prompt"] = parse(raw, _Prompt).model_extra
    return validate(asked, GenerateBody)


class _Prompt(BaseModel):
    model_config = ConfigDict(extra="allow")


async def _answer(context: Context, body: GenerateBody) -> VerbatimAnswer:
    """Settle who speaks: the engine of a prompt, or whoever the route of the model has for a voice."""
    prompt = await find_prompt(context, body.voice_prompt)
    router, limit = context.planner.router, context.planner.config.max_text_length
    language = language_tag(body.language or "")
    name = body.voice or (prompt if isinstance(prompt, str) else None) or "alloy"
    asked = SpeechRequest(body.text, body.model, name, language=language)

    async def settle(engines: Sequence[Engine]) -> tuple[Engine, Utterance]:
        if isinstance(prompt, Prompt):
            [engine] = engines
            return engine, _utterance(body, Voice(VoiceId(prompt.id), "", engine.name), prompt, limit)
        engine, voice = await context.catalog.find(engines, name, language)
        return engine, _utterance(body, voice, None, limit)

    choice = None
    if isinstance(prompt, Prompt):
        choice = Choice((find_cloning(context, body.model, InvalidRequest),))
        context.prompts.keep(prompt)
    return await VerbatimAnswer.to(router, asked, settle, choice)


def _utterance(body: GenerateBody, voice: Voice, prompt: Prompt | None, limit: int) -> Utterance:
    if len(body.text) > limit:
        raise TextTooLong(len(body.text), limit)
    text, _ = remove_controls(body.text)
    if not is_speakable(text):
        raise NothingToSpeak
    return Utterance(
        text,
        voice,
        language=language_tag(body.language or ""),
        speed=body.speed,
        pitch=body.pitch,
        style=body.style,
        emphasis=body.emphasis,
        pronunciations=tuple(
            Pronunciation(said.start, min(said.end, len(text)), said.ipa)
            for said in body.pronunciations
            if said.start < min(said.end, len(text))
        ),
        is_complete=body.is_complete,
        marks=body.marks,
        seed=body.seed,
        instructions=body.instructions,
        prompt=prompt,
    )


def _names(answer: VerbatimAnswer) -> dict[str, str]:
    return {**named_verbatim(answer), **(warnings(answer.engine) if answer.utterance.prompt else {})}


OPERATIONS = (
    Operation(
        "/v1/generate",
        generate,
        GenerateBody,
        {"text": "Hello, world!", "voice": "alloy", "language": "en"},
        GENERATED,
        (400, 404, 408, 413, 415, 422, 500, 503),
    ),
)

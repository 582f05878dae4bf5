"""The JSON that callers get, as the OpenAPI document shows it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ErrorObject(BaseModel):
    """What went wrong, as OpenAI writes it."""

    message: str = Field(description="A sentence for a person.", examples=["`speed` must be at most 4."])
    type: str = Field(
        description="`invalid_request_error` or `server_error`.", examples=["invalid_request_error"]
    )
    param: str | None = Field(description="The field that is wrong.", examples=["speed"])
    code: str | None = Field(description="The cause, for a program.", examples=["invalid_request"])


class ErrorEnvelope(BaseModel):
    """Every error of this server."""

    error: ErrorObject
    detail: str = Field(
        description="The sentence once more, for callers of FastAPI's servers.",
        examples=["`speed` must be at most 4."],
    )


class Base64Answer(BaseModel):
    """A whole file in JSON."""

    audio: str = Field(description="The file in base64.", examples=["UklGRiQA"])
    format: str = Field(description="How it is written down.", examples=["mp3"])
    sample_rate: int = Field(description="In hertz.", examples=[24000])
    duration_ms: int = Field(description="Length of the audio in milliseconds.", examples=[1500])


class BatchResult(BaseModel):
    """One item of a batch: audio, or an error."""

    index: int = Field(description="Which item, from 0.", examples=[0])
    status: str = Field(description="`success` or `error`.", examples=["success"])
    audio_data: str | None = Field(default=None, description="The file in base64.", examples=["UklGRiQA"])
    media_type: str | None = Field(default=None, description="Of the file.", examples=["audio/mpeg"])
    usage: dict[str, int] | None = Field(
        default=None,
        description="One input token a character, one output token for 50 ms of audio.",
        examples=[{"input_tokens": 11, "output_tokens": 20, "total_tokens": 31}],
    )
    warnings: list[str] | None = Field(default=None, description="What was left out, in words.")
    error: ErrorObject | None = Field(default=None, description="What went wrong with this item.")


class BatchAnswer(BaseModel):
    """The results of a batch, in the order of its items."""

    id: str = Field(description="Of this batch.", examples=["speech-batch-6f1e"])
    results: list[BatchResult]
    total: int = Field(description="Items.", examples=[2])
    succeeded: int = Field(description="Items that were spoken.", examples=[2])
    failed: int = Field(description="Items that were not.", examples=[0])


class ModelCapabilities(BaseModel):
    """What the engine behind a model can do."""

    languages: list[str] = Field(description="BCP-47 tags.", examples=[["en-GB", "de"]])
    sample_rate: int = Field(description="The engine's own, in hertz.", examples=[22050])
    speed: tuple[float, float] = Field(
        description="The pace at which the engine itself sounds good; beyond it audio is stretched.",
        examples=[[0.46, 2.57]],
    )
    instructions: bool = Field(description="Whether it follows `instructions`.")
    seed: bool = Field(description="Whether a `seed` makes it repeat itself.")


class ModelObject(BaseModel):
    """A name that `model` may have."""

    id: str = Field(description="The name.", examples=["tts-1"])
    object: str = Field(description="Always `model`.", examples=["model"])
    created: int = Field(description="Unix time, for clients that want one.", examples=[1763596800])
    owned_by: str = Field(description="The engine that speaks.", examples=["espeak"])
    capabilities: ModelCapabilities
    licence: str = Field(description="Of the engine and its voices.", examples=["GPL-3.0-or-later"])


class ModelList(BaseModel):
    """The models."""

    object: str = Field(description="Always `list`.", examples=["list"])
    data: list[ModelObject]


class VoiceObject(BaseModel):
    """A name that `voice` may have."""

    id: str = Field(description="The name.", examples=["alloy"])
    voice_id: str = Field(description="The name once more.", examples=["alloy"])
    name: str = Field(description="For people.", examples=["English (America), f3"])
    engine: str = Field(description="The engine that speaks.", examples=["espeak"])
    speaks_as: str = Field(description="The engine's own voice.", examples=["en-US+f3"])
    languages: list[str] = Field(description="BCP-47 tags.", examples=[["en-US"]])
    preview_url: str | None = Field(description="Where a sample can be heard; none yet.")


class VoiceList(BaseModel):
    """The voices."""

    voices: list[VoiceObject]
    uploaded_voices: list[VoiceObject] = Field(description="None yet.")


class HealthAnswer(BaseModel):
    """How the server and its engines are."""

    status: str = Field(description="`ok`, or `degraded` without the default engine.", examples=["ok"])
    version: str = Field(description="Of Stentor.", examples=["0.1.0"])
    python: str = Field(description="Of Python.", examples=["3.13.1"])
    default_engine: str = Field(description="The engine behind `tts-1`.", examples=["espeak"])
    engines: dict[str, dict[str, str | int]] = Field(
        description="Each engine's `status`, its figures, and its `problem` if it has one.",
        examples=[{"espeak": {"status": "ok", "workers": 2, "spares": 1}}],
    )


class Status(BaseModel):
    """One word."""

    status: str = Field(description="`ok`.", examples=["ok"])

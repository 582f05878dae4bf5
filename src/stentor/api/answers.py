"""The JSON that callers get, as the OpenAPI document shows it."""

from __future__ import annotations

from typing import Any, Literal

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


class TimedItem(BaseModel):
    """When something is heard, in seconds, and where it stands in the input, in characters."""

    start: float = Field(description="When it begins, in seconds.", examples=[0.01])
    end: float = Field(description="When it ends, in seconds.", examples=[0.42])
    char_start: int = Field(description="Where it begins in the input, in characters.", examples=[0])
    char_end: int = Field(description="Where it ends in the input, in characters.", examples=[6])
    part: int | None = Field(
        default=None, description="Which part of the input, from 0, if the input is a list."
    )


class TimedWord(TimedItem):
    """A word as it is written, with the punctuation at it."""

    word: str = Field(description="The word, with the punctuation at it.", examples=["Hello,"])


class TimedSentence(TimedItem):
    """A sentence as it is written."""

    text: str = Field(description="The sentence.", examples=["Hello, world!"])


class TimedMark(BaseModel):
    """A mark of the caller's SSML."""

    name: str = Field(description="Its name.", examples=["here"])
    time: float = Field(description="When it is reached, in seconds.", examples=[0.5])


class TimesAnswer(BaseModel):
    """The times that were asked for."""

    words: list[TimedWord] | None = Field(default=None, description="If `timestamps` has `word`.")
    sentences: list[TimedSentence] | None = Field(default=None, description="If `timestamps` has `sentence`.")
    marks: list[TimedMark] | None = Field(default=None, description="If the text has any.")


class CaptionsAnswer(TimesAnswer):
    """When the words and sentences of a speech are heard."""

    duration: float = Field(description="Length of the audio in seconds.", examples=[1.5])


class GeneratedAnswer(BaseModel):
    """Raw samples for another server."""

    audio: str = Field(description="Little-endian samples in base64.", examples=["AAAAAA=="])
    sample_rate: int = Field(description="In hertz.", examples=[22050])
    dtype: str = Field(description="`float32` or `int16`.", examples=["float32"])
    words: list[TimedWord] | None = Field(default=None, description="With `marks`: when words begin.")


class PromptAnswer(BaseModel):
    """A voice prompt."""

    voice_prompt: dict[str, Any] = Field(
        description="What `/v1/generate` takes as `voice_prompt`; only its engine understands it.",
        examples=[{"engine": "xtts", "safetensors": "QAAAAAAAAAB7"}],
    )
    id: str = Field(
        description='What it is remembered by: `{"id": …}` may be sent in its place.',
        examples=["sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"],
    )


class PlannedStep(BaseModel):
    """What is said in one breath, or a pause that markup asks for."""

    text: str | None = Field(default=None, description="What the engine is given.", examples=["It costs"])
    char_start: int | None = Field(default=None, description="Where that stands in the input.", examples=[0])
    char_end: int | None = Field(default=None, description="Where that ends.", examples=[13])
    engine: str | None = Field(default=None, description="Who is given it.", examples=["espeak"])
    voice: str | None = Field(default=None, description="The engine's own voice.", examples=["en-US+f3"])
    language: str | None = Field(default=None, description="A BCP-47 tag.", examples=["en-US"])
    speed: float | None = Field(default=None, description="Times the normal pace.", examples=[1.0])
    pitch: float | None = Field(default=None, description="Semitones above the voice's own.", examples=[0.0])
    volume: float | None = Field(default=None, description="Decibels above the voice's own.", examples=[0.0])
    style: str | None = Field(default=None, description="How it is said.", examples=["happy"])
    emphasis: str | None = Field(default=None, description="As in SSML.", examples=["strong"])
    pronunciations: list[dict[str, str]] | None = Field(
        default=None, description="What is said by its sounds."
    )
    pause_after: float | None = Field(
        default=None, description="Seconds of silence behind it.", examples=[0.3]
    )
    pause: float | None = Field(
        default=None, description="Seconds of silence that take the place of those before.", examples=[1.0]
    )


class PlanAnswer(BaseModel):
    """How a text would be spoken."""

    language: str = Field(description="Of the text, where markup names no other.", examples=["en-US"])
    model: str = Field(description="As it was asked for.", examples=["tts-1"])
    engine: str = Field(description="Who speaks what markup gives to nobody else.", examples=["espeak"])
    voice: str = Field(description="The engine's own voice.", examples=["en-US+f3"])
    text: str = Field(description="All that would be said.", examples=["It costs twenty-five dollars."])
    steps: list[PlannedStep]
    warnings: list[str] = Field(description="What would be left out.")


class Base64Answer(TimesAnswer):
    """A whole file in JSON."""

    audio: str = Field(description="The file in base64.", examples=["UklGRiQA"])
    format: str = Field(description="How it is written down.", examples=["mp3"])
    sample_rate: int = Field(description="In hertz.", examples=[24000])
    duration_ms: int = Field(description="Length of the audio in milliseconds.", examples=[1500])


class BatchResult(TimesAnswer):
    """One item of a batch: audio, or an error."""

    index: int = Field(description="Which item, from 0.", examples=[0])
    status: str = Field(description="`success` or `error`.", examples=["success"])
    audio_data: str | None = Field(default=None, description="The file in base64.", examples=["UklGRiQA"])
    media_type: str | None = Field(default=None, description="Of the file.", examples=["audio/mpeg"])
    usage: dict[str, float] | None = Field(
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
    styles: list[str] = Field(
        description="The styles it has a way to speak in.", examples=[["happy", "calm"]]
    )
    pitch: tuple[float, float] = Field(
        description="How many semitones it goes below and above a voice's own pitch.", examples=[[-8, 8]]
    )
    emphasis: bool = Field(description="Whether it can emphasise.")
    phonemes: bool = Field(description="Whether it takes pronunciations in IPA.")
    marks: bool = Field(description="Whether it tells when words begin.")
    cloning: bool | Literal["approximate"] = Field(
        description="Whether it speaks by voice prompts; `approximate` is an adapted voice, not a cloned one."
    )
    longest_utterance: int = Field(description="Characters that it says at once, at most.", examples=[200])


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


class LexiconEntryObject(BaseModel):
    """A word or phrase, or several, and how they are said."""

    word: str | None = Field(default=None, description="The word, if it is one.", examples=["SQL"])
    words: list[str] | None = Field(default=None, description="The words, if they are several.")
    alias: str | None = Field(default=None, description="What is said instead.", examples=["sequel"])
    ipa: str | None = Field(default=None, description="How it is pronounced.", examples=["kæt"])
    language: str | None = Field(default=None, description="A BCP-47 tag, if it holds for one only.")


class LexiconObject(BaseModel):
    """A lexicon, in the form in which it may be sent again."""

    id: str = Field(description="Its name in paths and requests.", examples=["our-products"])
    name: str = Field(description="For people.", examples=["Our products"])
    language: str | None = Field(description="Of the entries without one of their own.", examples=["en"])
    voices: list[str] | None = Field(description="The voices it is for; null is all.")
    enabled: bool = Field(description="Whether it is used without being named by a request.")
    entries: list[LexiconEntryObject]


class LexiconSummary(BaseModel):
    """A lexicon without its entries."""

    id: str = Field(description="Its name in paths and requests.", examples=["our-products"])
    object: str = Field(description="Always `lexicon`.", examples=["lexicon"])
    name: str = Field(description="For people.", examples=["Our products"])
    language: str | None = Field(description="Of the entries without one of their own.", examples=["en"])
    voices: list[str] | None = Field(description="The voices it is for; null is all.")
    enabled: bool = Field(description="Whether it is used without being named by a request.")
    word_count: int = Field(description="How many words it has.", examples=[12])


class LexiconList(BaseModel):
    """The lexicons, by id."""

    object: str = Field(description="Always `list`.", examples=["list"])
    data: list[LexiconSummary]


class EngineTotals(BaseModel):
    """What was spent on an engine since the server started."""

    requests: int = Field(description="Requests it was asked to speak in.", examples=[3])
    characters: int = Field(description="Of text.", examples=[180])
    seconds: float = Field(description="Of speech.", examples=[12.5])
    cost: float = Field(description="By the engine's price.", examples=[0.0])


class EngineObject(BaseModel):
    """An engine, and how it is."""

    name: str = Field(description="Of its table in the settings.", examples=["espeak"])
    object: str = Field(description="`engine`.", examples=["engine"])
    status: str = Field(
        description="`ok`, `degraded` if it can speak and has a problem, or `unavailable`.", examples=["ok"]
    )
    problem: str | None = Field(description="Why it cannot speak, or how it failed lately.", examples=[None])
    activity: str | None = Field(description="What speech waits for there, if it waits.", examples=[None])
    state: Literal["loaded", "loading", "unloaded"] | None = Field(
        description="Whether it is loaded; null if there is nothing to load.", examples=["loaded"]
    )
    keep_alive: float | None = Field(
        description="Seconds that it stays loaded when nothing is spoken, as of now; `-1` is for ever.",
        examples=[-1],
    )
    figures: dict[str, int] = Field(description="What it counts of itself.", examples=[{"workers": 2}])
    circuit: str = Field(description="`closed`, `open` after failures, or `half-open`.", examples=["closed"])
    load: int = Field(description="Requests that it answers now.", examples=[0])
    spent: EngineTotals
    sample_rate: int = Field(description="Its own, in hertz.", examples=[22050])
    licence: str = Field(description="Of the engine and its voices.", examples=["GPL-3.0-or-later"])


class EngineList(BaseModel):
    """The engines in use."""

    object: str = Field(description="`list`.", examples=["list"])
    data: list[EngineObject]


class EngineTest(BaseModel):
    """Whether an engine could say one word."""

    name: str = Field(description="Of the engine.", examples=["espeak"])
    ok: bool = Field(description="Whether it was heard.", examples=[True])
    voice: str | None = Field(default=None, description="The voice that spoke.", examples=["en-US"])
    first_sound_ms: float | None = Field(default=None, description="Until the first sound.", examples=[1.2])
    total_ms: float | None = Field(default=None, description="Until the last.", examples=[4.0])
    seconds: float | None = Field(default=None, description="Of speech.", examples=[0.5])
    error: ErrorObject | None = Field(default=None, description="What went wrong.")


class HealthAnswer(BaseModel):
    """How the server and its engines are."""

    status: str = Field(
        description="`ok`, or `degraded` while the engine that is the first choice is not.", examples=["ok"]
    )
    model: str = Field(description="The engine that is the first choice for `tts-1`.", examples=["espeak"])
    device: str = Field(description="What that runs on; `remote` is another machine.", examples=["cpu"])
    version: str = Field(description="Of Stentor.", examples=["0.1.0"])
    python: str = Field(description="Of Python.", examples=["3.13.1"])
    default_engine: str = Field(description="The engine behind `tts-1`.", examples=["espeak"])
    capabilities: dict[str, bool | Literal["approximate"]] = Field(
        description="Whether any engine speaks by voice prompts, `approximate` if all that do only adapt a "
        "voice; whether prompts may be sent by their ids.",
        examples=[{"cloning": "approximate", "prompt_ids": True}],
    )
    engines: dict[str, dict[str, str | int]] = Field(
        description="Each engine's `status`, its figures, its `state` if it can be loaded, "
        "its `problem`, and its `activity` if speech waits.",
        examples=[{"espeak": {"status": "ok", "state": "loaded", "workers": 2, "spares": 1}}],
    )


class Status(BaseModel):
    """One word."""

    status: str = Field(description="`ok`.", examples=["ok"])

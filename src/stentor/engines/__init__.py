"""The engine contract, and the list of engines.

An engine turns an utterance into chunks of audio. Formats, aliases, markup, cache, limits and metrics
never enter one; an engine that wraps an engine is an engine.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from stentor.errors import SettingsError
from stentor.types import AudioChunk, Prompt, Sample, Utterance, Voice

GROUP = "stentor.engines"
"""The entry-point group in which any package may offer an engine."""


Likeness: TypeAlias = bool | Literal["approximate"]
"""Whether an engine speaks like whom it heard: truly, approximately, or not at all."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do, as data: the planner, the API and the docs read this one object."""

    sample_rate: int
    """Of every chunk, in hertz."""
    languages: tuple[str, ...]
    """BCP-47 tags."""
    speed: tuple[float, float] = (1.0, 1.0)
    """Slowest and fastest pace at which the engine itself sounds good; beyond it audio is stretched."""
    longest_utterance: int = 300
    """In characters; longer sentences are cut before they reach the engine."""
    whole_text: bool = False
    """Whether it wants as much text at once as it takes, rather than sentence by sentence."""
    instructions: bool = False
    seed: bool = False
    marks: bool = False
    """Whether chunks carry the times of words."""
    phonemes: bool = False
    """Whether it speaks `Utterance.pronunciations`."""
    emphasis: bool = False
    pitch: tuple[float, float] = (0.0, 0.0)
    """How many semitones it can go below and above a voice's own pitch."""
    styles: tuple[str, ...] = ()
    """Those of `stentor.text.script.STYLES` that it has a way to speak in."""
    formats: tuple[str, ...] = ()
    """Formats whose files it hands on as they come from elsewhere; with any, it is `Relaying`."""
    cloning: Likeness = False
    """Whether it speaks `Utterance.prompt`; it then makes prompts, too (see `Cloning`). "approximate" is a
    voice that is adapted to a recording, and would not be taken for whom was recorded."""
    licence: str = ""
    """Of the engine and its voices, as an SPDX expression where there is one."""
    device: str = "cpu"
    """What it runs on: `cpu`, `cuda:0` and the like, or `remote` if that is another machine's business."""


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """Whether an engine can speak now, and figures worth showing about it."""

    ready: bool
    figures: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    activity: str | None = None
    """What speech waits for, in words for people, if it waits: "1 job waits for a worker: 0 ready"."""

    @property
    def status(self) -> str:
        """Say in a word how the engine is: `degraded` can speak, and has a problem."""
        if not self.ready:
            return "unavailable"
        return "degraded" if self.problem else "ok"


class Price(BaseModel):
    """What an engine costs, in a currency of the operator's choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_request: float = Field(default=0.0, ge=0, description="For each request.")
    per_character: float = Field(default=0.0, ge=0, description="For each character of text.")
    per_second: float = Field(default=0.0, ge=0, description="For each second of speech.")

    def of(self, characters: int, seconds: float) -> float:
        """Return what one request costs."""
        return self.per_request + self.per_character * characters + self.per_second * seconds


class EngineConfig(BaseModel):
    """An engine's own settings, its table `[engines.NAME]`; subclass it and document each field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether this engine is in use.")
    kind: str | None = Field(
        default=None,
        min_length=1,
        description="Which engine it is, if the table has a name of your own; so it can be used twice.",
    )
    price: Price | None = Field(
        default=None,
        description="What it costs: a table of `per_request`, `per_character` and `per_second`.",
    )
    first_sound_within: float | None = Field(
        default=None, gt=0, description="Seconds after which an engine that made no sound is given up."
    )


class Engine(Protocol):
    """Makes audio from text. Subclass it, or have the same shape."""

    Config: ClassVar[type[EngineConfig]] = EngineConfig
    name: str
    """What it is installed as. `make` sets it to the name of its table, before `open`: its voices and its
    errors say `self.name`, since there may be several of a kind."""
    capabilities: Capabilities
    openai_voices: Mapping[str, str] = {}
    """OpenAI's voice names to the engine's own; those left out are spread over `voices()`."""

    def __init__(self, config: EngineConfig | None = None) -> None:  # noqa: ARG002
        """Keep the settings; cheap, and without side effects."""
        return

    async def open(self) -> None:
        """Prepare to speak; called once, before anything else, in the event loop that will be used."""
        return

    async def voices(self) -> Sequence[Voice]:
        """List who can speak."""
        ...

    async def find_voice(self, name: str, language: str | None) -> Voice | None:  # noqa: ARG002
        """Find a voice by a caller's name for it, in a language if one is given."""
        folded = name.casefold()
        return next((voice for voice in await self.voices() if voice.id.casefold() == folded), None)

    def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Speak one utterance, chunk by chunk, at `capabilities.sample_rate`.

        Fails with an EngineError before the first chunk if it can. Closing the generator stops the work.
        """
        ...

    def health(self) -> EngineHealth:
        """Say how the engine is, from memory."""
        return EngineHealth(ready=True)

    async def close(self) -> None:
        """Give back everything; calling it twice is harmless."""
        return


class Relaying(Protocol):
    """An engine that can hand on files in the formats of its capabilities."""

    def relay(self, utterance: Utterance, format_: str) -> AsyncGenerator[AudioChunk | bytes, None]:
        """Speak as `synthesize` does, and hand on the parts of a file in a format as they come.

        Whoever gets another file than was asked for yields chunks of its sound, and nothing else.
        """
        ...


State: TypeAlias = Literal["loaded", "loading", "unloaded"]


@runtime_checkable
class Loading(Protocol):
    """An engine that can give back its memory and take it again; `stentor.engines.local` has one to build on.

    While it is unloaded it loads by itself as soon as it is asked to speak. Its health says all there is to
    say of it: an engine that is unloaded, or loads again, is ready; one that has not opened is not.
    """

    @property
    def state(self) -> State:
        """Whether it is loaded."""
        ...

    @property
    def keep_alive(self) -> float | None:
        """How many seconds it stays when nothing is spoken; below 0 for ever, None if that is not known."""
        ...

    async def load(self, keep_alive: float | None = None) -> None:
        """Return once it can speak at once; raises EngineUnavailable with the reason if it cannot.

        `keep_alive` is how many seconds it stays when nothing is spoken, from now on; below 0 for ever.
        """
        ...

    async def unload(self) -> None:
        """Wait until nobody uses it, and give back its memory; returns early if it is to load after all."""
        ...

    def in_use(self) -> AbstractContextManager[None]:
        """Keep it from being unloaded, for as long as an answer takes."""
        ...


def in_use(engine: Engine) -> AbstractContextManager[None]:
    """Keep an engine from being unloaded, for as long as an answer takes."""
    kept = getattr(engine, "in_use", nullcontext)  # isinstance asks for each member, in 7 µs
    made: AbstractContextManager[None] = kept()
    return made


@runtime_checkable
class Cloning(Protocol):
    """An engine that can speak like anyone of whom it got a recording, if its capabilities say so."""

    async def prepare(self, samples: Sequence[Sample]) -> Prompt:
        """Make a prompt of recordings of one voice.

        Raises InvalidRequest if they are of no use, or an EngineError. What an engine works out of a prompt
        it may keep under its id.
        """
        ...


# Built-in engines come through the same door as a third party's.
BUILT_IN = {
    "espeak": EntryPoint("espeak", "stentor.engines.espeak:EspeakEngine", GROUP),
    "openai": EntryPoint("openai", "stentor.engines.openai:OpenAiEngine", GROUP),
    "provider": EntryPoint("provider", "stentor.engines.provider:ProviderEngine", GROUP),
    "runpod": EntryPoint("runpod", "stentor.engines.runpod:RunpodEngine", GROUP),
    "tone": EntryPoint("tone", "stentor.engines.tone:ToneEngine", GROUP),
}
DEFAULT_ENGINES = ("espeak", "tone")


def installed() -> dict[str, EntryPoint]:
    """Every engine that could be opened, by name. Looks at every installed package, so it takes a while."""
    return {entry.name: entry for entry in entry_points(group=GROUP)} | BUILT_IN


def unused(configs: Mapping[str, EngineConfig]) -> list[str]:
    """Return which installed engines none of these settings is for."""
    return sorted(installed().keys() - {config.kind or name for name, config in configs.items()})


def load(name: str) -> type[Any]:
    """Import the class of an engine. Its heavy libraries are imported later, when it opens."""
    entry = BUILT_IN.get(name) or installed().get(name)
    if entry is None:
        known = ", ".join(sorted(installed()))
        raise SettingsError(
            f"There is no engine {name!r}. Installed engines: {known}. "
            'A table of another name says which of them it is: `kind = "…"`.'
        )
    try:
        loaded: type[Any] = entry.load()
    except Exception as error:
        raise SettingsError(
            f"The engine {name!r} cannot be imported from {entry.value}: {type(error).__name__}: {error}."
        ) from error
    return loaded


def make(name: str, config: EngineConfig) -> Engine:
    """Make the engine of a table `[engines.NAME]`; several of one kind differ by their names."""
    engine: Engine = load(config.kind or name)(config)
    engine.name = name
    return engine

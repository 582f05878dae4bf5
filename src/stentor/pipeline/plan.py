"""Settle what will be done, and find every expected error before the first byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, field_validator

from stentor.audio.encode import FORMATS, Format
from stentor.engines import Engine
from stentor.errors import InvalidRequest, NothingToSpeak, TextTooLong, Unsupported, quoted
from stentor.text.clean import controls_left_out, is_speakable, remove_controls
from stentor.text.script import Break
from stentor.text.split import Sentence, Splitter
from stentor.types import SpeechRequest, Utterance, Voice
from stentor.voices.catalog import Catalog

_MOST_NAMED = 10  # unknown fields in a warning, which has to fit into a header
_PAUSES = {Break.CLAUSE: 0.12, Break.SENTENCE: 0.3, Break.PARAGRAPH: 0.65}  # seconds, at speed 1


class PlanConfig(BaseModel):
    """Limits on what may be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_text_length: int = Field(
        default=4096, ge=1, description="Longest `input`, in characters; longer text is refused."
    )
    default_engine: str = Field(
        default="espeak", description="The engine behind `tts-1` and OpenAI's other model names."
    )
    default_sample_rate: int = Field(
        default=24_000, description="Sample rate of the audio in hertz when a request names none."
    )

    @field_validator("default_sample_rate")
    @classmethod
    def _every_format_has_it(cls, rate: int) -> int:
        common = set.intersection(*(set(format_.sample_rates) for format_ in FORMATS.values()))
        if rate not in common:
            raise ValueError(f"every format can be written at {', '.join(map(str, sorted(common)))} only")
        return rate


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. Everything but the text is settled."""

    engine: Engine
    model: str
    asked_voice: str
    """The caller's name for the voice."""
    voice: Voice
    format: Format
    sample_rate: int
    engine_speed: float
    stretch: float
    """How many times faster the engine's audio is played; 1 leaves it alone."""
    language: str | None = None
    seed: int | None = None
    instructions: str | None = None
    text: str = ""
    warnings: tuple[str, ...] = field(default=())

    def utterances(self) -> Iterator[Utterance]:
        """Cut the plan's text into utterances, as they are needed."""
        splitter = self.splitter()
        for sentences in (splitter.feed(self.text), splitter.finish()):
            yield from map(self.utterance, sentences)

    def splitter(self, *, eager: bool = False) -> Splitter:
        """Make a splitter for text that arrives in pieces."""
        return Splitter(self.engine.capabilities.longest_utterance, eager=eager)

    def utterance(self, sentence: Sentence) -> Utterance:
        """Make what is said in one breath from a sentence."""
        return Utterance(
            text=sentence.text,
            voice=self.voice,
            start=sentence.start,
            language=self.language,
            speed=self.engine_speed,
            seed=self.seed,
            instructions=self.instructions,
            pause=_PAUSES[sentence.follows] / self.engine_speed,
        )


class Planner:
    """Makes plans from requests; refuses what cannot be done, and warns of what will be left out."""

    def __init__(self, catalog: Catalog, config: PlanConfig | None = None) -> None:
        self._catalog = catalog
        self._config = config or PlanConfig()

    @property
    def max_text_length(self) -> int:
        """The longest text, in characters."""
        return self._config.max_text_length

    async def plan(self, request: SpeechRequest) -> Plan:
        """Settle a request whose text is known."""
        warnings: list[str] = []
        text = self.checked_text(request.text, warnings)
        return await self._settle(request, text, warnings)

    async def plan_session(self, request: SpeechRequest) -> Plan:
        """Settle everything but the text, which will arrive in pieces."""
        return await self._settle(request, "", [])

    def checked_text(self, text: str, warnings: list[str]) -> str:
        """Return text that an engine may see; raises TextTooLong or NothingToSpeak."""
        if len(text) > self._config.max_text_length:
            raise TextTooLong(len(text), self._config.max_text_length)
        text, removed = remove_controls(text)
        if removed:
            warnings.append(controls_left_out(removed, "input"))
        if not is_speakable(text):
            raise NothingToSpeak
        return text

    async def _settle(self, request: SpeechRequest, text: str, warnings: list[str]) -> Plan:
        format_ = _format(request.format)
        rate = self._sample_rate(request.sample_rate, format_)
        engine, voice = await self._catalog.find(request.model, request.voice, request.language)
        abilities = engine.capabilities
        if request.unknown_fields:
            warnings.append(f"unknown fields were ignored: {_some(request.unknown_fields)}")
        if request.instructions and not abilities.instructions:
            warnings.append(f"`instructions` was ignored: the engine {engine.name} cannot follow them")
        if request.seed is not None and not abilities.seed:
            warnings.append(f"`seed` was ignored: the engine {engine.name} cannot repeat itself by one")
        if request.language and not _speaks(voice, request.language):
            warnings.append(
                f"`language` was ignored: {voice.id} of the engine {engine.name} does not speak "
                f"{quoted(request.language)}"
            )
        if request.strict and warnings:
            raise Unsupported(f"With `strict`, nothing may be left out, but {'; '.join(warnings)}.")
        slowest, fastest = abilities.speed
        engine_speed = min(max(request.speed, slowest), fastest)
        return Plan(
            engine=engine,
            model=request.model,
            asked_voice=request.voice,
            voice=voice,
            format=format_,
            sample_rate=rate,
            engine_speed=engine_speed,
            stretch=request.speed / engine_speed,
            language=request.language,
            seed=request.seed if abilities.seed else None,
            instructions=request.instructions if abilities.instructions else None,
            text=text,
            warnings=tuple(warnings),
        )

    def _sample_rate(self, asked: int | None, format_: Format) -> int:
        rate = self._config.default_sample_rate if asked is None else asked
        if rate not in format_.sample_rates:
            possible = ", ".join(map(str, format_.sample_rates))
            raise InvalidRequest(
                f"{format_.name} cannot be written at {rate} Hz; `sample_rate` may be {possible}.",
                param="sample_rate",
            )
        return rate


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise InvalidRequest(
            f"`response_format` {quoted(name)} is not known; it may be {', '.join(FORMATS)}.",
            param="response_format",
        )
    return FORMATS[name]


def _some(names: Sequence[str]) -> str:
    named = ", ".join(quoted(name) for name in names[:_MOST_NAMED])
    return f"{named} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else named


def _speaks(voice: Voice, language: str) -> bool:
    primary = language.replace("_", "-").partition("-")[0].casefold()
    return any(tag == "und" or tag.partition("-")[0].casefold() == primary for tag in voice.languages)

"""Settle what will be done, and find every expected error before the first byte."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field, field_validator

from stentor import threads
from stentor.audio.encode import FORMATS, Encoder, Format
from stentor.engines import Engine
from stentor.errors import InvalidRequest, NothingToSpeak, TextTooLong, quoted
from stentor.pipeline.cast import Cast, Casting
from stentor.pipeline.lines import Step
from stentor.pipeline.reader import Delivery, Reader
from stentor.pipeline.request import Part, SpeechRequest
from stentor.pipeline.routes import Choice, Router
from stentor.pipeline.times import Times
from stentor.text import markup
from stentor.text.clean import controls_left_out, is_speakable, remove_controls
from stentor.text.script import Alias, Boundary, Break, Item, Mark, Script, Words

_MOST_NAMED = 10  # unknown fields in a warning, which has to fit into a header
_TOLD_FROM = 1000  # characters that a language is told from
_SEEDS = 2**31
_QUICK = 20_000  # characters of markup; more is read beside the event loop


class PlanConfig(BaseModel):
    """Limits on what may be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_text_length: int = Field(
        default=4096, ge=1, description="Longest `input`, in characters without markup; longer is refused."
    )
    max_pause_seconds: float = Field(
        default=60.0, gt=0, le=600, description="Longest pause that markup may ask for; longer is refused."
    )
    default_engine: str = Field(
        default="espeak", description="The engine behind `tts-1` and OpenAI's other model names."
    )
    default_sample_rate: int = Field(
        default=24_000, description="Sample rate of the audio in hertz when a request names none."
    )
    detect_language: bool = Field(
        default=True,
        description="Tell the language from the text if neither the request nor the voice says it.",
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
    """What will be done."""

    request: SpeechRequest
    cast: Cast
    format: Format
    sample_rate: int
    delivery: Delivery
    choice: Choice
    items: Sequence[Item] = ()

    @property
    def engine(self) -> Engine:
        """Who speaks what markup gives to nobody else."""
        return self.cast.lead.engine

    @property
    def others(self) -> tuple[Engine, ...]:
        """Who may speak instead if that engine cannot."""
        return self.choice.behind(self.engine)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What will be left out."""
        return self.cast.warnings

    def times(self) -> Times | None:
        """Make what gathers the times that are wanted of one stream; None if none are."""
        has_marks = any(isinstance(item, Mark) for item in self.items)
        return Times() if self.request.times or has_marks else None

    def accepted(self) -> Plan:
        """Return the plan once all that it leaves out is known; raises Unsupported if that may be nothing."""
        if self.delivery.marks:
            for engine in self.cast.engines:
                if not engine.capabilities.marks:
                    self.cast.warn(f"times of words were left out: the engine {engine.name} tells none")
        self.cast.refuse()
        return self

    def encoder(self, *, whole: bool) -> Encoder:
        """Open an encoder for the plan's format: of a file that is sent as it is made, or whole."""
        return self.format.open(self.sample_rate, whole)

    def lines(self) -> Iterator[Step]:
        """Read the plan's text, as its lines are needed."""
        reader = Reader(self.cast, self.delivery, gathers=True)
        yield from reader.feed(self.items)
        yield from reader.finish()

    def reader(self, *, eager: bool) -> Reader:
        """Make a reader for text that arrives in pieces."""
        return Reader(self.cast, self.delivery, eager=eager)


class Planner:
    """Makes plans from requests; refuses what cannot be done, and warns of what will be left out."""

    def __init__(
        self, casting: Casting, config: PlanConfig | None = None, router: Router | None = None
    ) -> None:
        self._casting = casting
        self.config = config or PlanConfig()
        self.router = router or Router(casting.catalog)

    async def prepare(self, language: str) -> None:
        """Load what it takes to plan speech in a language, so that its first request need not wait."""
        await self._casting.prepare(language)

    async def plan(self, request: SpeechRequest, choice: Choice | None = None) -> Plan:
        """Settle a request whose text is known, for the engines of a choice or of the request's route."""
        text, removed = remove_controls(request.text)
        is_quick = len(text) <= _QUICK
        script = self._read(request, text) if is_quick else await threads.run(self._read, request, text)
        words = [item for item in script.items if isinstance(item, Words)]
        said = "".join(_told(words))
        if not any(is_speakable(_said(run)) for run in words):
            raise NothingToSpeak
        choice = choice or self.router.choice(request)
        plan = await self._settle(request, said[:_TOLD_FROM], script, choice)
        if removed:
            plan.cast.warn(controls_left_out(removed, "input"))
        for warning in script.warnings:
            plan.cast.warn(warning)
        texts = [text[part.start : part.end] for part in request.parts] or [text]
        if request.ssml is None and any(map(_reads_tags_aloud, texts)):
            plan.cast.warn("tags of SSML were read as text: SSML begins with `<speak>`")
        items = await plan.cast.assign(script.items)
        return replace(plan, items=items).accepted()

    async def plan_session(self, request: SpeechRequest, choice: Choice | None = None) -> Plan:
        """Settle everything but the text, which will arrive in pieces."""
        choice = choice or self.router.choice(request)
        return (await self._settle(request, "", Script(()), choice)).accepted()

    def _read(self, request: SpeechRequest, text: str) -> Script:
        """Read a text and its markup; raises TextTooLong or InvalidMarkup."""
        limit = self.config.max_text_length
        if not markup.is_ssml(text, request.ssml) and len(text) > limit:
            raise TextTooLong(len(text), limit)
        scripts = [
            self._part(request, text, part, f"input.{number}.text")
            for number, part in enumerate(request.parts)
        ] or [self._script(request, text)]
        items = tuple(item for script in scripts for item in script.items)
        length = sum(len(_said(item)) for item in items if isinstance(item, Words))
        if length > limit:
            raise TextTooLong(length, limit)
        return Script(items, tuple(warning for script in scripts for warning in script.warnings))

    def _part(self, request: SpeechRequest, text: str, part: Part, name: str) -> Script:
        try:
            script = self._script(request, text[part.start : part.end])
        except InvalidRequest as error:
            raise error.inside(name) from None
        return _moved(script, part, name)

    def _script(self, request: SpeechRequest, text: str) -> Script:
        return markup.read(
            text,
            ssml=request.ssml,
            tags=request.tags,
            strict=request.strict,
            max_pause=self.config.max_pause_seconds,
        )

    async def _settle(self, request: SpeechRequest, said: str, script: Script, choice: Choice) -> Plan:
        format_ = _format(request.format)
        rate = self._sample_rate(request.sample_rate, format_)
        cast = await self._casting.cast(request, said, choice.engines)
        engine = cast.lead.engine
        abilities = engine.capabilities
        if request.unknown_fields:
            cast.warn(f"unknown fields were ignored: {_some(request.unknown_fields)}")
        for sentence in request.ignored:
            cast.warn(sentence)
        if request.instructions and not abilities.instructions:
            cast.warn(f"`instructions` was ignored: the engine {engine.name} cannot follow them")
        if request.seed is not None and not abilities.seed:
            cast.warn(f"`seed` was ignored: the engine {engine.name} cannot repeat itself by one")
        seed = None
        if abilities.seed:
            seed = secrets.randbelow(_SEEDS) if request.seed is None else request.seed
        marks = "word" in request.times or any(isinstance(item, Mark) for item in script.items)
        return Plan(
            request=request,
            cast=cast,
            format=format_,
            sample_rate=rate,
            delivery=Delivery(
                speed=request.speed,
                seed=seed,
                instructions=request.instructions,
                marks=marks,
            ),
            choice=choice,
        )

    def _sample_rate(self, asked: int | None, format_: Format) -> int:
        rate = self.config.default_sample_rate if asked is None else asked
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


def _reads_tags_aloud(text: str) -> bool:
    return markup.looks_like_ssml(text) and not markup.is_ssml(text, None)


def _some(names: Sequence[str]) -> str:
    named = ", ".join(quoted(name) for name in names[:_MOST_NAMED])
    return f"{named} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else named


def _said(words: Words) -> str:
    return words.reading.text if isinstance(words.reading, Alias) else words.text


def _told(words: Sequence[Words]) -> Iterator[str]:
    """Yield as much of the words as a language is told from."""
    length = 0
    for run in words:
        if length >= _TOLD_FROM:
            return
        if run.manner.language is None:
            yield run.text
            length += len(run.text)


def _moved(script: Script, part: Part, name: str) -> Script:
    """Return the script of a part as it stands in the whole text, spoken by the part's voice."""
    moved: list[Item] = []
    for item in script.items:
        if isinstance(item, Words):
            manner = replace(item.manner, voice=item.manner.voice or part.voice)
            start, end = item.start + part.start, item.end + part.start
            moved.append(replace(item, start=start, end=end, manner=manner))
        else:
            moved.append(replace(item, start=item.start + part.start))
    warnings = tuple(f"{warning} in `{name}`" for warning in script.warnings)
    return Script((*moved, Boundary(Break.SENTENCE, part.end)), warnings)

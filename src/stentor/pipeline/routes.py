"""Which engines a request may be spoken by, in which order."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from stentor.engines import Engine, EngineConfig, Price
from stentor.errors import EngineBusy, quoted
from stentor.pipeline.circuit import Circuit, CircuitConfig, Place
from stentor.pipeline.ledger import Ledger
from stentor.text.language import language_tag
from stentor.text.language.scripts import primary
from stentor.voices.catalog import OPENAI_MODELS

if TYPE_CHECKING:
    from stentor.pipeline.request import SpeechRequest
    from stentor.voices.catalog import Catalog


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")


def _language(written: str) -> str:
    if not _LANGUAGE.fullmatch(written):
        meant = language_tag(written) or ""
        example = quoted(meant) if _LANGUAGE.fullmatch(meant) else "'en' or 'pt-BR'"
        raise PydanticCustomError(
            "language",
            "{said}",
            {"said": f"it must be a language tag such as {example}, and is {quoted(written)}"},
        )
    return written


CIRCUIT_OPEN, HEDGED = "circuit_open", "hedged"
"""Why an engine was not heard, where that is no error: it was put off, or another was sooner."""


_Step: TypeAlias = str | tuple[str, ...]


class RouteConfig(BaseModel):
    """A chain of engines for some requests: if one cannot speak, the next does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engines: tuple[_Step, ...] = Field(
        min_length=1,
        description="Engines in the order in which they are tried; a list within holds replicas.",
    )
    models: tuple[str, ...] = Field(
        default=(), description="For these models only; otherwise for OpenAI's model names."
    )
    voices: tuple[str, ...] = Field(default=(), description="For these voices only.")
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = Field(
        default=(), description="For requests that name one of these languages only."
    )
    balance: Literal["least-loaded", "weighted", "sticky"] = Field(
        default="least-loaded",
        description="How replicas share: by what they do now, by chance, or always the same for a voice.",
    )
    weights: Mapping[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="How much of the work a replica takes, compared with 1."
    )
    hedge_after: float | None = Field(
        default=None,
        gt=0,
        description="Seconds without sound after which the next engine is asked too.",
    )

    @field_validator("engines")
    @classmethod
    def _each_is_there_once(cls, steps: tuple[_Step, ...]) -> tuple[_Step, ...]:
        twice = next((name for name, count in Counter(_names(steps)).items() if count > 1), None)
        if twice is not None:
            raise ValueError(f"it has the engine {quoted(twice)} twice")
        if () in steps:
            raise ValueError("a list of replicas in it is empty")
        return steps

    @field_validator("weights")
    @classmethod
    def _are_of_its_engines(cls, weights: Mapping[str, float], so_far: ValidationInfo) -> Mapping[str, float]:
        names = frozenset(_names(so_far.data.get("engines", weights)))
        unknown = next((name for name in weights if name not in names), None)
        if unknown is not None:
            raise ValueError(f"it has {quoted(unknown)}, which is no engine of this route")
        return weights

    @property
    def names(self) -> tuple[str, ...]:
        """The engines of the chain."""
        return _names(self.engines)


class Router:
    """Orders engines for requests."""

    def __init__(
        self,
        catalog: Catalog,
        routes: Sequence[RouteConfig] = (),
        circuit: CircuitConfig | None = None,
        deadlines: Mapping[str, float] | None = None,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        self._catalog = catalog
        self._circuit = circuit or CircuitConfig()
        self._judged: Mapping[str, Engine] = {}
        self.circuits: dict[str, Circuit] = {}
        """By the engine's name; also of those that are gone, by which a request may still be spoken."""
        self.ledger = Ledger()
        self.use(routes, deadlines, prices)

    def use(
        self,
        routes: Sequence[RouteConfig] = (),
        deadlines: Mapping[str, float] | None = None,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        """Go by other settings, and by the engines that the catalog has by now.

        An engine that is new has a closed circuit, whatever its name did before. Requests that are on their
        way cost what they would have cost; totals go on.
        """
        self._routes = routes
        self.deadlines = deadlines or {}
        """Seconds within which an engine must be heard, by its name."""
        self.ledger = self.ledger.priced(prices)
        for name, engine in self._catalog.engines.items():
            if self._judged.get(name) is not engine:
                self.circuits[name] = Circuit(self._circuit, engine=name)
        self._judged = self._catalog.engines

    def choice(self, request: SpeechRequest) -> Choice:
        """Return who may speak a request, in order of preference; raises UnknownModel."""
        route = next((route for route in self._routes if self._is_for(route, request)), None)
        if route is None:
            return Choice(tuple(self._catalog.candidates(request.model)), None)
        return self._ordered(route, request, [self._catalog.engines[name] for name in route.names])

    def next_choice(self, choice: Choice, request: SpeechRequest, left: Sequence[Engine]) -> Choice:
        """Return who of those that are left may speak a request, in the order that is best by now."""
        return self._ordered(choice.route, request, left) if choice.route else Choice(tuple(left))

    def place(self, choice: Choice) -> Place:
        """Count a request, from its choice on, in the load of the engine that is preferred."""
        return self.circuits[choice.engines[0].name].request()

    def _ordered(self, route: RouteConfig, request: SpeechRequest, engines: Sequence[Engine]) -> Choice:
        named = {engine.name: engine for engine in engines}
        ranked = [name for step in route.engines for name in self._shared(route, step, request.voice)]
        # An engine that fails is asked when no other is left: it may be well again.
        order = sorted(ranked, key=lambda name: (self.circuits[name].wait, self.circuits[name].is_open))
        left_alone = tuple(
            (name, EngineBusy.code if self.circuits[name].wait else CIRCUIT_OPEN) for name in ranked
        )
        return Choice(tuple(named[name] for name in order if name in named), route, left_alone)

    def speakers(self, model: str) -> tuple[Engine, ...]:
        """Return who may speak for a model in any voice and language, the first choice first."""
        for route in self._routes:
            if model in (route.models or OPENAI_MODELS) and not (route.voices or route.languages):
                return tuple(self._catalog.engines[name] for name in route.names)
        return (self._catalog.candidates(model)[0],)

    def _is_for(self, route: RouteConfig, request: SpeechRequest) -> bool:
        models = route.models or OPENAI_MODELS
        language = primary(request.language or "und")
        return (
            request.model in models
            and (not route.voices or request.voice.casefold() in map(str.casefold, route.voices))
            and (not route.languages or language in map(primary, route.languages))
        )

    def _shared(self, route: RouteConfig, step: _Step, voice: str) -> list[str]:
        """Order replicas: the one that is to speak first, then those that take over from it."""
        names = [step] if isinstance(step, str) else list(step)
        weights = {name: route.weights.get(name, 1.0) for name in names}
        if route.balance == "least-loaded":
            names.sort(key=lambda name: (self.circuits[name].load + 1) / weights[name])
        elif route.balance == "weighted":
            names.sort(key=lambda name: random.expovariate(weights[name]))
        else:
            names.sort(key=lambda name: _rendezvous(name, voice, weights[name]))
        return names


def terms(configs: Mapping[str, EngineConfig]) -> tuple[dict[str, float], dict[str, Price]]:
    """Return within how many seconds engines must be heard, and what they cost, where that is set."""
    deadlines = {name: config.first_sound_within for name, config in configs.items()}
    prices = {name: config.price for name, config in configs.items()}
    return (
        {name: seconds for name, seconds in deadlines.items() if seconds is not None},
        {name: price for name, price in prices.items() if price is not None},
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Engines in order of preference, and the route that says so."""

    engines: tuple[Engine, ...]
    route: RouteConfig | None = None
    left_alone: tuple[tuple[str, str], ...] = ()
    """The names of the route in its own order, each with why it was put off if it was."""

    @property
    def hedge_after(self) -> float | None:
        """Seconds without a sound after which the next engine is asked as well."""
        return self.route.hedge_after if self.route else None

    def behind(self, engine: Engine) -> tuple[Engine, ...]:
        """Return who is asked if an engine fails: without a route, nobody."""
        names = [known.name for known in self.engines]  # it may have been replaced since
        return self.engines[names.index(engine.name) + 1 :] if self.route else ()

    def fallback(self, heard: Engine, unheard: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return who should have spoken before the engine that is heard, each with the code of why not.

        `unheard` are those that were asked; the others were put off, for a code of their own.
        """
        if (route := self.route) is None:
            return list(unheard.items())
        behind = {engine.name for engine in self.behind(heard)}
        ahead = itertools.takewhile(lambda ranked: ranked[0] != heard.name, self.left_alone)
        codes = {name: code for name, code in ahead if name in behind} | dict(unheard)
        return sorted(codes.items(), key=lambda item: route.names.index(item[0]))


def _names(steps: Iterable[_Step]) -> tuple[str, ...]:
    return tuple(name for step in steps for name in ((step,) if isinstance(step, str) else step))


def _rendezvous(name: str, voice: str, weight: float) -> float:
    """Score a replica for a voice: the same for ever, and unmoved by what other replicas there are.

    Source: D. Thaler and C. Ravishankar, "Using name-based mappings to increase hit rates" (1998), weighted.
    """
    digest = hashlib.blake2b(f"{name}\0{voice.casefold()}".encode(), digest_size=8).digest()
    return -math.log((int.from_bytes(digest, "big") + 1) / (2**64 + 1)) / weight

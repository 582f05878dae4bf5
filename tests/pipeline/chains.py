"""What tests of chains share: engines of which each may take over from the one before."""

from __future__ import annotations

from typing import Any

from tests.fakes import ScriptedEngine

from stentor.engines import Price
from stentor.errors import EngineError, EngineUnavailable
from stentor.pipeline.answer import Answer
from stentor.pipeline.cast import Casting
from stentor.pipeline.plan import Planner
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

GONE = EngineUnavailable("It is gone.")


def broken(name: str, error: EngineError = GONE, **how: Any) -> ScriptedEngine:
    return ScriptedEngine(name=name, fail_at=0, error=error, **how)


def planner(
    *engines: ScriptedEngine,
    deadlines: dict[str, float] | None = None,
    prices: dict[str, Price] | None = None,
    routed: bool = True,
    **route: Any,
) -> Planner:
    catalog = Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))
    chain = {"engines": tuple(engine.name for engine in engines), **route}
    routes = [RouteConfig(**chain)] if routed else []
    return Planner(Casting(catalog), router=Router(catalog, routes, deadlines=deadlines, prices=prices))


async def answer(made: Planner, *, foretells: bool = False, **asked: Any) -> Answer:
    request = SpeechRequest(**{
        "text": "One. Two.",
        "model": "tts-1",
        "voice": "one",
        "format": "pcm",
        **asked,
    })
    return await Answer.to(made, request, foretells=foretells)


async def listen(answered: Answer) -> int:
    return sum([chunk.samples.size async for chunk in answered.chunks()])


async def heard(made: Planner) -> int:
    return await listen(await answer(made))

"""The engines: how each is, what was spent on it, and whether it can speak now."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from stentor.api.answers import EngineList, EngineObject, EngineTest
from stentor.api.context import Context, ContextDep
from stentor.api.documented import answers
from stentor.api.respond import error_object
from stentor.errors import NotFound, StentorError, quoted
from stentor.pipeline.ledger import Totals
from stentor.pipeline.speak import speak
from stentor.pipeline.verbatim import verbatim
from stentor.types import Utterance

if TYPE_CHECKING:
    from stentor.engines import Engine

router = APIRouter(prefix="/v1/engines", tags=["engines"])

_LIST = answers(EngineList, "The engines.")
_ONE = answers(EngineObject, "The engine.", 404)
_TEST = answers(EngineTest, "Whether it spoke.", 404)
_TEST_WITHIN = 60.0


@router.get("", summary="List the engines", response_model=None, responses=_LIST)
async def engines(context: ContextDep) -> dict[str, Any]:
    """List the engines, with how each is and what was spent on it since the server started."""
    return {
        "object": "list",
        "data": [_described(context, engine) for engine in context.catalog.engines.values()],
    }


@router.get("/{name}", summary="Describe one engine", response_model=None, responses=_ONE)
async def engine(name: str, context: ContextDep) -> dict[str, Any]:
    """Describe one engine."""
    return _described(context, _found(context, name))


@router.post("/{name}/test", summary="Let an engine say one word", response_model=None, responses=_TEST)
async def test(name: str, context: ContextDep) -> dict[str, Any]:
    """Let an engine say one word; if it cannot be reached, refuses our key or is mute, the answer says so."""
    tested = _found(context, name)
    began = perf_counter()
    first, seconds = None, 0.0
    try:
        async with asyncio.timeout(_TEST_WITHIN):
            voices = await tested.voices()
            steps = verbatim(tested, Utterance("Hello.", voices[0])) if voices else []
            async with aclosing(speak(steps, tested.capabilities.sample_rate)) as chunks:
                async for chunk in chunks:
                    first = perf_counter() - began if first is None else first
                    seconds += chunk.samples.size / chunk.rate
    except StentorError as error:
        return {"name": name, "ok": False, "error": error_object(error)}
    except TimeoutError:
        return {"name": name, "ok": False, "error": error_object(_too_slow(name))}
    if first is None:
        return {"name": name, "ok": False, "error": error_object(_voiceless(name))}
    return {
        "name": name,
        "ok": True,
        "voice": voices[0].id,
        "first_sound_ms": round(1000 * first, 1),
        "total_ms": round(1000 * (perf_counter() - began), 1),
        "seconds": round(seconds, 3),
    }


def _found(context: Context, name: str) -> Engine:
    if name not in context.catalog.engines:
        known = ", ".join(context.catalog.engines)
        raise NotFound(f"There is no engine {quoted(name)} here. Engines in use: {known}.", param="name")
    return context.catalog.engines[name]


def _described(context: Context, engine: Engine) -> dict[str, Any]:
    condition = context.health(engine)
    circuit = context.planner.router.circuits[engine.name]
    abilities = engine.capabilities
    return {
        "name": engine.name,
        "object": "engine",
        "status": "ok" if condition.ready else "unavailable",
        "problem": condition.problem,
        "activity": condition.activity,
        "figures": condition.figures,
        "circuit": circuit.state,
        "load": circuit.load,
        "spent": asdict(context.planner.router.ledger.totals.get(engine.name, Totals())),
        "sample_rate": abilities.sample_rate,
        "licence": abilities.licence,
    }


def _too_slow(name: str) -> StentorError:
    return StentorError(f"The engine {name} did not finish one word within {_TEST_WITHIN:g} seconds.")


def _voiceless(name: str) -> StentorError:
    return StentorError(f"The engine {name} lists no voice to try.")

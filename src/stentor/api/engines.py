"""The engines: how each is, what was spent on it, and whether it can speak now."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stentor.api.answers import EngineList, EngineObject, EngineTest
from stentor.api.body import is_json, media_type_of, parse, read_bytes
from stentor.api.context import Context, ContextDep
from stentor.api.documented import answers, json_body
from stentor.api.respond import Worked, error_object
from stentor.engines import Loading
from stentor.engines.fleet import hold
from stentor.engines.local import KeepAlive
from stentor.errors import Conflict, NotFound, StentorError, UnsupportedMediaType, quoted
from stentor.pipeline.ledger import Totals
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import Choice
from stentor.pipeline.verbatim import VerbatimAnswer
from stentor.types import Utterance

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from stentor.engines import Engine
    from stentor.types import AudioChunk, Voice

router = APIRouter(prefix="/v1/engines", tags=["engines"])

_LIST = answers(EngineList, "The engines.")
_ONE = answers(EngineObject, "The engine.", 404)
_TEST = answers(EngineTest, "Whether it spoke.", 404, 409)
_LOAD = answers(EngineObject, "The engine, loaded.", 400, 404, 408, 409, 413, 415, 503)
_UNLOAD = answers(EngineObject, "The engine, unloaded.", 404, 409)
_TEST_WITHIN = 60.0


class LoadBody(BaseModel):
    """How an engine is loaded."""

    model_config = ConfigDict(extra="forbid")

    keep_alive: KeepAlive | None = Field(
        default=None,
        description="Seconds that it stays loaded when nothing is spoken, also as `30s` or `5m`; "
        "`0` until it has spoken, `-1` for ever. It holds until the server ends.",
    )


BODIES = (LoadBody,)
_LOAD_BODY = {"requestBody": {**json_body(LoadBody, {"keep_alive": "5m"}), "required": False}}


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
async def test(name: str, context: ContextDep) -> Response:
    """Let an engine say one word; if it cannot be reached, refuses our key or is mute, the answer says so.

    The word is counted and paid as any other. An engine says one at a time.
    """
    tested = _found(context, name)
    if name in context.in_test:
        raise Conflict(f"The engine {name} is being tested already; wait for that.", param="name")

    async def make() -> Response:
        context.in_test.add(name)
        try:
            return JSONResponse({"name": name, **await _tested(context, tested)})
        except StentorError as error:
            return JSONResponse({"name": name, "ok": False, "error": error_object(error)})
        finally:
            context.in_test.discard(name)

    return Worked(make)


async def _tested(context: Context, engine: Engine) -> dict[str, Any]:
    began = perf_counter()
    first, seconds = None, 0.0
    try:
        async with asyncio.timeout(_TEST_WITHIN):
            voice = await context.catalog.usual_voice(engine)
            if voice is None:
                raise _voiceless(engine.name)
            async with aclosing(await _word(context, engine, voice)) as chunks:
                async for chunk in chunks:
                    first = perf_counter() - began if first is None else first
                    seconds += chunk.samples.size / chunk.rate
    except TimeoutError:
        raise _too_slow(engine.name) from None
    return {
        "ok": True,
        "voice": voice.id,
        "first_sound_ms": round(1000 * (first or 0.0), 1),
        "total_ms": round(1000 * (perf_counter() - began), 1),
        "seconds": round(seconds, 3),
    }


async def _word(context: Context, engine: Engine, voice: Voice) -> AsyncGenerator[AudioChunk, None]:
    async def settle(_engines: Sequence[Engine]) -> tuple[Engine, Utterance]:
        return engine, Utterance("Hello.", voice)

    asked = SpeechRequest("Hello.", engine.name, voice.id)
    answer = await VerbatimAnswer.to(context.planner.router, asked, settle, Choice((engine,)))
    return answer.chunks()


@router.post(
    "/{name}/load",
    summary="Load an engine",
    response_model=None,
    responses=_LOAD,
    openapi_extra=_LOAD_BODY,
)
async def load(name: str, request: Request, context: ContextDep) -> Response:
    """Load an engine, and answer when it can speak; if it is loaded already, at once.

    The body may be left out. An engine that is not loaded also loads by itself when it is asked to speak.
    """
    loading = _loading(_found(context, name))
    keep_alive = (await _load_body(request, context)).keep_alive

    async def make() -> Response:
        await loading.load(keep_alive)
        return JSONResponse(_described(context, _found(context, name)))

    return Worked(make)


@router.post("/{name}/unload", summary="Unload an engine", response_model=None, responses=_UNLOAD)
async def unload(name: str, context: ContextDep) -> Response:
    """Let an engine end what it speaks, and give back its memory; the next request loads it again.

    The answer comes when that is done, also if a request to load the engine came in between.
    """
    loading = _loading(_found(context, name))

    async def make() -> Response:
        await loading.unload()
        return JSONResponse(_described(context, _found(context, name)))

    return Worked(make)


async def _load_body(request: Request, context: Context) -> LoadBody:
    raw = await read_bytes(request, context.config.max_body_bytes, context.config.body_seconds)
    if not raw:
        return LoadBody()
    media_type = media_type_of(request)
    if not is_json(media_type):
        raise UnsupportedMediaType(media_type)
    return parse(raw, LoadBody)


def _loading(engine: Engine) -> Loading:
    if not isinstance(engine, Loading):
        raise Conflict(
            f"The engine {engine.name} has nothing on this machine to load or to unload.", param="name"
        )
    return engine


def _found(context: Context, name: str) -> Engine:
    if name not in context.catalog.engines:
        known = ", ".join(context.catalog.engines)
        raise NotFound(f"There is no engine {quoted(name)} here. Engines in use: {known}.", param="name")
    hold(context.catalog.engines[name])
    return context.catalog.engines[name]


def _described(context: Context, engine: Engine) -> dict[str, Any]:
    condition = context.health(engine)
    circuit = context.planner.router.circuits[engine.name]
    abilities = engine.capabilities
    return {
        "name": engine.name,
        "object": "engine",
        "status": condition.status,
        "problem": condition.problem,
        "activity": condition.activity,
        "state": engine.state if isinstance(engine, Loading) else None,
        "keep_alive": engine.keep_alive if isinstance(engine, Loading) else None,
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

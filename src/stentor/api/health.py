"""Whether the server lives, and whether it can speak."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from stentor import __version__
from stentor.api.answers import HealthAnswer, Status
from stentor.api.context import Context, ContextDep
from stentor.api.documented import answers
from stentor.api.prompts import likeness
from stentor.engines import Loading
from stentor.errors import EngineUnavailable
from stentor.voices.catalog import OPENAI_MODELS

if TYPE_CHECKING:
    from stentor.engines import Engine

_HEALTH = answers(HealthAnswer, "How they are.")
_LIVE = answers(Status, "It lives.")
_READY = answers(Status, "It can.", 503)

router = APIRouter(prefix="/health", tags=["health"])


@router.get("", summary="Describe the server and its engines", response_model=None, responses=_HEALTH)
async def health(context: ContextDep) -> dict[str, Any]:
    """Describe the server and its engines."""
    engines: dict[str, Any] = {}
    for name, engine in context.catalog.engines.items():
        condition = context.health(engine)
        engines[name] = {
            "status": condition.status,
            **({"state": engine.state} if isinstance(engine, Loading) else {}),
            **condition.figures,
            **({"problem": condition.problem} if condition.problem else {}),
            **({"activity": condition.activity} if condition.activity else {}),
        }
    first = _speakers(context)[0]
    return {
        "status": "ok" if context.health(first).status == "ok" else "degraded",
        "model": first.name,
        "device": first.capabilities.device,
        "version": __version__,
        "python": platform.python_version(),
        "default_engine": context.catalog.default_engine.name,
        "capabilities": {
            "cloning": likeness(context.catalog.engines.values()),
            "prompt_ids": True,
        },
        "engines": engines,
    }


@router.get("/live", summary="Whether the server lives", response_model=None, responses=_LIVE)
async def live() -> dict[str, str]:
    """Answer, which is all it takes to be alive."""
    return {"status": "ok"}


@router.get("/ready", summary="Whether the server can speak", responses=_READY)
async def ready(context: ContextDep) -> Response:
    """Answer 200 once an engine behind OpenAI's model names can speak, 503 before.

    That is the default engine, or any engine of the route that stands in its place.
    """
    conditions = {engine.name: context.health(engine) for engine in _speakers(context)}
    if any(condition.ready for condition in conditions.values()):
        return JSONResponse({"status": "ok"})
    raise EngineUnavailable(
        " ".join(
            f"The engine {name} is not ready: {condition.problem or 'starting'}."
            for name, condition in conditions.items()
        )
    )


def _speakers(context: Context) -> tuple[Engine, ...]:
    return context.planner.router.speakers(OPENAI_MODELS[0])

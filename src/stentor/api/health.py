"""Whether the server lives, and whether it can speak."""

from __future__ import annotations

import platform
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from stentor import __version__
from stentor.api.answers import HealthAnswer, Status
from stentor.api.context import ContextDep
from stentor.api.documented import answers
from stentor.errors import EngineUnavailable

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
            "status": "ok" if condition.ready else "unavailable",
            **condition.figures,
            **({"problem": condition.problem} if condition.problem else {}),
        }
    speaks = context.health(context.catalog.default_engine).ready
    return {
        "status": "ok" if speaks else "degraded",
        "version": __version__,
        "python": platform.python_version(),
        "default_engine": context.catalog.default_engine.name,
        "engines": engines,
    }


@router.get("/live", summary="Whether the server lives", response_model=None, responses=_LIVE)
async def live() -> dict[str, str]:
    """Answer, which is all it takes to be alive."""
    return {"status": "ok"}


@router.get("/ready", summary="Whether the server can speak", responses=_READY)
async def ready(context: ContextDep) -> Response:
    """Answer 200 once the default engine can speak, 503 before."""
    engine = context.catalog.default_engine
    condition = context.health(engine)
    if not condition.ready:
        raise EngineUnavailable(f"The engine {engine.name} is not ready: {condition.problem or 'starting'}.")
    return JSONResponse({"status": "ok"})

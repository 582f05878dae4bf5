"""What the server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from stentor.api.context import Context, ContextDep
from stentor.observe import metrics
from stentor.observe.metrics import Exposition, Reading
from stentor.pipeline.circuit import STATES
from stentor.pipeline.ledger import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stentor.engines import Engine

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}

router = APIRouter(tags=["metrics"])


@router.get("/prometheus", summary="Show the metrics", response_class=Response, responses=_TEXT)
async def prometheus(context: ContextDep) -> Response:
    """Show the metrics in Prometheus' text format, as they are now."""
    return Response(Exposition(partial(_read, context)).text(), headers={"Content-Type": metrics.MEDIA_TYPE})


def _read(context: Context) -> Iterator[Reading]:
    engines = context.catalog.engines
    for engine in engines.values():
        yield from _engine(context, engine)
    for (name, code), count in context.planner.router.ledger.fallbacks.items():
        if name in engines:  # others were removed
            yield Reading(metrics.FALLBACKS, (name, code), count)


def _engine(context: Context, engine: Engine) -> Iterable[Reading]:
    condition, router = context.health(engine), context.planner.router
    circuit, spent = router.circuits[engine.name], router.ledger.totals.get(engine.name, Totals())
    name = (engine.name,)
    yield Reading(metrics.UP, name, condition.status == "ok")
    yield Reading(metrics.LOAD, name, circuit.load)
    for state in STATES:
        yield Reading(metrics.CIRCUIT, (engine.name, state), circuit.state == state)
    yield Reading(metrics.REQUESTS, name, spent.requests)
    yield Reading(metrics.CHARACTERS, name, spent.characters)
    yield Reading(metrics.SECONDS, name, spent.seconds)
    yield Reading(metrics.COST, name, spent.cost)
    yield from _jobs(engine.name, condition.figures)


def _jobs(name: str, figures: Mapping[str, int]) -> Iterable[Reading]:
    """Read what an engine counts whose work is jobs elsewhere."""
    for state in ("queued", "running"):
        if state in figures:
            yield Reading(metrics.JOBS, (name, state), figures[state])
    if "cold_starts" in figures:
        waited = figures.get("cold_start_ms", 0) / 1000
        yield Reading(metrics.COLD_STARTS, (name,), waited, figures["cold_starts"])
    if "cancelled" in figures:
        yield Reading(metrics.CANCELLED, (name,), figures["cancelled"])

"""How many workers an endpoint has, and how many jobs wait for them, as it says itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from stentor.engines.runpod.waits import LONG_WAIT
from stentor.errors import EngineBusy

if TYPE_CHECKING:
    from stentor.engines.remote.client import Client

log = logging.getLogger(__name__)

_FIGURES = {
    ("jobs", "inQueue"): "endpoint_queue",
    ("jobs", "inProgress"): "endpoint_jobs",
    ("workers", "idle"): "workers_idle",
    ("workers", "ready"): "workers_ready",
    ("workers", "running"): "workers_running",
    ("workers", "initializing"): "workers_starting",
    ("workers", "throttled"): "workers_throttled",
    ("workers", "unhealthy"): "workers_unhealthy",
}
# What has RunPod's routes for jobs need not have this one.
_NO_HEALTH = (400, 404, 405, 501)
_BETWEEN_LOOKS = 10.0  # seconds, while a job waits


class Workers:
    """Keeps what the endpoint said last."""

    def __init__(self, client: Client, engine: str, *, is_runpod: bool) -> None:
        self._client = client
        self._engine = engine
        self._also = () if is_runpod else _NO_HEALTH
        self._looked = -_BETWEEN_LOOKS
        self.figures: Mapping[str, int] = {}

    async def look(self) -> None:
        """Ask the endpoint; raises EngineError if it cannot be used."""
        self._looked = asyncio.get_running_loop().time()
        with suppress(EngineBusy):  # it is there
            self.figures = _figures(await self._client.ask("GET", "/health", also=self._also))
        if waiting := self.figures.get("endpoint_queue"):
            log.info("jobs of %s that wait for a worker: %d (%s)", self._engine, waiting, self.said())

    def said(self) -> str:
        """Say how many there are: "0 ready, 1 starting"; nothing if that is not known."""
        figures = self.figures
        counts = {
            "ready": figures.get("workers_ready", figures.get("workers_idle")),
            "starting": figures.get("workers_starting"),
            "throttled": figures.get("workers_throttled") or None,
            "unhealthy": figures.get("workers_unhealthy") or None,
        }
        return ", ".join(f"{count} {state}" for state, count in counts.items() if count is not None)

    def is_due(self, seconds: float) -> bool:
        """Tell whether to look because a job has waited for so long."""
        since = asyncio.get_running_loop().time() - self._looked
        return seconds > LONG_WAIT and since > _BETWEEN_LOOKS


def _figures(told: Any) -> dict[str, int]:  # noqa: ANN401  any JSON
    figures = {}
    for (above, name), shown in _FIGURES.items():
        group = told.get(above) if isinstance(told, dict) else None
        count = group.get(name) if isinstance(group, dict) else None
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**31:
            figures[shown] = count
    return figures

"""How an endpoint is: its workers and its queue, asked for now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stentor.errors import EngineError

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
# In seconds.
_WHILE_QUEUED, _OTHERWISE = 10.0, 60.0
_LONG_WAIT = 5.0


class Condition:
    """Keeps what the endpoint said of itself last."""

    def __init__(self, client: Client, engine: str) -> None:
        self._client = client
        self._engine = engine
        self._looked: float | None = None
        self._looking: asyncio.Task[None] | None = None
        self.figures: Mapping[str, int] = {}
        """Of its queue and its workers."""
        self.problem: str | None = None
        """Why it could not be asked."""

    def refresh(self, seconds: float = _OTHERWISE) -> None:
        """Have the endpoint asked, unless that was done in the last so many seconds."""
        now = asyncio.get_running_loop().time()
        if self._looking or (self._looked is not None and now - self._looked < seconds):
            return
        self._looked = now
        self._looking = asyncio.create_task(self._look())

    def queued(self, seconds: float) -> None:
        """Note that a job has waited so long for a worker."""
        if seconds > _LONG_WAIT:
            self.refresh(_WHILE_QUEUED)

    async def close(self) -> None:
        """Stop asking."""
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        try:
            self.figures = _figures(await self._client.ask("GET", "/health"))
            self.problem = None
        except EngineError as error:
            self.problem = error.message
        finally:
            self._looking = None
        waiting = self.figures.get("endpoint_queue", 0)
        if waiting:
            log.info("%s: %d jobs wait for a worker; %s", self._engine, waiting, _in_words(self.figures))


def _figures(told: Any) -> dict[str, int]:  # noqa: ANN401  any JSON
    figures = {}
    for (above, name), shown in _FIGURES.items():
        group = told.get(above) if isinstance(told, dict) else None
        count = group.get(name) if isinstance(group, dict) else None
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**31:
            figures[shown] = count
    return figures


def _in_words(figures: Mapping[str, int]) -> str:
    workers = [
        f"{name.removeprefix('workers_')} {count}" for name, count in figures.items() if "workers" in name
    ]
    return f"workers: {', '.join(workers) or 'unknown'}"

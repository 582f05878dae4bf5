"""How an engine has done lately, and whether it is worth asking."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from weakref import WeakSet

from pydantic import BaseModel, ConfigDict, Field

from stentor.errors import EngineBusy, EngineFailed, EngineUnavailable

log = logging.getLogger(__name__)

STATES = ("closed", "open", "half-open")


class CircuitConfig(BaseModel):
    """When an engine that fails is left alone for a while."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open_after: int = Field(
        default=3, ge=1, description="Failures in a row after which an engine is asked last, if at all."
    )
    open_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long that lasts; then one request tries it again.",
    )


class Circuit:
    """A circuit breaker: closed while an engine works, open after failures, half open to try it again.

    Only failures that say something of the engine count: not a text that no engine can speak, and not a
    caller who left. Source of the pattern: M. Nygard, "Release It!" (2007).
    """

    def __init__(
        self, config: CircuitConfig, clock: Callable[[], float] = monotonic, *, engine: str = ""
    ) -> None:
        self._config = config
        self._engine = engine
        self._clock = clock
        self._failures = 0
        self._opened = 0.0
        self._not_before = 0.0
        self._places: WeakSet[Place] = WeakSet()
        self._probes: WeakSet[Place] = WeakSet()
        self._probed = 0.0

    @property
    def load(self) -> int:
        """Requests that it answers now, or is chosen for."""
        return len(self._places)

    @property
    def wait(self) -> float:
        """Seconds for which its server does not want to be asked."""
        return max(0.0, self._not_before - self._clock())

    @property
    def is_open(self) -> bool:
        """Whether it should not be asked while there is another."""
        if self._failures < self._config.open_after:
            return False
        return self._is_probed or self._clock() - self._opened < self._config.open_seconds

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self._failures < self._config.open_after:
            return "closed"
        return "open" if self.is_open and not self._is_probed else "half-open"

    @property
    def problem(self) -> str | None:
        """Why it should not be asked; None while the circuit is closed."""
        if self._failures < self._config.open_after:
            return None
        return f"it failed {self._failures} times in a row"

    @property
    def _is_probed(self) -> bool:
        """Whether a request tries it; one of which nothing comes for long does not keep others from it."""
        return bool(self._probes) and self._clock() - self._probed < self._config.open_seconds

    def request(self) -> Place:
        """Count a request from now on. If the circuit is half open, it is the one that tries the engine."""
        place = Place(self)
        if self._failures >= self._config.open_after and not self.is_open:
            self._probes.add(place)
            self._probed = self._clock()
        self._places.add(place)
        return place

    def leave(self, place: Place) -> None:
        """Count a request no more."""
        self._places.discard(place)
        self._probes.discard(place)

    def refused(self, error: EngineBusy) -> None:
        """Note for how long its server wants to be left alone, if it is a server that said so."""
        if error.answered is not None and error.retry_after:
            self._not_before = max(self._not_before, self._clock() + error.retry_after)

    def worked(self) -> None:
        """Note that it was heard."""
        if self._failures >= self._config.open_after:
            log.info("the circuit of the engine %s closed: it was heard again", self._engine)
        self._failures = 0

    def failed(self) -> None:
        """Note that it was not."""
        self._failures += 1
        if self._failures >= self._config.open_after:
            self._opened = self._clock()
        if self._failures == self._config.open_after:
            log.warning("the circuit of the engine %s opened: %s", self._engine, self.problem)


class Place:
    """One request in the load of an engine, from when the engine is chosen until it has answered.

    Around what the engine does, as a context, it counts how that ends, and is left. A request that comes to
    nothing before leaves its place, or has lost it once nobody knows it any more.
    """

    __slots__ = ("__weakref__", "circuit")

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, (EngineUnavailable, EngineFailed)):
            self.circuit.failed()
        self.leave()

    def leave(self) -> None:
        """Count no more."""
        self.circuit.leave(self)

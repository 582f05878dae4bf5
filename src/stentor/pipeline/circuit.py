"""How an engine has done lately, and whether it is worth asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from pydantic import BaseModel, ConfigDict, Field

from stentor.errors import EngineFailed, EngineUnavailable

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

    def __init__(self, config: CircuitConfig, clock: Callable[[], float] = monotonic) -> None:
        self._config = config
        self._clock = clock
        self._failures = 0
        self._opened = 0.0
        self._probing = False
        self.load = 0
        """Requests that it answers now."""

    @property
    def is_open(self) -> bool:
        """Whether it should not be asked while there is another."""
        if self._failures < self._config.open_after:
            return False
        return self._probing or self._clock() - self._opened < self._config.open_seconds

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self._failures < self._config.open_after:
            return "closed"
        return "open" if self.is_open and not self._probing else "half-open"

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request for as long as it lasts, and how it ends."""
        probes = self._failures >= self._config.open_after and not self.is_open
        self._probing |= probes
        self.load += 1
        try:
            yield
        except (EngineUnavailable, EngineFailed):
            self.failed()
            raise
        finally:
            self.load -= 1
            if probes:
                self._probing = False

    def worked(self) -> None:
        """Note that it was heard."""
        self._failures = 0

    def failed(self) -> None:
        """Note that it was not."""
        self._failures += 1
        if self._failures >= self._config.open_after:
            self._opened = self._clock()

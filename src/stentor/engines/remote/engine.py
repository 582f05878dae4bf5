"""An engine whose server is on another machine, and may come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stentor.engines import Engine, EngineHealth
from stentor.engines.remote.client import Client
from stentor.engines.remote.condition import Condition
from stentor.errors import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from stentor.engines.remote.config import RemoteConfig


class RemoteEngine(Engine):
    """Holds the connections to its server, and what is known of how it is."""

    _client: Client | None = None
    _condition: Condition | None = None

    async def _connect(
        self,
        config: RemoteConfig,
        headers: Mapping[str, str] | None,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        """Get ready to ask the server, and begin to `look` after it."""
        self._client = Client(self.name, config, headers)
        await self._client.open()
        self._condition = Condition(self.name, look, config.probe_seconds, config.url)
        await self._condition.open()

    def _connected(self) -> tuple[Client, Condition]:
        """Return both; raises EngineUnavailable before they are there, and after."""
        if self._client is None or self._condition is None:
            raise EngineUnavailable(f"The engine {self.name} is not running: it was not started.")
        return self._client, self._condition

    def health(self) -> EngineHealth:
        """Say whether the server was there when it was last asked."""
        if self._client is None or self._condition is None:
            return EngineHealth(ready=False, problem="it was not started")
        ready = self._condition.problem is None
        return EngineHealth(ready, {"busy": self._client.busy}, self._condition.complaint)

    async def close(self) -> None:
        """Close the connections."""
        if self._condition:
            await self._condition.close()
        if self._client:
            client, self._client = self._client, None
            await client.close()

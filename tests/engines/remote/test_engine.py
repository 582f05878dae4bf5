"""What engines on other machines have in common: when they can be asked, and what they say of themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import numpy as np
import pytest
from tests.engines.upstream import Upstream, gives_json

from stentor.engines import Capabilities
from stentor.engines.remote.config import RemoteConfig
from stentor.engines.remote.engine import RemoteEngine
from stentor.errors import EngineUnavailable
from stentor.types import AudioChunk, Utterance, Voice


class Plain(RemoteEngine):
    """Asks its server for nothing but whether it is there."""

    name = "plain"
    capabilities = Capabilities(24_000, ("en",))

    async def start(self, url: str) -> None:
        await self._connect(RemoteConfig.model_validate({"url": url}), None, self._look)

    async def ask(self) -> None:
        client, condition = self._connected()
        await client.ask("GET", "/")
        condition.worked()

    async def voices(self) -> Sequence[Voice]:
        return []

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        await self.ask()
        yield AudioChunk(np.zeros(len(utterance.text), np.float32), 24_000)

    async def _look(self) -> None:
        await self.ask()


async def test_it_can_be_asked_from_its_start_to_its_end(server: Upstream) -> None:
    server.answers("/", gives_json({}))
    engine = Plain()
    assert (engine.health().ready, engine.health().problem) == (False, "it was not started")
    with pytest.raises(EngineUnavailable, match="plain is not running: it was not started"):
        await engine.ask()
    await engine.start(server.url)
    await engine.ask()
    assert (engine.health().ready, engine.health().problem) == (True, None)
    assert engine.health().figures == {"busy": 0}
    await engine.close()
    await engine.close()
    assert not engine.health().ready
    with pytest.raises(EngineUnavailable):
        await engine.ask()


async def test_a_server_that_is_away_is_its_problem() -> None:
    engine = Plain()
    await engine.start("http://127.0.0.1:9")
    assert "refused the connection" in (engine.health().problem or "")
    assert not engine.health().ready
    await engine.close()

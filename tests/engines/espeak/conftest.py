"""What the tests of the espeak engine share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.engines.espeak.speaking import Speaking

from stentor.engines.espeak import EspeakEngine


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakEngine]:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=1))
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture
def say(espeak: EspeakEngine) -> Speaking:
    return Speaking(espeak)

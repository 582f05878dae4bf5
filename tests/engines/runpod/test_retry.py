"""What fails in passing is asked again, and no longer than is sensible."""

from __future__ import annotations

import asyncio

import pytest

from stentor.engines.runpod.retry import retried
from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable


class Server:
    """Fails so many times, then answers."""

    def __init__(self, *failures: EngineError) -> None:
        self.failures = list(failures)
        self.asked: list[float] = []

    async def ask(self) -> str:
        self.asked.append(asyncio.get_running_loop().time())
        if self.failures:
            raise self.failures.pop(0)
        return "well"


async def test_it_is_asked_until_it_answers_each_time_later() -> None:
    server = Server(*[EngineUnavailable("gone")] * 2)
    assert await retried(server.ask, 5, (EngineUnavailable,)) == "well"
    first, second, third = server.asked
    assert third - second > 1.5 * (second - first) > 0.2


async def test_when_a_server_wants_to_be_asked_again_it_is() -> None:
    server = Server(EngineBusy("cloud", 0.6))
    await retried(server.ask, 5, (EngineBusy,))
    assert server.asked[1] - server.asked[0] >= 0.6


async def test_a_wait_that_is_too_long_is_not_begun() -> None:
    server = Server(EngineBusy("cloud", 60))
    with pytest.raises(EngineBusy):
        await retried(server.ask, 5, (EngineBusy,))
    assert len(server.asked) == 1


async def test_what_lasts_is_raised() -> None:
    server = Server(*[EngineUnavailable("gone")] * 100)
    with pytest.raises(EngineUnavailable, match="gone"):
        await retried(server.ask, 1, (EngineUnavailable,))
    assert 2 < len(server.asked) < 6


async def test_what_does_not_pass_is_raised_at_once() -> None:
    server = Server(EngineFailed("broken"))
    with pytest.raises(EngineFailed):
        await retried(server.ask, 5, (EngineBusy, EngineUnavailable))
    assert len(server.asked) == 1

"""Looking after a server: soon enough to know, seldom enough to be welcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from stentor.engines.remote import condition as condition_module
from stentor.engines.remote.condition import Condition
from stentor.errors import EngineError, EngineFailed, EngineUnavailable
from stentor.observe.logs import REQUEST


class Server:
    """Is there or not, and counts who looks."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.looks = 0
        self.delay = 0.0

    async def look(self) -> None:
        self.looks += 1
        await asyncio.sleep(self.delay)
        if self.fault:
            raise self.fault

    async def looked_at(self, times: int) -> None:
        async with asyncio.timeout(5):
            while self.looks < times:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is 20 ms."""
    monkeypatch.setattr(condition_module, "_PAUSE", 0.02)
    monkeypatch.setattr(condition_module, "_LONGEST_PAUSE", 0.08)
    monkeypatch.setattr(condition_module, "_FIRST_LOOK", 0.1)
    monkeypatch.setattr(condition_module, "_LOOKS_FOR", 0.2)


@asynccontextmanager
async def watched(server: Server, every: float = 60, url: str = "") -> AsyncIterator[Condition]:
    made = Condition("cloud", server.look, every, url)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
        await made.close()


async def test_a_server_that_is_there_is_looked_at_once() -> None:
    server = Server()
    async with watched(server) as condition:
        assert condition.problem is None
        await asyncio.sleep(0.2)
    assert server.looks == 1


async def test_what_was_heard_lately_is_not_looked_at() -> None:
    server = Server()
    async with watched(server, every=0.15) as condition:
        for _ in range(20):
            condition.worked()
            await asyncio.sleep(0.02)
        assert server.looks == 1
        await server.looked_at(2)


FAULTS: list[tuple[EngineError | RuntimeError, str]] = [
    (EngineUnavailable("The engine cloud is not available: no connection."), "no connection"),
    (EngineFailed("The engine cloud refused the key (401)."), "it refused the key (401)"),
    (RuntimeError("a fault"), "it could not be looked after; the server's log says why"),
]


@pytest.mark.parametrize(("fault", "problem"), FAULTS)
async def test_a_server_that_is_not_there_is_asked_again_until_it_is(fault: Exception, problem: str) -> None:
    server = Server(fault)
    async with watched(server) as condition:
        assert condition.problem == problem
        await server.looked_at(3)
        server.fault = None
        await server.looked_at(server.looks + 1)
        assert condition.problem is None


async def test_a_server_that_stays_away_is_asked_less_and_less() -> None:
    server = Server(FAULTS[0][0])
    async with watched(server):
        await asyncio.sleep(0.5)
    assert 3 <= server.looks <= 9  # at 0, 20, 60, 140, 220, 300 ms and so on


async def test_an_answer_clears_what_was_thought() -> None:
    server = Server(FAULTS[0][0])
    async with watched(server) as condition:
        condition.worked()
        assert condition.problem is None


async def test_a_failure_has_it_looked_at_soon_and_many_failures_no_oftener() -> None:
    server = Server()
    async with watched(server) as condition:
        server.fault = FAULTS[0][0]
        for _ in range(100):
            condition.doubt()
        await server.looked_at(2)
        assert condition.problem == "no connection"
    assert server.looks == 2


async def test_a_server_that_is_lost_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    server = Server()
    async with watched(server) as condition:
        server.fault = FAULTS[0][0]
        condition.doubt()
        await server.looked_at(4)
    assert [record.getMessage() for record in caplog.records] == [
        "the engine cloud is not available: no connection"
    ]


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records]


async def test_a_server_that_is_away_at_the_start_is_told_and_so_is_that_it_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    server = Server(FAULTS[0][0])
    async with watched(server, url="http://kim:sesame@gpu-box:8000/v1") as condition:
        await server.looked_at(3)
        server.fault = None
        await server.looked_at(server.looks + 1)
        condition.worked()
    assert told(caplog) == [
        ("WARNING", "the engine cloud at gpu-box:8000 is not available: no connection"),
        ("INFO", "the engine cloud at gpu-box:8000 is available again"),
    ]


async def test_a_server_that_is_there_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with watched(Server()) as condition:
        condition.worked()
    assert told(caplog) == []


async def test_looks_are_not_part_of_the_request_that_an_engine_was_opened_in() -> None:
    server = Server()
    seen: list[str] = []

    async def look() -> None:
        seen.append(REQUEST.get())
        await server.look()

    token = REQUEST.set("mine")
    condition = Condition("cloud", look, 60)
    await condition.open()
    REQUEST.reset(token)
    await condition.close()
    assert seen == [""]


def refused(status: int, kind: type[EngineError] = EngineFailed) -> EngineError:
    error = kind(f"The engine cloud refused the request ({status}): no 'secret'.")
    error.quotes = ": no 'secret'"
    error.answered = status
    return error


@pytest.mark.parametrize("status", [302, 401, 402, 403, 404, 405, 429])
async def test_what_it_would_refuse_again_is_told_until_something_works(status: int) -> None:
    server = Server()
    async with watched(server) as condition:
        condition.doubt(refused(status))
        await server.looked_at(2)
        assert condition.problem is None
        assert condition.complaint == f"it refused the request ({status})"
        condition.worked()
        assert condition.complaint is None


@pytest.mark.parametrize("error", [refused(400), refused(422), refused(503, EngineUnavailable), None])
async def test_what_may_be_the_requests_own_fault_is_not(error: EngineError | None) -> None:
    async with watched(Server()) as condition:
        condition.doubt(error)
        assert condition.complaint is None


async def test_a_suspicion_is_over_once_it_has_worked() -> None:
    async with watched(Server()) as condition:
        condition.suspect("it may be elsewhere")
        assert (condition.problem, condition.complaint) == (None, "it may be elsewhere")
        condition.worked()
        condition.suspect("it may be elsewhere")
        assert condition.complaint is None


async def test_a_slow_server_keeps_nobody_from_starting() -> None:
    server = Server()
    server.delay = 10
    async with asyncio.timeout(2), watched(server) as condition:
        assert condition.problem == "it has not answered yet"
        await server.looked_at(2)
        assert condition.problem == "no answer within 0.2 s"


async def test_a_server_may_be_left_alone() -> None:
    server = Server(FAULTS[0][0])
    async with watched(server, every=0) as condition:
        assert condition.problem is None
        condition.doubt()
        await asyncio.sleep(0.1)
        assert condition.problem is None
    assert server.looks == 1

"""What holds while an engine speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from tests.fakes import ScriptedEngine, tone
from tests.pipeline.chains import answer, broken, heard, listen, planner

from stentor.errors import (
    EngineBusy,
    EngineFailed,
    EngineUnavailable,
)
from stentor.pipeline.circuit import CircuitConfig
from stentor.pipeline.guard import Guard
from stentor.pipeline.routes import Router
from stentor.pipeline.speak import Usage
from stentor.types import AudioChunk
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog


def router(deadline: float | None = None) -> Router:
    catalog = Catalog({"far": ScriptedEngine(name="far")}, "far", VoiceMap({}, None))
    deadlines = {} if deadline is None else {"far": deadline}
    return Router(catalog, circuit=CircuitConfig(open_after=1), deadlines=deadlines)


async def pieces(*made: Exception | float) -> AsyncGenerator[AudioChunk, None]:
    """Fail, or wait so many seconds and make a chunk."""
    for one in made:
        if isinstance(one, Exception):
            raise one
        await asyncio.sleep(one)
        yield AudioChunk(tone(0.1), 24_000)


async def test_what_is_heard_is_passed_on_and_counted() -> None:
    made = router()
    circuit = made.circuits["far"]
    circuit.failed()
    stream = Guard("far", made).over(pieces(0, 0), Usage(characters=5))
    await anext(stream)
    assert (circuit.state, circuit.load) == ("closed", 1)
    assert len([chunk async for chunk in stream]) == 1
    assert circuit.load == 0


async def test_a_place_that_was_taken_before_is_counted_once() -> None:
    made = router()
    circuit = made.circuits["far"]
    place = circuit.request()
    stream = Guard("far", made, place).over(pieces(0, 0), Usage())
    await anext(stream)
    assert circuit.load == 1
    await stream.aclose()
    assert circuit.load == 0


async def test_silence_that_was_asked_for_says_nothing_of_the_engine() -> None:
    made = router()
    made.circuits["far"].failed()
    assert [chunk async for chunk in Guard("far", made).over(pieces(0), Usage())]
    assert made.circuits["far"].state == "open"


@pytest.mark.parametrize(
    ("error", "state"),
    [(EngineUnavailable("Gone."), "open"), (EngineFailed("No."), "open"), (EngineBusy("far"), "closed")],
)
async def test_a_failure_counts_if_it_is_the_engine_s(error: Exception, state: str) -> None:
    made = router()
    with pytest.raises(type(error)):
        await anext(Guard("far", made).over(pieces(error), Usage()))
    assert made.circuits["far"].state == state


async def test_a_server_that_wants_to_be_left_alone_is_not_asked() -> None:
    made = router()
    error = EngineBusy("far", 30)
    error.answered = 429
    with pytest.raises(EngineBusy):
        await anext(Guard("far", made).over(pieces(error), Usage()))
    with pytest.raises(EngineBusy) as refused:
        await anext(Guard("far", made).over(pieces(AssertionError("it was asked")), Usage()))
    assert 29 < (refused.value.retry_after or 0) <= 30
    assert made.circuits["far"].load == 0


async def test_it_is_the_engine_that_was_asked_which_is_left_alone() -> None:
    catalog = Catalog(
        {name: ScriptedEngine(name=name) for name in ("near", "far")}, "near", VoiceMap({}, None)
    )
    made = Router(catalog)
    error = EngineBusy("far", 30)
    error.answered = 503
    with pytest.raises(EngineBusy):
        await anext(Guard("near", made, others=("near", "far")).over(pieces(error), Usage(last="far")))
    assert made.circuits["near"].wait == 0
    assert made.circuits["far"].wait > 29
    with pytest.raises(EngineBusy, match="far"):
        await anext(Guard("near", made, others=("near", "far")).over(pieces(0), Usage()))
    assert await anext(Guard("near", made).over(pieces(0), Usage()))


async def test_who_is_not_heard_in_time_is_given_up() -> None:
    made = router(0.02)
    guard = Guard("far", made)
    with pytest.raises(EngineUnavailable, match=r"far made no sound within 0\.02 seconds"):
        await guard.first(guard.over(pieces(60), Usage()))
    assert (made.circuits["far"].state, made.circuits["far"].load) == ("open", 0)


async def test_who_is_heard_in_time_may_take_its_time_afterwards() -> None:
    guard = Guard("far", router(0.05))
    stream = guard.over(pieces(0, 0.1), Usage())
    assert await guard.first(stream)
    assert len([chunk async for chunk in stream]) == 1


async def test_nothing_is_no_failure() -> None:
    guard = Guard("far", router(0.05))
    assert await guard.first(guard.over(pieces(), Usage())) is None


def told_to_wait(name: str, seconds: float | None = 30.0, answered: int | None = 429) -> EngineBusy:
    error = EngineBusy(name, seconds)
    error.answered = answered
    return error


async def test_who_says_when_to_ask_again_is_not_asked_before() -> None:
    first = broken("first", told_to_wait("first"))
    alone = planner(first, routed=False)
    for _ in range(6):
        with pytest.raises(EngineBusy) as refused:
            await heard(alone)
        assert 29 < (refused.value.retry_after or 0) <= 30
    assert len(first.asked) == 1
    second = ScriptedEngine(name="second")
    chain = planner(broken("first", told_to_wait("first")), second)
    answers = [await answer(chain) for _ in range(2)]
    assert all([await listen(answered) for answered in answers])
    assert [answered.plan.engine for answered in answers] == [second, second]
    assert (await answer(chain)).plan.engine is second


@pytest.mark.parametrize("error", [EngineBusy("first"), told_to_wait("first", None)])
async def test_who_is_busy_and_does_not_say_how_long_is_asked_again(error: EngineBusy) -> None:
    first = broken("first", error)
    made = planner(first, ScriptedEngine(name="second"))
    for _ in range(3):
        assert await heard(made)
    assert len(first.asked) == 3

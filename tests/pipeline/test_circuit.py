"""Whether an engine is worth asking."""

from __future__ import annotations

import gc
import logging
from contextlib import suppress

import pytest

from stentor.errors import EngineBusy, EngineCrashed, EngineFailed, EngineUnavailable, StentorError
from stentor.pipeline.circuit import Circuit, CircuitConfig


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit(CircuitConfig(open_after=2, open_seconds=10), clock, engine="gpu")


def fail(circuit: Circuit, error: StentorError) -> None:
    with suppress(StentorError), circuit.request():
        raise error


def test_it_is_closed_at_first(circuit: Circuit) -> None:
    assert (circuit.state, circuit.is_open, circuit.load) == ("closed", False, 0)


@pytest.mark.parametrize("error", [EngineUnavailable("gone"), EngineFailed("broken")])
def test_it_opens_after_failures_in_a_row(circuit: Circuit, error: StentorError) -> None:
    fail(circuit, error)
    assert circuit.state == "closed"
    fail(circuit, error)
    assert (circuit.state, circuit.is_open) == ("open", True)


def test_what_works_between_failures_keeps_it_closed(circuit: Circuit) -> None:
    fail(circuit, EngineFailed("broken"))
    circuit.worked()
    fail(circuit, EngineFailed("broken"))
    assert circuit.state == "closed"


@pytest.mark.parametrize("error", [EngineBusy("busy"), EngineCrashed("x", "SIGSEGV")])
def test_a_full_queue_or_a_deadly_text_does_not_open_it(circuit: Circuit, error: StentorError) -> None:
    for _ in range(5):
        fail(circuit, error)
    assert circuit.state == "closed"


def test_a_caller_who_leaves_does_not_open_it(circuit: Circuit) -> None:
    for _ in range(5):
        with pytest.raises(GeneratorExit), circuit.request():
            raise GeneratorExit
    assert (circuit.state, circuit.load) == ("closed", 0)


def test_after_a_while_one_request_tries_it(circuit: Circuit, clock: Clock) -> None:
    for _ in range(2):
        fail(circuit, EngineFailed("broken"))
    clock.now += 11
    assert (circuit.state, circuit.is_open) == ("half-open", False)
    with circuit.request():
        assert circuit.is_open, "one is enough"
        circuit.worked()
    assert circuit.state == "closed"


@pytest.mark.parametrize("how", ["left", "forgotten", "too slow"])
def test_whoever_is_chosen_first_tries_it_until_that_comes_to_nothing(
    circuit: Circuit, clock: Clock, how: str
) -> None:
    for _ in range(2):
        fail(circuit, EngineFailed("broken"))
    clock.now += 11
    probe, other = circuit.request(), circuit.request()
    assert (circuit.state, circuit.is_open) == ("half-open", True)
    other.leave()
    assert circuit.is_open
    if how == "too slow":
        clock.now += 11
    elif how == "left":
        probe.leave()
    else:
        del probe
        gc.collect()
    assert (circuit.state, circuit.is_open) == ("half-open", False)


def test_a_failed_try_opens_it_again(circuit: Circuit, clock: Clock) -> None:
    for _ in range(2):
        fail(circuit, EngineFailed("broken"))
    clock.now += 11
    fail(circuit, EngineFailed("broken"))
    assert circuit.is_open
    clock.now += 9
    assert circuit.is_open
    clock.now += 2
    assert not circuit.is_open


def busy(retry_after: float | None, answered: int | None = 429) -> EngineBusy:
    error = EngineBusy("far", retry_after)
    error.answered = answered
    return error


def test_a_server_is_left_alone_for_as_long_as_it_wants(circuit: Circuit, clock: Clock) -> None:
    assert circuit.wait == 0
    circuit.refused(busy(30))
    clock.now += 10
    assert circuit.wait == 20
    circuit.refused(busy(5))
    assert circuit.wait == 20, "another request was told more"
    clock.now += 21
    assert circuit.wait == 0
    assert circuit.state == "closed"


@pytest.mark.parametrize("error", [busy(None), busy(0.0), busy(30, answered=None)])
def test_who_is_busy_and_no_server_that_says_for_how_long_may_be_asked(
    circuit: Circuit, error: EngineBusy
) -> None:
    circuit.refused(error)
    assert circuit.wait == 0


def test_requests_are_counted_while_they_last(circuit: Circuit) -> None:
    with circuit.request(), circuit.request():
        assert circuit.load == 2
    assert circuit.load == 0


def test_a_request_counts_from_its_choice_until_it_is_left_or_forgotten(circuit: Circuit) -> None:
    begun, left, forgotten = (circuit.request() for _ in range(3))
    assert circuit.load == 3
    left.leave()
    left.leave()
    assert circuit.load == 2
    del forgotten
    gc.collect()
    assert circuit.load == 1
    with begun:
        assert circuit.load == 1
    assert circuit.load == 0


def test_its_opening_and_its_closing_are_told_once(
    circuit: Circuit, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="stentor")
    for _ in range(4):
        fail(circuit, EngineFailed("broken"))
        clock.now += 20
    problems = [circuit.problem]
    for _ in range(3):
        circuit.worked()
    assert [*problems, circuit.problem] == ["it failed 4 times in a row", None]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "the circuit of the engine gpu opened: it failed 2 times in a row"),
        ("INFO", "the circuit of the engine gpu closed: it was heard again"),
    ]

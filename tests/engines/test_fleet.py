"""The engines that are open, and who may speak by them until when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from tests.fakes import LoadedEngine, ScriptedEngine

from stentor.engines import Engine, EngineHealth, fleet
from stentor.engines.fleet import Fleet, hold
from stentor.errors import EngineFailed, EngineUnavailable, StentorError


class Slow(ScriptedEngine):
    """Opens when it is allowed to, or fails."""

    def __init__(
        self, name: str, *, log: list[str], fault: Exception | None = None, free: bool = True
    ) -> None:
        super().__init__(name=name)
        self._log = log
        self._fault = fault
        self.may_open = asyncio.Event()
        if free:
            self.may_open.set()

    async def open(self) -> None:
        self._log.append(f"{self.name} opens")
        try:
            await self.may_open.wait()
        except asyncio.CancelledError:
            self._log.append(f"{self.name} cancelled")
            raise
        if self._fault:
            raise self._fault
        self._log.append(f"{self.name} opened")

    async def close(self) -> None:
        self._log.append(f"{self.name} closed")


def fleet_of(*engines: Engine) -> Fleet:
    return Fleet({engine.name: engine for engine in engines}, engines[0].name)


async def test_every_engine_is_opened_once_and_closed_in_reverse() -> None:
    log: list[str] = []
    async with fleet_of(Slow("first", log=log), Slow("second", log=log)).opened():
        await asyncio.sleep(0.01)
        assert sorted(log) == ["first opened", "first opens", "second opened", "second opens"]
        log.clear()
    assert log == ["second closed", "first closed"]


async def test_what_is_not_open_is_known_with_its_reason() -> None:
    log: list[str] = []
    first = Slow("first", log=log)
    broken = Slow("broken", log=log, fault=RuntimeError("no gpu"))
    slow = Slow("slow", log=log, free=False)
    made = fleet_of(first, broken, slow)
    assert made.health(slow).ready
    async with made.opened():
        await asyncio.sleep(0.01)
        assert made.health(first).ready
        assert not made.health(broken).ready
        assert made.health(broken).problem == "it failed as it started; the server's log says how"
        assert made.health(slow).problem == "it is starting"
        assert [made.failed(name) for name in ("first", "broken", "slow")] == [False, True, False]
        slow.may_open.set()
        await asyncio.sleep(0.01)
        assert made.health(slow).ready


async def test_what_could_not_open_and_was_loaded_since_is_known_by_its_own_word() -> None:
    class Refusing(LoadedEngine):
        async def open(self) -> None:
            raise EngineUnavailable("The memory is full.")

        def health(self) -> EngineHealth:
            return EngineHealth(ready=self.state == "loaded", problem=None)

    engine = Refusing(name="heavy")
    made = fleet_of(engine)
    async with made.opened():
        assert not made.health(engine).ready
        await engine.load()
        assert made.health(engine).ready


async def test_the_default_engine_is_waited_for_and_no_other_is() -> None:
    log: list[str] = []
    other = Slow("other", log=log, free=False)
    async with asyncio.timeout(3), fleet_of(Slow("first", log=log), other).opened():
        assert "first opened" in log
        assert "other opened" not in log
        other.may_open.set()
        await asyncio.sleep(0.01)
        assert "other opened" in log


async def test_a_default_engine_that_takes_minutes_does_not_keep_the_server_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fleet, "_WAIT_FOR_DEFAULT_ENGINE", 0.05)
    log: list[str] = []
    slow = Slow("slow", log=log, free=False)
    async with asyncio.timeout(3), fleet_of(slow).opened():
        assert log == ["slow opens"]
    assert log == ["slow opens", "slow cancelled", "slow closed"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (EngineUnavailable("The engine first needs its library."), "The engine first needs its library."),
        (RuntimeError("a fault"), "the engine first did not open"),
    ],
)
async def test_an_engine_that_fails_keeps_no_other_from_speaking(
    fault: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    log: list[str] = []
    async with fleet_of(Slow("first", log=log, fault=fault), Slow("second", log=log)).opened():
        await asyncio.sleep(0.01)
        assert "second opened" in log
    assert [record.getMessage() for record in caplog.records] == [said]
    assert log[-2:] == ["second closed", "first closed"]


async def test_everything_is_closed_when_the_server_fails_inside() -> None:
    log: list[str] = []
    with pytest.raises(RuntimeError):
        async with fleet_of(Slow("first", log=log)).opened():
            raise RuntimeError
    assert log[-1] == "first closed"


@asynccontextmanager
async def open_fleet(*engines: Engine) -> AsyncIterator[Fleet]:
    made = fleet_of(*engines)
    async with made.opened():
        yield made


async def test_an_engine_that_nobody_holds_is_closed_as_soon_as_it_is_replaced() -> None:
    old, stays, new = ScriptedEngine(name="one"), ScriptedEngine(name="two"), ScriptedEngine(name="one")
    async with open_fleet(old, stays) as made:
        await made.open([new])
        before = made.engines
        made.replace({"one": new, "two": stays})
        assert made.engines == {"one": new, "two": stays}
        assert before == {"one": old, "two": stays}  # whoever goes through them is not disturbed
        await asyncio.sleep(0.01)
        assert (old.opened, old.shut, stays.shut, new.opened, new.shut) == (1, 1, 0, 1, 0)
    assert (old.shut, stays.shut, new.shut) == (1, 1, 1)


async def test_an_engine_is_closed_when_the_last_request_that_holds_it_has_ended() -> None:
    old, new = ScriptedEngine(name="one"), ScriptedEngine(name="one")
    async with open_fleet(old) as made:
        ends = [asyncio.Event(), asyncio.Event()]

        async def request(end: asyncio.Event) -> None:
            with made.lease():
                hold(old)
                await asyncio.create_task(within())  # what a request starts is part of it
                await end.wait()

        async def within() -> None:
            hold(old)

        requests = [asyncio.create_task(request(end)) for end in ends]
        await asyncio.sleep(0.01)
        made.replace({"one": new})
        for end, running in zip(ends, requests, strict=True):
            await asyncio.sleep(0.01)
            assert old.shut == 0
            end.set()
            await running
        await asyncio.sleep(0.01)
        assert old.shut == 1


async def test_a_request_that_holds_another_engine_keeps_none_open() -> None:
    old, other, new = ScriptedEngine(name="one"), ScriptedEngine(name="two"), ScriptedEngine(name="one")
    async with open_fleet(old, other) as made:
        with made.lease():
            hold(other)
            made.replace({"one": new, "two": other})
            await asyncio.sleep(0.01)
            assert (old.shut, other.shut) == (1, 0)
        made.replace({"one": new})
        await asyncio.sleep(0.01)
        assert other.shut == 1


async def test_a_request_that_fails_holds_nothing_any_more() -> None:
    old, new = ScriptedEngine(name="one"), ScriptedEngine(name="one")
    async with open_fleet(old) as made:
        with suppress(RuntimeError), made.lease():
            hold(old)
            raise RuntimeError
        made.replace({"one": new})
        await asyncio.sleep(0.01)
        assert old.shut == 1


async def test_what_goes_on_after_its_request_holds_nothing() -> None:
    old, new = ScriptedEngine(name="one"), ScriptedEngine(name="one")
    async with open_fleet(old) as made:
        late = asyncio.Event()

        async def lingering() -> None:
            await late.wait()
            hold(old)

        with made.lease():
            task = asyncio.create_task(lingering())
        late.set()
        await task
        made.replace({"one": new})
        await asyncio.sleep(0.01)
        assert old.shut == 1


def test_outside_of_a_request_nothing_is_held() -> None:
    hold(ScriptedEngine())


async def test_what_still_waits_for_its_end_is_closed_with_everything() -> None:
    old, new = ScriptedEngine(name="one"), ScriptedEngine(name="one")
    async with open_fleet(old) as made:
        lease = made.lease()
        lease.__enter__()
        hold(old)
        made.replace({"one": new})
    lease.__exit__(None, None, None)
    await asyncio.sleep(0.01)
    assert (old.shut, new.shut) == (1, 1)


async def test_an_engine_that_still_starts_can_be_replaced() -> None:
    log: list[str] = []
    slow, new = Slow("first", log=log, free=False), ScriptedEngine(name="first")
    other = ScriptedEngine(name="other")
    async with open_fleet(other, slow) as made:
        made.replace({"other": other, "first": new})
        assert made.health(new).ready
        await asyncio.sleep(0.01)
        assert log == ["first opens", "first cancelled", "first closed"]


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (EngineUnavailable("The engine two needs its library."), EngineUnavailable, "needs its library"),
        (RuntimeError("sesame"), EngineFailed, "The engine two failed as it started; the server's log"),
    ],
)
async def test_if_one_of_several_does_not_open_none_stays_open(
    fault: Exception, kind: type[StentorError], said: str
) -> None:
    log: list[str] = []
    made = [Slow("one", log=log), Slow("two", log=log, fault=fault), Slow("three", log=log, free=False)]
    async with open_fleet(ScriptedEngine()) as others:
        with pytest.raises(kind, match=said):
            await others.open(made)
    assert sorted(line for line in log if "closed" in line) == ["one closed", "three closed", "two closed"]


async def test_an_engine_that_opens_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_OPENS_WITHIN", 0.02)
    log: list[str] = []
    async with open_fleet(ScriptedEngine()) as made:
        with pytest.raises(EngineUnavailable, match=r"did not start within 0\.02 seconds"):
            await made.open([Slow("one", log=log, free=False)])
    assert log == ["one opens", "one cancelled", "one closed"]


class Stuck(ScriptedEngine):
    """Cannot be closed."""

    async def close(self) -> None:
        raise RuntimeError("stuck")


async def test_an_engine_that_does_not_close_is_told_and_keeps_no_other_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = ScriptedEngine(name="first")
    async with open_fleet(first, Stuck(name="stuck")):
        pass
    assert first.shut == 1
    assert [record.getMessage() for record in caplog.records] == ["the engine stuck did not close"]

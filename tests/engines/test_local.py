"""Workers that come and go: started when they are needed, ended when they are not, and nobody is hurt."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.engines.pools import workers

from stentor.engines import Capabilities, Loading, in_use
from stentor.engines.local import FOR_EVER, LocalConfig, LocalEngine, Workers
from stentor.engines.process import WorkerSpec
from stentor.errors import EngineBusy, EngineCrashed, EngineError, EngineUnavailable
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

starts_processes = pytest.mark.e2e
LONG = 60.0  # seconds that no test lasts


class Asked(Workers):
    """Workers that are easy to ask."""

    async def ask(self, do: str, **request: Any) -> bytes:
        async with asyncio.timeout(20), aclosing(self.begin(do, **request)) as parts:
            return b"".join([part async for part in parts])

    async def begin(self, do: str, **request: Any) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.call({"do": do, **request}, 10_000)) as parts:
            async for part in parts:
                yield part.samples

    async def pid(self) -> int:
        return int(await self.ask("pid"))


def spec_of(speaker: Path, **spec: Any) -> WorkerSpec:
    given_: dict[str, Any] = {"spares": 0, "options": {}, "site_packages": False} | spec
    return WorkerSpec("fake", speaker, "Speaker", bytes_per_second=1000, **given_)


@asynccontextmanager
async def hired(speaker: Path, keep_alive: float = FOR_EVER, **spec: Any) -> AsyncIterator[Asked]:
    made = Asked(spec_of(speaker, **spec), keep_alive)
    try:
        yield made
    finally:
        async with asyncio.timeout(5):
            await made.close()
        assert workers() == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  processes set no event
            await asyncio.sleep(0.005)


@starts_processes
async def test_the_first_request_starts_the_workers(speaker: Path) -> None:
    async with hired(speaker, replicas=2) as team:
        assert (team.state, workers()) == ("unloaded", [])
        assert await team.ask("echo", parts=["hello"]) == b"hello"
        assert team.state == "loaded"


@starts_processes
async def test_loading_waits_until_they_are_there_and_again_does_nothing(speaker: Path) -> None:
    async with hired(speaker) as team:
        await team.load()
        assert team.state == "loaded"
        [before] = workers()
        await team.load()
        assert workers() == [before]
        assert await team.pid() == before.pid


@starts_processes
async def test_unloading_ends_every_process_and_leaves_no_descriptor(speaker: Path) -> None:
    me = psutil.Process()
    before = me.num_fds()
    async with hired(speaker, replicas=2, spares=1) as team:
        for _ in range(3):
            await team.load()
            await until(lambda: team.status().spare == 1)
            assert len(workers()) == 3
            await team.unload()
            assert (team.state, workers()) == ("unloaded", [])
        await team.unload()
    await asyncio.sleep(0.01)
    assert me.num_fds() == before


@starts_processes
async def test_unloading_waits_for_what_is_spoken(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker) as team:
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = [asyncio.create_task(team.unload()) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in unloading)
        gate.touch()
        assert await speaking == b"begun ended"
        await asyncio.wait_for(asyncio.gather(*unloading), 5)
        assert workers() == []


@starts_processes
async def test_unloading_waits_for_an_answer_that_pauses(speaker: Path) -> None:
    """Between two sentences nothing is spoken, and the next must not wait for a model to load."""
    async with hired(speaker, keep_alive=0) as team:
        with team.in_use():
            before = await team.pid()
            unloading = asyncio.create_task(team.unload())
            await asyncio.sleep(0.05)
            assert await team.pid() == before
        await asyncio.wait_for(unloading, 5)
        assert workers() == []


@starts_processes
async def test_a_request_while_the_last_answer_is_waited_for_is_answered_as_ever(
    speaker: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker, replicas=2) as team:
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        assert await team.ask("echo", parts=["meanwhile"]) == b"meanwhile"
        assert not unloading.done()
        gate.touch()
        await asyncio.wait_for(asyncio.gather(speaking, unloading), 5)
        assert team.state == "unloaded"


@starts_processes
async def test_a_request_as_the_workers_end_starts_new_ones(speaker: Path) -> None:
    async with hired(speaker) as team:
        before = await team.pid()
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        assert team.state == "unloaded"
        [still] = workers()
        assert await team.pid() != before
        assert not still.is_running()
        await unloading


@starts_processes
async def test_loading_calls_off_an_unloading_that_waits(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker) as team:
        before = await team.pid()
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        await team.load()
        await asyncio.wait_for(unloading, 1)
        gate.touch()
        await speaking
        assert await team.pid() == before


@starts_processes
async def test_loading_as_the_workers_end_starts_new_ones(speaker: Path) -> None:
    async with hired(speaker) as team:
        before = await team.pid()
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        await team.load()
        await unloading
        assert team.state == "loaded"
        assert await team.pid() != before


@starts_processes
async def test_unloading_ends_a_loading_that_nobody_speaks_for(speaker: Path) -> None:
    async with hired(speaker, options={"hangs": True}) as team:
        loading = asyncio.create_task(team.load())
        await until(lambda: bool(workers()))
        assert team.state == "loading"
        await asyncio.wait_for(team.unload(), 5)
        assert workers() == []
        with pytest.raises(EngineUnavailable, match="it was unloaded"):
            await loading


@starts_processes
async def test_unloading_lets_those_who_wait_for_the_loading_speak(speaker: Path) -> None:
    async with hired(speaker) as team:
        asking = [asyncio.create_task(team.ask("echo", parts=["x"])) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.wait_for(team.unload(), 10)
        assert await asyncio.gather(*asking) == [b"x"] * 5
        assert team.state == "unloaded"


@starts_processes
async def test_many_requests_at_once_are_one_loading(speaker: Path) -> None:
    async with hired(speaker) as team:
        pids = await asyncio.gather(*(team.pid() for _ in range(50)))
        assert len(set(pids)) == 1
        assert [worker.pid for worker in workers()] == [pids[0]]


@starts_processes
async def test_as_many_may_wait_for_a_loading_as_for_a_worker(speaker: Path) -> None:
    async with hired(speaker, queue=3) as team:
        answers = await asyncio.gather(*(team.pid() for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, int, int, EngineBusy, EngineBusy]


@starts_processes
async def test_who_leaves_stops_waiting_and_the_loading_goes_on(speaker: Path) -> None:
    async with hired(speaker) as team:
        asking = asyncio.create_task(team.pid())
        await until(lambda: team.state == "loading")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asking, 0.5)
        [begun] = workers()
        await until(lambda: team.state == "loaded")
        assert workers() == [begun]


@starts_processes
@pytest.mark.parametrize("keep_alive", [0, 0.05])
async def test_a_loading_that_everybody_left_ends_by_itself(speaker: Path, keep_alive: float) -> None:
    async with hired(speaker, keep_alive) as team:
        asking = asyncio.create_task(team.pid())
        await until(lambda: team.state == "loading")
        asking.cancel()
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_zero_ends_the_workers_after_each_answer(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0) as team:
        first = await team.pid()
        assert team.state == "unloaded"
        await until(lambda: not workers())
        assert await team.pid() != first


@starts_processes
async def test_zero_keeps_what_was_loaded_by_hand_until_it_has_spoken(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0) as team:
        await team.load()
        await asyncio.sleep(0.05)
        assert team.state == "loaded"
        await team.pid()
        await until(lambda: not workers())


@starts_processes
async def test_seconds_count_from_the_last_answer(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.3) as team:
        before = await team.pid()
        for _ in range(6):
            await asyncio.sleep(0.1)
            assert await team.pid() == before
        await until(lambda: team.state == "unloaded" and not workers())
        assert await team.pid() != before


@starts_processes
async def test_what_is_spoken_does_not_count_as_idle(speaker: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with hired(speaker, keep_alive=0.05) as team:
        speaking = asyncio.create_task(team.ask("gated", gate=str(gate)))
        await until(lambda: team.status().busy_lanes == 1)
        await asyncio.sleep(0.2)
        gate.touch()
        assert await speaking == b"begun ended"


@starts_processes
async def test_a_slow_loading_does_not_count_as_idle(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.001) as team:
        await team.load()
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_no_time_is_up_while_a_loading_is_waited_for(speaker: Path) -> None:
    """Its worker was killed, so that it loads though it was loaded; one who waited for that has left."""
    async with hired(speaker) as team:
        await team.load()
        [worker] = workers()
        worker.kill()
        await until(lambda: not team.status().ready)
        leaving, waiting = asyncio.create_task(team.load(0.0001)), asyncio.create_task(team.load())
        await asyncio.sleep(0)
        leaving.cancel()
        await waiting
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_loading_can_say_how_long_it_stays(speaker: Path) -> None:
    async with hired(speaker) as team:
        await team.load(keep_alive=0.05)
        await until(lambda: team.state == "unloaded")
        await team.load(keep_alive=FOR_EVER)
        await asyncio.sleep(0.15)
        assert team.state == "loaded"
        await team.load(keep_alive=LONG)
        await team.load(keep_alive=0.05)
        await until(lambda: team.state == "unloaded")


@starts_processes
async def test_no_request_fails_because_its_time_is_up(speaker: Path) -> None:
    """Requests come just as the clock runs out, each a little later than the one before."""
    async with hired(speaker, keep_alive=0.01) as team:
        for number in range(40):
            assert await team.ask("echo", parts=["x"]) == b"x"
            await asyncio.sleep(0.0095 + number * 0.00003)


class Crowd:
    """People who ask, leave, load and unload, and one who kills."""

    def __init__(self, team: Asked, seed: int) -> None:
        self._team = team
        self._chance = random.Random(seed)
        self.failures: list[BaseException] = []

    async def ask(self) -> None:
        try:
            assert await self._team.ask("echo", parts=["a", "b"]) == b"ab"
        except EngineUnavailable as error:
            if not any(told in str(error) for told in ("SIGKILL", "ended before it was ready")):
                self.failures.append(error)

    async def load(self) -> None:
        with suppress(EngineUnavailable):
            await asyncio.wait_for(self._team.load(self._chance.choice((None, 0, 0.01, FOR_EVER))), 10)

    async def unload(self) -> None:
        await asyncio.wait_for(self._team.unload(), 10)

    async def leave(self) -> None:
        with suppress(TimeoutError, EngineUnavailable):
            async with asyncio.timeout(self._chance.random() * 0.05):
                await self._team.ask("forever")

    async def kill(self) -> None:
        with suppress(psutil.Error):  # some end by themselves meanwhile
            for worker in workers():
                worker.kill()

    async def act(self, times: int) -> None:
        deeds = [self.ask] * 12 + [self.load, self.unload, self.unload, self.leave, self.leave, self.kill]
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for _ in range(times):
                group.create_task(self._chance.choice(deeds)())
                await asyncio.sleep(self._chance.random() * 0.01)


@starts_processes
@pytest.mark.parametrize("seed", [4, 5])
async def test_whatever_happens_at_once_everybody_is_answered(speaker: Path, seed: int) -> None:
    async with hired(speaker, replicas=2, spares=1) as team:
        crowd = Crowd(team, seed)
        await crowd.act(150)
        assert crowd.failures == []
        await team.load(FOR_EVER)
        assert await team.ask("echo", parts=["well"]) == b"well"
        await team.unload()
        assert workers() == []


@starts_processes
async def test_a_crash_while_unloading_waits_starts_nothing_anew(speaker: Path, tmp_path: Path) -> None:
    async with hired(speaker) as team:
        with team.in_use():
            speaking = asyncio.create_task(team.ask("deaf"))
            await until(lambda: team.status().busy_lanes == 1)
            unloading = asyncio.create_task(team.unload())
            await asyncio.sleep(0)
            os.kill(workers()[0].pid, signal.SIGSEGV)
            with pytest.raises(EngineCrashed):
                await speaking
        await asyncio.wait_for(unloading, 5)
        await asyncio.sleep(0.1)
        assert workers() == []
        assert await team.pid()


@starts_processes
async def test_a_crash_at_the_last_answer_does_not_keep_the_workers_for_ever(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.05) as team:
        await team.pid()
        with pytest.raises(EngineCrashed):
            await team.ask("die", signal=signal.SIGSEGV)
        await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_deaths_are_remembered(speaker: Path) -> None:
    async with hired(speaker) as team:
        for _ in range(2):
            with pytest.raises(EngineCrashed):
                await team.ask("leave", code=7)
            await until(lambda: team.state == "loaded")
            await team.unload()
        assert team.status().restarts == 2


@starts_processes
async def test_what_cannot_be_loaded_says_why_and_can_be_once_that_is_over(
    speaker: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with hired(speaker, options={"broken": str(broken)}) as team:
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="the model is missing"):
                await asyncio.wait_for(team.load(), 10)
        with pytest.raises(EngineUnavailable, match="the model is missing"):
            await team.pid()
        await team.unload()
        assert (team.state, workers()) == ("unloaded", [])
        assert "the model is missing" in (team.status().problem or "")
        broken.unlink()
        await team.load()
        assert team.status().problem is None
        assert await team.pid()


@starts_processes
async def test_loading_by_hand_does_not_wait_for_the_next_attempt(speaker: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with hired(speaker, options={"broken": str(broken)}) as team:
        with pytest.raises(EngineUnavailable):
            await team.load()
        assert team._pool is not None
        team._pool._failures = 5000  # the next would be in half a minute
        broken.unlink()
        await asyncio.wait_for(team.load(), 10)


@starts_processes
@pytest.mark.parametrize("keep_alive", [0, 0.05])
async def test_attempts_to_load_end_when_nobody_wants_it(
    speaker: Path, tmp_path: Path, keep_alive: float
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with hired(speaker, keep_alive, options={"broken": str(broken)}) as team:
        for attempt in (team.load(), team.pid()):
            with pytest.raises(EngineUnavailable):
                await attempt
            await until(lambda: team.state == "unloaded" and not workers())


@starts_processes
async def test_closing_ends_a_loading_and_those_who_wait_for_it(speaker: Path) -> None:
    async with hired(speaker, options={"hangs": True}) as team:
        waiting = [asyncio.create_task(team.load()), asyncio.create_task(team.pid())]
        await until(lambda: bool(workers()))
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
    assert all(isinstance(answer, EngineError) for answer in answers), answers


@starts_processes
async def test_closing_ends_those_who_wait_for_the_last_answer(speaker: Path) -> None:
    async with hired(speaker) as team:
        speaking = asyncio.create_task(team.ask("deaf"))
        await until(lambda: team.status().busy_lanes == 1)
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
    await asyncio.wait_for(unloading, 1)
    with pytest.raises(EngineError):
        await asyncio.wait_for(speaking, 1)


@starts_processes
async def test_closing_as_the_workers_end_starts_no_new_ones(speaker: Path) -> None:
    async with hired(speaker) as team:
        await team.load()
        unloading = asyncio.create_task(team.unload())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(team.pid())
        await asyncio.sleep(0)
    await unloading
    with pytest.raises(EngineUnavailable, match="it was closed"):
        await waiting


@starts_processes
async def test_nothing_runs_on_once_it_is_closed(speaker: Path) -> None:
    async with hired(speaker, keep_alive=0.01) as team:
        await team.load()
    await asyncio.sleep(0.05)
    await team.close()
    await team.unload()
    for asked in (team.load(), team.pid()):
        with pytest.raises(EngineUnavailable):
            await asyncio.wait_for(asked, 1)


class Fake(LocalEngine):
    """As little as an engine in worker processes must write."""

    name = "fake"
    capabilities = Capabilities(sample_rate=8000, languages=("en",))

    def __init__(self, config: LocalConfig, speaker: Path, trouble: str = "", **spec: Any) -> None:
        super().__init__(config)
        self._made = spec_of(speaker, **spec)
        self._trouble = trouble

    def spec(self) -> WorkerSpec:
        if self._trouble:
            raise EngineUnavailable(self._trouble)
        return self._made

    async def voices(self) -> Sequence[Voice]:
        return [Voice(VoiceId("Ann"), "Ann", self.name)]

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        async with aclosing(self.workers.call({"do": "echo", "parts": [utterance.text]}, 1000)) as parts:
            async for part in parts:
                yield AudioChunk(np.zeros(len(part.samples), np.float32), 8000)


async def spoken(engine: LocalEngine) -> int:
    [voice] = await engine.voices()
    return sum([chunk.samples.size async for chunk in engine.synthesize(Utterance("Hello.", voice))])


@asynccontextmanager
async def opened(engine: LocalEngine) -> AsyncIterator[LocalEngine]:
    await engine.open()
    try:
        yield engine
    finally:
        await engine.close()
        assert workers() == []


@starts_processes
@pytest.mark.parametrize(
    ("config", "state"),
    [
        ({}, "loaded"),
        ({"keep_alive": "5m"}, "unloaded"),
        ({"keep_alive": 0}, "unloaded"),
        ({"keep_alive": "5m", "preload": True}, "loaded"),
        ({"preload": False}, "unloaded"),
    ],
)
async def test_an_engine_starts_loaded_or_not_and_can_speak_either_way(
    speaker: Path, config: dict[str, Any], state: str
) -> None:
    async with opened(Fake(LocalConfig(**config), speaker)) as engine:
        assert engine.state == state
        assert engine.health().ready
        assert engine.health().figures["workers"] == (1 if state == "loaded" else 0)
        assert await spoken(engine) == len("Hello.")


@starts_processes
async def test_an_engine_is_loaded_and_unloaded(speaker: Path) -> None:
    async with opened(Fake(LocalConfig(), speaker)) as engine:
        assert isinstance(engine, Loading)
        await engine.unload()
        assert (engine.state, engine.health().ready, workers()) == ("unloaded", True, [])
        await engine.load(0.05)
        assert engine.state == "loaded"
        await until(lambda: engine.state == "unloaded")


@starts_processes
async def test_an_engine_in_use_is_not_unloaded(speaker: Path) -> None:
    async with opened(Fake(LocalConfig(keep_alive=0), speaker)) as engine:
        with in_use(engine):
            await spoken(engine)
            assert workers()
        assert engine.state == "unloaded"


@starts_processes
async def test_an_engine_that_loads_again_is_ready_and_one_that_starts_is_not(speaker: Path) -> None:
    engine = Fake(LocalConfig(), speaker, options={"hangs": True})
    opening = asyncio.create_task(engine.open())
    await until(lambda: bool(workers()))
    assert (engine.health().ready, engine.health().problem) == (False, "it is starting")
    opening.cancel()
    with suppress(asyncio.CancelledError):
        await opening
    await engine.close()
    assert workers() == []

    lazy = Fake(LocalConfig(preload=False), speaker, options={"hangs": True})
    async with opened(lazy):
        loading = asyncio.create_task(lazy.load())
        await until(lambda: bool(workers()))
        assert (lazy.state, lazy.health().ready) == ("loading", True)
    with pytest.raises(EngineUnavailable):
        await loading


@starts_processes
async def test_an_engine_that_could_not_load_is_not_ready_until_it_could(
    speaker: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    engine = Fake(LocalConfig(), speaker, options={"broken": str(broken)})
    with pytest.raises(EngineUnavailable, match="the model is missing"):
        await engine.open()
    assert not engine.health().ready
    await engine.unload()
    assert not engine.health().ready
    broken.unlink()
    await engine.load()
    assert engine.health().ready
    await engine.close()
    assert (engine.health().ready, engine.health().problem) == (False, "it was closed")


async def test_an_engine_that_cannot_even_begin_says_why(speaker: Path) -> None:
    engine = Fake(LocalConfig(), speaker, trouble="The library is not installed.")
    with pytest.raises(EngineUnavailable, match="it was not started"):
        await spoken(engine)
    with pytest.raises(EngineUnavailable, match="not installed"):
        await engine.open()
    assert (engine.state, engine.health().ready) == ("unloaded", False)
    assert engine.health().problem == "The library is not installed."
    for asked in (engine.load(), spoken(engine)):
        with pytest.raises(EngineUnavailable, match=r"^The library is not installed\.$"):
            await asked
    with engine.in_use():
        await engine.unload()
    await engine.close()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (-1, -1), (-5, -1), ("-1", -1), ("-1m", -1), (0, 0), ("0", 0), ("0s", 0), (90, 90), (1.5, 1.5),
        ("300", 300), ("30s", 30), ("5m", 300), ("1.5h", 5400), ("500ms", 0.5), (" 2 m ", 120), (1e9, 1e9),
    ],
)  # fmt: skip
def test_how_long_an_engine_stays_is_written_in_several_ways(written: object, seconds: float) -> None:
    assert LocalConfig.model_validate({"keep_alive": written}).keep_alive == seconds


@pytest.mark.parametrize(
    "written",
    ["", "s", "m5", "5 minutes", "5d", "for ever", "1e3", "٥m", "1" * 50, "--1", True, None, [], {},
     float("nan"), float("inf"), float("-inf"), 1e300, "999999999h"],
)  # fmt: skip
def test_what_is_no_time_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        LocalConfig.model_validate({"keep_alive": written})


@given(st.one_of(st.text(), st.floats(), st.integers(), st.from_regex(r"-?[0-9.]{1,12} ?[a-z]{0,2}")))
def test_a_time_is_for_ever_or_a_finite_number_of_seconds(written: object) -> None:
    with suppress(ValidationError):
        kept = LocalConfig.model_validate({"keep_alive": written}).keep_alive
        assert kept == FOR_EVER or 0 <= kept <= 1e9

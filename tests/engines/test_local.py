"""Workers that come and go: started when they are needed, ended when they are not, and nobody is hurt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.engines.local.hired import spec_of, starts_processes, until
from tests.engines.pools import workers

from stentor.engines import Capabilities, Loading, in_use
from stentor.engines.local import FOR_EVER, LocalConfig, LocalEngine
from stentor.engines.process import WorkerSpec
from stentor.errors import EngineUnavailable
from stentor.types import AudioChunk, Utterance, Voice, VoiceId


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
        assert engine.keep_alive == -1
        await engine.load(0.05)
        assert (engine.state, engine.keep_alive) == ("loaded", 0.05)
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

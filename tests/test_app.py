"""The composition root: everything is built from the settings, opened together, closed in reverse."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stentor import app
from stentor.app import build, create_app, opened
from stentor.engines import Engine
from stentor.errors import EngineUnavailable, SettingsError
from stentor.settings import Settings, load_settings
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog
from tests.api.inprocess import speech
from tests.fakes import ScriptedEngine


def settings(folder: Path, **environ: str) -> Settings:
    return load_settings(environ={"STENTOR_DEFAULT_ENGINE": "tone"} | environ, folder=folder).settings


def only_tone(folder: Path, **environ: str) -> Settings:
    """Leave out the engine that needs processes."""
    whole = settings(folder, **environ)
    return whole.model_copy(update={"engines": {"tone": whole.engines["tone"]}})


def test_what_is_built_is_what_was_set(tmp_path: Path) -> None:
    context = build(settings(tmp_path, MAX_TEXT_LENGTH="7", VOICE_MAP="me:high", API_TITLE="Ours"))
    assert list(context.catalog.engines) == ["espeak", "tone"]
    assert context.catalog.default_engine.name == "tone"
    assert context.planner.config.max_text_length == 7
    assert context.config.title == "Ours"


def test_a_voice_map_that_cannot_be_read_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "voice_map.json").write_text("[]")
    with pytest.raises(SettingsError, match=r"voice_map\.json"):
        build(settings(tmp_path))


@pytest.mark.e2e
def test_an_application_speaks_within_its_lifespan(tmp_path: Path) -> None:
    application = create_app(only_tone(tmp_path, VOICE_MAP="me:high", STENTOR_ENGINES_TONE_AMPLITUDE="1"))
    with TestClient(application) as client:
        answer = client.post("/v1/audio/speech", json=speech(voice="me", response_format="pcm"))
        assert answer.headers["x-stentor-voice"] == "high"
        peak = max(abs(int.from_bytes(answer.content[at : at + 2], "little", signed=True))
                   for at in range(0, len(answer.content), 2))  # fmt: skip
        assert peak > 32_000
        assert client.get("/health/ready").status_code == 200


def test_an_application_can_be_made_twice(tmp_path: Path) -> None:
    made = [create_app(only_tone(tmp_path)) for _ in range(2)]
    for application in made:
        with TestClient(application) as client:
            assert client.post("/v1/audio/speech", json=speech()).status_code == 200


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


def catalog(*engines: Engine) -> Catalog:
    return Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))


async def test_every_engine_is_opened_once_and_closed_in_reverse() -> None:
    log: list[str] = []
    async with opened(catalog(Slow("first", log=log), Slow("second", log=log)), {}):
        await asyncio.sleep(0)
        assert sorted(log) == ["first opened", "first opens", "second opened", "second opens"]
        log.clear()
    assert log == ["second closed", "first closed"]


async def test_what_is_not_open_is_known_with_its_reason() -> None:
    log: list[str] = []
    not_open: dict[str, str] = {}
    broken = Slow("broken", log=log, fault=RuntimeError("no gpu"))
    slow = Slow("slow", log=log, free=False)
    async with opened(catalog(Slow("first", log=log), broken, slow), not_open):
        await asyncio.sleep(0.01)
        assert not_open == {
            "broken": "it failed as it started; the server's log says how",
            "slow": "it is starting",
        }
        slow.may_open.set()
        await asyncio.sleep(0.01)
        assert list(not_open) == ["broken"]


async def test_the_default_engine_is_waited_for_and_no_other_is() -> None:
    log: list[str] = []
    other = Slow("other", log=log, free=False)
    async with asyncio.timeout(3), opened(catalog(Slow("first", log=log), other), {}):
        assert "first opened" in log
        assert "other opened" not in log
        other.may_open.set()
        await asyncio.sleep(0.01)
        assert "other opened" in log


async def test_a_default_engine_that_takes_minutes_does_not_keep_the_server_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "_WAIT_FOR_DEFAULT_ENGINE", 0.05)
    log: list[str] = []
    slow = Slow("slow", log=log, free=False)
    async with asyncio.timeout(3), opened(catalog(slow), {}):
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
    async with opened(catalog(Slow("first", log=log, fault=fault), Slow("second", log=log)), {}):
        await asyncio.sleep(0)
        assert "second opened" in log
    assert [record.getMessage() for record in caplog.records] == [said]
    assert log[-2:] == ["second closed", "first closed"]


async def test_everything_is_closed_when_the_server_fails_inside() -> None:
    log: list[str] = []
    with pytest.raises(RuntimeError):
        async with opened(catalog(Slow("first", log=log)), {}):
            raise RuntimeError
    assert log[-1] == "first closed"

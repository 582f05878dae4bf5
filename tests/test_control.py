"""Engines are changed while the server runs: all at once or not at all, and for the next start as well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stentor import engines
from stentor.api.context import Context
from stentor.app import build
from stentor.control import Control
from stentor.engines import EngineConfig, Price
from stentor.engines.fleet import hold
from stentor.engines.tone import ToneEngine
from stentor.errors import Conflict, EngineUnavailable, InvalidRequest, NotFound, StorageFailed
from stentor.pipeline.ledger import Totals
from stentor.settings import load_settings
from stentor.settings.kept import KeptFile
from tests.fakes import ScriptedEngine

TOML = """
[speech]
default_engine = "tone"
[engines.espeak]
enabled = false
[engines.quiet]
kind = "tone"
amplitude = 0.1
[[routes]]
voices = ["hum"]
engines = ["quiet", "tone"]
"""
LOUD = {"kind": "tone", "amplitude": 1.0}


class Running:
    """A server's engines and their control."""

    def __init__(self, folder: Path) -> None:
        loaded = load_settings(environ={"STENTOR_DATA_DIR": str(folder / "kept")}, folder=folder)
        assert loaded.sources
        assert loaded.kept
        self.context: Context = build(loaded.settings)
        catalog, fleet, router = self.context.catalog, self.context.fleet, self.context.planner.router
        self.control = Control(loaded.sources, loaded.kept, fleet, catalog, router)
        self.file: KeptFile = loaded.kept

    def amplitude(self, name: str) -> float:
        """Say how loud an engine is."""
        found = self.context.catalog.engines[name]
        assert isinstance(found, ToneEngine)
        shown: float = self.control.shown(name)["set"].get("amplitude", 0.25)
        return shown

    def everything(self) -> object:
        """Take down all that could change."""
        catalog, router = self.context.catalog, self.context.planner.router
        content = self.file.file.read_bytes() if self.file.file.exists() else None
        return dict(catalog.engines), dict(router.circuits), self.control.routes(), router.deadlines, content


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    made = Running(folder)
    async with made.context.fleet.opened():
        yield made


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[Running, None]:
    (tmp_path / "stentor.toml").write_text(TOML)
    async with running(tmp_path) as made:
        yield made


async def test_an_engine_is_added_and_there_at_the_next_start(server: Running, tmp_path: Path) -> None:
    await server.control.change({"loud": LOUD})
    assert list(server.context.catalog.engines) == ["tone", "quiet", "loud"]
    assert server.context.catalog.models()[-1].id == "loud"
    assert server.context.planner.router.circuits["loud"].state == "closed"
    async with running(tmp_path) as again:
        assert again.amplitude("loud") == 1.0
        assert again.control.shown("loud") == server.control.shown("loud")
        assert again.control.shown("loud")["at_run_time"] is True


async def test_an_engine_is_replaced_and_no_other_is(server: Running) -> None:
    before = dict(server.context.catalog.engines)
    await server.control.change({"quiet": LOUD})
    after = server.context.catalog.engines
    assert after["tone"] is before["tone"]
    assert after["quiet"] is not before["quiet"]
    assert server.amplitude("quiet") == 1.0


async def test_what_is_taken_back_is_as_the_files_have_it_or_gone(server: Running, tmp_path: Path) -> None:
    await server.control.change({"quiet": LOUD, "loud": LOUD})
    await server.control.change({"quiet": None, "loud": None})
    assert server.amplitude("quiet") == 0.1
    assert server.control.shown("quiet")["at_run_time"] is False
    assert list(server.context.catalog.engines) == ["tone", "quiet"]
    with pytest.raises(NotFound):
        server.control.shown("loud")
    assert Running(tmp_path).amplitude("quiet") == 0.1


async def test_the_default_engine_can_be_replaced(server: Running) -> None:
    before = server.context.catalog.default_engine
    await server.control.change({"tone": {"amplitude": 0.9}})
    assert server.context.catalog.default_engine is not before
    assert server.context.catalog.candidates("tts-1")[0] is server.context.catalog.engines["tone"]


async def test_a_price_or_a_deadline_needs_no_other_engine_and_totals_go_on(server: Running) -> None:
    router, before = server.context.planner.router, server.context.catalog.engines["quiet"]
    router.ledger.totals["quiet"] = Totals(requests=3)
    priced = {"kind": "tone", "amplitude": 0.1, "price": {"per_request": 2}, "first_sound_within": 5}
    await server.control.change({"quiet": priced})
    assert server.context.catalog.engines["quiet"] is before
    assert router.deadlines == {"quiet": 5.0}
    assert router.ledger._prices == {"quiet": Price(per_request=2)}
    assert router.ledger.totals["quiet"].requests == 3
    await server.control.change({"quiet": LOUD})
    assert router.deadlines == {}
    assert router.ledger.totals["quiet"].requests == 3


async def test_engines_and_routes_change_together(server: Running, tmp_path: Path) -> None:
    routes = [{"engines": ["loud", "tone"], "hedge_after": 2}]
    await server.control.change({"loud": LOUD, "quiet": {"kind": "tone", "enabled": False}}, routes)
    assert server.control.routes() == [{"engines": ["loud", "tone"], "hedge_after": 2.0}]
    assert list(server.context.catalog.engines) == ["tone", "loud"]
    assert server.control.shown("quiet")["in_use"] is False
    assert Running(tmp_path).control.routes() == server.control.routes()
    await server.control.change({"quiet": None}, None)
    assert [route["voices"] for route in server.control.routes()] == [["hum"]]
    await server.control.change({}, [])
    assert server.control.routes() == []


async def test_a_change_of_the_routes_is_in_the_log(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="stentor")
    await server.control.change({}, [{"engines": ["tone"]}])
    await server.control.change({}, None)
    await server.control.change({})
    assert [record.getMessage() for record in caplog.records] == [
        "the routes were set at run time",
        "the routes were taken back",
    ]


REFUSED: list[tuple[dict[str, Any], Any, type[Exception], str]] = [
    ({"new": {"kind": "tune"}}, ..., InvalidRequest, r"there is no engine 'tune'"),
    ({"new": {}}, ..., InvalidRequest, r"there is no engine 'new'"),
    ({"a/b": LOUD}, ..., InvalidRequest, r"letters, digits"),
    ({"loud": {**LOUD, "amplitud": 1}}, ..., InvalidRequest, r"amplitud` in .*`engines\.loud\.amplitude`"),
    ({"loud": {**LOUD, "amplitude": 2}}, ..., InvalidRequest, r"`engines\.loud\.amplitude` in the request"),
    ({"loud": LOUD, "quiet": {**LOUD, "amplitude": "x"}}, ..., InvalidRequest, r"engines\.quiet\.amplitude"),
    ({"far": {"kind": "openai", "url": "file:///etc"}}, ..., InvalidRequest, r"must be a URL"),
    ({"far": {"kind": "openai", "url": "http://u:sesame@x/v1"}}, ..., InvalidRequest, r"no password"),
    ({"tone": {"enabled": False}}, ..., Conflict, r"The engine tone is behind OpenAI's model names"),
    ({"quiet": {**LOUD, "enabled": False}}, ..., Conflict, r"The engine quiet is in route 1"),
    ({"quiet": {**LOUD, "enabled": False}}, [{"engines": ["quiet"]}], InvalidRequest, r"'quiet', which is"),
    ({"loud": LOUD}, [{"engines": ["lout"]}], InvalidRequest, r"'lout', which is none in use"),
    ({"loud": LOUD}, [{"engine": ["loud"]}], InvalidRequest, r"of route 1"),
    ({"loud": LOUD, "quiet": None}, ..., Conflict, r"The engine quiet was not set at run time"),
    ({"loud": LOUD, "nobody": None}, ..., NotFound, r"There is no engine 'nobody' here"),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "routes", "kind", "said"), REFUSED)
async def test_what_is_refused_changes_nothing(
    server: Running, tables: dict[str, Any], routes: Any, kind: type[Exception], said: str
) -> None:
    before = server.everything()
    with pytest.raises(kind, match=said) as refused:
        await server.control.change(tables, routes)
    assert refused.type is kind
    assert server.everything() == before
    assert "sesame" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_an_engine_that_is_needed_by_a_route_of_run_time_stays(server: Running) -> None:
    await server.control.change({"loud": LOUD}, [{"engines": ["loud"]}])
    with pytest.raises(Conflict, match="in route 1,"):
        await server.control.change({"loud": None})


class _Scripted(ScriptedEngine):
    class Config(EngineConfig):
        """Of no interest."""

    fault: Exception | None = None
    instances: list[_Scripted]

    def __init__(self, config: EngineConfig) -> None:
        super().__init__()
        self.instances.append(self)

    async def open(self) -> None:
        await super().open()
        if self.fault:
            raise self.fault


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> type[_Scripted]:
    """Install an engine that can be watched."""

    class Watched(_Scripted):
        instances: list[_Scripted] = []  # noqa: RUF012  for one test

    known = engines.load
    for place in ("stentor.engines.load", "stentor.settings.checks.load"):
        monkeypatch.setattr(place, lambda name: Watched if name == "scripted" else known(name))
    return Watched


async def test_an_engine_that_does_not_open_leaves_the_old_one(
    server: Running, scripted: type[_Scripted]
) -> None:
    await server.control.change({"mine": {"kind": "scripted"}})
    before = server.everything()
    scripted.fault = EngineUnavailable("The engine mine needs its library.")
    with pytest.raises(EngineUnavailable, match="needs its library"):
        await server.control.change({"loud": LOUD, "other": {"kind": "scripted"}})
    assert server.everything() == before
    assert [engine.shut for engine in scripted.instances] == [0, 1]


async def test_an_engine_that_could_not_start_is_started_again_if_it_is_put_again(
    tmp_path: Path, scripted: type[_Scripted]
) -> None:
    (tmp_path / "stentor.toml").write_text(f'[engines.mine]\nkind = "scripted"\n{TOML}')
    scripted.fault = EngineUnavailable("The engine mine needs its library.")
    async with running(tmp_path) as server:
        await asyncio.sleep(0.01)
        broken = server.context.catalog.engines["mine"]
        await server.control.change({"loud": LOUD})
        assert server.context.catalog.engines["mine"] is broken
        scripted.fault = None
        await server.control.change({"mine": {"kind": "scripted"}})
        mended = server.context.catalog.engines["mine"]
        assert mended is not broken
        await server.control.change({"mine": {"kind": "scripted"}})
        assert server.context.catalog.engines["mine"] is mended


async def test_a_full_disk_changes_nothing(
    server: Running, scripted: type[_Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server.everything()

    def full(*_: object) -> None:
        raise StorageFailed("It cannot be kept: No space left on device.")

    monkeypatch.setattr(server.file, "write", full)
    with pytest.raises(StorageFailed):
        await server.control.change({"mine": {"kind": "scripted"}})
    assert server.everything() == before
    assert [(engine.opened, engine.shut) for engine in scripted.instances] == [(1, 1)]


async def test_a_replaced_engine_is_closed_when_its_request_has_ended(
    server: Running, scripted: type[_Scripted]
) -> None:
    await server.control.change({"mine": {"kind": "scripted"}})
    with server.context.fleet.lease():
        hold(server.context.catalog.engines["mine"])
        await server.control.change({"mine": None})
        await asyncio.sleep(0.01)
        assert scripted.instances[0].shut == 0
    await asyncio.sleep(0.01)
    assert scripted.instances[0].shut == 1


async def test_changes_that_come_together_are_all_made(server: Running, tmp_path: Path) -> None:
    names = [f"e{number}" for number in range(20)]
    await asyncio.gather(*(server.control.change({name: LOUD}) for name in names))
    assert set(names) < set(server.context.catalog.engines)
    assert set(names) < set(Running(tmp_path).context.catalog.engines)


async def test_a_change_is_logged_without_its_values(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    far = {"kind": "openai", "url": "http://127.0.0.1:9/v1", "api_key": "sesame", "probe_seconds": 0}
    await server.control.change({"far": far})
    await server.control.change({"far": None})
    said = [record.getMessage() for record in caplog.records if record.name == "stentor.control"]
    assert said == ["the engine far (openai) was set at run time", "the engine far (openai) was taken back"]
    assert "sesame" not in caplog.text
    assert "127.0.0.1" not in "".join(said)

"""The engine contract's own behaviour, and the list of engines."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np
import pytest

from stentor import engines
from stentor.engines import DEFAULT_ENGINES, Capabilities, Engine, EngineConfig
from stentor.engines.tone import ToneEngine
from stentor.errors import EngineUnavailable, SettingsError
from stentor.types import AudioChunk, Utterance, Voice, VoiceId


class Smallest(Engine):
    """As little as an engine must write."""

    name = "smallest"
    capabilities = Capabilities(sample_rate=8000, languages=("en",))

    async def voices(self) -> Sequence[Voice]:
        return [Voice(VoiceId("Ann"), "Ann", self.name), Voice(VoiceId("Ben"), "Ben", self.name)]

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        yield AudioChunk(np.zeros(8, np.float32), 8000)


def offer(folder: Path, name: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package that offers an engine."""
    package = folder / "another-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1.0\n", "utf-8")
    (package / "entry_points.txt").write_text(f"[stentor.engines]\n{name} = {place}\n", "utf-8")
    monkeypatch.syspath_prepend(folder)


def test_the_engines_in_the_package_are_installed() -> None:
    assert {"espeak", "tone"} <= engines.installed().keys()
    assert set(DEFAULT_ENGINES) <= engines.installed().keys()


@pytest.mark.parametrize("name", sorted(engines.installed()))
def test_an_engine_is_called_what_it_is_installed_as(name: str) -> None:
    assert engines.load(name).name == name


@pytest.mark.parametrize("name", sorted(engines.installed()))
def test_an_engine_can_be_made_from_its_defaults(name: str) -> None:
    loaded = engines.load(name)
    config = loaded.Config()
    assert isinstance(config, EngineConfig)
    assert all(field.description for field in type(config).model_fields.values())
    assert loaded(config).capabilities == loaded().capabilities


def test_another_package_s_engine_comes_through_the_same_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path, "hum", "stentor.engines.tone:ToneEngine", monkeypatch)
    assert engines.load("hum") is ToneEngine


def test_no_package_can_take_the_name_of_a_built_in_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path, "espeak", "stentor.engines.tone:ToneEngine", monkeypatch)
    assert engines.load("espeak") is not ToneEngine
    assert engines.installed()["espeak"].value == "stentor.engines.espeak:EspeakEngine"


def test_an_engine_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path, "lost", "no_such_module:Lost", monkeypatch)
    with pytest.raises(SettingsError, match=r"'lost' cannot be imported from no_such_module:Lost"):
        engines.load("lost")


def test_an_engine_need_not_be_made_with_anything() -> None:
    assert Smallest().health().ready
    assert Smallest(Smallest.Config()).health().ready


def test_an_unknown_engine_is_refused_with_the_installed_ones() -> None:
    with pytest.raises(SettingsError, match=r"no engine 'xtts'.*espeak.*tone"):
        engines.load("xtts")


async def test_an_engine_that_says_nothing_of_itself_is_ready_and_opens_and_closes() -> None:
    engine = Smallest()
    await engine.open()
    assert engine.health().ready
    assert engine.health().problem is None
    await engine.close()


async def test_an_engine_finds_its_voices_by_their_ids_in_any_case() -> None:
    engine = Smallest()
    for name in ("Ann", "ann", "ANN"):
        found = await engine.find_voice(name, None)
        assert found is not None
        assert found.id == "Ann"
    assert await engine.find_voice("Cleo", "en") is None


async def test_an_engine_of_a_table_has_its_name_and_so_have_its_voices() -> None:
    for kind in DEFAULT_ENGINES:
        made = [engines.make(name, engines.load(kind).Config(kind=kind)) for name in ("one", "other")]
        for engine, name in zip(made, ("one", "other"), strict=True):
            assert engine.name == name
            assert {voice.engine for voice in await engine.voices()} == {name}
            some = (await engine.voices())[0]
            found = await engine.find_voice(some.id, None)
            assert found is not None
            assert found.engine == name
        assert engines.load(kind).name == kind


async def test_an_engine_that_is_not_open_says_its_own_name() -> None:
    quick = engines.make("quick", engines.load("espeak").Config(kind="espeak"))
    voice = (await quick.voices())[0]
    with pytest.raises(EngineUnavailable, match="engine quick is not running"):
        await anext(quick.synthesize(Utterance("Hello.", voice)))


def test_an_engine_s_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="loudness"):
        ToneEngine.Config.model_validate({"loudness": 1})

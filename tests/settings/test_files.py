"""The settings file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import load, value

from stentor.errors import SettingsError
from stentor.settings import (
    load_settings,
)


def test_a_table_of_another_name_says_which_engine_it_is(folder: Path) -> None:
    (folder / "stentor.toml").write_text("""
        [engines.soft]
        kind = "tone"
        amplitude = 0.1
        [engines.very-loud]
        kind = "tone"
    """)
    loaded = load(folder, STENTOR_ENGINES_VERY_LOUD_AMPLITUDE="0.9", STENTOR_ENGINES_SOFT_AMPLITUDE="0.2")
    assert list(loaded.settings.engines) == ["espeak", "tone", "soft", "very-loud"]
    for name, amplitude in {"tone": 0.25, "soft": 0.2, "very-loud": 0.9}.items():
        assert value(loaded, f"engines.{name}.amplitude") == amplitude
    assert value(loaded, "engines.soft.kind") == "tone"
    assert loaded.origins["engines.soft.kind"] == "stentor.toml"


def test_another_file_can_be_named(folder: Path) -> None:
    (folder / "stentor.toml").write_text("[server]\nport = 1\n")
    other = folder / "other.toml"
    other.write_text("[server]\nport = 2\n")
    loaded = load_settings(config=other, environ={}, folder=folder)
    assert loaded.settings.server.port == 2
    assert loaded.origins == {"server.port": str(other)}


def test_every_part_of_the_tree_can_stand_in_the_file(folder: Path) -> None:
    (folder / "stentor.toml").write_text("""
        data_dir = "/srv/speech"
        [server]
        log_level = "error"
        [api]
        cors_origins = ["https://a.example"]
        [speech]
        default_engine = "tone"
        [voices]
        map = { alloy = "high" }
        map_file = "names.json"
        [engines.tone]
        amplitude = 0.5
    """)
    settings = load(folder).settings
    assert settings.data_dir == Path("/srv/speech")
    assert settings.server.log_level == "error"
    assert settings.api.cors_origins == ("https://a.example",)
    assert settings.speech.default_engine == "tone"
    assert settings.voices.map == {"alloy": "high"}
    assert settings.voices.map_file == folder / "names.json"
    assert value(load(folder), "engines.tone.amplitude") == 0.5


FILE_MISTAKES: list[tuple[str, list[str]]] = [
    ("[server]\nprot = 1\n", ["`server.prot` in stentor.toml", "`server.port`"]),
    ("[sevrer]\nport = 1\n", ["`sevrer` in stentor.toml", "`server`"]),
    ("port = 1\n", ["`port` in stentor.toml"]),
    ("[server]\nport = -1\n", ["`server.port` in stentor.toml"]),
    ("server = 1\n", ["`server` must be a table"]),
    ("engines = 1\n", ["`engines`"]),
    ("[engines]\nespeak = 1\n", ["`engines.espeak` must be a table"]),
    ("[engines.espaek]\n", ["'espaek'"]),
    ("[engines.espeak]\nreplica = 1\n", ["engines.espeak.replica", "stentor.toml", "replicas"]),
    ("[engines.mine]\namplitude = 0.5\n", ["'mine'", "kind"]),
    ("[engines.mine]\nkind = 'tune'\n", ["'tune'", "tone"]),
    ("[engines.mine]\nkind = ''\n", ["'mine'"]),
    ("[engines.tone]\nkind = 5\n", ["`engines.tone.kind`", "stentor.toml"]),
    ("[engines.'a b']\nkind = 'tone'\n", ["[engines.a b]", "letters, digits"]),
    ("[engines.'a\\nb']\nkind = 'tone'\n", ["[engines.", "letters, digits"]),
    ("[engines.'a.b']\nkind = 'tone'\n", ["[engines.a.b]", "letters, digits"]),
    ("[server\n", ["stentor.toml", "not valid TOML"]),
    ("[voices]\nmap = 'alloy'\n", ["`voices.map`"]),
    ("[voices]\nmap = { alloy = 5 }\n", ["`voices.map.alloy`", "stentor.toml"]),
    ("[api]\ncors_origins = 'https://a.example'\n", ["`api.cors_origins`"]),
]


@pytest.mark.parametrize(("written", "said"), FILE_MISTAKES)
def test_a_mistake_in_the_file_is_a_sentence(folder: Path, written: str, said: list[str]) -> None:
    (folder / "stentor.toml").write_text(written)
    with pytest.raises(SettingsError) as refused:
        load(folder)
    for words in said:
        assert words in refused.value.message


def test_a_file_that_is_not_there_or_not_text_is_a_sentence(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml.*cannot be read"):
        load_settings(config=folder / "missing.toml", environ={}, folder=folder)
    (folder / "stentor.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"stentor\.toml"):
        load(folder)

"""Settings: every source, which wins, and what keeps a server from starting."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import load

from stentor.errors import SettingsError
from stentor.settings import (
    load_settings,
)


def test_nothing_set_is_a_server_for_this_machine_alone(folder: Path) -> None:
    loaded = load(folder)
    settings = loaded.settings
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.api.cors_origins == ()
    assert settings.speech.max_text_length == 4096
    assert settings.speech.default_engine == "espeak"
    assert list(settings.engines) == ["espeak", "tone"]
    assert settings.voices.map == {}
    assert loaded.origins == {}
    assert loaded.without_effect == ()


@pytest.mark.parametrize("name", ["REQUIRE_AUTH", "API_KEY_REQUIRED"])
@pytest.mark.parametrize("written", ["true", "1", "YES", " on ", "True"])
def test_a_server_that_should_ask_for_keys_does_not_start_open(folder: Path, name: str, written: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings(environ={name: written}, folder=folder)
    (folder / ".env").write_text(f"{name}={written.strip()}\n")
    with pytest.raises(SettingsError, match=name):
        load(folder)


def test_a_lenient_reader_is_told_what_must_not_be_served_with(folder: Path) -> None:
    variables = {"REQUIRE_AUTH": "true", "API_KEY_REQUIRED": "1", "PORT": "81"}
    loaded = load_settings(environ=variables, folder=folder, lenient=True)
    assert loaded.settings.server.port == 81
    assert [sentence.partition(" ")[0] for sentence in loaded.refused] == ["REQUIRE_AUTH", "API_KEY_REQUIRED"]
    assert load_settings(environ={}, folder=folder, lenient=True).refused == ()


@pytest.mark.parametrize("name", ["REQUIRE_AUTH", "API_KEY_REQUIRED"])
@pytest.mark.parametrize("written", ["false", "0", "no", "off", ""])
def test_a_server_that_need_not_ask_for_keys_starts(folder: Path, name: str, written: str) -> None:
    assert load_settings(environ={name: written}, folder=folder).settings == load(folder).settings


def test_later_sources_win_and_each_names_itself(folder: Path) -> None:
    (folder / "stentor.toml").write_text('[server]\nhost = "a"\nport = 1\nenvironment = "e"\ndebug = true\n')
    (folder / ".env").write_text("PORT=2\nHOST=b\nENVIRONMENT=f\n")
    loaded = load(folder, {"server.host": "d"}, HOST="c", PORT="3")
    server = loaded.settings.server
    assert (server.host, server.port, server.environment, server.debug) == ("d", 3, "f", True)
    assert loaded.origins == {
        "server.host": "the command line",
        "server.port": "PORT in the environment",
        "server.environment": "ENVIRONMENT in .env",
        "server.debug": "stentor.toml",
    }


def test_an_old_name_in_the_environment_wins_over_our_own_in_the_file(folder: Path) -> None:
    (folder / ".env").write_text("STENTOR_PORT=1\n")
    assert load(folder, PORT="2").settings.server.port == 2

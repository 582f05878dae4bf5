"""Values become settings, or sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import value

from stentor.engines import EngineConfig
from stentor.engines.tone import ToneEngine
from stentor.errors import SettingsError
from stentor.settings import (
    load_settings,
)


class _Listing(EngineConfig):
    names: tuple[str, ...] = ()


def test_a_list_of_an_engine_is_written_with_commas(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = type("ListingEngine", (), {"Config": _Listing})
    monkeypatch.setattr(
        "stentor.settings.checks.load", lambda name: listing if name == "lister" else ToneEngine
    )
    variables = {"STENTOR_ENGINES_LISTER_NAMES": " a, b,,c ", "STENTOR_DEFAULT_ENGINE": "tone"}
    assert value(load_settings(environ=variables, folder=folder), "engines.lister.names") == ("a", "b", "c")


MISTAKEN_ENGINES: list[tuple[str, str]] = [
    (
        "[engines.gpu]\nkind = 'provder'",
        "`engines.gpu.kind` in stentor.toml: there is no engine 'provder'. Did you mean 'provider'?",
    ),
    (
        "[engines.gpu]\nurl = 'http://x'",
        "`engines.gpu.kind` is missing in stentor.toml: there is no engine 'gpu'",
    ),
    ("[engines.opneai]\nmodel = 'x'", "Did you mean `[engines.openai]`?"),
    ("[engines.gpu]\nkind = 'provider'", "`engines.gpu.url` is missing in stentor.toml"),
    ("[engines.provider]\napi_key = 'x'", "`engines.provider.url` is missing in stentor.toml"),
    ("[engines.runpod]\nmode = 'batch'", "`engines.runpod.url` is missing in stentor.toml"),
    (
        "[engines.tts-1]\nkind = 'tone'",
        "`[engines.tts-1]` is no name for an engine: whoever asks for",
    ),
    ("[engines.gpt-4o-mini-tts]\nkind = 'tone'", "Give the table another name."),
]


@pytest.mark.parametrize(("written", "said"), MISTAKEN_ENGINES)
def test_an_engine_that_could_not_speak_or_be_asked_for_is_refused(
    folder: Path, written: str, said: str
) -> None:
    (folder / "stentor.toml").write_text(written)
    with pytest.raises(SettingsError) as refused:
        load_settings(environ={}, folder=folder)
    assert said in refused.value.message


def test_an_engine_that_is_not_in_use_needs_no_url(folder: Path) -> None:
    (folder / "stentor.toml").write_text("[engines.gpu]\nkind = 'provider'\nenabled = false\n")
    assert "gpu" not in load_settings(environ={}, folder=folder).settings.engines


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("espaek", "Did you mean 'espeak'?"),
        ("openai", "To use it, add `[engines.openai]` to stentor.toml."),
        ("opneai", "Did you mean 'openai'? To use it, add `[engines.openai]` to stentor.toml."),
        ("hum", "Its `enabled` is false: set it to true in `[engines.hum]`."),
    ],
)
@pytest.mark.parametrize(
    "written", ["[speech]\ndefault_engine = '{}'\n", "[[routes]]\nengines = ['tone', '{}']\n"]
)
def test_an_engine_that_is_not_in_use_is_told_how_it_would_be(
    folder: Path, written: str, name: str, said: str
) -> None:
    (folder / "stentor.toml").write_text(f"{written.format(name)}[engines.hum]\nkind='tone'\nenabled=false\n")
    with pytest.raises(SettingsError, match=r"in stentor\.toml") as refused:
        load_settings(environ={}, folder=folder)
    assert refused.value.message.endswith(said)

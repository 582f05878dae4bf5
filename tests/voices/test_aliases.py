"""The operator's own names for voices."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stentor.errors import SettingsError
from stentor.voices import aliases
from stentor.voices.aliases import OPENAI_VOICES, VoiceMap, parse_voice_map, read_voice_map


@pytest.fixture(autouse=True)
def _look_at_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "_LOOK_EVERY", 0.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "voice_map.json"


def write(file: Path, content: object) -> None:
    """Write the file with a time of its own, as if some time had passed."""
    age = file.stat().st_mtime_ns + 10**9 if file.exists() else 10**18
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    os.utime(file, ns=(age, age))


def test_openai_has_thirteen_voices() -> None:
    assert len(set(OPENAI_VOICES)) == 13


def test_a_name_stands_for_what_the_settings_say_in_any_case() -> None:
    names = VoiceMap({"Narrator": "en-GB+m3"}, None)
    assert names.get("narrator") == names.get("NARRATOR") == "en-GB+m3"
    assert names.get("someone") is None


def test_a_name_stands_for_what_the_file_says(file: Path) -> None:
    write(file, {"Straße": "de"})
    names = VoiceMap({}, file)
    assert names.get("STRASSE") == "de"


def test_the_settings_win_over_the_file(file: Path) -> None:
    write(file, {"alloy": "de", "echo": "fr"})
    names = VoiceMap({"Alloy": "en"}, file)
    assert (names.get("alloy"), names.get("echo")) == ("en", "fr")
    assert sorted(names.names()) == ["Alloy", "echo"]


def test_a_change_of_the_file_is_seen_without_a_restart(file: Path) -> None:
    write(file, {"a": "en"})
    names = VoiceMap({}, file)
    write(file, {"b": "de"})
    assert names.get("b") == "de"
    assert names.get("a") is None
    assert names.names() == ["b"]


def test_a_file_that_comes_later_is_read(file: Path) -> None:
    names = VoiceMap({}, file)
    assert names.get("a") is None
    write(file, {"a": "en"})
    assert names.get("a") == "en"


def test_a_file_that_goes_takes_its_names_along(file: Path) -> None:
    write(file, {"a": "en"})
    names = VoiceMap({"b": "de"}, file)
    file.unlink()
    assert names.names() == ["b"]


def test_a_broken_file_leaves_the_last_good_names_and_is_told_once(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, {"a": "en"})
    names = VoiceMap({}, file)
    write(file, "{")
    with caplog.at_level(logging.ERROR):
        assert names.get("a") == "en"
        assert names.get("a") == "en"
    assert len(caplog.records) == 1
    assert str(file) in caplog.text
    write(file, {"a": "de"})
    assert names.get("a") == "de"


def _link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def _nested_without_end(file: Path) -> None:
    write(file, "[" * 100_000)


@pytest.mark.parametrize("spoil", [_link_to_itself, _nested_without_end])
def test_whatever_becomes_of_the_file_the_last_good_names_stay(
    file: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    write(file, {"a": "en"})
    names = VoiceMap({}, file)
    spoil(file)
    with caplog.at_level(logging.ERROR):
        assert names.get("a") == "en"
        assert names.names() == ["a"]
    assert len(caplog.records) == 1
    assert str(file) in caplog.text
    file.unlink()
    write(file, {"a": "de"})
    assert names.get("a") == "de"


def test_a_link_to_itself_is_refused_at_the_start(file: Path) -> None:
    file.symlink_to(file)
    with pytest.raises(SettingsError, match=r"voice_map\.json"):
        VoiceMap({}, file)


def test_the_file_is_not_asked_for_at_every_request(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "_LOOK_EVERY", 3600.0)
    write(file, {"a": "en"})
    names = VoiceMap({}, file)
    write(file, {"a": "de"})
    assert names.get("a") == "en"


@pytest.mark.parametrize("content", ["{", "[]", '"x"', '{"a": 1}', '{"a": null}', "null", ""])
def test_a_file_that_is_no_map_is_refused_at_the_start(file: Path, content: str) -> None:
    write(file, content)
    with pytest.raises(SettingsError, match=r"voice_map\.json"):
        VoiceMap({}, file)


def test_bytes_that_are_no_text_are_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError):
        read_voice_map(file)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        VoiceMap({}, tmp_path)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", {}),
        ("alloy:en-GB", {"alloy": "en-GB"}),
        (" alloy : en-GB , echo:de+m3, ", {"alloy": "en-GB", "echo": "de+m3"}),
        ("a:b:c", {"a": "b:c"}),
        (' {"alloy": "en-GB"}', {"alloy": "en-GB"}),
    ],
)
def test_a_voice_map_in_one_line(written: str, meant: dict[str, str]) -> None:
    assert parse_voice_map(written) == meant


@pytest.mark.parametrize("written", ["alloy", "alloy:", ":en", "a:b,c", '{"a"', "{", '{"a":' * 100_000])
def test_a_line_that_is_no_map_is_refused(written: str) -> None:
    with pytest.raises(SettingsError, match="VOICE_MAP"):
        parse_voice_map(written)


@pytest.mark.parametrize("written", ['{"a": 1}', '{"a": null}', '{"a": {"b": "c"}}'])
def test_a_line_of_something_else_than_names_is_refused_as_the_file_is(written: str) -> None:
    with pytest.raises(SettingsError, match="VOICE_MAP"):
        parse_voice_map(written)

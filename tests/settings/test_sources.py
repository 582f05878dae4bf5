"""What every source says, put together."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.settings.loading import load

from stentor.errors import SettingsError
from stentor.settings import (
    load_settings,
)
from stentor.settings.kept import Kept
from stentor.settings.sources import Assembled, Sources


def test_an_engine_can_be_left_out(folder: Path) -> None:
    assert list(load(folder, STENTOR_ENGINES_TONE_ENABLED="false").settings.engines) == ["espeak"]
    with pytest.raises(SettingsError, match=r"speech\.default_engine"):
        load(folder, STENTOR_ENGINES_ESPEAK_ENABLED="false")


def test_the_voice_map_stands_beside_the_settings(folder: Path) -> None:
    assert load(folder).settings.voices.map_file == folder / "voice_map.json"


def test_the_data_folder_may_be_in_the_home(folder: Path) -> None:
    assert "~" not in str(load(folder).settings.data_dir)


ROUTED = """
[engines.quiet]
kind = "tone"
first_sound_within = 2.5

[circuit]
open_after = 5

[[routes]]
voices = ["hum"]
engines = ["quiet"]

[[routes]]
engines = ["espeak", ["tone", "quiet"]]
weights = { tone = 2 }
"""


def test_routes_are_chains_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "stentor.toml").write_text(ROUTED, "utf-8")
    settings = load_settings(environ={}, folder=tmp_path).settings
    assert [route.engines for route in settings.routes] == [("quiet",), ("espeak", ("tone", "quiet"))]
    assert settings.routes[1].weights == {"tone": 2}
    assert settings.circuit.open_after == 5
    assert settings.engines["quiet"].first_sound_within == 2.5


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            '[[routes]]\nengines = ["nobody"]',
            r"Route 1 in stentor.toml has the engine 'nobody', which is none in use",
        ),
        ('[[routes]]\nengines = ["tone", ["x"]]', r"'x', which is none in use"),
        ("[[routes]]\nengines = []", r"`engines` of route 1 in stentor.toml: it must not be empty\."),
        ("[[routes]]\nvoices = ['a']", r"`engines` of route 1 is missing in stentor.toml\."),
        (
            '[[routes]]\nengines = ["tone"]\nbalance = "fair"',
            r"`balance` of route 1 in stentor.toml: it must be 'le.*'fair'",
        ),
        (
            '[[routes]]\nengines = ["tone"]\nvoice = "a"',
            r"`voice` of route 1 .* is no setting. Did you mean `voices`\?",
        ),
        (
            '[[routes]]\nengines = ["tone"]\nweights = { tone = 0 }',
            r"`weights.tone` of route 1 .*: it must be more than 0.*, and is 0\.",
        ),
        (
            '[[routes]]\nengines = ["tone", ["quiet", "tone"]]',
            r"`engines` of route 1 in stentor.toml: it has the engine 'tone' twice\.",
        ),
        (
            '[[routes]]\nengines = ["tone", []]',
            r"`engines` of route 1 .*: a list of replicas in it is empty\.",
        ),
        (
            '[[routes]]\nengines = [["tone", "quiet"]]\nweights = { tine = 2 }',
            r"`weights` of route 1 in stentor.toml: it has 'tine', which is no engine of this route\.",
        ),
        ("[circuit]\nopen_after = 0", r"`circuit.open_after`"),
    ],
)
def test_a_route_that_leads_nowhere_is_refused(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "stentor.toml").write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(environ={}, folder=tmp_path)


FAR_TOML = """
[engines.far]
kind = "openai"
url = "http://gpu-box:8000/v1"
api_key = "sesame"
model = "first"
[[routes]]
engines = ["espeak", "far"]
"""
FAR = {"kind": "openai", "url": "http://gpu-box:8000/v1"}


@pytest.fixture
def sources(folder: Path) -> Sources:
    (folder / "stentor.toml").write_text(FAR_TOML)
    loaded = load(folder)
    assert loaded.sources
    return loaded.sources


def key_of(assembled: Assembled, engine: str = "far") -> str:
    key: SecretStr = assembled.engines[engine].model_dump()["api_key"]
    return key.get_secret_value()


def test_a_table_of_run_time_stands_in_place_of_all_others(folder: Path) -> None:
    (folder / "stentor.toml").write_text(FAR_TOML)
    loaded = load(folder, STENTOR_ENGINES_FAR_MODEL="second", STENTOR_ENGINES_FAR_FORMAT="mp3")
    assert loaded.sources
    made = loaded.sources.assemble(Kept({"far": {**FAR, "format": "wav"}}), "the file")
    far = made.settings.engines["far"]
    assert (far.model, far.format) == ("gpt-4o-mini-tts", "wav")  # type: ignore[attr-defined]
    assert made.origins["engines.far.format"] == "the file"
    assert "engines.far.model" not in made.origins


def test_a_key_of_the_files_is_used_as_long_as_the_host_is_the_same(sources: Sources) -> None:
    made = sources.assemble(Kept({"far": {**FAR, "model": "other"}}), "the file")
    assert key_of(made) == "sesame"
    assert made.origins["engines.far.api_key"] == "stentor.toml"
    elsewhere = sources.assemble(Kept({"far": {**FAR, "url": "http://evil.example/v1"}}), "the file")
    assert key_of(elsewhere) == ""
    assert "engines.far.api_key" not in elsewhere.origins


def test_a_key_of_the_environment_goes_nowhere_else_either(folder: Path) -> None:
    (folder / "stentor.toml").write_text(FAR_TOML)
    loaded = load(folder, STENTOR_ENGINES_FAR_API_KEY="alakazam", OPENAI_API_KEY="abracadabra")
    assert loaded.sources
    elsewhere = loaded.sources.assemble(Kept({"far": {**FAR, "url": "http://evil.example/v1"}}), "the file")
    assert key_of(elsewhere) == ""
    openai = loaded.sources.assemble(Kept({"far": {"kind": "openai"}}), "the file")
    assert key_of(openai) == "abracadabra"
    cleared = loaded.sources.assemble(Kept({"far": {"kind": "openai", "api_key": ""}}), "the file")
    assert key_of(cleared) == ""


def test_what_is_put_keeps_the_secret_that_was_put_before(sources: Sources) -> None:
    kept = sources.put(Kept(), "mine", {**FAR, "api_key": "alakazam"}, "the request")
    kept = sources.put(kept, "mine", {**FAR, "model": "other"}, "the request")
    assert kept.engines["mine"] == {**FAR, "model": "other", "api_key": "alakazam"}
    for gone in (
        {**FAR, "url": "http://evil.example/v1"},
        {**FAR, "proxy": "http://evil.example"},
        {"kind": "provider", "url": FAR["url"]},
        {**FAR, "api_key": None},
    ):
        assert key_of(sources.assemble(sources.put(kept, "mine", gone, "the request")), "mine") == ""
    cleared = sources.put(kept, "mine", {**FAR, "api_key": None}, "the request")
    assert key_of(sources.assemble(sources.put(cleared, "mine", FAR, "the request")), "mine") == ""


def test_a_secret_that_came_from_the_files_is_not_copied(sources: Sources) -> None:
    kept = sources.put(Kept(), "far", FAR, "the request")
    kept = sources.put(kept, "far", {**FAR, "model": "other"}, "the request")
    assert kept.engines["far"] == {**FAR, "model": "other"}
    assert key_of(sources.assemble(kept)) == "sesame"


def test_a_key_that_was_cleared_does_not_come_back_from_the_files(sources: Sources) -> None:
    kept = sources.put(Kept(), "far", {**FAR, "api_key": None}, "the request")
    assert key_of(sources.assemble(kept)) == ""


def test_a_key_does_not_come_by_way_of_another_host(sources: Sources) -> None:
    kept = sources.put(Kept(), "mine", {**FAR, "api_key": "alakazam"}, "the request")
    away = sources.put(kept, "mine", {**FAR, "url": "http://evil.example/v1"}, "the request")
    back = sources.put(away, "mine", FAR, "the request")
    assert key_of(sources.assemble(back), "mine") == ""


def test_a_file_of_the_server_cannot_be_named_at_run_time(folder: Path) -> None:
    (folder / "stentor.toml").write_text(
        '[engines.provider]\nurl = "http://gpu-box:8000"\nvoice_prompts = "prompts.json"\n'
    )
    sources = load(folder).sources
    assert sources
    sent = {"url": "http://gpu-box:8000", "voice_prompts": "engines.json"}
    with pytest.raises(
        SettingsError, match=r"`engines\.provider\.voice_prompts` in the request names a file"
    ):
        sources.put(Kept(), "provider", sent, "the request")
    same = sources.assemble(Kept({"provider": {"url": "http://gpu-box:8000", "model": "x"}}), "")
    assert same.engines["provider"].model_dump()["voice_prompts"] == Path("prompts.json")
    away = sources.assemble(Kept({"provider": {"url": "http://evil.example"}}), "")
    assert away.engines["provider"].model_dump()["voice_prompts"] is None


def test_routes_of_run_time_stand_in_place_of_the_others(sources: Sources) -> None:
    made = sources.assemble(Kept(routes=({"engines": ["tone"]},)), "the file")
    assert [route.engines for route in made.settings.routes] == [("tone",)]
    assert made.origins["routes"] == "the file"
    assert sources.assemble(Kept(routes=()), "the file").settings.routes == ()


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (
            Kept({"far": {"kind": "opanai"}}),
            r"`engines\.far\.kind` in here: there is no engine 'opanai'. Did you mean 'openai'\?",
        ),
        (Kept({"new": {}}), r"`engines\.new\.kind` is missing in here: there is no engine 'new' itself"),
        (Kept({"a b": {"kind": "tone"}}), r"\[engines\.a b\]"),
        (Kept({"far": {**FAR, "modell": "x"}}), r"`engines\.far\.modell` in here .*`engines\.far\.model`"),
        (Kept({"far": {**FAR, "url": "ftp://x"}}), r"`engines\.far\.url` in here: it must be a URL"),
        (
            Kept({"far": {**FAR, "enabled": False}}),
            r"Route 1 in stentor.toml has the engine 'far', which is none in use",
        ),
        (Kept(routes=({"engines": ["x"]},)), r"Route 1 in here has the engine 'x', which is none in use"),
        (Kept(routes=({"engine": ["x"]},)), r"`engines` of route 1"),
    ],
)
def test_a_mistake_in_what_is_kept_is_a_sentence(sources: Sources, kept: Kept, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        sources.assemble(kept, "here")


def test_engines_that_are_not_in_use_have_settings_still(sources: Sources) -> None:
    made = sources.assemble(Kept({"tone": {"enabled": False, "amplitude": 0.5}}), "")
    assert "tone" not in made.settings.engines
    assert made.engines["tone"].model_dump()["amplitude"] == 0.5


def test_a_led_engine_that_is_put_at_run_time_leads_still(folder: Path) -> None:
    loaded = load(folder, RUNPOD_ENDPOINT="abc", RUNPOD_API_KEY="sesame")
    assert loaded.sources
    made = loaded.sources.assemble(Kept({"runpod": {"url": "abc", "queue": 5}}), "the file")
    assert made.settings.speech.default_engine == "runpod"
    assert key_of(made, "runpod") == "sesame"
    off = loaded.sources.assemble(Kept({"runpod": {"url": "abc", "enabled": False}}), "the file")
    assert off.settings.speech.default_engine == "espeak"

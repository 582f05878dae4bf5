"""Variables of the replaced systems, under their own names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.settings.loading import load, value

from stentor.errors import SettingsError
from stentor.settings import (
    CONFIG_FILE,
    OLD_NAMES,
    SECTIONS,
    WITHOUT_EFFECT,
    Loaded,
    load_settings,
)

OLD: list[tuple[str, str, str, object]] = [
    ("HOST", "0.0.0.0", "server.host", "0.0.0.0"),
    ("PORT", "8010", "server.port", 8010),
    ("LOG_LEVEL", "WARNING", "server.log_level", "warning"),
    ("DEBUG", "true", "server.debug", True),
    ("DEBUG", "false", "server.debug", False),
    ("ENVIRONMENT", "staging", "server.environment", "staging"),
    ("API_TITLE", "Speaker TTS API", "api.title", "Speaker TTS API"),
    ("API_VERSION", "1.0.0", "api.version", "1.0.0"),
    ("CORS_ORIGINS", "https://a.example, https://b.example", "api.cors_origins",
     ("https://a.example", "https://b.example")),
    ("CORS_ORIGINS", "*", "api.cors_origins", ("*",)),
    ("MAX_TEXT_LENGTH", "2000", "speech.max_text_length", 2000),
    ("VOICE_MAP", "alloy:en-GB,echo:de+m3", "voices.map", {"alloy": "en-GB", "echo": "de+m3"}),
    ("VOICE_MAP", '{"alloy": "en-GB"}', "voices.map", {"alloy": "en-GB"}),
    ("AWS_ENDPOINT_URL", "http://blobs.example:9000/", "storage.s3_endpoint", "http://blobs.example:9000"),
    ("AWS_ENDPOINT_URL_S3", "https://blobs.example", "storage.s3_endpoint", "https://blobs.example"),
    ("AWS_DEFAULT_REGION", "eu-west-2", "storage.s3_region", "eu-west-2"),
    ("AWS_REGION", "eu-west-2", "storage.s3_region", "eu-west-2"),
    ("AWS_ACCESS_KEY_ID", "sesame", "storage.s3_access_key_id", "sesame"),
    ("AWS_SECRET_ACCESS_KEY", "sesame", "storage.s3_secret_access_key", SecretStr("sesame")),
    ("AWS_SESSION_TOKEN", "sesame", "storage.s3_session_token", SecretStr("sesame")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "written", "path", "expected"), OLD)
def test_a_variable_of_the_replaced_systems_is_read_under_its_own_name(
    folder: Path, name: str, written: str, path: str, expected: object
) -> None:
    loaded = load_settings(environ={name: written}, folder=folder)
    assert value(loaded, path) == expected
    assert loaded.origins == {path: f"{name} in the environment"}


def test_amazons_own_order_holds_between_its_variables(folder: Path) -> None:
    for given in (
        {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-2"},
        {"AWS_DEFAULT_REGION": "us-east-2", "AWS_REGION": "eu-west-1"},
    ):
        assert value(load_settings(environ=given, folder=folder), "storage.s3_region") == "eu-west-1"


def test_every_old_name_is_tested_and_leads_to_a_setting() -> None:
    assert {name for name, *_ in OLD} == set(OLD_NAMES)
    for path in OLD_NAMES.values():
        section, name = path.split(".")
        assert name in SECTIONS[section].model_fields


@pytest.mark.parametrize("name", OLD_NAMES)
def test_an_old_name_with_nothing_after_it_is_not_set(folder: Path, name: str) -> None:
    loaded = load_settings(environ={name: ""}, folder=folder)
    assert loaded.settings == load(folder).settings
    assert loaded.origins == {}


def idle(loaded: Loaded) -> list[str]:
    return [sentence.partition(" ")[0] for sentence in loaded.without_effect]


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_a_variable_without_effect_is_told(folder: Path, name: str) -> None:
    assert idle(load_settings(environ={name: "something"}, folder=folder)) == [name]
    assert load_settings(environ={name: ""}, folder=folder).without_effect == ()


def test_a_key_for_openai_has_no_effect_while_no_engine_speaks_by_openai(folder: Path) -> None:
    assert load(folder, OPENAI_API_KEY="sesame").without_effect[0] == (
        "OPENAI_API_KEY has no effect: no engine speaks by api.openai.com; "
        "add `[engines.openai]` to stentor.toml."
    )
    assert load(folder, OPENAI_API_KEY="").without_effect == ()


def key_of(loaded: Loaded, engine: str) -> str:
    key = value(loaded, f"engines.{engine}.api_key")
    assert isinstance(key, SecretStr)
    return key.get_secret_value()


@pytest.mark.parametrize(
    "url", ["", 'url = "https://api.openai.com/v1"', 'url = "https://API.openai.com:443"']
)
def test_a_key_for_openai_is_that_of_every_engine_that_speaks_by_openai(folder: Path, url: str) -> None:
    (folder / CONFIG_FILE).write_text(f'[engines.openai]\n{url}\n[engines.second]\nkind = "openai"\n{url}\n')
    loaded = load(folder, OPENAI_API_KEY="sesame")
    assert (key_of(loaded, "openai"), key_of(loaded, "second")) == ("sesame", "sesame")
    assert loaded.origins["engines.second.api_key"] == "OPENAI_API_KEY in the environment"
    assert loaded.without_effect == ()
    (folder / ".env").write_text("OPENAI_API_KEY=alakazam\n")
    assert key_of(load(folder), "openai") == "alakazam"
    assert load(folder).origins["engines.openai.api_key"] == "OPENAI_API_KEY in .env"
    assert key_of(load(folder, OPENAI_API_KEY="sesame"), "openai") == "sesame"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com./v1",
        "https://api.openai.com.evil.example/v1",
        "https://eu.api.openai.com/v1",
        "https://evil.example/api.openai.com",
        "http://gpu-box:8000/v1",
    ],
)
def test_a_key_for_openai_goes_to_nobody_else(folder: Path, url: str) -> None:
    loaded = load(
        folder, STENTOR_ENGINES_FAR_KIND="openai", STENTOR_ENGINES_FAR_URL=url, OPENAI_API_KEY="sesame"
    )
    assert key_of(loaded, "far") == ""
    assert idle(loaded) == ["OPENAI_API_KEY"]


def test_another_kind_of_engine_does_not_get_the_key_for_openai(folder: Path) -> None:
    url = "https://api.openai.com/v1"
    loaded = load(folder, STENTOR_ENGINES_PROVIDER_URL=url, OPENAI_API_KEY="sesame")
    assert key_of(loaded, "provider") == ""


@pytest.mark.parametrize("own", ["alakazam", ""])
def test_a_key_of_its_own_wins_over_the_key_for_openai_even_if_it_is_none(folder: Path, own: str) -> None:
    loaded = load(folder, STENTOR_ENGINES_OPENAI_API_KEY=own, OPENAI_API_KEY="sesame")
    assert key_of(loaded, "openai") == own
    assert idle(loaded) == ["OPENAI_API_KEY"]
    assert "has an `api_key` of its own" in loaded.without_effect[0]


def test_a_key_for_openai_that_is_no_key_is_named_and_not_shown(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"`engines\.openai\.api_key` in OPENAI_API_KEY") as refused:
        load(folder, STENTOR_ENGINES_OPENAI_MODEL="tts-1", OPENAI_API_KEY="se\nsame")
    assert "same" not in refused.value.message


def test_a_variable_without_effect_is_told_from_the_file_too(folder: Path) -> None:
    (folder / ".env").write_text("RUNPOD_API_KEY=sesame\n")
    assert idle(load(folder)) == ["RUNPOD_API_KEY"]


BRIDGE = {
    "RUNPOD_ENDPOINT": "https://api.runpod.ai/v2/abc/runsync",
    "RUNPOD_API_KEY": "sesame",
    "MAX_CONCURRENT_REQUESTS": "5",
}


def test_an_endpoint_alone_puts_its_engine_in_use_and_behind_openai_s_names(folder: Path) -> None:
    loaded = load(folder, RUNPOD_ENDPOINT="abc")
    assert value(loaded, "engines.runpod.url") == "https://api.runpod.ai/v2/abc"
    assert loaded.settings.speech.default_engine == "runpod"
    assert list(loaded.settings.engines) == ["espeak", "tone", "runpod"]
    assert loaded.origins == {
        "engines.runpod.url": "RUNPOD_ENDPOINT in the environment",
        "speech.default_engine": "RUNPOD_ENDPOINT in the environment",
    }
    assert loaded.without_effect == ()


def test_what_belongs_to_an_endpoint_is_set_with_it_in_the_file_or_beside_it(folder: Path) -> None:
    (folder / ".env").write_text("".join(f"{name}={written}\n" for name, written in BRIDGE.items()))
    loaded = load(folder)
    assert value(loaded, "engines.runpod.url") == "https://api.runpod.ai/v2/abc"
    assert value(loaded, "engines.runpod.api_key") == SecretStr("sesame")
    assert value(loaded, "engines.runpod.max_concurrent_requests") == 5
    assert loaded.origins["engines.runpod.api_key"] == "RUNPOD_API_KEY in .env"
    other = load(folder, RUNPOD_ENDPOINT="other")
    assert value(other, "engines.runpod.url") == "https://api.runpod.ai/v2/other"
    own = load(folder, STENTOR_ENGINES_RUNPOD_MAX_CONCURRENT_REQUESTS="9")
    assert value(own, "engines.runpod.max_concurrent_requests") == 9


def test_without_an_endpoint_they_have_no_effect(folder: Path) -> None:
    for name in ("RUNPOD_API_KEY", "MAX_CONCURRENT_REQUESTS"):
        loaded = load_settings(environ={name: "50", "RUNPOD_ENDPOINT": ""}, folder=folder)
        assert loaded.without_effect == (f"{name} has no effect without RUNPOD_ENDPOINT.",)
        assert loaded.settings == load(folder).settings


def test_an_endpoint_leaves_the_default_engine_that_was_chosen(folder: Path) -> None:
    chosen = load(folder, RUNPOD_ENDPOINT="abc", STENTOR_DEFAULT_ENGINE="espeak")
    assert chosen.settings.speech.default_engine == "espeak"
    assert "runpod" in chosen.settings.engines
    off = load(folder, RUNPOD_ENDPOINT="abc", STENTOR_ENGINES_RUNPOD_ENABLED="false")
    assert off.settings.speech.default_engine == "espeak"
    assert "runpod" not in off.settings.engines


def test_an_endpoint_that_is_none_is_named_by_its_variable(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"`engines\.runpod\.url` in RUNPOD_ENDPOINT in the environment"):
        load(folder, RUNPOD_ENDPOINT="not an endpoint")


REMOTE = {"TTS_MODE": "remote", "TTS_REMOTE_URL": "http://gpu-box:8000/", "TTS_API_KEY": "sesame"}


def test_a_remote_server_is_the_default_engine_with_espeak_behind_it(folder: Path) -> None:
    loaded = load(folder, None, **REMOTE)
    remote = loaded.settings.engines["remote"]
    assert remote.kind == "provider"
    assert value(loaded, "engines.remote.url") == "http://gpu-box:8000"
    assert value(loaded, "engines.remote.api_key") == SecretStr("sesame")
    assert loaded.settings.speech.default_engine == "remote"
    assert [route.engines for route in loaded.settings.routes] == [("remote", "espeak")]
    assert loaded.origins["engines.remote.url"] == "TTS_REMOTE_URL in the environment"
    for path in ("routes", "speech.default_engine", "engines.remote.kind"):
        assert loaded.origins[path] == "TTS_MODE in the environment"
    assert loaded.without_effect == ()


@pytest.mark.parametrize("mode", ["", "local", "LOCAL "])
def test_in_local_mode_a_remote_server_has_no_effect_and_that_is_told(folder: Path, mode: str) -> None:
    loaded = load(folder, None, **REMOTE | {"TTS_MODE": mode})
    assert loaded.settings == load(folder).settings
    assert loaded.without_effect == (
        "TTS_REMOTE_URL has no effect without TTS_MODE=remote.",
        "TTS_API_KEY has no effect without TTS_MODE=remote.",
    )


def test_a_remote_mode_may_be_written_beside_its_url(folder: Path) -> None:
    (folder / ".env").write_text("TTS_REMOTE_URL=http://gpu-box:8000\n")
    loaded = load(folder, TTS_MODE="Remote")
    assert "remote" in loaded.settings.engines
    assert loaded.origins["engines.remote.kind"] == "TTS_MODE in the environment"
    assert loaded.origins["engines.remote.url"] == "TTS_REMOTE_URL in .env"


def test_a_remote_server_leaves_routes_and_a_default_engine_that_were_chosen(folder: Path) -> None:
    (folder / CONFIG_FILE).write_text('[[routes]]\nengines = ["remote", "tone"]\n')
    loaded = load(folder, None, **REMOTE)
    assert [route.engines for route in loaded.settings.routes] == [("remote", "tone")]
    (folder / CONFIG_FILE).write_text('[speech]\ndefault_engine = "espeak"\n')
    loaded = load(folder, None, **REMOTE)
    assert loaded.settings.speech.default_engine == "espeak"
    assert loaded.settings.routes == ()
    assert "remote" in loaded.settings.engines


def test_a_mode_that_is_none_or_has_no_url_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="TTS_MODE is 'cloud'; it is `local` or `remote`"):
        load(folder, TTS_MODE="cloud")
    with pytest.raises(SettingsError, match="TTS_REMOTE_URL does not say where"):
        load(folder, TTS_MODE="remote")

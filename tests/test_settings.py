"""Settings: every name, every source, which wins, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from stentor.engines import EngineConfig
from stentor.engines.espeak import EspeakEngine
from stentor.engines.tone import ToneEngine
from stentor.errors import SettingsError
from stentor.settings import (
    CONFIG_FILE,
    OLD_NAMES,
    SECTIONS,
    WITHOUT_EFFECT,
    Loaded,
    Settings,
    environment_names,
    load_settings,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stand in an empty folder."""
    return tmp_path


def load(folder: Path, overrides: dict[str, Any] | None = None, **environ: str) -> Loaded:
    return load_settings(overrides, environ=environ, folder=folder)


def value(loaded: Loaded, path: str) -> object:
    found: Any = loaded.settings
    for step in path.split("."):
        found = found[step] if isinstance(found, dict) else getattr(found, step)
    return found


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
]  # fmt: skip


@pytest.mark.parametrize(("name", "written", "path", "expected"), OLD)
def test_a_variable_of_the_replaced_systems_is_read_under_its_own_name(
    folder: Path, name: str, written: str, path: str, expected: object
) -> None:
    loaded = load_settings(environ={name: written}, folder=folder)
    assert value(loaded, path) == expected
    assert loaded.origins == {path: f"{name} in the environment"}


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


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_a_variable_without_effect_is_told(folder: Path, name: str) -> None:
    assert load_settings(environ={name: "something"}, folder=folder).without_effect == (name,)
    assert load_settings(environ={name: ""}, folder=folder).without_effect == ()


def test_a_key_for_openai_is_known_to_do_nothing(folder: Path) -> None:
    assert load(folder, OPENAI_API_KEY="sesame").without_effect == ("OPENAI_API_KEY",)


def test_a_variable_without_effect_is_told_from_the_file_too(folder: Path) -> None:
    (folder / ".env").write_text("RUNPOD_API_KEY=sesame\n")
    assert load(folder).without_effect == ("RUNPOD_API_KEY",)


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
        assert loaded.without_effect == (name,)
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
    assert loaded.origins["routes"] == "TTS_REMOTE_URL in the environment"
    assert loaded.without_effect == ()


@pytest.mark.parametrize("mode", ["", "local", "LOCAL "])
def test_in_local_mode_a_remote_server_has_no_effect_and_that_is_told(folder: Path, mode: str) -> None:
    loaded = load(folder, None, **REMOTE | {"TTS_MODE": mode})
    assert loaded.settings == load(folder).settings
    assert loaded.without_effect == ("TTS_REMOTE_URL", "TTS_API_KEY")


def test_a_remote_mode_may_be_written_beside_its_url(folder: Path) -> None:
    (folder / ".env").write_text("TTS_REMOTE_URL=http://gpu-box:8000\n")
    assert "remote" in load(folder, TTS_MODE="Remote").settings.engines


def test_a_mode_that_is_none_or_has_no_url_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="TTS_MODE is 'cloud'; it is `local` or `remote`"):
        load(folder, TTS_MODE="cloud")
    with pytest.raises(SettingsError, match="TTS_REMOTE_URL does not say where"):
        load(folder, TTS_MODE="remote")


def test_a_remote_server_leaves_routes_and_a_default_engine_that_were_chosen(folder: Path) -> None:
    (folder / CONFIG_FILE).write_text('[[routes]]\nengines = ["remote", "tone"]\n')
    loaded = load(folder, None, **REMOTE)
    assert [route.engines for route in loaded.settings.routes] == [("remote", "tone")]
    (folder / CONFIG_FILE).write_text('[speech]\ndefault_engine = "espeak"\n')
    loaded = load(folder, None, **REMOTE)
    assert loaded.settings.speech.default_engine == "espeak"
    assert loaded.settings.routes == ()
    assert "remote" in loaded.settings.engines


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


OWN: dict[str, tuple[str, object]] = {
    "STENTOR_SERVER_HOST": ("::1", "::1"),
    "STENTOR_HOST": ("::1", "::1"),
    "STENTOR_PORT": ("9", 9),
    "STENTOR_LOG_LEVEL": ("Debug", "debug"),
    "STENTOR_GRACEFUL_SECONDS": ("5", 5),
    "STENTOR_API_CORS_ORIGINS": ("https://a.example,,https://b.example ", ("https://a.example", "https://b.example")),
    "STENTOR_MAX_BODY_BYTES": ("5000", 5000),
    "STENTOR_MAX_BATCH_ITEMS": ("3", 3),
    "STENTOR_WEBSOCKET_IDLE_SECONDS": ("1.5", 1.5),
    "STENTOR_SPEECH_DEFAULT_ENGINE": ("tone", "tone"),
    "STENTOR_DEFAULT_SAMPLE_RATE": ("16000", 16_000),
    "STENTOR_VOICES_MAP": ("alloy:fr", {"alloy": "fr"}),
    "STENTOR_DATA_DIR": ("/srv/speech", Path("/srv/speech")),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_every_setting_has_a_variable(folder: Path, name: str) -> None:
    written, expected = OWN[name]
    path = environment_names()[name]
    loaded = load_settings(environ={name: written}, folder=folder)
    assert value(loaded, path) == expected
    assert loaded.origins == {path: f"{name} in the environment"}


def test_the_names_cover_every_section() -> None:
    names = environment_names()
    for section, model in SECTIONS.items():
        for field in model.model_fields:
            assert names[f"STENTOR_{section}_{field}".upper()] == f"{section}.{field}"
    assert names["STENTOR_DATA_DIR"] == "data_dir"


def test_an_engines_settings_have_variables_too(folder: Path) -> None:
    loaded = load(folder, STENTOR_ENGINES_ESPEAK_REPLICAS="3", STENTOR_ENGINES_TONE_AMPLITUDE="0.5")
    assert value(loaded, "engines.espeak.replicas") == 3
    assert value(loaded, "engines.espeak.spares") == EspeakEngine.Config().spares
    assert value(loaded, "engines.tone.amplitude") == 0.5
    assert loaded.origins["engines.espeak.replicas"] == "STENTOR_ENGINES_ESPEAK_REPLICAS in the environment"


def test_an_engine_can_be_left_out(folder: Path) -> None:
    assert list(load(folder, STENTOR_ENGINES_TONE_ENABLED="false").settings.engines) == ["espeak"]
    with pytest.raises(SettingsError, match=r"speech\.default_engine"):
        load(folder, STENTOR_ENGINES_ESPEAK_ENABLED="false")


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


def test_variables_alone_can_name_an_engine_by_its_kind(folder: Path) -> None:
    (folder / ".env").write_text("STENTOR_ENGINES_MY_OWN_HUM_KIND=tone\n")
    loaded = load(folder, STENTOR_ENGINES_MY_OWN_HUM_AMPLITUDE="0.5", STENTOR_DEFAULT_ENGINE="my_own_hum")
    assert value(loaded, "engines.my_own_hum.amplitude") == 0.5
    assert loaded.settings.speech.default_engine == "my_own_hum"


class _Listing(EngineConfig):
    names: tuple[str, ...] = ()


def test_a_list_of_an_engine_is_written_with_commas(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = type("ListingEngine", (), {"Config": _Listing})
    monkeypatch.setattr("stentor.settings.load", lambda name: listing if name == "lister" else ToneEngine)
    variables = {"STENTOR_ENGINES_LISTER_NAMES": " a, b,,c ", "STENTOR_DEFAULT_ENGINE": "tone"}
    assert value(load_settings(environ=variables, folder=folder), "engines.lister.names") == ("a", "b", "c")


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


@pytest.mark.parametrize("environ", [
    {"PORT": "1", "STENTOR_PORT": "2"},
    {"STENTOR_PORT": "2", "PORT": "1"},
])  # fmt: skip
def test_in_one_source_our_own_name_wins(folder: Path, environ: dict[str, str]) -> None:
    assert load_settings(environ=environ, folder=folder).settings.server.port == 2


def test_an_old_name_in_the_environment_wins_over_our_own_in_the_file(folder: Path) -> None:
    (folder / ".env").write_text("STENTOR_PORT=1\n")
    assert load(folder, PORT="2").settings.server.port == 2


def test_a_dotenv_file_may_have_comments_and_quotation_marks(folder: Path) -> None:
    (folder / ".env").write_text(
        "# ours\nexport PORT=81  # a comment\nVOICE_MAP=\"alloy:fr,echo:it\"\nAPI_TITLE='A B'\nODD\nDEBUG=\n"
    )
    settings = load(folder).settings
    assert settings.server.port == 81
    assert settings.voices.map == {"alloy": "fr", "echo": "it"}
    assert settings.api.title == "A B"


def test_a_dotenv_file_that_is_no_text_is_a_sentence(folder: Path) -> None:
    (folder / ".env").write_bytes(b"API_TITLE=caf\xe9\n")
    with pytest.raises(SettingsError, match=r"\.env"):
        load(folder)


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


def test_the_voice_map_stands_beside_the_settings(folder: Path) -> None:
    assert load(folder).settings.voices.map_file == folder / "voice_map.json"


def test_the_data_folder_may_be_in_the_home(folder: Path) -> None:
    assert "~" not in str(load(folder).settings.data_dir)


MISTAKES: list[tuple[dict[str, str], list[str]]] = [
    ({"STENTOR_PROT": "1"}, ["STENTOR_PROT", "the environment", "STENTOR_PORT"]),
    ({"STENTOR_SERVER_HOSTS": "a"}, ["STENTOR_SERVER_HOSTS", "STENTOR_SERVER_HOST`"]),
    ({"STENTOR_XYZZY": "1"}, ["STENTOR_XYZZY", "docs/reference/settings.md"]),
    ({"STENTOR_ENGINES_ESPEAK_REPLICA": "1"}, ["engines.espeak.replica", "engines.espeak.replicas"]),
    ({"STENTOR_ENGINES__KIND": "tone"}, ["[engines.]", "letters, digits"]),
    ({"STENTOR_ENGINES_ESPAEK_REPLICAS": "1"}, ["'espaek'", "espeak"]),
    ({"STENTOR_PORT": "eight"}, ["server.port", "the environment"]),
    ({"STENTOR_PORT": ""}, ["server.port"]),
    ({"PORT": "99999"}, ["server.port", "PORT in the environment", "65535"]),
    ({"LOG_LEVEL": "loud"}, ["server.log_level", "debug"]),
    ({"MAX_TEXT_LENGTH": "0"}, ["speech.max_text_length"]),
    ({"MAX_TEXT_LENGTH": "many"}, ["speech.max_text_length", "MAX_TEXT_LENGTH in the environment"]),
    ({"DEBUG": "perhaps"}, ["server.debug"]),
    ({"VOICE_MAP": "alloy"}, ["VOICE_MAP", "'alloy'", "NAME:VOICE"]),
    ({"VOICE_MAP": "{alloy"}, ["VOICE_MAP", "JSON"]),
    ({"STENTOR_ENGINES_TONE_AMPLITUDE": "2"}, ["engines.tone.amplitude"]),
    ({"STENTOR_DEFAULT_ENGINE": "esepak"}, ["speech.default_engine", "'esepak'", "espeak"]),
    ({"STENTOR_DEFAULT_SAMPLE_RATE": "24001"}, ["speech.default_sample_rate", "24000"]),
]


@pytest.mark.parametrize(("environ", "said"), MISTAKES, ids=lambda value: str(value)[:50])
def test_a_mistake_in_the_environment_is_a_sentence(
    folder: Path, environ: dict[str, str], said: list[str]
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ=environ, folder=folder)
    for words in said:
        assert words in refused.value.message
    assert "\n" not in refused.value.message


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


def test_settings_cannot_be_changed_afterwards(folder: Path) -> None:
    settings = load(folder).settings
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1
    assert isinstance(settings, Settings)


def test_every_setting_says_what_it_is() -> None:
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            assert (field.description or "").endswith("."), f"{section}.{name}"
    for name, field in EspeakEngine.Config.model_fields.items():
        assert (field.description or "").endswith("."), f"engines.espeak.{name}"


def test_what_kubernetes_sets_beside_a_service_of_this_name_is_no_setting(folder: Path) -> None:
    variables = {
        "STENTOR_SERVICE_HOST": "10.0.0.1",
        "STENTOR_SERVICE_PORT": "8000",
        "STENTOR_SERVICE_PORT_HTTP": "8000",
        "STENTOR_PORT": "tcp://10.0.0.1:8000",
        "STENTOR_PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "STENTOR_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    assert load_settings(environ=variables, folder=folder).settings.server.port == 8000


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
        ('[[routes]]\nengines = ["nobody"]', r"`routes.0` has the engine 'nobody', which is none in use"),
        ('[[routes]]\nengines = ["tone", ["x"]]', r"'x', which is none in use"),
        ("[[routes]]\nengines = []", r"`routes.0.engines`"),
        ("[[routes]]\nvoices = ['a']", r"`routes.0.engines`"),
        ('[[routes]]\nengines = ["tone"]\nbalance = "fair"', r"`routes.0.balance`"),
        ('[[routes]]\nengines = ["tone"]\nvoice = "a"', r"`routes.0.voice`"),
        ('[[routes]]\nengines = ["tone"]\nweights = { tone = 0 }', r"`routes.0.weights.tone`"),
        ("[circuit]\nopen_after = 0", r"`circuit.open_after`"),
    ],
)
def test_a_route_that_leads_nowhere_is_refused(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "stentor.toml").write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(environ={}, folder=tmp_path)

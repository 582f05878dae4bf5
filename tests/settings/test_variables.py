"""The environment and `.env`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import load, value

from stentor.engines.espeak import EspeakEngine
from stentor.errors import SettingsError
from stentor.settings import (
    SECTIONS,
    environment_names,
    load_settings,
)

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


def test_variables_alone_can_name_an_engine_by_its_kind(folder: Path) -> None:
    (folder / ".env").write_text("STENTOR_ENGINES_MY_OWN_HUM_KIND=tone\n")
    loaded = load(folder, STENTOR_ENGINES_MY_OWN_HUM_AMPLITUDE="0.5", STENTOR_DEFAULT_ENGINE="my_own_hum")
    assert value(loaded, "engines.my_own_hum.amplitude") == 0.5
    assert loaded.settings.speech.default_engine == "my_own_hum"


@pytest.mark.parametrize("environ", [
    {"PORT": "1", "STENTOR_PORT": "2"},
    {"STENTOR_PORT": "2", "PORT": "1"},
])  # fmt: skip
def test_in_one_source_our_own_name_wins(folder: Path, environ: dict[str, str]) -> None:
    assert load_settings(environ=environ, folder=folder).settings.server.port == 2


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

"""The composition root: everything is built from the settings, opened together, closed in reverse."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stentor.app import build, create_app
from stentor.errors import SettingsError
from stentor.settings import Loaded, Settings, load_settings
from tests.api.inprocess import speech


def loaded(folder: Path, **environ: str) -> Loaded:
    own = {"STENTOR_DEFAULT_ENGINE": "tone", "STENTOR_DATA_DIR": str(folder / "kept")}
    return load_settings(environ=own | environ, folder=folder)


def settings(folder: Path, **environ: str) -> Settings:
    return loaded(folder, **environ).settings


def only_tone(folder: Path, **environ: str) -> Loaded:
    """Leave out the engine that needs processes."""
    return loaded(folder, STENTOR_ENGINES_ESPEAK_ENABLED="false", **environ)


def test_what_is_built_is_what_was_set(tmp_path: Path) -> None:
    context = build(settings(tmp_path, MAX_TEXT_LENGTH="7", VOICE_MAP="me:high", API_TITLE="Ours"))
    assert list(context.catalog.engines) == ["espeak", "tone"]
    assert context.catalog.default_engine.name == "tone"
    assert context.planner.config.max_text_length == 7
    assert context.config.title == "Ours"


def test_a_voice_map_that_cannot_be_read_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "voice_map.json").write_text("[]")
    with pytest.raises(SettingsError, match=r"voice_map\.json"):
        build(settings(tmp_path))


@pytest.mark.e2e
def test_an_application_speaks_within_its_lifespan(tmp_path: Path) -> None:
    application = create_app(only_tone(tmp_path, VOICE_MAP="me:high", STENTOR_ENGINES_TONE_AMPLITUDE="1"))
    with TestClient(application) as client:
        answer = client.post("/v1/audio/speech", json=speech(voice="me", response_format="pcm"))
        assert answer.headers["x-stentor-voice"] == "high"
        peak = max(abs(int.from_bytes(answer.content[at : at + 2], "little", signed=True))
                   for at in range(0, len(answer.content), 2))  # fmt: skip
        assert peak > 32_000
        assert client.get("/health/ready").status_code == 200


def test_an_application_can_be_made_twice(tmp_path: Path) -> None:
    made = [create_app(only_tone(tmp_path)) for _ in range(2)]
    for application in made:
        with TestClient(application) as client:
            assert client.post("/v1/audio/speech", json=speech()).status_code == 200


def test_engines_can_be_changed_if_the_operator_allows_it(tmp_path: Path) -> None:
    loud = {"kind": "tone", "amplitude": 1}
    for allowed, status in ((False, 403), (True, 200)):
        with TestClient(create_app(only_tone(tmp_path, STENTOR_CHANGE_ENGINES=str(allowed)))) as client:
            assert client.put("/v1/engines/loud", json=loud).status_code == status
    with TestClient(create_app(only_tone(tmp_path))) as client:
        body = speech(model="loud", response_format="pcm")
        assert client.post("/v1/audio/speech", json=body).headers["x-stentor-engine"] == "loud"


def test_settings_that_were_loaded_from_nowhere_cannot_be_changed(tmp_path: Path) -> None:
    with TestClient(create_app(Loaded(only_tone(tmp_path).settings))) as client:
        assert client.put("/v1/engines/loud", json={"kind": "tone"}).status_code == 501

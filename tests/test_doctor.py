"""What `stentor doctor` finds, and what it keeps to itself."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import Field, SecretStr

from stentor import __version__, doctor, engines
from stentor.cli import main
from stentor.doctor import Finding, Mark, examine
from stentor.engines import EngineConfig
from stentor.engines.tone import ToneEngine
from stentor.errors import EngineUnavailable
from stentor.say import player
from stentor.settings import Loaded, load_settings
from stentor.types import Voice
from tests.api.inprocess import make_api
from tests.engines.runpod.plane import KEY, plane, streaming
from tests.fakes import ScriptedEngine
from tests.serving import served

pytestmark = pytest.mark.e2e  # it starts processes


def loaded(folder: Path, **environ: str) -> Loaded:
    """Load settings, and leave out the engine that needs processes."""
    own = {"STENTOR_DEFAULT_ENGINE": "tone", "STENTOR_DATA_DIR": str(folder / "kept")}
    found = load_settings(environ=own | environ, folder=folder)
    engines = {"tone": found.settings.engines["tone"]}
    return Loaded(found.settings.model_copy(update={"engines": engines}), found.origins, found.without_effect)


def section(findings: list[Finding], name: str) -> list[Finding]:
    return [finding for finding in findings if finding.section == name]


async def test_a_sound_installation_has_nothing_missing(tmp_path: Path) -> None:
    findings = await examine(loaded(tmp_path))
    assert [finding for finding in findings if finding.mark.needs_somebody] == []
    assert __version__ in section(findings, "This machine")[0].said
    assert any(finding.said.startswith("numpy ") for finding in section(findings, "Packages"))


async def test_an_engine_that_speaks_says_what_it_is(tmp_path: Path) -> None:
    tone, *others = section(await examine(loaded(tmp_path)), "Engines")
    espeak = next(other for other in others if "espeak" in other.said)
    assert tone.mark is Mark.GOOD
    assert "tone speaks" in tone.said
    assert "voices: 3" in tone.said
    assert "Apache-2.0" in tone.said
    assert espeak.mark is Mark.NOTE
    assert "espeak is installed, not in use" in espeak.said
    assert "[engines.espeak]" in espeak.remedy


async def test_an_engine_in_use_under_a_name_of_its_own_is_in_use(tmp_path: Path) -> None:
    found = load_settings(
        environ={"STENTOR_DEFAULT_ENGINE": "hum", "STENTOR_ENGINES_HUM_KIND": "tone"}, folder=tmp_path
    )
    hum = found.settings.model_copy(update={"engines": {"hum": found.settings.engines["hum"]}})
    lines = [finding.said for finding in section(await examine(Loaded(hum)), "Engines")]
    assert lines[0].startswith("hum speaks")
    assert not any(line.startswith("tone") for line in lines)


async def test_every_setting_is_shown_with_its_value_and_source(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=81\n")
    (tmp_path / "stentor.toml").write_text('[api]\ntitle = "Ours"\n')
    shown = [finding.said for finding in section(await examine(loaded(tmp_path, HOST="::1")), "Settings")]
    assert "server.port = 81  (PORT in .env)" in shown
    assert 'server.host = "::1"  (HOST in the environment)' in shown
    assert 'api.title = "Ours"  (stentor.toml)' in shown
    assert 'server.log_level = "info"  (default)' in shown
    assert "server.debug = false  (default)" in shown
    assert "routes = []  (default)" in shown
    assert "engines.tone.price = not set  (default)" in shown
    assert any(line.startswith("engines.tone.amplitude = 0.25") for line in shown)


async def test_a_route_is_shown_as_it_is_written_without_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "stentor.toml").write_text(
        '[[routes]]\nengines = [["tone", "espeak"]]\nhedge_after = 0.5\nweights = { tone = 2 }\n'
    )
    shown = [finding.said for finding in section(await examine(loaded(tmp_path)), "Settings")]
    written = '[{ engines = [["tone", "espeak"]], weights = { tone = 2.0 }, hedge_after = 0.5 }]'
    assert f"routes = {written}  (stentor.toml)" in shown


async def test_what_was_set_at_run_time_is_shown_with_its_file(tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "engines.json"
    kept.parent.mkdir()
    kept.write_text('{"engines": {"tone": {"amplitude": 0.5, "price": {"per_request": 1}}}}')
    shown = [finding.said for finding in section(await examine(loaded(tmp_path)), "Settings")]
    assert f"engines.tone.amplitude = 0.5  ({kept})" in shown


async def test_what_was_set_without_effect_is_noted_and_its_value_is_not(tmp_path: Path) -> None:
    variables = {"RUNPOD_API_KEY": "sesame", "AWS_KEY": "alakazam"}
    findings = section(await examine(loaded(tmp_path, **variables)), "Settings")
    notes = [finding.said for finding in findings if finding.mark is Mark.NOTE]
    assert len(notes) == 2
    assert notes[0].startswith("RUNPOD_API_KEY has no effect")
    assert not any("sesame" in finding.said or "alakazam" in finding.said for finding in findings)


class _Secretive(ToneEngine):
    class Config(ToneEngine.Config):
        api_key: str = ""
        bearer_token: str = ""
        database_password: str = ""
        monkey: str = ""
        passes: dict[str, SecretStr] = Field(default_factory=dict)
        extra: dict[str, Any] = Field(default_factory=dict)


async def test_secrets_are_masked_and_an_empty_one_is_seen_to_be_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "load", lambda _name: _Secretive)
    given = loaded(tmp_path)
    config: EngineConfig = _Secretive.Config(
        api_key="sesame",
        bearer_token="sesame",
        passes={"gate": SecretStr("sesame")},
        extra={"steps": 4, "headers": {"X-Api-Key": "sesame"}},
    )
    settings = given.settings.model_copy(update={"engines": {"tone": config}})
    shown = [finding.said for finding in await examine(Loaded(settings))]
    assert "engines.tone.api_key = ********  (default)" in shown
    assert "engines.tone.bearer_token = ********  (default)" in shown
    assert 'engines.tone.database_password = ""  (default)' in shown
    assert 'engines.tone.extra = { steps = 4, headers = { X-Api-Key = "********" } }  (default)' in shown
    assert not any("sesame" in line for line in shown)


class _Broken(ToneEngine):
    async def open(self) -> None:
        raise EngineUnavailable("The engine tone has no air.")


async def test_an_engine_that_cannot_speak_is_missing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "load", lambda _name: _Broken)
    tone = section(await examine(loaded(tmp_path)), "Engines")[0]
    assert tone.mark is Mark.FAILED
    assert "has no air" in tone.said


class _Bare(ToneEngine):
    async def open(self) -> None:
        raise RuntimeError("two\nlines")


class _Mute(ToneEngine):
    async def voices(self) -> list[Voice]:
        return []


class _Nameless(ToneEngine):
    async def voices(self) -> list[Voice]:
        raise KeyError("voices.json")


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (_Bare, "RuntimeError: two lines"),
        (_Mute, "no voices"),
        (_Nameless, "KeyError: 'voices.json'"),
    ],
)
async def test_whatever_an_engine_raises_is_a_line_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: type[ToneEngine], said: str
) -> None:
    (tmp_path / "voice_map.json").write_text('{"narrator": "high"}')
    monkeypatch.setattr(engines, "load", lambda _name: engine)
    findings = await examine(loaded(tmp_path))
    tone = section(findings, "Engines")[0]
    assert tone.mark is Mark.FAILED
    assert tone.said.startswith("tone cannot speak: ")
    assert said in tone.said
    assert section(findings, "Voice map")
    assert section(findings, "Settings")


def test_the_command_reports_even_where_serving_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["doctor"], env={"REQUIRE_AUTH": "true"})
    assert result.exit_code == 1
    assert "tone speaks" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if "REQUIRE_AUTH" in line]
    assert line.split()[0] == "failed"
    assert "One of the lines above needs you." in result.stderr


async def test_an_engine_that_does_not_close_has_been_examined_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clinging(ToneEngine):
        async def close(self) -> None:
            raise OSError("it will not go")

    monkeypatch.setattr(engines, "load", lambda _name: Clinging)
    findings = await examine(loaded(tmp_path))
    assert section(findings, "Engines")[0].mark is Mark.GOOD


def rented(folder: Path, url: str) -> Loaded:
    """Load settings with an engine that is paid for, alone."""
    variables = {"RUNPOD_ENDPOINT": url, "RUNPOD_API_KEY": KEY}
    found = load_settings(environ=variables, folder=folder)
    engines = {"runpod": found.settings.engines["runpod"]}
    return Loaded(found.settings.model_copy(update={"engines": engines}), found.origins, found.without_effect)


async def test_an_engine_elsewhere_is_asked_to_speak_only_on_demand(tmp_path: Path) -> None:
    async with plane(streaming(2)) as endpoint:
        given = rented(tmp_path, endpoint.url)
        looked = section(await examine(given), "Engines")[0]
        assert (looked.mark, endpoint.jobs) == (Mark.GOOD, [])
        assert looked.said.startswith("runpod answers, and was not asked to speak (")
        assert "--speak" in looked.remedy
        spoke = section(await examine(given, speak=True), "Engines")[0]
        assert len(endpoint.jobs) == 1
    assert spoke.said.startswith("runpod speaks (")
    assert not spoke.remedy
    down = section(await examine(given), "Engines")[0]
    assert down.mark is Mark.FAILED
    assert down.said == "runpod is not available: its server refused the connection"


async def test_an_engine_elsewhere_that_refuses_the_key_is_told(tmp_path: Path) -> None:
    async with plane(streaming(2)) as endpoint:
        endpoint.refuse("health", 5, 401)
        found = section(await examine(rented(tmp_path, endpoint.url)), "Engines")[0]
    assert found.mark is Mark.FAILED
    assert found.said == "runpod is not available: it refused the key (401)"


async def test_a_voice_of_a_remote_stentor_is_found_for_a_name(tmp_path: Path) -> None:
    (tmp_path / "voice_map.json").write_text('{"narrator": "Käthe"}')
    async with served(make_api(ScriptedEngine(name="far", voices=["Käthe"]))) as url:
        variables = {"TTS_MODE": "remote", "TTS_REMOTE_URL": url}
        findings = await examine(load_settings(environ=variables, folder=tmp_path))
    (mapped,) = section(findings, "Voice map")
    assert mapped.said == "narrator speaks as Käthe of remote"


async def test_the_operators_names_are_tried(tmp_path: Path) -> None:
    (tmp_path / "voice_map.json").write_text('{"narrator": "high", "alloy": "EARS_p004_freeform.mp3"}')
    bad, good = sorted(section(await examine(loaded(tmp_path)), "Voice map"), key=lambda one: one.said)
    assert (good.mark, good.said) == (Mark.GOOD, "narrator speaks as high of tone")
    assert bad.mark is Mark.FAILED
    assert "EARS_p004_freeform.mp3" in bad.said


async def test_lexicons_are_listed_and_broken_ones_named(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "lexicons"
    folder.mkdir(parents=True)
    (folder / "mine.json").write_text('{"SQL": "sequel", "GIF": "jif"}')
    (folder / "some.json").write_text('{"voices": ["nova"], "entries": {"a": "b"}}')
    (folder / "off.json").write_text('{"enabled": false, "entries": []}')
    (folder / "broken.json").write_text("{")
    *good, bad = section(await examine(loaded(tmp_path)), "Lexicons")
    assert [(one.mark, one.said) for one in good] == [
        (Mark.GOOD, "mine holds for all voices (words: 2)"),
        (Mark.GOOD, "off holds for requests that name it (words: 0)"),
        (Mark.GOOD, "some holds for nova (words: 1)"),
    ]
    assert bad.mark is Mark.FAILED
    assert bad.said.startswith("broken.json cannot be used: It is not valid JSON: ")


async def test_where_things_are_kept_is_told_without_a_secret(tmp_path: Path) -> None:
    database, blobs = section(await examine(loaded(tmp_path)), "Storage")
    assert (database.mark, blobs.mark) == (Mark.GOOD, Mark.GOOD)
    assert database.said == f"SQLite in {tmp_path / 'kept' / 'stentor.db'} (no tables yet)"
    assert blobs.said == f"blobs in the folder {tmp_path / 'kept' / 'blobs'}"
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "blobs").write_text("in the way")
    given = {"STENTOR_DATABASE_URL": "postgresql://ann:sesame@127.0.0.1:1/speech"}
    findings = await examine(loaded(tmp_path, **given, AWS_SECRET_ACCESS_KEY="sesame"))
    database, blobs = section(findings, "Storage")
    assert (database.mark, blobs.mark) == (Mark.FAILED, Mark.FAILED)
    assert database.said.startswith("The database cannot be used (PostgreSQL at 127.0.0.1:1/speech)")
    assert not any("sesame" in finding.said for finding in findings)
    assert any(finding.said.startswith("storage.database_url = ****") for finding in findings)


async def test_a_missing_package_comes_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "soxr":
            raise importlib.metadata.PackageNotFoundError
        return "1"

    monkeypatch.setattr(doctor, "version", version)
    (missing,) = [finding for finding in await examine(loaded(tmp_path)) if finding.mark.needs_somebody]
    assert "soxr is not installed" in missing.said
    assert missing.remedy.endswith("-m pip install soxr")


def test_the_first_player_that_is_installed_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert player() is None
    for name in ("play", "aplay"):
        (tmp_path / name).touch(0o755)
    chosen = player()
    assert chosen is not None
    assert chosen[0] == "aplay"


def test_the_command_shows_it_all_and_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["doctor"], env={"RUNPOD_API_KEY": "sesame"})
    assert result.exit_code == 0, result.output
    for words in ("This machine", "espeak speaks", "tone speaks", "RUNPOD_API_KEY", "(default)"):
        assert words in result.stdout
    assert "sesame" not in result.output
    assert result.stdout.rstrip().endswith("Everything that is needed is here.")


def test_the_command_fails_when_something_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(_loaded: Any, *, speak: bool) -> list[Finding]:
        assert not speak
        return [Finding("Engines", Mark.FAILED, "espeak cannot speak", "pip install espeakng-loader")]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "examine", found)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "espeak cannot speak  -> pip install espeakng-loader" in result.stdout
    assert "One of the lines above needs you." in result.stderr

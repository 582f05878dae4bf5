"""Speech without a server goes where it was asked to, whole or not at all."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from pathlib import Path

import click
import pytest

from stentor.errors import EngineFailed, EngineUnavailable, NothingToSpeak, UnknownVoice
from stentor.pipeline import waiting
from stentor.pipeline.request import SpeechRequest
from stentor.say import Target, player, say
from stentor.settings import Settings, load_settings
from tests.api.inprocess import make_api
from tests.engines.runpod.plane import KEY, Plane, plane, streaming
from tests.engines.upstream import Asked, Wire, upstream
from tests.fakes import ScriptedEngine, tone
from tests.serving import served


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environ={}, folder=tmp_path).settings


def names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def request(text: str = "Hello.", voice: str = "middle", format_: str = "wav") -> SpeechRequest:
    return SpeechRequest(text=text, model="tone", voice=voice, format=format_)


async def test_a_file_is_whole_with_its_exact_length(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    await say(settings, request("x" * 40), Target.of(str(file), None, play=False))
    with wave.open(str(file)) as read:
        assert read.getnframes() == pytest.approx(2.0 * 24_000, abs=2)
    assert names(tmp_path) == ["x.wav"]


@pytest.mark.parametrize(
    ("asked", "error"), [(request("..."), NothingToSpeak), (request(voice="bob"), UnknownVoice)]
)
async def test_a_mistake_leaves_the_old_file_as_it_was(
    settings: Settings, tmp_path: Path, asked: SpeechRequest, error: type[Exception]
) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(b"old")
    with pytest.raises(error):
        await say(settings, asked, Target.of(str(file), None, play=False))
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["x.wav"]


async def test_text_longer_than_a_server_takes_is_spoken(settings: Settings, tmp_path: Path) -> None:
    short = settings.model_copy(update={"speech": settings.speech.model_copy(update={"max_text_length": 5})})
    file = tmp_path / "x.wav"
    await say(short, request("Hello there, all of you."), Target.of(str(file), None, play=False))
    assert file.stat().st_size > 48_000


@pytest.mark.parametrize(
    ("output", "format_", "meant"),
    [
        ("x.opus", None, "opus"),
        ("x.WAV", None, "wav"),
        ("x", None, "mp3"),
        ("x.txt", "flac", "flac"),
        ("-", None, "mp3"),
    ],
)
def test_the_format_is_the_file_s_unless_one_is_given(output: str, format_: str | None, meant: str) -> None:
    assert Target.of(output, format_, play=False).format == meant


@pytest.mark.parametrize(("output", "format_"), [("x.txt", None), ("x.wav", "ogg"), (None, "riff")])
def test_a_format_nobody_knows_is_refused_in_the_words_of_the_command(
    output: str | None, format_: str | None
) -> None:
    with pytest.raises(click.UsageError) as raised:
        Target.of(output, format_, play=False)
    assert "--format" in raised.value.format_message()


CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


async def awake(endpoint: Plane, asleep: asyncio.Event) -> None:
    """Have a worker start a while after there is a job."""
    while not endpoint.jobs:  # noqa: ASYNC110  nothing tells of it
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.4)
    asleep.set()


async def said_after_a_while(shown: io.StringIO, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Speak to a file by a worker that has to start first; return what standard error got."""
    monkeypatch.setattr(waiting, "_EVERY", 0.05)
    monkeypatch.setattr(sys, "stderr", shown)
    asleep = asyncio.Event()
    async with plane(streaming(3, delay=0.1), cold=asleep) as endpoint:
        variables = {"RUNPOD_ENDPOINT": endpoint.url, "RUNPOD_API_KEY": KEY}
        rented = load_settings(environ=variables, folder=folder).settings
        asked = SpeechRequest(text="Hello.", model="runpod", voice="alloy", format="wav")
        waking = asyncio.create_task(awake(endpoint, asleep))
        await say(rented, asked, Target.of(str(folder / "x.wav"), None, play=False))
        await waking
    assert (folder / "x.wav").stat().st_size > 30_000
    return shown.getvalue()


async def test_a_terminal_shows_who_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = await said_after_a_while(Terminal(), tmp_path, monkeypatch)
    waits, _, rest = told.rpartition(CLEAR)
    assert f"{CLEAR}waiting for runpod, 0 s: 1 job waits for a worker: 1 ready" in waits
    assert "\n" not in waits
    assert rest == f"Wrote {tmp_path / 'x.wav'}.\n"


async def test_whatever_is_no_terminal_shows_nothing_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await said_after_a_while(io.StringIO(), tmp_path, monkeypatch)
    assert told == f"Wrote {tmp_path / 'x.wav'}.\n"


def test_a_player_is_a_program_that_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert player() is None
    program = tmp_path / "aplay"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    found = player()
    assert found is not None
    assert found[0] == "aplay"


NOBODY = "http://127.0.0.1:9"


def chained(folder: Path, url: str, more: str = "") -> Settings:
    """Return settings with a chain of an engine at a URL and two of this machine."""
    (folder / "stentor.toml").write_text(
        f'[engines.gpu]\nkind = "openai"\nurl = "{url}"\n{more}\n'
        '[engines.hum]\nkind = "tone"\n[[routes]]\nengines = ["gpu", "hum", "tone"]\n'
    )
    return load_settings(environ={}, folder=folder).settings


async def said(settings: Settings, file: Path, model: str = "tts-1", voice: str = "alloy") -> None:
    asked = SpeechRequest(text="x" * 20, model=model, voice=voice, format="wav")
    await say(settings, asked, Target.of(str(file), None, play=False))


async def test_the_next_in_the_chain_speaks_and_it_is_told_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.wav"
    await said(chained(tmp_path, NOBODY), file)
    with wave.open(str(file)) as read:
        assert read.getnframes() == pytest.approx(24_000, abs=2)
    assert capsys.readouterr().err == (
        f"Note: hum speaks, since gpu is not available: its server refused the connection.\nWrote {file}.\n"
    )


async def test_whoever_makes_no_sound_in_time_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def sleeps(_asked: Asked, wire: Wire) -> None:
        await wire.left()

    async with upstream() as server:
        server.answers("/v1/audio/speech", sleeps)
        await said(chained(tmp_path, server.url, "first_sound_within = 0.2"), tmp_path / "x.wav")
    assert "hum speaks, since gpu made no sound within 0.2 seconds." in capsys.readouterr().err


async def test_if_nobody_speaks_every_reason_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = chained(tmp_path, NOBODY)
    route = settings.routes[0].model_copy(update={"engines": ("gpu", "gpu2")})
    engines = {**settings.engines, "gpu2": settings.engines["gpu"]}
    with pytest.raises(EngineUnavailable, match="The engine gpu is not available"):
        await said(settings.model_copy(update={"routes": (route,), "engines": engines}), tmp_path / "x.wav")
    assert capsys.readouterr().err == ("Note: gpu2 is not available: its server refused the connection.\n")


async def test_a_voice_that_only_another_engine_has_is_told(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await said(settings, tmp_path / "x.wav", voice="middle")
    assert "Note: tone speaks, since espeak has no voice 'middle'" in capsys.readouterr().err


async def test_an_engine_that_cannot_tell_its_voices_says_why(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"refused the connection\. There is no voice 'de.f3' here"):
        await said(chained(tmp_path, NOBODY), tmp_path / "x.wav", "gpu", "de+f3")


@pytest.mark.parametrize("kind", ["openai", "provider"])
async def test_a_url_that_leads_nowhere_is_not_taken_for_a_voice_that_is_missing(
    tmp_path: Path, kind: str
) -> None:
    async with upstream() as server:
        (tmp_path / "stentor.toml").write_text(f'[engines.gpu]\nkind = "{kind}"\nurl = "{server.url}/foo"\n')
        lost = load_settings(environ={}, folder=tmp_path).settings
        with pytest.raises(EngineFailed, match=r"The engine gpu refused the request \(404\)"):
            await said(lost, tmp_path / "x.wav", "gpu")


async def test_a_voice_of_a_remote_stentor_is_found(tmp_path: Path) -> None:
    scripted = ScriptedEngine([tone(0.5)], name="far", voices=["Käthe"])
    async with served(make_api(scripted)) as url:
        variables = {"TTS_MODE": "remote", "TTS_REMOTE_URL": url}
        remote = load_settings(environ=variables, folder=tmp_path).settings
        await said(remote, tmp_path / "x.wav", voice="käthe")
    assert [utterance.voice.id for utterance in scripted.asked] == ["Käthe"]

"""The command, as people type it."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import termios
import time
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stentor import __version__
from stentor.cli import main
from stentor.settings import ENGINE_NAMES, MODE, OLD_NAMES, OPENAI_KEY, WITHOUT_EFFECT
from tests.hearing import decode, pitch, rms

pytestmark = pytest.mark.e2e  # it starts processes


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, with nothing set."""
    monkeypatch.chdir(tmp_path)
    of_engines = [MODE, OPENAI_KEY, *(name for names in ENGINE_NAMES.values() for name in names)]
    for name in list(os.environ):
        if name.startswith("STENTOR_") or name in (*OLD_NAMES, *of_engines, *WITHOUT_EFFECT, "REQUIRE_AUTH"):
            monkeypatch.delenv(name)


def run(*arguments: str, given: bytes | str | None = None, **environ: str) -> Result:
    return CliRunner().invoke(main, arguments, input=given, env=environ)


def say(*arguments: str, given: bytes | str | None = None) -> Result:
    """Speak with the engine that starts at once."""
    return run("say", "-m", "tone", "-v", "middle", *arguments, given=given)


def refused(result: Result, *said: str, code: int = 1) -> None:
    """Hold that a command failed with a sentence and nothing else."""
    assert result.exit_code == code, result.output
    for words in said:
        assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_help_names_the_commands() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in ("serve", "say", "voices", "engines", "doctor"):
        assert command in result.stdout
        assert run(command, "-h").exit_code == 0


def test_the_version_is_ours() -> None:
    assert run("--version").stdout.strip() == f"stentor, version {__version__}"


def test_a_file_is_written_in_the_format_of_its_name(tmp_path: Path) -> None:
    for format_ in ("wav", "mp3", "flac", "opus", "aac", "pcm"):
        result = say("x" * 20, "-o", f"out.{format_}")
        assert result.exit_code == 0, result.stderr
        assert result.stderr == f"Wrote out.{format_}.\n"
        sound = decode((tmp_path / f"out.{format_}").read_bytes(), format_)
        assert pitch(sound) == pytest.approx(440, abs=4)
        assert sound.size / 24_000 == pytest.approx(1.0, abs=0.1)


def test_a_file_is_whole_and_says_how_long_it_is(tmp_path: Path) -> None:
    assert say("x" * 20, "-o", "out.wav").exit_code == 0
    with wave.open("out.wav") as file:
        assert file.getnframes() * 2 + 44 == (tmp_path / "out.wav").stat().st_size


def test_the_format_option_wins_over_the_name(tmp_path: Path) -> None:
    assert say("Hello.", "-o", "out.bin", "-f", "flac").exit_code == 0
    assert (tmp_path / "out.bin").read_bytes().startswith(b"fLaC")


def test_a_pipe_is_given_the_sound() -> None:
    for arguments in ((), ("-o", "-")):
        result = say("Hello there.", "-f", "wav", *arguments)
        assert result.exit_code == 0
        assert rms(decode(result.stdout_bytes, "wav")) > 0.1
        assert result.stderr == ""


@pytest.mark.parametrize("speed", ["0.5", "2"])
def test_speed_is_kept(speed: str) -> None:
    sound = decode(say("x" * 20, "-f", "pcm", "--speed", speed).stdout_bytes, "pcm")
    assert sound.size / 24_000 == pytest.approx(1 / float(speed), rel=0.05)


def test_text_comes_from_a_pipe_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("x" * 20, "utf-8")
    for result in (
        say("-f", "pcm", given="x" * 20),
        say("-f", "pcm", "-i", "-", given="x" * 20),
        say("-f", "pcm", "-i", "text.txt"),
    ):
        assert result.exit_code == 0, result.stderr
        assert len(result.stdout_bytes) / 48_000 == pytest.approx(1.0, abs=0.05)


def test_a_book_is_not_too_long_for_the_command() -> None:
    result = say("-f", "pcm", "--speed", "4", given="x" * 250 + " " + "y " * 3000)
    assert result.exit_code == 0
    assert len(result.stdout_bytes) > 48_000 * 40


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Hello.")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    refused(say("..."), "nothing to speak")
    refused(say(given=""), "nothing to speak")
    refused(say(given=b"caf\xe9"), "not UTF-8")
    refused(say("-i", "latin.txt"), "not UTF-8")
    refused(say("Hello.", "-i", "text.txt"), "not both", code=2)
    refused(say("-i", "missing.txt"), "missing.txt", code=2)
    refused(say("Hello.", "-o", "a.wav", "--play"), "not both", code=2)
    refused(say("Hello.", "--speed", "9"), "0.25", "4", code=2)
    refused(say("Hello.", "--speed", "nan"), "--speed", code=2)
    refused(say("Hello.", "-o", "out.ogg"), "'ogg'", "mp3", code=2)
    refused(say("Hello.", "-o", "nowhere/out.wav"), "no folder nowhere to write out.wav in")
    refused(say("Hello.", "-o", "text.txt/out.wav"), "no folder text.txt to write out.wav in")
    refused(run("say", "Hello.", "-v", "allooy"), "'allooy'", "Did you mean alloy")
    refused(run("say", "Hello.", "-m", "gpt-9"), "'gpt-9'", "tts-1")
    refused(run("sing", "Hello."), "sing", code=2)


def test_a_failure_leaves_the_file_that_was_there_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out.ogg"
    target.write_bytes(b"precious")
    refused(say("Hello.", "-o", "out.ogg"), "'ogg'", code=2)
    refused(say("...", "-o", "out.ogg", "-f", "wav"), "nothing to speak")
    assert target.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_is_replaced_and_has_the_usual_permissions(tmp_path: Path) -> None:
    target = tmp_path / "out.wav"
    target.write_bytes(b"old")
    before = os.umask(0o027)
    try:
        assert say("Hello.", "-o", "out.wav").exit_code == 0
    finally:
        os.umask(before)
    assert target.read_bytes().startswith(b"RIFF")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_warning_is_noted() -> None:
    result = say("Hel\x07lo.", "-o", "out.wav")
    assert result.exit_code == 0
    assert "Note: 1 control character" in result.stderr


def test_voices_are_a_table() -> None:
    lines = run("voices").stdout.splitlines()
    assert lines[0].split() == ["VOICE", "ENGINE", "SPEAKS", "AS", "NAME"]
    assert any(line.split()[:3] == ["alloy", "espeak", "en-US+f3"] for line in lines)
    tone = run("voices", "-m", "tone").stdout.splitlines()
    assert [line.split()[0] for line in tone[1:]] == ["low", "middle", "high"]
    refused(run("voices", "-m", "gpt-9"), "'gpt-9'")


def test_voices_of_the_default_model_are_its_voices() -> None:
    """`tts-1` is a model like any other; it has voices."""
    result = run("voices", "-m", "tts-1")
    assert result.exit_code == 0
    assert "alloy" in result.stdout


def test_the_operators_own_names_are_listed(tmp_path: Path) -> None:
    (tmp_path / "voice_map.json").write_text('{"narrator": "de"}')
    assert any(line.split()[:3] == ["narrator", "espeak", "de"] for line in run("voices").stdout.splitlines())


def test_engines_are_a_table() -> None:
    lines = run("engines").stdout.splitlines()
    assert lines[0].split() == ["ENGINE", "KIND", "STATE", "WHERE", "LICENCE"]
    assert any(line.split()[:3] == ["espeak", "espeak", "default"] and "GPL-3.0" in line for line in lines)
    assert any(line.split()[:4] == ["tone", "tone", "in", "use"] for line in lines)
    assert lines[-1].split() == ["runpod", "installed"]


def test_a_mistake_in_the_settings_is_a_sentence_for_every_command(tmp_path: Path) -> None:
    for command in (("voices",), ("engines",), ("doctor",), ("serve",), ("say", "Hello.")):
        refused(run(*command, STENTOR_PROT="1"), "STENTOR_PROT", "STENTOR_PORT")
    refused(run("voices", "--config", "missing.toml"), "missing.toml")


def test_a_settings_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[speech]\ndefault_engine = "tone"\n')
    lines = run("engines", "--config", "mine.toml").stdout.splitlines()
    assert lines[1].split()[:3] == ["tone", "tone", "default"]


def test_a_terminal_breaks_the_lines_of_a_report_between_words() -> None:
    leads, follows = pty.openpty()
    termios.tcsetwinsize(follows, (24, 60))
    written = []
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen([sys.executable, "-m", "stentor", "doctor"], stdout=follows, env=environ)
    os.close(follows)
    with process, os.fdopen(leads, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
        while part := terminal.read(65_536):  # an error at its end
            written.append(part)
    shown = re.sub(r"\x1b\[\d*m", "", b"".join(written).decode()).splitlines()
    (at,) = [number for number, line in enumerate(shown) if "espeak speaks (" in line]
    assert shown[at].startswith("  ok      espeak speaks")
    assert shown[at + 1].startswith("          ")
    assert max(len(line) for line in shown[: at + 3]) <= 60


def test_a_port_that_cannot_be_had_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(run("serve", "--port", str(port)), str(port), "--port")
    refused(run("serve", "--port", "99999"), "65535")
    refused(run("serve", "--port", "0", "--host", "no.such.host.invalid"), "no.such.host.invalid")
    refused(run("serve", "--log-level", "loud"), "server.log_level", "the command line")


def test_keys_that_cannot_be_checked_keep_the_server_from_starting() -> None:
    refused(run("serve", "--port", "0", REQUIRE_AUTH="true"), "REQUIRE_AUTH")


def test_there_is_no_player_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(say("Hello.", "--play"), "no player", "ffplay", "--output")


def test_a_player_is_given_a_wav(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    player = tmp_path / "aplay"
    player.write_text("#!/bin/sh\n/bin/cat > played.wav\n")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert say("Hello there.", "--play").exit_code == 0
    assert rms(decode((tmp_path / "played.wav").read_bytes(), "wav")) > 0.1


def test_a_player_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    player = tmp_path / "aplay"
    player.write_text("#!/bin/sh\n/bin/cat > /dev/null\nexit 3\n")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(say("Hello there.", "--play"), "could not play")


def test_a_player_that_dies_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    player = tmp_path / "aplay"
    player.write_text("#!/bin/sh\nexit 3\n")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(say("x" * 4000, "--play"), "aplay could not play the sound.")


@pytest.mark.e2e
def test_a_command_that_is_terminated_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "out.pcm"
    arguments = ("say", "-m", "tone", "-v", "low", "-i", "book.txt", "-o", target.name)
    (tmp_path / "book.txt").write_text("Hello there. " * 100_000)
    with subprocess.Popen([sys.executable, "-m", "stentor", *arguments], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not list(tmp_path.glob(".out.pcm.*")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert b"Traceback" not in said
    assert [file.name for file in tmp_path.iterdir()] == ["book.txt"]


@pytest.mark.e2e
def test_a_reader_who_has_had_enough_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "stentor", "say", "-m", "tone", "-v", "low", "-f", "pcm", "x" * 4000],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(1000)) == 1000
        process.stdout.close()
        said = process.stderr.read()
        process.wait(10)
    assert said == b""


def test_espeak_speaks_with_no_server() -> None:
    result = run("say", "Hello there.", "-f", "wav")
    assert result.exit_code == 0, result.stderr
    with wave.open(io.BytesIO(result.stdout_bytes)) as file:
        assert file.getframerate() == 24_000
    assert rms(decode(result.stdout_bytes, "wav")) > 0.02

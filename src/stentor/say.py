"""`stentor say`: speech without a server, to a file, a pipe or a player."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from stentor.app import build
from stentor.audio.encode import FORMATS, encoded
from stentor.pipeline.lines import Line
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.speak import speak
from stentor.pipeline.waiting import while_waiting

if TYPE_CHECKING:
    from stentor.engines import Engine
    from stentor.pipeline.lines import Step
    from stentor.pipeline.plan import Plan
    from stentor.settings import Settings
    from stentor.types import AudioChunk

PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"),
    ("aplay", "-q", "-"),
    ("paplay", "--raw=no"),
    ("play", "-q", "-t", "wav", "-"),
)
"""Programs that play a WAV file from standard input, and how they are asked to."""

_CLEAR = "\r\x1b[K"  # of the line on a terminal
_LONG = 600  # characters; shorter text is spoken before a progress bar would be seen


def player() -> tuple[str, ...] | None:
    """Return the command that plays WAV from standard input, if there is one."""
    return next((command for command in PLAYERS if shutil.which(command[0])), None)


class Target:
    """Where `say` puts the sound."""

    def __init__(self, format_: str, *, path: Path | None, play: bool) -> None:
        self.format = format_
        self.path = path
        self.play = play

    @classmethod
    def of(cls, output: str | None, format_: str | None, *, play: bool) -> Target:
        """Understand the options."""
        if format_ is not None and format_ not in FORMATS:
            raise click.BadParameter(f"{format_!r} is not one of {', '.join(FORMATS)}", param_hint="--format")
        if play:
            if output:
                raise click.UsageError("Give --output or --play, not both.")
            return cls("wav", path=None, play=True)
        if output is None and sys.stdout.isatty():
            output = f"speech.{format_ or 'mp3'}"
        if output in (None, "-"):
            return cls(format_ or "mp3", path=None, play=False)
        path = Path(str(output))
        meant = format_ or path.suffix.lstrip(".").lower() or "mp3"
        if meant not in FORMATS:
            known = ", ".join(FORMATS)
            raise click.UsageError(f"No format is called {meant!r}; say one with --format: {known}.")
        return cls(meant, path=path, play=False)

    @contextlib.contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open it; a file appears under its name only when it is complete."""
        if self.play:
            with _playing() as sink:
                yield sink
        elif self.path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _replacing(self.path) as sink:
                yield sink
            click.echo(f"Wrote {self.path}.", err=True)


@contextlib.contextmanager
def tidy_when_terminated() -> Iterator[None]:
    """Let SIGTERM end the program as an exception does, so that nothing half made stays behind."""
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    if path.exists() and not path.is_file():
        with path.open("wb") as device:  # a pipe or a device cannot be replaced
            yield device
        return
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise click.ClickException(f"There is no folder {path.parent} to write {path.name} in.") from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as sink:
            yield sink
        mask = os.umask(0)
        os.umask(mask)
        Path(draft).chmod(0o666 & ~mask)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _playing() -> Iterator[IO[bytes]]:

    command = player()
    if command is None:
        names = ", ".join(known[0] for known in PLAYERS)
        raise click.ClickException(f"There is no player here. Install one of {names}, or use --output.")
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  one of our own list
    assert process.stdin is not None  # noqa: S101  it was asked for
    try:
        yield process.stdin
        process.stdin.close()
        failed = process.wait() != 0
    except BrokenPipeError:  # it ended before the sound did
        failed = True
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.kill()
        process.wait()
    if failed:
        raise click.ClickException(f"{command[0]} could not play the sound.")


async def say(settings: Settings, request: SpeechRequest, target: Target) -> None:
    """Speak a text of any length to a target, with one worker; notes go to standard error."""
    plan = await build(_alone(settings)).planner.plan(request)
    for warning in plan.warnings:
        click.echo(f"Note: {warning}.", err=True)
    engines = plan.cast.engines
    try:
        for engine in engines:
            await engine.open()
        async with aclosing(_sound(plan, target)) as parts:
            first = await anext(parts)
            with target.opened() as sink:
                sink.write(first)
                async for part in parts:
                    sink.write(part)
    finally:
        for engine in engines:
            await engine.close()


async def _awaited(
    chunks: AsyncGenerator[AudioChunk, None], engine: Engine
) -> AsyncGenerator[AudioChunk, None]:
    """Pass chunks on; if the first takes long, a terminal shows who is waited for, and for what."""
    async with aclosing(chunks):
        begun = asyncio.create_task(_next(chunks))
        shown = ""
        try:
            async with aclosing(while_waiting(begun)) as waits:
                async for seconds in waits:
                    if sys.stderr.isatty():
                        shown = _CLEAR
                        click.echo(f"{_CLEAR}{_waiting(engine, seconds)}", err=True, nl=False)
            first = await begun
        finally:
            begun.cancel()
            await asyncio.gather(begun, return_exceptions=True)
            click.echo(shown, err=True, nl=False)
        if first is not None:
            yield first
        async for chunk in chunks:
            yield chunk


async def _next(chunks: AsyncGenerator[AudioChunk, None]) -> AudioChunk | None:
    return await anext(chunks, None)


def _waiting(engine: Engine, seconds: float) -> str:
    condition = engine.health()
    reason = condition.activity or condition.problem
    line = f"waiting for {engine.name}, {seconds:.0f} s{f': {reason}' if reason else ''}"
    return line[: shutil.get_terminal_size().columns - 1]


async def _sound(plan: Plan, target: Target) -> AsyncGenerator[bytes, None]:
    """Encode the speech, with a progress bar over long text: whole for a file, as made for a pipe."""
    length = len(plan.request.text)
    hidden = length < _LONG or not sys.stderr.isatty()
    with click.progressbar(length=length, label="Speaking", file=sys.stderr, hidden=hidden) as bar:

        def lines() -> Iterator[Step]:
            for step in plan.lines():
                yield step
                if isinstance(step, Line):
                    bar.update(step.place[1] - bar.pos)
            bar.update(length - bar.pos)

        encoder = plan.format.open(plan.sample_rate, target.path is not None)
        chunks = _awaited(speak(lines(), plan.sample_rate), plan.engine)
        async with aclosing(encoded(chunks, encoder)) as parts:
            async for part in parts:
                yield part


def _alone(settings: Settings) -> Settings:
    """Take the settings with one worker for each engine: one caller needs no more."""
    engines = {
        name: config.model_copy(
            update={name: count for name, count in (("replicas", 1), ("spares", 0)) if hasattr(config, name)}
        )
        for name, config in settings.engines.items()
    }
    speech = settings.speech.model_copy(update={"max_text_length": sys.maxsize})
    return settings.model_copy(update={"engines": engines, "speech": speech})

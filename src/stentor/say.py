"""`stentor say`: speech without a server, to a file, a pipe or a player."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from stentor.app import build
from stentor.audio.encode import FORMATS, encoded
from stentor.engines.late import Late, make_late
from stentor.errors import EngineError, EngineUnavailable, UnknownVoice, quoted
from stentor.pipeline.answer import Answer
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.waiting import while_waiting
from stentor.stopping import Stop

if TYPE_CHECKING:
    from stentor.engines import Engine
    from stentor.pipeline.plan import Planner
    from stentor.settings import Settings
    from stentor.types import AudioChunk

T = TypeVar("T")

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
    def opened(self, stop: Stop) -> Iterator[IO[bytes]]:
        """Open it; a file appears under its name only when it is complete."""
        if self.play:
            with _playing(stop) as sink:
                yield sink
        elif self.path is None:
            yield sys.stdout.buffer
            with stop.blocking():
                sys.stdout.buffer.flush()
        else:
            with _replacing(self.path) as sink:
                yield sink
            click.echo(f"Wrote {self.path}.", err=True)


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
def _playing(stop: Stop) -> Iterator[IO[bytes]]:
    command = player()
    if command is None:
        names = ", ".join(known[0] for known in PLAYERS)
        raise click.ClickException(f"There is no player here. Install one of {names}, or use --output.")
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  one of our own list
    assert process.stdin is not None  # noqa: S101  it was asked for
    try:
        yield process.stdin
        with stop.blocking():
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


async def say(settings: Settings, request: SpeechRequest, target: Target, stop: Stop | None = None) -> None:
    """Speak a text of any length to a target, with one worker; notes go to standard error."""
    stop = stop or Stop()
    context = build(_alone(settings), make_late)
    async with contextlib.AsyncExitStack() as engines:
        for engine in context.catalog.engines.values():
            engines.push_async_callback(engine.close)
        speech = _Speech(context.planner, request)
        async with aclosing(speech.parts(whole=target.path is not None)) as parts:
            first = await anext(parts)
            with target.opened(stop) as sink:
                _write(sink, first, stop)
                async for part in parts:
                    _write(sink, part, stop)


def _write(sink: IO[bytes], part: bytes, stop: Stop) -> None:
    with stop.blocking():
        sink.write(part)


class _Speech:
    """A request that is spoken, and what a terminal is told of it."""

    def __init__(self, planner: Planner, request: SpeechRequest) -> None:
        self._planner = planner
        self._request = request
        self._chosen = planner.router.choice(request).engines
        self._answer: Answer | None = None

    async def parts(self, *, whole: bool) -> AsyncGenerator[bytes, None]:
        """Encode the speech, with a progress bar over long text: whole for a file, as made for a pipe."""
        first, answer, chunks = await waited(self._begun(), self._waited_for)
        async with aclosing(chunks):
            for note in self._notes(answer):
                click.echo(f"Note: {note}.", err=True)
            heard = _shown(first, chunks, answer)
            async with aclosing(encoded(heard, answer.plan.encoder(whole=whole))) as parts:
                async for part in parts:
                    yield part

    async def _begun(self) -> tuple[AudioChunk | None, Answer, AsyncGenerator[AudioChunk, None]]:
        """Settle the request, and wait for the first sound of whoever speaks it."""
        try:
            answer = self._answer = await Answer.to(self._planner, self._request)
        except UnknownVoice as error:
            if silent := self._silent():
                raise EngineUnavailable(" ".join([*silent, error.message])) from error
            raise
        chunks = answer.chunks()
        try:
            return await anext(chunks, None), answer, chunks
        except EngineError:
            for _, other in answer.failures[1:]:
                click.echo(f"Note: {_clause(other.message)}.", err=True)
            raise

    def _waited_for(self) -> Engine:
        opening = (engine for engine in self._chosen if isinstance(engine, Late) and engine.is_opening)
        return next(opening, self._answer.plan.engine if self._answer else self._chosen[0])

    def _silent(self) -> list[str]:
        """Say which engines could not tell whether they have the voice."""
        return [
            f"The engine {engine.name} is not available: {engine.trouble}."
            for engine in self._chosen
            if isinstance(engine, Late) and engine.trouble
        ]

    def _notes(self, answer: Answer) -> list[str]:
        notes = list(answer.plan.warnings)
        speaks, first = answer.plan.engine.name, self._chosen[0].name
        if speaks != first:
            why = [error.message for _, error in answer.failures] or self._silent()
            why = why or [f"{first} has no voice {quoted(self._request.voice)}, or was not heard as soon"]
            notes.append(f"{speaks} speaks, since {'; '.join(map(_clause, why))}")
        return notes


def _clause(sentence: str) -> str:
    return sentence.removeprefix("The engine ").removesuffix(".")


async def waited(work: Coroutine[Any, Any, T], engine: Callable[[], Engine]) -> T:
    """Return what work does; if it takes long, a terminal shows which engine is waited for, and why."""
    begun = asyncio.create_task(work)
    shown = ""
    try:
        async with aclosing(while_waiting(begun)) as waits:
            async for seconds in waits:
                if sys.stderr.isatty():
                    shown = _CLEAR
                    click.echo(f"{_CLEAR}{_waiting(engine(), seconds)}", err=True, nl=False)
        return await begun
    finally:
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
        click.echo(shown, err=True, nl=False)


def _waiting(engine: Engine, seconds: float) -> str:
    condition = engine.health()
    reason = condition.activity or condition.problem
    line = f"waiting for {engine.name}, {seconds:.0f} s{f': {reason}' if reason else ''}"
    return line[: shutil.get_terminal_size().columns - 1]


async def _shown(
    first: AudioChunk | None, chunks: AsyncGenerator[AudioChunk, None], answer: Answer
) -> AsyncGenerator[AudioChunk, None]:
    """Pass chunks on, and show how much of a long text has been spoken."""
    length, usage = len(answer.plan.request.text), answer.attempt.usage
    hidden = length < _LONG or not sys.stderr.isatty()
    with click.progressbar(length=length, label="Speaking", file=sys.stderr, hidden=hidden) as bar:
        if first is not None:
            yield first
        async for chunk in chunks:
            bar.update(min(usage.characters, length) - bar.pos)
            yield chunk
        bar.update(length - bar.pos)


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

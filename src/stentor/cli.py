"""The `stentor` command; thin, and the only place that imports everything."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import shutil
import socket
import sys
import textwrap
from collections.abc import Callable, Coroutine
from functools import partial, update_wrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from stentor import __version__
from stentor.errors import StentorError

if TYPE_CHECKING:
    from stentor.providercheck.finding import Finding
    from stentor.settings import Loaded
    from stentor.stopping import Stop

T = TypeVar("T")


class _Group(click.Group):
    """Expected failures are one sentence on standard error, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  as click has it
        """Run a command."""
        try:
            return super().invoke(ctx)
        except StentorError as error:
            raise click.ClickException(error.message) from error
        except BrokenPipeError:
            _write_no_more()
            sys.exit(1)
        except OSError as error:
            where = f" {error.filename}:" if error.filename else ""
            raise click.ClickException(f"{where} {error.strerror or error}".strip()) from error


def _configured(command: Callable[..., None], *, lenient: bool = False) -> Any:  # noqa: ANN401  click decorates it further
    """Give a command `--config`, and the loaded settings; a lenient one says itself what keeps us closed."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Settings file; stentor.toml in this folder if not given.",
    )
    def with_settings(config: Path | None, **arguments: Any) -> None:  # noqa: ANN401  click's own
        from stentor.settings import load_settings  # noqa: PLC0415  --help needs no server

        overrides = arguments.pop("overrides", {})
        for name in ("host", "port", "log_level"):
            if arguments.get(name) is not None:
                overrides[f"server.{name}"] = arguments[name]
        command(load_settings(overrides, config=config, lenient=lenient), **arguments)

    return update_wrapper(with_settings, command)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stentor")
def main() -> None:
    """One speech server for every voice engine."""


@main.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 if nothing else is set.")
@click.option("--port", type=int, help="Port to listen on; 8000 if nothing else is set.")
@click.option("--log-level", help="debug, info, warning, error or critical.")
@_configured
def serve(loaded: Loaded, **_given: Any) -> None:  # noqa: ANN401  they are in the settings by now
    """Serve speech over HTTP until Ctrl-C."""
    import uvicorn  # noqa: PLC0415

    from stentor.app import create_app  # noqa: PLC0415
    from stentor.observe import logs  # noqa: PLC0415

    server = loaded.settings.server
    logs.configure("debug" if server.debug else server.log_level)
    application = create_app(loaded)
    listening = _listen(server.host, server.port)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # of Linux; every connection inherits it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * server.stalled_seconds)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Stentor {__version__} speaks at http://{shown}:{port} (what it can: /docs); Ctrl-C ends it.")
    for sentence in loaded.without_effect:
        click.echo(sentence, err=True)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="wsproto",
        ws_max_size=loaded.settings.api.max_body_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=server.graceful_seconds,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OverflowError as error:
        raise click.ClickException(f"Port {port} is not between 0 and 65535.") from error
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --host and --port."
        ) from error


@main.command()
@click.argument("text", required=False)
@click.option("-v", "--voice", default="alloy", show_default=True, help="Who speaks; see `stentor voices`.")
@click.option(
    "-m", "--model", default="tts-1", show_default=True, help="Which engine; see `stentor engines`."
)
@click.option("-f", "--format", "format_", help="mp3, opus, aac, flac, wav or pcm; else by the file's name.")
@click.option("-o", "--output", help="File to write; - is standard output.")
@click.option(
    "-i", "--input", "file", type=click.File(encoding="utf-8"), help="File to read; - is standard input."
)
@click.option("--speed", type=float, default=1.0, show_default=True, help="0.25 to 4.")
@click.option("--language", help="BCP-47 tag of the language to speak.")
@click.option("--play", is_flag=True, help="Play it, with whatever player is installed.")
@_configured
def say(loaded: Loaded, text: str | None, file: IO[str] | None, **given: Any) -> None:  # noqa: ANN401
    """Speak TEXT, a file, or standard input; no server is needed.

    Without -o and --play, the sound goes to a file speech.mp3 in this folder, or into the pipe.
    """
    from stentor.audio.stretch import FASTEST, SLOWEST  # noqa: PLC0415
    from stentor.pipeline.request import SpeechRequest  # noqa: PLC0415
    from stentor.say import Target  # noqa: PLC0415
    from stentor.say import say as speak_to  # noqa: PLC0415
    from stentor.stopping import Stop  # noqa: PLC0415
    from stentor.text.language import language_tag  # noqa: PLC0415

    if text is not None and file:
        raise click.UsageError("Give TEXT or --input, not both.")
    if not SLOWEST <= given["speed"] <= FASTEST:
        raise click.BadParameter(f"must be between {SLOWEST} and {FASTEST:g}", param_hint="--speed")
    target = Target.of(given["output"], given["format_"], play=given["play"])
    stop = Stop()
    with stop.heeded():
        request = SpeechRequest(
            text=_text(file) if text is None else text,
            model=given["model"],
            voice=given["voice"],
            format=target.format,
            speed=given["speed"],
            language=language_tag(given["language"] or ""),
        )
        _run(speak_to(loaded.settings, request, target, stop), stop)


def _text(file: IO[str] | None) -> str:
    """Read the text to speak from a file or a pipe."""
    source = file or (None if sys.stdin.isatty() else io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"))
    if source is None:
        raise click.UsageError('Say what: `stentor say "Hello."`, `-i FILE`, or text from a pipe.')
    try:
        return source.read()
    except UnicodeDecodeError as error:
        raise click.ClickException("The text to speak is not UTF-8.") from error


@main.command()
@click.option("-m", "--model", help="Only the voices of this engine.")
@_configured
def voices(loaded: Loaded, model: str | None) -> None:
    """List who can speak.

    An engine on another machine is asked for its voices, and waited for a few seconds.
    """
    from stentor import listing  # noqa: PLC0415

    _table(listing.VOICES, _run(listing.voices(loaded.settings, model)))


@main.command()
@_configured
def engines(loaded: Loaded) -> None:
    """List the engines in use by their names, then what else is installed.

    `stentor doctor` says how they are.
    """
    from stentor import listing  # noqa: PLC0415

    _table(listing.ENGINES, listing.engines(loaded.settings))


@main.command()
@click.option("--speak", is_flag=True, help="Have engines on other machines say a word, too; it may cost.")
@partial(_configured, lenient=True)
def doctor(loaded: Loaded, *, speak: bool) -> None:
    """Say what is installed, what is configured and from where, and what is missing.

    Engines of this machine say a word; others are only asked whether they are there.
    """
    from stentor.doctor import Mark, examine  # noqa: PLC0415

    colours = {Mark.GOOD: "green", Mark.NOTE: "yellow"}
    section = ""
    findings = _run(examine(loaded, speak=speak))
    for finding in findings:
        if finding.section != section:
            section = finding.section
            click.secho(f"\n{section}", bold=True)
        mark = click.style(f"  {finding.mark.value:8}", colours.get(finding.mark, "red"))
        click.echo(f"{mark}{_beside(10, finding.said, finding.remedy)}")
    wrong = sum(finding.mark.needs_somebody for finding in findings)
    click.echo()
    if wrong:
        lines = "One of the lines above needs" if wrong == 1 else f"{wrong} of the lines above need"
        raise click.ClickException(f"{lines} you.")
    click.echo("Everything that is needed is here.")


@main.group()
def db() -> None:
    """Care for what is kept: voices, and all that belongs to them."""


@db.command("upgrade")
@_configured
def db_upgrade(loaded: Loaded) -> None:
    """Bring the tables of the database up to date."""
    from stentor import upkeep  # noqa: PLC0415

    _run(upkeep.upgrade(loaded.settings))


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_configured
def db_backup(loaded: Loaded, file: Path) -> None:
    """Write what is kept to a new tar FILE, while servers go on.

    It holds SQLite's database and all blobs. PostgreSQL has its own pg_dump.
    """
    from stentor import upkeep  # noqa: PLC0415

    _run(upkeep.backup(loaded.settings, file))


@db.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the database that is there.")
@_configured
def db_restore(loaded: Loaded, file: Path, *, force: bool) -> None:
    """Put back what is in a backup FILE; no server may run.

    The whole file is checked before anything is touched.
    """
    from stentor import upkeep  # noqa: PLC0415

    _run(upkeep.restore(loaded.settings, file, force=force))


@main.command("provider-check")
@click.argument("url")
@click.option("--api-key", default="", help="The key it asks for.")
@click.option("--json", "as_json", is_flag=True, help="Write the report as JSON.")
def provider_check(url: str, api_key: str, *, as_json: bool) -> None:
    """Check whether the server at URL keeps the provider protocol."""
    from stentor.providercheck import ProviderCheck  # noqa: PLC0415
    from stentor.providercheck.finding import Mark  # noqa: PLC0415

    colours = {Mark.PASSED: "green", Mark.FAILED: "red", Mark.NOT_OFFERED: "yellow"}

    async def made() -> list[Finding]:
        findings = []
        async for finding in ProviderCheck(url, api_key).report():
            findings.append(finding)
            if not as_json:
                mark = click.style(f"  {finding.mark.value:13}", colours[finding.mark])
                click.echo(f"{mark}{finding.check:15}{_beside(30, finding.said, finding.remedy)}")
        return findings

    findings = _run(made())
    wrong = sum(finding.counts for finding in findings)
    if as_json:
        report = {"url": url, "conforms": not wrong, "checks": [finding.fields() for finding in findings]}
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        sys.exit(1 if wrong else 0)
    if wrong:
        checks = "1 check" if wrong == 1 else f"{wrong} checks"
        raise click.ClickException(f"{checks} failed that a provider must pass.")
    click.echo("It is a provider.")


def _beside(column: int, said: str, remedy: str) -> str:
    """Return a finding and its remedy as they stand at a column: a terminal's lines end between words."""
    line = f"{said}  -> {remedy}" if remedy else said
    if not sys.stdout.isatty():
        return line
    width = max(shutil.get_terminal_size().columns - column, 30)
    lines = textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * column}".join(lines)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _run(work: Coroutine[Any, Any, T], stop: Stop | None = None) -> T:
    from stentor import threads  # noqa: PLC0415
    from stentor.stopping import Stop  # noqa: PLC0415

    async def with_threads() -> T:
        asyncio.get_running_loop().set_default_executor(threads.pool())
        return await work

    # What a server would log of an engine that fails is told in a sentence.
    log = logging.getLogger("stentor")
    level = log.level
    log.setLevel(logging.ERROR)
    stop = stop or Stop()
    with stop.heeded():
        try:
            return asyncio.run(stop.over(with_threads()))
        except BaseException:
            if stop.status:
                _write_no_more()
            raise
        finally:
            log.setLevel(level)


def _write_no_more() -> None:
    """Let nobody be waited for who should read our output; Python would, or complain, while it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

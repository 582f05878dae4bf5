"""What `stentor db` does: care for what is kept, without a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stentor.storage import Storage, make_storage
from stentor.storage.archive import Contents, Progress
from stentor.storage.archive import backup as written
from stentor.storage.archive import restore as put_back
from stentor.storage.migrate import NEWEST

if TYPE_CHECKING:
    from stentor.settings import Settings

_STEPS = 1000


async def upgrade(settings: Settings) -> None:
    """Bring the database's tables up to date, and say which they are."""
    storage = make_storage(settings.storage, settings.data_dir)
    changed = await storage.database.upgrade()
    state = "now of" if changed else "already of"
    click.echo(f"{storage.database.place} is {state} revision {NEWEST}.")


async def backup(settings: Settings, file: Path) -> None:
    """Write a backup, and say what is in it."""
    storage = make_storage(settings.storage, settings.data_dir)
    with _shown("Writing") as progress:
        contents = await written(storage, file, progress)
    click.echo(f"Wrote {file}: {_described(contents)}.")
    if contents.database is None:
        _tell_of_postgresql(storage, "back it up with pg_dump, before this")


async def restore(settings: Settings, file: Path, *, force: bool) -> None:
    """Put back what is in a backup, and say what that is."""
    storage = make_storage(settings.storage, settings.data_dir)
    with _shown("Restoring") as progress:
        contents = await put_back(storage, file, progress, force=force)
    click.echo(f"Restored {_described(contents)}.")
    if contents.database is None:
        _tell_of_postgresql(storage, "restore it with pg_restore or psql")


def _tell_of_postgresql(storage: Storage, advice: str) -> None:
    click.echo(f"The database, {storage.database.place}, is not in it: {advice}.", err=True)


def _described(contents: Contents) -> str:
    database = "the database and " if contents.database else ""
    return f"{database}{len(contents.blobs):,} blobs, {contents.size:,} bytes"


@contextmanager
def _shown(label: str) -> Iterator[Progress]:
    """Draw a bar on a terminal, elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=_STEPS, label=label, file=sys.stderr) as bar:
        yield lambda done, total: bar.update(_STEPS * done // max(total, 1) - bar.pos)

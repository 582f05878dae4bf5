"""SQLite, in a file."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stentor import threads
from stentor.errors import StorageFailed
from stentor.storage.database import Engines
from stentor.storage.folder import make_private, sync_folder

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = logging.getLogger(__name__)

_BUSY_SECONDS = 15.0
_READERS = 4

# FULL: what is committed survives the loss of power, not the end of this process alone.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


class SqlitePlace:
    """A file that one machine's servers share.

    One connection writes, and its transactions wait for each other in this process, in their order; those of
    other processes wait for the lock that BEGIN IMMEDIATE takes. A transaction that took it only with its
    first write could not wait: what it has read might be out of date by then.
    """

    def __init__(self, file: Path, busy_seconds: float = _BUSY_SECONDS) -> None:
        self.file = file
        self._busy_seconds = busy_seconds
        self._opened: tuple[int, int] | None = None

    def __str__(self) -> str:
        return f"SQLite in {self.file}"

    def is_there(self) -> bool:
        """Tell whether there is a file."""
        return self.file.exists()

    async def revision(self, patience: float = 0.0) -> str | None:  # noqa: ARG002  a file is there at once
        """Return the revision of its tables, None if there are none."""
        return await threads.run(self._revision)

    def check(self) -> None:
        """Raise StorageFailed if the file is another than that which was opened: that one would be lost."""
        if self._opened != self._identity():
            raise StorageFailed(
                "The database's file was moved, removed or replaced while the server ran. Nothing was "
                "changed; the server must be restarted."
            )

    def engines(self) -> Engines:
        """Make what transactions run on, and the file for this user alone."""
        self._make_file()
        reading = self._engine("BEGIN", (*_PRAGMAS, "query_only = ON"), _READERS)
        writing = self._engine("BEGIN IMMEDIATE", _PRAGMAS, 1)
        self._opened = self._identity()
        return Engines(reading, writing)

    def migrating(self) -> AsyncEngine:
        """Make what changes tables. Replacing one drops it, which must delete no rows of others."""
        self._make_file()
        return self._engine("BEGIN IMMEDIATE", (*_PRAGMAS, "foreign_keys = OFF"), 1)

    async def lock(self, _connection: AsyncConnection) -> bool:
        """Say that the transaction is alone: its BEGIN IMMEDIATE has waited for that."""
        return True

    def copy(self, target: Path) -> None:
        """Write a copy as of one moment, while others write. Blocks; raises StorageFailed."""
        try:
            with closing(self._plain()) as source, closing(sqlite3.connect(target)) as made:
                source.backup(made)
                made.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def is_in_use(self) -> bool:
        """Tell whether any process has the file open. Blocks."""
        try:
            with closing(sqlite3.connect(self.file, timeout=0, isolation_level=None)) as connection:
                # To leave WAL, one must be alone.
                return bool(connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "wal")
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
        except sqlite3.DatabaseError:
            return False

    def replace(self, made: Path) -> None:
        """Put a finished file in the place of what is there, if anything is. Blocks."""
        for suffix in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                self.file.with_name(f"{self.file.name}{suffix}").unlink()
        made.replace(self.file)
        sync_folder(self.file.parent)

    def _revision(self) -> str | None:
        if not self.file.exists():
            return None
        try:
            with closing(self._plain()) as connection:
                found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise self._unusable(error) from error
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error
        return str(found[0]) if found else None

    def _plain(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.file.absolute().as_uri()}?mode=rw", uri=True, timeout=self._busy_seconds
        )

    def _unusable(self, error: sqlite3.Error) -> StorageFailed:
        return StorageFailed(f"The database {self.file} cannot be used: {error}.")

    def _make_file(self) -> None:
        try:
            make_private(self.file.parent)
            with suppress(FileExistsError):
                # SQLite gives the files that it puts beside this one the same permissions.
                os.close(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise StorageFailed(f"The database {self.file} cannot be made: {error.strerror}.") from error

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _engine(self, begin: str, pragmas: tuple[str, ...], connections: int) -> AsyncEngine:
        from sqlalchemy import URL, event  # noqa: PLC0415
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
        from sqlalchemy.pool import AsyncAdaptedQueuePool  # noqa: PLC0415

        from stentor.storage.failures import translate  # noqa: PLC0415

        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(self.file)),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=2 * self._busy_seconds,
            hide_parameters=True,
            connect_args={"timeout": self._busy_seconds},
        )

        def connected(connection: Any, _record: Any) -> None:  # noqa: ANN401  the driver's own
            connection.isolation_level = None  # SQLite's own transactions, not those of Python's module
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        def begun(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine.sync_engine, "connect", connected)
        event.listen(engine.sync_engine, "begin", begun)
        event.listen(engine.sync_engine, "handle_error", translate)
        return engine

"""The database: opened, brought up to date, and used in transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from stentor import threads
from stentor.errors import StorageFailed
from stentor.storage.migrate import KNOWN, NEWEST, upgrade

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_PATIENCE = 10.0  # seconds that a server of databases may take to start beside this one


@dataclass(frozen=True, slots=True)
class Engines:
    """What reads and what writes."""

    reading: AsyncEngine
    writing: AsyncEngine


class Place(Protocol):
    """A kind of database. Only `engines` and `migrating` import SQLAlchemy, which takes half a second."""

    async def revision(self, patience: float = 0.0) -> str | None:
        """Return the revision of its tables, None if there are none. Raises StorageFailed.

        A server of databases that may just be starting is waited for, at most `patience` seconds.
        """

    def is_there(self) -> bool:
        """Tell whether there is anything to be read or brought up to date before the first use."""

    def check(self) -> None:
        """Raise StorageFailed if it is known not to be what was opened."""

    def engines(self) -> Engines:
        """Make what transactions run on. Blocks."""

    def migrating(self) -> AsyncEngine:
        """Make what changes its tables. Blocks."""

    async def lock(self, connection: AsyncConnection) -> bool:
        """Try to be the only one who changes its tables, until the transaction ends."""

    def __str__(self) -> str:
        """Say which it is, without a secret."""


class Database:
    """The database of everything that is kept.

    Each transaction is all or nothing, and is on the disk when its block has ended without an exception:

        async with database.write() as connection:
            await connection.execute(insert(voices).values(...))

    Any failure is StorageFailed, but for `sqlalchemy.exc.IntegrityError`: that is what the block itself may
    expect, as of a name that is taken. No transaction is tried twice; a connection that was found broken
    before anything was said on it is replaced.
    """

    def __init__(self, place: Place, patience: float = _PATIENCE) -> None:
        self.place = place
        self._patience = patience
        self._engines: Engines | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Bring the tables up to date if there are any, at a server of databases in any case.

        What is not there yet is made at its first use. Raises StorageFailed, also if the database is newer
        than this program.
        """
        if self.place.is_there():
            await self.upgrade()

    async def upgrade(self) -> bool:
        """Bring the tables up to date; tells whether they were not. Safe while others do the same."""
        return await self._upgrade(self._patience)

    async def _upgrade(self, patience: float) -> bool:
        found = await self.place.revision(patience)
        if found == NEWEST:
            return False
        if found is not None and found not in KNOWN:
            raise StorageFailed(
                f"The database was last used by a newer Stentor (its tables are of revision {found}; this "
                f"one knows them up to {NEWEST}). Start that version, or restore a backup that this one made."
            )
        await threads.run(upgrade, self.place)
        return True

    async def prepare(self) -> None:
        """Do what the first transaction would do first: import and connect, which takes half a second."""
        await self._prepared()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Read, from one moment's state of everything; writing is refused."""
        engines = await self._prepared()
        async with self._transaction(engines.reading) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Read and write. With SQLite one at a time, so wait for nothing else in its block."""
        engines = await self._prepared()
        async with self._transaction(engines.writing) as connection:
            yield connection

    async def close(self) -> None:
        """Let go of all connections. It can be used again."""
        async with self._opening:
            engines, self._engines = self._engines, None
        if engines is not None:
            await engines.reading.dispose()
            await engines.writing.dispose()

    async def _prepared(self) -> Engines:
        if self._engines is None:
            async with self._opening:
                if self._engines is None:
                    await self._upgrade(0.0)
                    self._engines = await threads.run(self.place.engines)
                return self._engines
        return self._engines

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        from sqlalchemy.exc import IntegrityError, SQLAlchemyError  # noqa: PLC0415

        from stentor.storage.failures import explained  # noqa: PLC0415

        self.place.check()
        is_done = False
        try:
            async with engine.begin() as connection:
                yield connection
                is_done = True
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise explained(error, while_committing=is_done) from error

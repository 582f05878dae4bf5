"""PostgreSQL, by URL."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stentor import threads
from stentor.errors import StorageFailed
from stentor.storage.database import Engines

if TYPE_CHECKING:
    import asyncpg
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5.0
_COMMAND_SECONDS = 30.0
_CONNECTIONS = 8
_RECYCLE_SECONDS = 1800
_LOCK = 0x5374656E746F72  # "Stentor"

_REFUSED = {
    "28": "it refuses the user or the password",
    "3D": "there is no such database",
    "53": "it has no room for another connection",
}


class PostgresqlPlace:
    """A database of a server. asyncpg reads the URL, so it takes all that libpq's URLs may say."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __str__(self) -> str:
        parts = urlsplit(self._url)
        return f"PostgreSQL at {parts.netloc.rpartition('@')[2] or 'this machine'}{parts.path}"

    def is_there(self) -> bool:
        """Say that it is to be asked at once: a server that is far away can be away."""
        return True

    async def revision(self, patience: float = 0.0) -> str | None:
        """Return the revision of its tables, None if there are none. Waits for a server that starts."""
        await threads.run(_import_driver)
        import asyncpg  # noqa: PLC0415

        until = time.monotonic() + patience
        while True:
            try:
                connection = await self._connect(_COMMAND_SECONDS)
                try:
                    return await _revision(connection)
                finally:
                    await connection.close(timeout=_CONNECT_SECONDS)
            except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
                if time.monotonic() >= until:
                    raise self._unreachable(error) from error
                log.warning("%s does not answer yet: %s", self, error or type(error).__name__)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
                raise self._unreachable(error) from error
            await asyncio.sleep(0.5)

    def check(self) -> None:
        """Find nothing: a connection that broke is noticed when it is used."""

    def engines(self) -> Engines:
        """Make what transactions run on. A reader sees one moment's state, as with SQLite."""
        writing = self._engine(_COMMAND_SECONDS, _CONNECTIONS)
        reading = writing.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return Engines(reading, writing)

    def migrating(self) -> AsyncEngine:
        """Make what changes tables, however long that takes."""
        return self._engine(None, 1)

    async def lock(self, connection: AsyncConnection) -> bool:
        """Try to take the lock that all servers of this database share."""
        from sqlalchemy import text  # noqa: PLC0415

        taken = await connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK})
        return bool(taken.scalar_one())

    async def _connect(self, command_seconds: float | None) -> asyncpg.Connection:
        import asyncpg  # noqa: PLC0415

        return await asyncpg.connect(
            self._url,
            timeout=_CONNECT_SECONDS,
            command_timeout=command_seconds,
            server_settings={"application_name": "stentor"},
        )

    def _unreachable(self, error: Exception) -> StorageFailed:
        state = getattr(error, "sqlstate", None) or ""
        why = _REFUSED.get(state[:2]) or " ".join(str(error).split()) or type(error).__name__
        return StorageFailed(f"The database cannot be used ({self}): {why}.")

    def _engine(self, command_seconds: float | None, connections: int) -> AsyncEngine:
        from sqlalchemy import event  # noqa: PLC0415
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        from stentor.storage.failures import DriverFailed, translate  # noqa: PLC0415

        async def connect() -> asyncpg.Connection:
            import asyncpg  # noqa: PLC0415

            try:
                return await self._connect(command_seconds)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise DriverFailed(str(error) or type(error).__name__) from error

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_COMMAND_SECONDS,
            pool_pre_ping=True,
            pool_recycle=_RECYCLE_SECONDS,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "handle_error", translate)
        return engine


async def _revision(connection: asyncpg.Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return found


def _import_driver() -> None:
    import asyncpg  # noqa: F401, PLC0415

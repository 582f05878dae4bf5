"""Bring the tables of a database up to date, by alembic and the files in `revisions`."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stentor.errors import StorageFailed

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

    from stentor.storage.database import Place

KNOWN = ("0001",)
"""The revisions, oldest first; said here so that a start that has nothing to do need not import alembic."""
NEWEST = KNOWN[-1]

REVISIONS = Path(__file__).parent / "revisions"

_PATIENCE = 600.0  # seconds that another server may take to do the same
_PAUSE = 0.1


def upgrade(place: Place) -> None:
    """Upgrade in one transaction, one server at a time. Blocks; raises StorageFailed.

    It has an event loop of its own, so that the caller's goes on.
    """
    asyncio.run(_upgrade(place, _scripts(), place.migrating()))


async def _upgrade(place: Place, scripts: ScriptDirectory, engine: AsyncEngine) -> None:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from stentor.storage.failures import explained  # noqa: PLC0415

    until = time.monotonic() + _PATIENCE
    try:
        while True:
            async with engine.begin() as connection:
                if await place.lock(connection):
                    await connection.run_sync(_run, scripts)
                    return
            if time.monotonic() > until:
                raise StorageFailed("Another server has been changing the database's tables for too long.")
            await asyncio.sleep(_PAUSE)
    except SQLAlchemyError as error:
        raise explained(error) from error
    finally:
        await engine.dispose()


def _run(connection: Connection, scripts: ScriptDirectory) -> None:
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415

    def steps(revision: Any, _context: Any) -> Any:  # noqa: ANN401  alembic's own
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001  as `alembic upgrade` itself does

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def _scripts() -> ScriptDirectory:
    from alembic.runtime import environment  # noqa: F401, PLC0415  12 MB that are seldom needed
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory(str(REVISIONS.parent), version_locations=[str(REVISIONS)])
    scripts.get_heads()
    return scripts

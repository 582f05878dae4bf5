"""Bring the tables of a database up to date, by alembic and the files in `revisions`."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stentor.errors import StorageFailed

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
    asyncio.run(_upgrade(place))


async def _upgrade(place: Place) -> None:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from stentor.storage.failures import explained  # noqa: PLC0415

    engine = place.migrating()
    until = time.monotonic() + _PATIENCE
    try:
        while True:
            async with engine.begin() as connection:
                if await place.lock(connection):
                    await connection.run_sync(_run)
                    return
            if time.monotonic() > until:
                raise StorageFailed("Another server has been changing the database's tables for too long.")
            await asyncio.sleep(_PAUSE)
    except SQLAlchemyError as error:
        raise explained(error) from error
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    from alembic.config import Config  # noqa: PLC0415  12 MB that a database that is up to date does not need
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(REVISIONS.parent).replace("%", "%%"))
    config.set_main_option("version_locations", str(REVISIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _context: Any) -> Any:  # noqa: ANN401  alembic's own
        return script._upgrade_revs("head", revision)  # noqa: SLF001  as `alembic upgrade` itself does

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()

"""Blobs that no row names: left by a process that died between a blob and its row."""

from __future__ import annotations

import time

from stentor.storage.blobs import Blobs
from stentor.storage.database import Database

_YOUNGEST = 3600.0  # seconds; a blob is written before its row, so a new one may still get one


async def sweep(database: Database, blobs: Blobs, youngest: float = _YOUNGEST) -> int:
    """Delete blobs that no row names and that were written more than so many seconds ago; returns how many.

    Any server may do it at any time. Raises StorageFailed.
    """
    before = time.time() - youngest
    await blobs.tidy(before)
    old = [entry.key async for entry in blobs.entries() if entry.written_at < before]
    if not old:
        return 0
    named = await _named(database)
    orphans = [key for key in old if key not in named]
    for key in orphans:
        await blobs.delete(key)
    return len(orphans)


async def _named(database: Database) -> set[str]:
    async with database.read() as connection:
        from sqlalchemy import select, union_all  # noqa: PLC0415  imported by now

        from stentor.storage.schema import BLOBS  # noqa: PLC0415

        every = union_all(*(select(column).where(column.is_not(None)) for column in BLOBS))
        return set(await connection.scalars(every))

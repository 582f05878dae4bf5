"""Rows to put into the tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from stentor.storage.schema import new_id, samples, voices


async def add_voice(connection: AsyncConnection, name: str = "Ann", **given: Any) -> str:
    row = {
        "id": new_id("voice"),
        "owner": "",
        "name": name,
        "folded_name": name.casefold(),
        "version": 1,
        "created_at": 1,
        "updated_at": 1,
    }
    await connection.execute(insert(voices).values(**{**row, **given}))
    return str(given.get("id", row["id"]))


async def add_sample(connection: AsyncConnection, voice: str, blob: str, position: int = 0) -> str:
    identity = new_id("sample")
    await connection.execute(
        insert(samples).values(
            id=identity,
            voice_id=voice,
            position=position,
            blob=blob,
            sha256=blob[3:67],
            sent_sha256=f"{position:064x}",
            bytes=1,
            rate=24_000,
            seconds=1.0,
            created_at=1,
        )
    )
    return identity

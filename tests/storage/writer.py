"""Writes until it is killed, again and again; says what was acknowledged, and what was lost.

python -m tests.storage.writer DATABASE BLOBS KILLS < CONFIG
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import func, select
from tests.storage.rows import add_sample, add_voice
from tests.stores import S3_KEY

from stentor.storage import StorageConfig
from stentor.storage.blobs import Blobs
from stentor.storage.database import Database
from stentor.storage.folder import FolderBlobs
from stentor.storage.postgresql import PostgresqlPlace
from stentor.storage.s3 import S3Blobs
from stentor.storage.schema import samples, voices
from stentor.storage.sqlite import SqlitePlace
from stentor.storage.sweep import sweep


def database_of(written: str) -> Database:
    is_file = "://" not in written
    return Database(SqlitePlace(Path(written)) if is_file else PostgresqlPlace(written))


def blobs_of(folder: str, config: str) -> Blobs:
    if not config:
        return FolderBlobs(Path(folder))
    return S3Blobs(StorageConfig.model_validate({**json.loads(config), "s3_secret_access_key": S3_KEY}))


async def write(database: Database, blobs: Blobs, acknowledge: int) -> None:
    """Keep voices of two samples each, three at a time."""

    async def one() -> None:
        while True:
            keys = [await blobs.put(random.randbytes(20_000)) for _ in range(2)]
            async with database.write() as connection:
                voice = await add_voice(connection, random.randbytes(8).hex())
                for position, key in enumerate(keys):
                    await add_sample(connection, voice, key, position)
            os.write(acknowledge, f"{voice} {keys[0]} {keys[1]}\n".encode())

    await asyncio.gather(one(), one(), one())


async def verify(database: Database, blobs: Blobs, lines: list[str]) -> dict[str, int]:
    async with database.read() as connection:
        known = set(await connection.scalars(select(voices.c.id)))
        rows = (await connection.execute(select(samples.c.voice_id, samples.c.blob))).all()
        per_voice = await connection.execute(
            select(func.count(samples.c.id)).select_from(voices.outerjoin(samples)).group_by(voices.c.id)
        )
        torn = sum(number != 2 for number in per_voice.scalars())
    named = {row.blob for row in rows}
    lost = 0
    for line in lines:
        voice, *keys = line.split()
        for key in keys:
            await blobs.get(key)
        lost += voice not in known or not named.issuperset(keys)
    for key in named:
        await blobs.get(key)
    swept = await sweep(database, blobs, youngest=-60)
    left = {entry.key async for entry in blobs.entries()}
    await database.close()
    return {
        "acknowledged": len(lines),
        "lost": lost,
        "torn": torn,
        "swept": swept,
        "orphans_left": len(left - named) + len(named - left),
    }


def main() -> None:
    written, folder, kills = sys.argv[1:]
    config = sys.stdin.read()
    asyncio.run(database_of(written).upgrade())
    lines: list[str] = []
    for _ in range(int(kills)):
        read, acknowledge = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            try:
                asyncio.run(write(database_of(written), blobs_of(folder, config), acknowledge))
            finally:
                os._exit(1)
        os.close(acknowledge)
        with os.fdopen(read) as said:
            lines.append(said.readline())
            time.sleep(random.uniform(0, 0.25))
            os.kill(child, signal.SIGKILL)
            lines += said.readlines()
        os.waitpid(child, 0)
    lines = [line for line in lines if line.endswith("\n")]
    found = asyncio.run(verify(database_of(written), blobs_of(folder, config), lines))
    print(json.dumps({"kills": int(kills), **found}))


if __name__ == "__main__":
    main()

"""What is SQLite's alone."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from tests.storage.rows import add_voice

from stentor.errors import StorageFailed
from stentor.storage.database import Database
from stentor.storage.schema import voices
from stentor.storage.sqlite import SqlitePlace


async def used(file: Path, busy_seconds: float = 5) -> Database:
    database = Database(SqlitePlace(file, busy_seconds))
    async with database.write() as connection:
        await add_voice(connection)
    return database


async def test_the_file_and_its_journals_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = await used(tmp_path / "kept" / "stentor.db")
    finally:
        os.umask(before)
    files = [*(tmp_path / "kept").iterdir()]
    assert {file.name for file in files} == {"stentor.db", "stentor.db-wal", "stentor.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700
    await database.close()


async def test_what_is_committed_survives_the_loss_of_power(tmp_path: Path) -> None:
    database = await used(tmp_path / "stentor.db")
    async with database.write() as connection:
        asked = [(await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                 for name in ("journal_mode", "synchronous", "foreign_keys")]  # fmt: skip
    await database.close()
    assert asked == ["wal", 2, 1]


async def test_another_process_that_writes_for_long_is_waited_for_and_then_named(tmp_path: Path) -> None:
    database = await used(tmp_path / "stentor.db", busy_seconds=0.3)
    with closing(sqlite3.connect(tmp_path / "stentor.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed, match="busy"):
            async with database.write() as connection:
                await add_voice(connection, "late")
        async with database.read() as connection:
            assert len((await connection.execute(select(voices))).all()) == 1
        other.execute("ROLLBACK")
    async with database.write() as connection:
        await add_voice(connection, "late")
    await database.close()


async def test_a_file_that_was_taken_away_is_noticed_before_anything_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "stentor.db"
    database = await used(file)
    file.rename(tmp_path / "elsewhere.db")
    for _ in range(2):
        with pytest.raises(StorageFailed, match="moved, removed or replaced"):
            async with database.write() as connection:
                await add_voice(connection, "lost")
        file.write_bytes(b"")
    await database.close()


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 100, bytes(100)])
async def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stentor.db").write_bytes(content)
    with pytest.raises(StorageFailed, match=r"stentor.db cannot be used"):
        await Database(SqlitePlace(tmp_path / "stentor.db")).open()
    assert (tmp_path / "stentor.db").read_bytes() == content


async def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "stentor.db").touch()
    database = Database(SqlitePlace(tmp_path / "stentor.db"))
    await database.open()
    async with database.read() as connection:
        assert (await connection.execute(select(voices))).all() == []
    await database.close()


async def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    with pytest.raises(StorageFailed, match="cannot be made"):
        await Database(SqlitePlace(tmp_path / "kept" / "stentor.db")).prepare()


async def test_a_copy_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    database = await used(tmp_path / "stentor.db")
    place = SqlitePlace(tmp_path / "stentor.db")
    async with database.write() as connection:
        await add_voice(connection, "later")
        await asyncio.to_thread(place.copy, tmp_path / "copy.db")
    await database.close()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT name FROM voices").fetchall() == [("Ann",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_a_file_in_use_is_known_to_be(tmp_path: Path) -> None:
    place = SqlitePlace(tmp_path / "stentor.db")
    database = await used(tmp_path / "stentor.db")
    assert await asyncio.to_thread(place.is_in_use)
    await database.close()
    assert not await asyncio.to_thread(place.is_in_use)


async def test_a_full_disk_is_said_and_what_was_there_stays(small_disk: Path) -> None:
    database = await used(small_disk / "stentor.db")
    kept = 1
    with pytest.raises(StorageFailed, match="no room left"):
        for number in range(100):
            async with database.write() as connection:
                await add_voice(connection, f"{number}" + "x" * 50_000)
            kept += 1
    assert kept < 100
    async with database.read() as connection:
        assert len((await connection.execute(select(voices.c.id))).all()) == kept
    await database.close()
    again = Database(SqlitePlace(small_disk / "stentor.db"))
    async with again.read() as connection:
        assert len((await connection.execute(select(voices.c.id))).all()) == kept
    await again.close()

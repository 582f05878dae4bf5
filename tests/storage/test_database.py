"""Transactions, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from tests.storage.rows import add_sample, add_voice
from tests.stores import Postgresql

from stentor.errors import StorageFailed
from stentor.storage.database import Database, Place
from stentor.storage.schema import samples, voices
from stentor.storage.sqlite import SqlitePlace

ROOT = Path(__file__).parents[2]


async def count(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(voices))).scalar_one())


async def test_what_is_written_is_read_again_also_after_a_new_start(place: Place) -> None:
    database = Database(place)
    await database.open()
    async with database.write() as connection:
        identity = await add_voice(connection, "Zoë ☎")
    await database.close()
    again = Database(place)
    await again.open()
    async with again.read() as connection:
        (row,) = (await connection.execute(select(voices))).all()
    await again.close()
    assert (row.id, row.name, row.version) == (identity, "Zoë ☎", 1)


async def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half-way"):
        async with database.write() as connection:
            await add_voice(connection)
            raise RuntimeError("half-way")
    assert await count(database) == 0


async def test_a_name_is_taken_once_per_owner(database: Database) -> None:
    async with database.write() as connection:
        await add_voice(connection, "Ann")
        await add_voice(connection, "Ann", owner="other")
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await add_voice(connection, "ANN")
    assert await count(database) == 2


async def test_rows_that_belong_to_nothing_are_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await add_sample(connection, "voice_of_nobody", f"ab/{'ab' * 32}-{'0' * 16}")


async def test_what_belongs_to_a_row_goes_with_it(database: Database) -> None:
    async with database.write() as connection:
        voice = await add_voice(connection)
        await add_sample(connection, voice, f"ab/{'ab' * 32}-{'0' * 16}")
    async with database.write() as connection:
        await connection.execute(voices.delete())
    async with database.read() as connection:
        assert (await connection.execute(select(samples))).all() == []


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StorageFailed, match="read-only"):
        async with database.read() as connection:
            await add_voice(connection)
    assert await count(database) == 0
    async with database.write() as connection:
        await add_voice(connection)
    assert await count(database) == 1


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.read() as reader:
        before = (await reader.execute(select(voices))).all()
        async with database.write() as connection:
            await add_voice(connection)
        assert (await reader.execute(select(voices))).all() == before == []
    assert await count(database) == 1


async def test_many_who_read_and_then_write_lose_nothing(database: Database) -> None:
    async with database.write() as connection:
        identity = await add_voice(connection)

    async def raise_it() -> None:
        async with database.write() as connection:
            query = select(voices.c.version).where(voices.c.id == identity).with_for_update()
            version = (await connection.execute(query)).scalar_one()
            await connection.execute(update(voices).values(version=version + 1))

    await asyncio.gather(*(raise_it() for _ in range(50)))
    async with database.read() as connection:
        assert (await connection.execute(select(voices.c.version))).scalar_one() == 51


async def test_several_processes_write_at_once(database: Database, place: Place, tmp_path: Path) -> None:
    program = """
import asyncio, sys
sys.path[:0] = {path!r}
from sqlalchemy import text
from tests.storage.rows import add_voice
from tests.storage.writer import database_of
async def main():
    database = database_of({written!r})
    for number in range(15):
        async with database.write() as connection:
            await connection.execute(text("SELECT 1"))
            await add_voice(connection, f"{{sys.argv[1]}} {{number}}")
    await database.close()
asyncio.run(main())
"""
    written = place.file.as_posix() if isinstance(place, SqlitePlace) else place._url  # type: ignore[attr-defined]
    code = program.format(path=[str(ROOT), str(ROOT / "src")], written=written)
    processes = [subprocess.Popen([sys.executable, "-c", code, str(number)]) for number in range(3)]
    assert [await asyncio.to_thread(process.wait, 60) for process in processes] == [0, 0, 0]
    assert await count(database) == 45


async def test_a_caller_who_leaves_in_the_middle_leaves_nothing_behind(database: Database) -> None:
    entered = asyncio.Event()

    async def dawdle() -> None:
        async with database.write() as connection:
            await add_voice(connection)
            entered.set()
            await asyncio.sleep(60)

    for _ in range(3):
        entered.clear()
        task = asyncio.create_task(dawdle())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(3):
        async with database.write() as connection:
            await add_voice(connection)
    assert await count(database) == 1


async def test_callers_who_leave_at_any_moment_do_not_stop_the_others(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.write() as connection:
            await add_voice(connection, f"{number}")

    for number in range(40):
        task = asyncio.create_task(write(number))
        await asyncio.sleep(number * 0.0004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(8):
        await write(100)
    assert await count(database) >= 1


async def test_a_mistake_in_a_statement_is_no_secret_of_the_callers(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StorageFailed) as failed:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:what)"), {"what": "sesame"})
    assert "log says how" in failed.value.message
    assert "sesame" not in failed.value.message + caplog.text
    assert "nowhere" in caplog.text


@pytest.mark.parametrize("newer", ["0042", "ffff"])
async def test_a_database_that_is_newer_is_refused(place: Place, newer: str) -> None:
    database = Database(place)
    await database.prepare()
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :newer"), {"newer": newer})
    await database.close()
    for use in (Database(place).open, Database(place).upgrade, Database(place).prepare):
        with pytest.raises(StorageFailed, match=f"newer Stentor .*{newer}"):
            await use()


async def test_a_failed_start_can_be_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.write_text("in the way")
    database = Database(SqlitePlace(folder / "stentor.db"))
    with pytest.raises(StorageFailed):
        await count(database)
    folder.unlink()
    assert await count(database) == 0
    await database.close()


async def test_nothing_is_made_before_it_is_used(tmp_path: Path) -> None:
    database = Database(SqlitePlace(tmp_path / "kept" / "stentor.db"))
    await database.open()
    await database.close()
    assert list(tmp_path.iterdir()) == []


# A server that goes away


async def test_a_server_that_crashes_and_comes_back_is_used_again(postgresql: Postgresql) -> None:
    from stentor.storage.postgresql import PostgresqlPlace  # noqa: PLC0415

    database = Database(PostgresqlPlace(await postgresql.create()))
    async with database.write() as connection:
        await add_voice(connection, "kept")
    postgresql.stop()
    try:
        for use in (database.write, database.read):
            with pytest.raises(StorageFailed, match="cannot be reached"):
                async with use() as connection:
                    await connection.execute(select(voices))
    finally:
        postgresql.start()
    assert await count(database) == 1
    async with database.write() as connection:
        await add_voice(connection, "kept as well")
    assert await count(database) == 2
    await database.close()


async def test_a_server_that_crashes_within_a_transaction_keeps_nothing_of_it(postgresql: Postgresql) -> None:
    from stentor.storage.postgresql import PostgresqlPlace  # noqa: PLC0415

    database = Database(PostgresqlPlace(await postgresql.create()))
    with pytest.raises(StorageFailed, match=r"cannot be reached|went away"):
        async with database.write() as connection:
            await add_voice(connection)
            postgresql.stop()
            try:
                await connection.execute(select(voices))
            finally:
                postgresql.start()
    assert await count(database) == 0
    await database.close()


async def test_a_server_that_goes_before_the_last_word_may_have_kept_it(postgresql: Postgresql) -> None:
    from stentor.storage.postgresql import PostgresqlPlace  # noqa: PLC0415

    database = Database(PostgresqlPlace(await postgresql.create()))
    try:
        with pytest.raises(StorageFailed, match="kept it or not"):
            async with database.write() as connection:
                await add_voice(connection)
                postgresql.stop()
    finally:
        postgresql.start()
    assert await count(database) == 0
    await database.close()


# Ends that nobody announces


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    place: Place, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    written = place.file.as_posix() if isinstance(place, SqlitePlace) else place._url  # type: ignore[attr-defined]
    config = request.getfixturevalue("s3_config") if kind == "s3" else None
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.writer", written, str(tmp_path / "kept" / "blobs"), "12"],
        cwd=ROOT,
        input=config.model_dump_json(exclude={"s3_secret_access_key", "s3_session_token"}) if config else "",
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["kills"] == 12
    assert found["acknowledged"] > 12
    assert found["lost"] == found["torn"] == 0
    assert found["orphans_left"] == 0


def test_a_page_of_many_voices_is_read_by_its_index(tmp_path: Path) -> None:

    async def main() -> str:
        database = Database(SqlitePlace(tmp_path / "stentor.db"))
        async with database.write() as connection:
            row = {"owner": "", "version": 1, "updated_at": 1}
            many = [
                {
                    **row,
                    "id": f"v{number}",
                    "name": f"{number}",
                    "folded_name": f"{number}",
                    "created_at": number,
                }
                for number in range(1000)
            ]
            await connection.execute(insert(voices), many)
            plan = await connection.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT * FROM voices "
                    "WHERE owner = '' AND (created_at, id) < (500, '') "
                    "ORDER BY created_at DESC, id DESC LIMIT 20"
                )
            )
            said = str(plan.all())
        await database.close()
        return said

    said = asyncio.run(main())
    assert "ix_voices_owner_created_at_id" in said
    assert "TEMP B-TREE" not in said

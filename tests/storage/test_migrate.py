"""How tables come up to date."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from tests.storage.rows import add_voice

from stentor.errors import StorageFailed
from stentor.storage import migrate
from stentor.storage.database import Database, Place
from stentor.storage.migrate import KNOWN, NEWEST, REVISIONS
from stentor.storage.schema import metadata
from stentor.storage.sqlite import SqlitePlace

ROOT = Path(__file__).parents[2]


def test_the_files_are_those_that_the_code_knows() -> None:
    scripts = ScriptDirectory(str(REVISIONS.parent), version_locations=[str(REVISIONS)])
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == KNOWN


async def test_all_steps_together_make_the_tables_that_the_code_uses(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.write() as connection:
        assert await connection.run_sync(differences) == []


async def test_an_upgrade_tells_whether_there_was_anything_to_do(place: Place) -> None:
    assert await place.revision() is None
    assert await Database(place).upgrade()
    assert await place.revision() == NEWEST
    assert not await Database(place).upgrade()


async def test_a_step_that_fails_changes_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(place)
    async with database.write() as connection:
        await add_voice(connection)
    await database.close()
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / "a.py").write_text((REVISIONS / "r0001_voices.py").read_text())
    (steps / "b.py").write_text(
        "from alembic import op\nrevision, down_revision = '0002', '0001'\n"
        "def upgrade():\n    op.execute('ALTER TABLE voices ADD COLUMN mood TEXT')\n"
        "    op.execute('nonsense')\n"
    )
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "REVISIONS", steps)
        with pytest.raises(StorageFailed):
            await asyncio.to_thread(migrate.upgrade, place)
    assert await place.revision() == "0001"
    async with database.read() as connection:
        (row,) = (await connection.execute(text("SELECT * FROM voices"))).all()
    assert "mood" not in row._mapping
    await database.close()


async def test_a_table_that_is_made_anew_keeps_the_rows_that_belong_to_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite changes a column by dropping the table; that must not take its samples along."""
    database = Database(place)
    async with database.write() as connection:
        voice = await add_voice(connection)
        await connection.execute(
            text(
                "INSERT INTO prompts (id, voice_id, voice_version, engine, engine_version, blob, sha256, "
                "bytes, created_at) VALUES ('p', :voice, 1, 'e', '1', 'b', 's', 1, 1)"
            ),
            {"voice": voice},
        )
    await database.close()
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / "a.py").write_text((REVISIONS / "r0001_voices.py").read_text())
    (steps / "b.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision, down_revision = '0002', '0001'\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('voices') as table:\n"
        "        table.alter_column('language', type_=sa.Text(), existing_type=sa.String(35))\n"
    )
    monkeypatch.setattr(migrate, "REVISIONS", steps)
    await asyncio.to_thread(migrate.upgrade, place)
    assert await place.revision() == "0002"
    monkeypatch.setattr("stentor.storage.database.NEWEST", "0002")
    async with database.write() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM prompts"))).scalar_one() == 1
        await connection.execute(text("DELETE FROM voices"))
        assert (await connection.execute(text("SELECT count(*) FROM prompts"))).scalar_one() == 0
    await database.close()


@pytest.mark.e2e
async def test_several_servers_start_at_once(place: Place) -> None:
    written = place.file.as_posix() if isinstance(place, SqlitePlace) else place._url  # type: ignore[attr-defined]
    program = (
        f"import asyncio, sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'src')]!r}\n"
        "from tests.storage.writer import database_of\n"
        "sys.stdin.read()\n"
        f"asyncio.run(database_of({written!r}).upgrade())\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    await asyncio.sleep(2)  # they have imported all there is, and wait for their word
    ended = await asyncio.gather(*(asyncio.to_thread(process.communicate, b"", 60) for process in processes))
    assert [process.returncode for process in processes] == [0] * 4, ended
    assert await place.revision() == NEWEST

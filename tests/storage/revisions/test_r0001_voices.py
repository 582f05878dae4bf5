"""The first step."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from stentor.storage.database import Database


async def test_it_makes_the_tables_of_voices(database: Database) -> None:
    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async with database.write() as connection:
        found = await connection.run_sync(names)
    assert found == {"alembic_version", "voices", "samples", "consents", "consented", "prompts"}

"""What is PostgreSQL's alone."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import select, text
from tests.storage.rows import add_voice
from tests.stores import Postgresql, free_port

from stentor.errors import StorageFailed
from stentor.storage.database import Database
from stentor.storage.postgresql import PostgresqlPlace
from stentor.storage.schema import voices


async def test_a_url_may_say_all_that_libpqs_may(postgresql: Postgresql) -> None:
    name = (await postgresql.create()).rpartition("/")[2]
    for url in (
        f"postgres://stentor@localhost:{postgresql.port}/{name}?sslmode=disable",
        f"postgresql:///{name}?host={postgresql.sockets}&port={postgresql.port}&user=stentor",
        f"postgresql://stentor@127.0.0.1:{postgresql.port}/{name}?application_name=mine",
    ):
        database = Database(PostgresqlPlace(url))
        async with database.read() as connection:
            assert (await connection.execute(select(voices))).all() == []
        await database.close()


@pytest.mark.parametrize(
    ("user", "name", "said"),
    [("stentor", "nowhere", "there is no such database"), ("nobody:sesame", "postgres", "refuses the user")],
)
async def test_what_a_server_refuses_is_said_without_the_password(
    postgresql: Postgresql, user: str, name: str, said: str
) -> None:
    url = f"postgresql://{user}@127.0.0.1:{postgresql.port}/{name}"
    with pytest.raises(StorageFailed, match=said) as refused:
        await Database(PostgresqlPlace(url)).open()
    assert f"127.0.0.1:{postgresql.port}/{name}" in refused.value.message
    assert "sesame" not in refused.value.message


async def test_a_server_that_is_away_is_waited_for_and_then_named() -> None:
    place = PostgresqlPlace(f"postgresql://ann:sesame@127.0.0.1:{free_port()}/speech")
    begun = time.monotonic()
    with pytest.raises(StorageFailed, match="cannot be used") as refused:
        await Database(place, patience=0.8).open()
    assert time.monotonic() - begun >= 0.8
    assert "sesame" not in refused.value.message


async def test_a_server_that_starts_late_is_found(postgresql: Postgresql) -> None:
    url = await postgresql.create()
    postgresql.stop()
    opening = asyncio.create_task(Database(PostgresqlPlace(url)).open())
    await asyncio.sleep(0.3)
    await asyncio.to_thread(postgresql.start)
    await opening


async def test_more_callers_than_connections_wait_for_their_turn(postgresql: Postgresql) -> None:
    database = Database(PostgresqlPlace(await postgresql.create()))

    async def write(number: int) -> None:
        async with database.write() as connection:
            await connection.execute(text("SELECT pg_sleep(0.01)"))
            await add_voice(connection, f"{number}")

    await asyncio.gather(*(write(number) for number in range(40)))
    async with database.read() as connection:
        assert len((await connection.execute(select(voices))).all()) == 40
        used = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE application_name = 'stentor' AND datname = current_database()"
        )
        assert (await connection.execute(text(used))).scalar_one() <= 8
    await database.close()


async def test_a_text_that_the_database_cannot_hold_is_a_failure_of_it_and_not_of_the_connection(
    postgresql: Postgresql,
) -> None:
    database = Database(PostgresqlPlace(await postgresql.create()))
    with pytest.raises(StorageFailed, match="log says how"):
        async with database.write() as connection:
            await add_voice(connection, "a\0b")
    async with database.write() as connection:
        await add_voice(connection)
    await database.close()

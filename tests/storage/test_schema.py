"""The tables as the code sees them."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from tests.storage.rows import add_sample, add_voice

from stentor.storage.blobs import is_key
from stentor.storage.database import Database
from stentor.storage.schema import BLOBS, consented, consents, metadata, new_id, prompts, voices

KEY = f"ab/{'ab' * 32}-{{:016x}}"
CONSENT = {
    "owner": "",
    "name": "Ann",
    "speaker": "Ann Example",
    "statement": "I agree.",
    "given_at": 1,
    "created_at": 1,
    "updated_at": 1,
}
PROMPT = {
    "voice_version": 1,
    "engine": "xtts",
    "engine_version": "2.0",
    "sha256": "ab" * 32,
    "bytes": 1,
    "created_at": 1,
}


def test_ids_say_what_they_are_of_and_cannot_be_guessed() -> None:
    ids = {new_id("voice") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(identity.startswith("voice_") and len(identity) == 30 for identity in ids)


def test_every_column_that_holds_a_blob_is_known_to_the_sweeper() -> None:
    wide = len(KEY.format(0))
    assert is_key(KEY.format(0))
    found = {
        column
        for table in metadata.tables.values()
        for column in table.columns
        if getattr(column.type, "length", None) == 96
    }
    assert found == set(BLOBS)
    assert wide <= 96


async def test_a_consent_that_a_voice_rests_on_cannot_be_deleted(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(consents).values(id="cons_1", **CONSENT))
        await add_voice(connection, consent_id="cons_1")
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(consents.delete())


async def test_what_was_consented_to_outlives_the_voice(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(consents).values(id="cons_1", **CONSENT))
        voice = await add_voice(connection, consent_id="cons_1")
        row = {"consent_id": "cons_1", "sent_sha256": "cd" * 32, "voice_id": voice, "created_at": 1}
        await connection.execute(insert(consented).values(row))
    async with database.write() as connection:
        await connection.execute(voices.delete())
    async with database.read() as connection:
        assert (await connection.execute(select(consented.c.voice_id))).scalars().all() == [voice]


async def test_the_same_file_is_a_sample_of_a_voice_once(database: Database) -> None:
    async with database.write() as connection:
        voice = await add_voice(connection)
        await add_sample(connection, voice, KEY.format(0))
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await add_sample(connection, voice, KEY.format(1))


async def test_an_engine_has_one_prompt_for_a_version_of_a_voice(database: Database) -> None:
    async with database.write() as connection:
        voice = await add_voice(connection)
        for number, version in enumerate((1, 2)):
            row = {**PROMPT, "id": new_id("prompt"), "voice_id": voice, "blob": KEY.format(number)}
            await connection.execute(insert(prompts).values({**row, "voice_version": version}))
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            row = {**PROMPT, "id": new_id("prompt"), "voice_id": voice, "blob": KEY.format(9)}
            await connection.execute(insert(prompts).values(row))

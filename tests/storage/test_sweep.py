"""Blobs that belong to nothing."""

from __future__ import annotations

from sqlalchemy import insert, update
from tests.storage.rows import add_sample, add_voice
from tests.storage.test_schema import CONSENT, PROMPT

from stentor.storage.blobs import Blobs
from stentor.storage.database import Database
from stentor.storage.schema import consents, prompts, samples
from stentor.storage.sweep import sweep


async def test_what_no_row_names_is_deleted_and_nothing_else(database: Database, blobs: Blobs) -> None:
    of_sample, of_prompt, of_consent, of_nothing = [await blobs.put(b"x") for _ in range(4)]
    async with database.write() as connection:
        voice = await add_voice(connection)
        await add_sample(connection, voice, of_sample)
        await connection.execute(insert(prompts).values(id="p", voice_id=voice, blob=of_prompt, **PROMPT))
        await connection.execute(insert(consents).values(id="c", recording=of_consent, **CONSENT))
    assert await sweep(database, blobs, youngest=-60) == 1
    assert {entry.key async for entry in blobs.entries()} == {of_sample, of_prompt, of_consent}
    assert await blobs.find(of_nothing) is None
    async with database.write() as connection:
        await connection.execute(samples.delete())
        await connection.execute(update(consents).values(recording=None))
    assert await sweep(database, blobs, youngest=-60) == 2
    assert [entry.key async for entry in blobs.entries()] == [of_prompt]


async def test_a_young_blob_may_still_get_its_row(database: Database, blobs: Blobs) -> None:
    await blobs.put(b"x")
    assert await sweep(database, blobs) == 0
    assert len([entry async for entry in blobs.entries()]) == 1

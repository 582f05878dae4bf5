"""Blobs, in a folder and in a bucket alike."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.errors import StorageFailed
from stentor.storage.blobs import Blobs, content_hash, is_key, sha256

BAD_KEYS = [
    "",
    "../../etc/passwd",
    "ab/../ab",
    f"ab/{'cd' * 32}-{'0' * 16}",  # not in its shard
    f"ab/{'ab' * 32}-{'0' * 16}\n",
    f"ab/{'ab' * 32}-{'0' * 16}\0",
    f"/ab/{'ab' * 32}-{'0' * 16}",
    f"AB/{'AB' * 32}-{'0' * 16}",
    f"ab/{'ab' * 32}",
]


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 20) + 1])
async def test_what_is_put_is_read_again(blobs: Blobs, size: int) -> None:
    content = bytes(number % 251 for number in range(1000)) * (size // 1000) + b"x" * (size % 1000)
    key = await blobs.put(content)
    assert is_key(key)
    assert await blobs.get(key) == await blobs.find(key) == content
    async with aclosing(blobs.read(key)) as pieces:
        read = [piece async for piece in pieces]
    assert b"".join(read) == content
    assert all(len(piece) <= 1 << 20 for piece in read)


async def test_the_same_content_twice_is_two_blobs(blobs: Blobs) -> None:
    one, other = await asyncio.gather(blobs.put(b"same"), blobs.put(b"same"))
    assert one != other
    assert content_hash(one) == content_hash(other) == sha256(b"same")
    await blobs.delete(one)
    assert await blobs.get(other) == b"same"


async def test_what_is_deleted_is_gone_however_often(blobs: Blobs) -> None:
    key = await blobs.put(b"x")
    await blobs.delete(key)
    await blobs.delete(key)
    assert await blobs.find(key) is None
    with pytest.raises(StorageFailed, match="not there any more"):
        await blobs.get(key)
    with pytest.raises(StorageFailed, match="not there any more"):
        _ = [piece async for piece in blobs.read(key)]


async def test_all_are_listed_with_size_and_time(blobs: Blobs) -> None:
    assert [entry async for entry in blobs.entries()] == []
    put = {await blobs.put(b"x" * size): size for size in (1, 2, 3)}
    entries = [entry async for entry in blobs.entries()]
    assert {entry.key: entry.size for entry in entries} == put
    assert all(abs(entry.written_at - time.time()) < 60 for entry in entries)


async def test_a_blob_is_put_back_under_its_key_only_with_its_content(blobs: Blobs) -> None:
    key = await blobs.put(b"right")
    with pytest.raises(StorageFailed, match="damaged"):
        await blobs.put_back(key, b"wrong")
    await blobs.delete(key)
    await blobs.put_back(key, b"right")
    await blobs.put_back(key, b"right")
    assert await blobs.get(key) == b"right"


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_what_is_no_key_reaches_nothing(blobs: Blobs, key: str) -> None:
    assert not is_key(key)
    for use in (blobs.get, blobs.delete, blobs.find):
        with pytest.raises(StorageFailed, match="no key"):
            await use(key)
    with pytest.raises(StorageFailed, match="no key"):
        await blobs.put_back(key, b"")
    with pytest.raises(StorageFailed, match="no key"):
        _ = [piece async for piece in blobs.read(key)]


@given(st.text(alphabet="0123456789abcdef/-.\0", max_size=90))
def test_no_other_text_is_a_key(text: str) -> None:
    assert not is_key(text) or (len(text) == 84 and "." not in text)


async def test_a_check_says_where_they_are(blobs: Blobs) -> None:
    assert (await blobs.check()).startswith("blobs ")


async def test_leaving_off_in_the_middle_is_fine(blobs: Blobs) -> None:
    key = await blobs.put(b"x" * (3 << 20))
    async with aclosing(blobs.read(key)) as pieces:
        async for _ in pieces:
            break
    await blobs.delete(key)

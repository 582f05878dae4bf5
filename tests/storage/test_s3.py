"""Blobs in a bucket."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
from pydantic import SecretStr
from tests.serving import served
from tests.storage.conftest import config_of
from tests.stores import S3, free_port

from stentor.errors import StorageFailed
from stentor.storage.config import StorageConfig
from stentor.storage.s3 import S3Blobs


async def test_what_else_is_in_the_bucket_is_left_alone(s3: S3) -> None:
    bucket = s3.bucket()
    one, other = (S3Blobs(config_of(s3, f"s3://{bucket}/{prefix}")) for prefix in ("one", "other"))
    request = urllib.request.Request(f"{s3.url}/{bucket}/one/note.txt", data=b"mine", method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    key = await one.put(b"x")
    assert [entry.key async for entry in one.entries()] == [key]
    assert [entry async for entry in other.entries()] == []
    assert await other.find(key) is None
    await other.delete(key)
    assert await one.get(key) == b"x"


async def test_an_object_that_was_changed_is_noticed(s3: S3) -> None:
    bucket = s3.bucket()
    blobs = S3Blobs(config_of(s3, f"s3://{bucket}"))
    key = await blobs.put(b"right")
    await blobs._write(key, b"wrong")
    with pytest.raises(StorageFailed, match="damaged"):
        await blobs.get(key)


async def test_more_than_a_page_is_listed(s3_config: StorageConfig) -> None:
    blobs = S3Blobs(s3_config)
    for number in range(1001):
        await blobs.put(b"%d" % number)
    assert len({entry.key async for entry in blobs.entries()}) == 1001


@pytest.mark.parametrize("what", ["put", "get", "find", "delete", "list", "check"])
async def test_a_bucket_that_is_not_there_is_said(s3: S3, what: str) -> None:
    blobs = S3Blobs(config_of(s3, "s3://no-such-bucket"))
    with pytest.raises(StorageFailed, match="bucket does not exist"):
        await _use(blobs, what)


@pytest.mark.parametrize("what", ["put", "get", "find", "delete", "list", "check"])
async def test_a_server_that_is_away_is_said_without_a_secret(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    blobs = S3Blobs(
        StorageConfig(
            blobs_url="s3://bucket",
            s3_endpoint=f"http://127.0.0.1:{free_port()}",
            s3_access_key_id="sesame",
            s3_secret_access_key=SecretStr("alakazam"),
        )
    )
    with pytest.raises(StorageFailed, match="cannot be reached") as failed:
        await _use(blobs, what)
    told = failed.value.message + caplog.text
    assert "127.0.0.1" in caplog.text
    assert "sesame" not in told
    assert "alakazam" not in told


@pytest.mark.parametrize(
    ("status", "said", "most"), [(403, "S3 refuses its key", 1), (500, "cannot be reached, or failed", 4)]
)
async def test_a_server_that_refuses_is_not_asked_for_ever(status: int, said: str, most: int) -> None:
    asked = 0

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"<Error><Code>No</Code></Error>"})

    async with served(application) as url:
        blobs = S3Blobs(
            StorageConfig(
                blobs_url="s3://bucket",
                s3_endpoint=url,
                s3_access_key_id="sesame",
                s3_secret_access_key=SecretStr("alakazam"),
            )
        )
        with pytest.raises(StorageFailed, match=said):
            await blobs.put(b"x")
    assert 1 <= asked <= most


async def _use(blobs: S3Blobs, what: str) -> None:
    key = f"ab/{'ab' * 32}-{'0' * 16}"
    if what == "put":
        await blobs.put(b"x")
    elif what == "get":
        await blobs.get(key)
    elif what == "find":
        await blobs.find(key)
    elif what == "delete":
        await blobs.delete(key)
    elif what == "list":
        _ = [entry async for entry in blobs.entries()]
    else:
        await blobs.check()

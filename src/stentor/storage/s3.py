"""Blobs in a bucket of S3, or of any server with its API."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stentor import threads
from stentor.errors import StorageFailed
from stentor.storage.blobs import BlobEntry, Blobs, MissingBlob, content_hash, is_key
from stentor.storage.config import StorageConfig

if TYPE_CHECKING:
    from obstore.store import S3Store

log = logging.getLogger(__name__)

_PIECE = 1 << 18


class S3Blobs(Blobs):
    """Blobs as objects. A key is written once, so a request that failed on its way can be sent again."""

    def __init__(self, config: StorageConfig) -> None:
        self._config = config

    async def delete(self, key: str) -> None:
        """Forget a blob; nothing happens if there is none."""
        content_hash(key)
        store = await self._opened()
        with _explained(), _absent_is_fine():
            await store.delete_async(key)

    async def entries(self) -> AsyncIterator[BlobEntry]:
        """List all blobs under the prefix; what else is there is left out."""
        store = await self._opened()
        with _explained():
            async for page in store.list(chunk_size=1000):
                for found in page:
                    if is_key(found["path"]):
                        at = found["last_modified"].timestamp()
                        yield BlobEntry(found["path"], found["size"], at)

    async def tidy(self, before: float) -> None:
        """Do nothing: an object is there when all of it is."""

    async def check(self) -> str:
        """Say which bucket it is; raises StorageFailed if it cannot be listed."""
        store = await self._opened()
        with _explained():
            async for _ in store.list(chunk_size=1):
                break
        return f"blobs at {self._config.blobs_url}"

    async def _write(self, key: str, content: bytes) -> None:
        store = await self._opened()
        with _explained():
            await store.put_async(key, content, use_multipart=False)

    async def _pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        store = await self._opened()
        with _explained():
            try:
                found = await store.get_async(key)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                raise MissingBlob from None
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    async def _opened(self) -> S3Store:
        return await threads.run(lambda: self._store)

    @cached_property
    def _store(self) -> S3Store:
        from obstore.store import S3Store  # noqa: PLC0415  15 MB that a folder does not need

        config = self._config
        given: dict[str, Any] = {
            "access_key_id": config.s3_access_key_id,
            "secret_access_key": config.s3_secret_access_key.get_secret_value(),
            "session_token": config.s3_session_token.get_secret_value(),
            "aws_endpoint_url_s3": config.s3_endpoint,
        }
        return S3Store(
            config.bucket,
            prefix=config.prefix or None,
            region=config.s3_region,
            client_options={
                "allow_http": config.s3_endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=60),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            **{name: value for name, value in given.items() if value},
        )


@contextmanager
def _explained() -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415

    try:
        yield
    except (BaseError, OSError) as error:
        log.error("S3: %s", _said(error))  # noqa: TRY400
        raise StorageFailed(_sentence(error)) from error


@contextmanager
def _absent_is_fine() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise


def _sentence(error: Exception) -> str:
    from obstore import exceptions  # noqa: PLC0415

    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return "The server may not use its bucket: S3 refuses its key."
    if "NoSuchBucket" in str(error):
        return "The server's bucket does not exist."
    return "S3 cannot be reached, or failed; nothing was kept. The server's log says more."


def _said(error: Exception) -> str:
    """Return the first part of what the library says; the rest is its own structures, with signed headers."""
    return " ".join(str(error).partition("Debug source")[0].split())[:500]

"""Blobs: what is too large for a row, each under a key of our own."""

from __future__ import annotations

import hashlib
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from stentor import threads
from stentor.errors import StorageFailed

_KEY = re.compile(r"(?P<shard>[0-9a-f]{2})/(?P<sha256>(?P=shard)[0-9a-f]{62})-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """A line of the list of all blobs: its size in bytes, and when it was written, in seconds since 1970."""

    key: str
    size: int
    written_at: float


class Blobs(ABC):
    """Where blobs are kept.

    A key holds the SHA-256 of its content and something random. So what is read can be checked without the
    database, and two owners who keep the same bytes do not share a blob: deleting one leaves the other.
    Everything here raises StorageFailed.
    """

    async def put(self, content: bytes) -> str:
        """Keep a blob and return its key; it is on the disk by then, and whole."""
        key = await threads.run(_new_key, content)
        await self._write(key, content)
        return key

    async def put_back(self, key: str, content: bytes) -> None:
        """Keep a blob under the key that it had elsewhere."""
        if await threads.run(sha256, content) != content_hash(key):
            raise StorageFailed(_damaged(key))
        await self._write(key, content)

    async def read(self, key: str) -> AsyncGenerator[bytes, None]:
        """Yield the content in pieces; fails at its end if it is not what was put. Close it if you stop."""
        expected = content_hash(key)
        seen = hashlib.sha256()
        try:
            async with aclosing(self._pieces(key)) as pieces:
                async for piece in pieces:
                    await threads.run(seen.update, piece)
                    yield piece
        except MissingBlob:
            raise StorageFailed(_missing(key)) from None
        if seen.hexdigest() != expected:
            raise StorageFailed(_damaged(key))

    async def get(self, key: str) -> bytes:
        """Return the whole content."""
        found = await self.find(key)
        if found is None:
            raise StorageFailed(_missing(key))
        return found

    async def find(self, key: str) -> bytes | None:
        """Return the whole content, None if there is none."""
        expected = content_hash(key)
        try:
            content = b"".join([piece async for piece in self._pieces(key)])
        except MissingBlob:
            return None
        if await threads.run(sha256, content) != expected:
            raise StorageFailed(_damaged(key))
        return content

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Forget a blob; nothing happens if there is none."""

    @abstractmethod
    def entries(self) -> AsyncIterator[BlobEntry]:
        """List all blobs, in any order."""

    @abstractmethod
    async def tidy(self, before: float) -> None:
        """Remove what writers that died before then, in seconds since 1970, have left half-written."""

    @abstractmethod
    async def check(self) -> str:
        """Say in a few words where blobs are kept; raises StorageFailed if they cannot be."""

    @abstractmethod
    async def _write(self, key: str, content: bytes) -> None:
        """Keep a blob, all of it or nothing."""

    @abstractmethod
    def _pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        """Yield the content as it lies there; raises MissingBlob if it does not."""


class MissingBlob(LookupError):
    """There is no blob of this key; what reads blobs says so to their base, and nobody else."""


def content_hash(key: str) -> str:
    """Return the SHA-256 in a key. Raises StorageFailed if it is none of ours, before it is a path."""
    found = _KEY.fullmatch(key)
    if not found:
        raise StorageFailed("What is kept names a blob by something that is no key.")
    return found["sha256"]


def is_key(text: str) -> bool:
    """Tell whether a text is a key."""
    return _KEY.fullmatch(text) is not None


def sha256(content: bytes) -> str:
    """Return the hash of bytes in hexadecimal. Blocks."""
    return hashlib.sha256(content).hexdigest()


def _new_key(content: bytes) -> str:
    found = sha256(content)
    return f"{found[:2]}/{found}-{secrets.token_hex(8)}"


def _missing(key: str) -> str:
    return f"Something that was kept is not there any more (blob {key})."


def _damaged(key: str) -> str:
    return f"Something that was kept is damaged (blob {key}): its content is not what its key says."

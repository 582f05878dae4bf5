"""Blobs in a folder."""

from __future__ import annotations

import errno
import logging
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from stentor import threads
from stentor.errors import StorageFailed
from stentor.storage.blobs import BlobEntry, Blobs, MissingBlob, content_hash, is_key

log = logging.getLogger(__name__)

_PIECE = 1 << 18
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderBlobs(Blobs):
    """Blobs as files, `ab/abcd…`; what is not yet whole is in `partial`.

    The folder is made when something is put into it. Nobody else on the machine may look.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = folder / "partial"

    async def delete(self, key: str) -> None:
        """Forget a blob; nothing happens if there is none."""
        content_hash(key)
        await threads.run(self._delete, key)

    async def entries(self) -> AsyncIterator[BlobEntry]:
        """List all blobs, shard by shard."""
        for shard in await threads.run(self._shards):
            for entry in await threads.run(_files, shard):
                yield entry

    async def tidy(self, before: float) -> None:
        """Remove files that were left half-written."""
        await threads.run(self._tidy, before)

    async def check(self) -> str:
        """Say which folder it is; raises StorageFailed if nothing can be put into it."""

        def look() -> None:
            with _explained(self._folder):
                nearest = next(above for above in (self._folder, *self._folder.parents) if above.exists())
                if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(nearest))

        await threads.run(look)
        return f"blobs in the folder {self._folder}"

    async def _write(self, key: str, content: bytes) -> None:
        await threads.run(self._put, key, content)

    async def _pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        file = await threads.run(self._open, key)
        try:
            while piece := await threads.run(_next_piece, file, self._folder):
                yield piece
        finally:
            file.close()

    def _put(self, key: str, content: bytes) -> None:
        target = self._folder / key
        temporary = self._partial / f"{secrets.token_hex(16)}.tmp"
        with _explained(self._folder):
            make_private(self._partial)
            make_private(target.parent)
            try:
                write_private(temporary, content)
                temporary.replace(target)
            except OSError:
                with suppress(OSError):
                    temporary.unlink()
                raise
            sync_folder(target.parent)

    def _open(self, key: str) -> IO[bytes]:
        with _explained(self._folder):
            try:
                descriptor = os.open(self._folder / key, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except (FileNotFoundError, NotADirectoryError):
                raise MissingBlob from None
            return os.fdopen(descriptor, "rb", buffering=0)

    def _delete(self, key: str) -> None:
        with _explained(self._folder), suppress(FileNotFoundError, NotADirectoryError):
            (self._folder / key).unlink()
            sync_folder((self._folder / key).parent)

    def _shards(self) -> list[Path]:
        with _explained(self._folder), suppress(FileNotFoundError):
            return sorted(path for path in self._folder.iterdir() if path != self._partial)
        return []

    def _tidy(self, before: float) -> None:
        with _explained(self._folder), suppress(FileNotFoundError):
            for left in self._partial.iterdir():
                with suppress(FileNotFoundError):
                    if left.stat().st_mtime < before:
                        left.unlink()


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, for this user alone; what is there stays as it is. Blocks.

    Each new one is on the disk when this returns.
    """
    if folder.is_dir():
        return
    make_private(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    sync_folder(folder.parent)


def write_private(file: Path, content: bytes) -> None:
    """Write a new file for this user alone; it is on the disk when this returns. Blocks."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as opened:
        left = memoryview(content)
        while left:
            left = left[opened.write(left) or 0 :]
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Blocks."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(shard: Path) -> list[BlobEntry]:
    found = []
    with _explained(shard.parent), suppress(FileNotFoundError, NotADirectoryError):
        for entry in os.scandir(shard):
            key = f"{shard.name}/{entry.name}"
            with suppress(FileNotFoundError):
                if is_key(key):
                    described = entry.stat(follow_symlinks=False)
                    found.append(BlobEntry(key, described.st_size, described.st_mtime))
    return found


def _next_piece(file: IO[bytes], folder: Path) -> bytes:
    with _explained(folder):
        return file.read(_PIECE)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.error("%s: %s", folder, error)  # noqa: TRY400
        if error.errno in _FULL:
            raise StorageFailed("There is no room left on the server's disk; nothing was kept.") from error
        raise StorageFailed(
            f"The server's disk cannot be used to keep this: {error.strerror or 'it failed'}."
        ) from error

"""Backups: one tar file of the database, of all blobs, and of a manifest that is its last member.

A file without a manifest was not finished. PostgreSQL's database is not in it: `pg_dump` does that.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import tarfile
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

from stentor import __version__, threads
from stentor.errors import StorageFailed
from stentor.storage import Storage
from stentor.storage.blobs import content_hash, is_key
from stentor.storage.folder import make_private, sync_folder
from stentor.storage.migrate import KNOWN, NEWEST
from stentor.storage.sqlite import SqlitePlace

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many bytes are done, and of how many."""

_FORMAT = 1
_DATABASE = "stentor.db"
_MANIFEST = "manifest.json"
_BLOBS = "blobs/"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a backup."""

    blobs: dict[str, int] = field(default_factory=dict)
    """The size of each by its key."""
    database: dict[str, Any] | None = None
    """`revision`, `bytes` and `sha256`; None if it is PostgreSQL's."""

    @property
    def size(self) -> int:
        """All its bytes."""
        return sum(self.blobs.values()) + (self.database["bytes"] if self.database else 0)


async def backup(storage: Storage, file: Path, progress: Progress) -> Contents:
    """Write a backup to a new file, for this user alone, while servers go on; raises StorageFailed.

    The file is there when all of it is.
    """
    if await threads.run(file.exists):
        raise StorageFailed(f"{file} is there already, and was left as it is. Choose another name.")
    place = storage.database.place
    if isinstance(place, SqlitePlace) and not place.is_there():
        raise StorageFailed(f"There is nothing to back up: {place.file} does not exist.")
    with _finished(file) as part, tarfile.open(fileobj=part, mode="w", format=tarfile.PAX_FORMAT) as tar:
        writer = _Writer(storage, tar, progress)
        await writer.blobs()
        contents = Contents(writer.copied, await writer.database(file.parent))
        # Whatever the copy of the database names was there when it was made: before, or by now.
        await writer.blobs()
        await threads.run(_add, tar, _MANIFEST, _manifest(contents))
    return contents


class _Writer:
    def __init__(self, storage: Storage, tar: tarfile.TarFile, progress: Progress) -> None:
        self._storage = storage
        self._tar = tar
        self._progress = progress
        self._done = 0
        self._total = 0
        self.copied: dict[str, int] = {}

    async def blobs(self) -> None:
        """Add all blobs that have not been added; one that is deleted meanwhile is left out."""
        blobs = self._storage.blobs
        new = [entry async for entry in blobs.entries() if entry.key not in self.copied]
        self._total += sum(entry.size for entry in new)
        for entry in new:
            content = await blobs.find(entry.key)
            if content is not None:
                await threads.run(_add, self._tar, f"{_BLOBS}{entry.key}", content)
                self.copied[entry.key] = len(content)
            self._tell(entry.size)

    async def database(self, folder: Path) -> dict[str, Any] | None:
        """Add a copy of the database as of one moment; returns what the manifest says of it."""
        place = self._storage.database.place
        if not isinstance(place, SqlitePlace):
            return None
        with tempfile.TemporaryDirectory(prefix=".stentor-", dir=folder) as made:
            copy = Path(made) / _DATABASE
            await threads.run(place.copy, copy)
            size = copy.stat().st_size
            self._total += size
            await threads.run(self._tar.add, copy, _DATABASE, filter=_anonymous)
            self._tell(size)
            revision = await SqlitePlace(copy).revision()
            return {"revision": revision, "bytes": size, "sha256": await threads.run(_hash, copy)}

    def _tell(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._total)


async def restore(storage: Storage, file: Path, progress: Progress, *, force: bool = False) -> Contents:
    """Put back what is in a backup; raises StorageFailed.

    All of the file is checked before anything is touched. Blobs that are there already stay; so does a
    database, unless `force` says that it is to be replaced. No server may use it.
    """
    async with _opened(file) as tar:
        size = (await threads.run(file.stat)).st_size
        contents, members = await _checked(tar, file, lambda read: progress(read, 2 * size))
        place = storage.database.place
        await threads.run(_refuse, place, contents, force)
        done = size
        for key, of_blob in contents.blobs.items():
            await storage.blobs.put_back(key, await threads.run(_content, tar, members[f"{_BLOBS}{key}"]))
            done += of_blob
            progress(done, 2 * size)
        if contents.database and isinstance(place, SqlitePlace):
            await threads.run(_put_database, _pieces(tar, members[_DATABASE]), place, contents.database)
        progress(1, 1)
    return contents


def _refuse(place: object, contents: Contents, force: bool) -> None:  # noqa: FBT001  it is the operator's word
    """Raise StorageFailed if a backup may not be put there."""
    if not isinstance(place, SqlitePlace):
        if contents.database:
            raise StorageFailed(
                "The backup holds a database of SQLite, and `storage.database_url` is set to PostgreSQL. "
                "Unset it to restore both; nothing was changed."
            )
        return
    if contents.database is None:
        raise StorageFailed(
            "The backup holds no database: it was made beside PostgreSQL. Set `storage.database_url`; "
            "nothing was changed."
        )
    if contents.database["revision"] not in (None, *KNOWN):
        raise StorageFailed(
            f"The backup was made by a newer Stentor (its tables are of revision "
            f"{contents.database['revision']}; this one knows them up to {NEWEST}). Nothing was changed."
        )
    if place.file.exists():
        if not force:
            raise StorageFailed(
                f"{place.file} is there already. --force replaces it with the backup's; nothing was changed."
            )
        if place.is_in_use():
            raise StorageFailed(f"A server uses {place.file}. Stop it first; nothing was changed.")


async def _checked(
    tar: tarfile.TarFile, file: Path, tell: Callable[[int], None]
) -> tuple[Contents, dict[str, tarfile.TarInfo]]:
    """Read all of a backup; return what is in it, and where, if that is what its manifest says."""
    found = Contents()
    database = ""
    size = 0
    manifest: Any = None
    members: dict[str, tarfile.TarInfo] = {}
    while member := await threads.run(_next, tar, file):
        members[member.name] = member
        key = member.name.removeprefix(_BLOBS)
        if member.name == _MANIFEST:
            manifest = _read_manifest(await threads.run(_content, tar, member), file)
        elif member.name == _DATABASE:
            database, size = await threads.run(_member_hash, tar, member), member.size
        elif is_key(key) and await threads.run(_member_hash, tar, member) == content_hash(key):
            found.blobs[key] = member.size
        else:
            raise _broken(file)
        tell(member.offset_data + member.size)
    if manifest is None:
        raise StorageFailed(f"{file} is no finished backup: it has no manifest. Nothing was changed.")
    said: dict[str, Any] | None = manifest["database"]
    if found.blobs != manifest["blobs"] or (said or {}).get("sha256", "") != database:
        raise _broken(file)
    return Contents(found.blobs, said and {**said, "bytes": size}), members


def _manifest(contents: Contents) -> bytes:
    made = {
        "format": _FORMAT,
        "made_by": f"Stentor {__version__}",
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "database": contents.database,
        "blobs": contents.blobs,
    }
    return json.dumps(made, indent=1).encode()


def _read_manifest(written: bytes, file: Path) -> dict[str, Any]:
    try:
        read = json.loads(written)
        if read["format"] != _FORMAT:
            raise StorageFailed(f"{file} was made by a newer Stentor. Nothing was changed.")
        database = read["database"]
        if database is not None:
            database = {"revision": database["revision"], "sha256": str(database["sha256"])}
        return {"database": database, "blobs": dict(read["blobs"])}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken(file) from error


def _broken(file: Path) -> StorageFailed:
    return StorageFailed(
        f"{file} is damaged, or no backup: it does not hold what it should. Nothing was changed."
    )


@contextmanager
def _finished(file: Path) -> Iterator[IO[bytes]]:
    """Open a file that has its name only once it is on the disk, whole."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                yield opened
                opened.flush()
                os.fsync(descriptor)
            part.rename(file)
            sync_folder(file.parent)
        except OSError as error:
            raise StorageFailed(f"The backup {file} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            part.unlink()


@asynccontextmanager
async def _opened(file: Path) -> AsyncGenerator[tarfile.TarFile, None]:
    try:
        tar = await threads.run(tarfile.open, file, "r:")
    except tarfile.TarError as error:
        raise _broken(file) from error
    except OSError as error:
        raise StorageFailed(f"The backup {file} cannot be read: {error.strerror or error}.") from error
    with closing(tar):
        yield tar


def _next(tar: tarfile.TarFile, file: Path) -> tarfile.TarInfo | None:
    try:
        member = tar.next()
    except (tarfile.TarError, OSError, ValueError) as error:
        raise _broken(file) from error
    if member is not None and not member.isreg():
        raise _broken(file)
    return member


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o600
    member.mtime = int(time.time())
    tar.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _pieces(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    try:
        opened = tar.extractfile(member)
        while piece := opened.read(_PIECE) if opened else b"":
            yield piece
    except (tarfile.TarError, OSError) as error:
        raise _broken(Path(str(tar.name))) from error


def _member_hash(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    seen = hashlib.sha256()
    for piece in _pieces(tar, member):
        seen.update(piece)
    return seen.hexdigest()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    return b"".join(_pieces(tar, member))


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _put_database(pieces: Iterator[bytes], place: SqlitePlace, said: dict[str, Any]) -> None:
    made = place.file.with_name(f".{place.file.name}.{secrets.token_hex(8)}.tmp")
    seen = hashlib.sha256()
    try:
        make_private(made.parent)
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            for piece in pieces:
                seen.update(piece)
                opened.write(piece)
            opened.flush()
            os.fsync(descriptor)
        if seen.hexdigest() != said["sha256"]:
            raise StorageFailed("The backup changed while it was read. The database was left as it is.")
        place.replace(made)
    except OSError as error:
        raise StorageFailed(f"The database cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            made.unlink()

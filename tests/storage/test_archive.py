"""Backups, and what becomes of them."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st
from sqlalchemy import select
from tests.storage.rows import add_sample, add_voice

from stentor.errors import StorageFailed
from stentor.storage import Storage, StorageConfig, make_storage
from stentor.storage.archive import backup, restore
from stentor.storage.blobs import Blobs
from stentor.storage.database import Database, Place
from stentor.storage.schema import samples, voices
from stentor.storage.sqlite import SqlitePlace


def nothing(_done: int, _total: int) -> None:
    """Show no progress."""


async def fill(storage: Storage, *names: str) -> None:
    for name in names:
        key = await storage.blobs.put(name.encode() * 1000)
        async with storage.database.write() as connection:
            await add_sample(connection, await add_voice(connection, name), key)


async def held(storage: Storage) -> dict[str, bytes]:
    """Return the content of the sample of each voice."""
    async with storage.database.read() as connection:
        query = select(voices.c.name, samples.c.blob).join(samples)
        rows = (await connection.execute(query)).all()
    await storage.database.close()
    return {name: await storage.blobs.get(blob) for name, blob in rows}


def at(folder: Path) -> Storage:
    return make_storage(StorageConfig(), folder)


@pytest.fixture
async def made(tmp_path: Path) -> Path:
    """Return a backup of two voices."""
    storage = at(tmp_path / "source")
    await fill(storage, "Ann", "Ben")
    await storage.database.close()
    await backup(storage, tmp_path / "made.tar", nothing)
    return tmp_path / "made.tar"


async def test_what_was_backed_up_is_restored(tmp_path: Path, blobs: Blobs) -> None:
    source = Storage(Database(SqlitePlace(tmp_path / "source" / "stentor.db")), blobs)
    await fill(source, "Ann", "Ben", "Zoë")
    told: list[tuple[int, int]] = []
    # The server goes on.
    async with source.database.read():
        contents = await backup(source, tmp_path / "b.tar", lambda done, total: told.append((done, total)))
    assert len(contents.blobs) == 3
    assert told[-1] == (contents.size, contents.size)
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600
    before = await held(source)
    target = at(tmp_path / "target")
    told.clear()
    assert (
        await restore(target, tmp_path / "b.tar", lambda done, total: told.append((done, total))) == contents
    )
    assert await held(target) == before
    assert told[-1] == (1, 1)
    assert all(0 < done <= total for done, total in told)
    for path in (tmp_path / "target").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert {path.name for path in tmp_path.iterdir()} >= {"b.tar", "target"}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


async def test_a_backup_of_postgresql_holds_its_blobs_alone(tmp_path: Path, place: Place) -> None:
    if isinstance(place, SqlitePlace):
        return
    source = Storage(Database(place), at(tmp_path / "source").blobs)
    await fill(source, "Ann")
    contents = await backup(source, tmp_path / "b.tar", nothing)
    assert contents.database is None
    before = await held(source)
    again = Storage(Database(place), at(tmp_path / "again").blobs)
    await restore(again, tmp_path / "b.tar", nothing)
    assert await held(again) == before
    with pytest.raises(StorageFailed, match="holds no database"):
        await restore(at(tmp_path / "target"), tmp_path / "b.tar", nothing)
    await backup(at_with_file(tmp_path / "sqlite"), tmp_path / "c.tar", nothing)
    with pytest.raises(StorageFailed, match="set to PostgreSQL"):
        await restore(again, tmp_path / "c.tar", nothing)


def at_with_file(folder: Path) -> Storage:
    storage = at(folder)
    folder.mkdir()
    (folder / "stentor.db").touch()
    return storage


async def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(StorageFailed, match="there already"):
        await backup(at(tmp_path / "source"), made, nothing)
    assert made.read_bytes() == before


async def test_where_nothing_is_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="nothing to back up"):
        await backup(at(tmp_path / "empty"), tmp_path / "b.tar", nothing)
    assert [*tmp_path.iterdir()] == []


async def test_a_backup_that_cannot_be_finished_leaves_no_file(tmp_path: Path, made: Path) -> None:
    with pytest.raises(StorageFailed, match="cannot be written"):
        await backup(at(tmp_path / "source"), tmp_path / "nowhere" / "b.tar", nothing)
    (blob,) = list((tmp_path / "source" / "blobs").rglob("*-*"))[:1]
    blob.write_bytes(b"changed")
    with pytest.raises(StorageFailed, match="damaged"):
        await backup(at(tmp_path / "source"), tmp_path / "b.tar", nothing)
    assert {path.name for path in tmp_path.iterdir()} == {"source", "made.tar"}


async def test_a_backup_onto_a_full_disk_leaves_no_file(tmp_path: Path, small_disk: Path) -> None:
    storage = at(tmp_path / "source")
    for number in range(20):
        await storage.blobs.put(bytes([number]) * 200_000)
    await storage.database.prepare()
    await storage.database.close()
    with pytest.raises(StorageFailed, match="cannot be written: No space left"):
        await backup(storage, small_disk / "b.tar", nothing)
    assert [*small_disk.iterdir()] == []


async def test_what_is_added_and_deleted_meanwhile_does_no_harm(tmp_path: Path) -> None:
    storage = at(tmp_path / "source")
    await fill(storage, *(f"voice {number}" for number in range(20)))
    stop = asyncio.Event()

    async def bustle() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await fill(storage, f"new {number}")
            async with storage.database.write() as connection:
                first = (await connection.execute(select(samples.c.voice_id, samples.c.blob).limit(1))).one()
                await connection.execute(voices.delete().where(voices.c.id == first.voice_id))
            await storage.blobs.delete(first.blob)

    bustling = asyncio.create_task(bustle())
    for number in range(5):
        await asyncio.sleep(0.02)
        await backup(storage, tmp_path / f"{number}.tar", nothing)
    stop.set()
    await bustling
    await storage.database.close()
    for number in range(5):
        target = at(tmp_path / f"{number}")
        await restore(target, tmp_path / f"{number}.tar", nothing)
        assert len(await held(target)) in (20, 21)


async def test_what_is_there_is_replaced_only_if_that_is_said(tmp_path: Path, made: Path) -> None:
    target = at(tmp_path / "target")
    await fill(target, "Eve")
    await target.database.close()
    with pytest.raises(StorageFailed, match="--force"):
        await restore(target, made, nothing)
    assert list(await held(target)) == ["Eve"]
    await restore(target, made, nothing, force=True)
    assert sorted(await held(target)) == ["Ann", "Ben"]


async def test_a_server_that_runs_is_not_robbed(tmp_path: Path, made: Path) -> None:
    target = at(tmp_path / "target")
    await fill(target, "Eve")
    with pytest.raises(StorageFailed, match="A server uses"):
        await restore(target, made, nothing, force=True)
    assert list(await held(target)) == ["Eve"]


def rewritten(made: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write a backup with other members."""
    with tarfile.open(made) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    change(members)
    file = made.with_name("changed.tar")
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file


def without_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


def without_a_blob(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("blobs/"))]


def with_a_changed_blob(members: dict[str, bytes]) -> None:
    members[next(name for name in members if name.startswith("blobs/"))] = b"changed"


def with_a_changed_database(members: dict[str, bytes]) -> None:
    members["stentor.db"] = members["stentor.db"][:-1] + b"x"


def without_a_database(members: dict[str, bytes]) -> None:
    del members["stentor.db"]


def with_a_path(members: dict[str, bytes]) -> None:
    members["../evil"] = b"x"


def with_a_path_of_a_blob(members: dict[str, bytes]) -> None:
    members["blobs/../../evil"] = b"x"


def with_a_manifest(written: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(written).encode()

    return change


def newer(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["database"]["revision"] = "0042"
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_manifest, "no finished backup"),
        (without_a_blob, "damaged"),
        (with_a_changed_blob, "damaged"),
        (with_a_changed_database, "damaged"),
        (without_a_database, "damaged"),
        (with_a_path, "damaged"),
        (with_a_path_of_a_blob, "damaged"),
        (with_a_manifest([]), "damaged"),
        (with_a_manifest({}), "damaged"),
        (with_a_manifest({"format": 1, "database": 3, "blobs": {}}), "damaged"),
        (with_a_manifest({"format": 2}), "newer Stentor"),
        (newer, "newer Stentor .*0042"),
    ],
)
async def test_a_backup_that_is_not_as_it_was_made_changes_nothing(
    tmp_path: Path, made: Path, change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    file = rewritten(made, change)
    with pytest.raises(StorageFailed, match=said):
        await restore(at(tmp_path / "target"), file, nothing, force=True)
    assert not (tmp_path / "target").exists()
    assert not (tmp_path / "evil").exists()


async def test_links_and_devices_are_refused(tmp_path: Path, made: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        file = rewritten(made, lambda _members: None)
        with tarfile.open(file, "a") as tar:
            member = tarfile.TarInfo("stentor.db")
            member.type = kind
            member.linkname = "../secret"
            tar.addfile(member)
        with pytest.raises(StorageFailed, match="damaged"):
            await restore(at(tmp_path / "target"), file, nothing)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("content", [b"", b"not a tar" * 1000, bytes(10_240), b"PK\3\4" + bytes(600)])
async def test_a_file_that_is_no_backup_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(StorageFailed, match=r"b\.tar is"):
        await restore(at(tmp_path / "target"), tmp_path / "b.tar", nothing)
    with pytest.raises(StorageFailed, match=r"none\.tar cannot be read"):
        await restore(at(tmp_path / "target"), tmp_path / "none.tar", nothing)


@of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), cut=st.booleans())
def test_no_damage_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, where: float, flip: int, *, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("damaged")

    async def main() -> None:
        storage = at(folder / "source")
        storage.database.place.file.parent.mkdir()  # type: ignore[attr-defined]
        storage.database.place.file.touch()  # type: ignore[attr-defined]
        await storage.blobs.put(b"one")
        await backup(storage, folder / "b.tar", nothing)
        written = bytearray((folder / "b.tar").read_bytes())
        place = int(where * len(written.rstrip(b"\0")))
        if cut:
            del written[place:]
        else:
            written[place] ^= flip
        (folder / "b.tar").write_bytes(written)
        try:
            await restore(at(folder / "target"), folder / "b.tar", nothing)
        except StorageFailed:
            assert not (folder / "target").exists()
        else:
            assert [
                await storage.blobs.get(entry.key) async for entry in at(folder / "target").blobs.entries()
            ] == [b"one"]

    asyncio.run(main())

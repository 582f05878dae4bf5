"""Blobs as files."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stentor.errors import StorageFailed
from stentor.storage import folder as module
from stentor.storage.blobs import BlobEntry
from stentor.storage.folder import FolderBlobs, make_private


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "blobs"


@pytest.fixture
def blobs(kept: Path) -> FolderBlobs:
    return FolderBlobs(kept)


async def test_nobody_else_may_look(kept: Path, blobs: FolderBlobs) -> None:
    before = os.umask(0)
    try:
        await blobs.put(b"x")
    finally:
        os.umask(before)
    made = [kept.parent, kept, *kept.rglob("*")]
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_folders_of_somebody_else_stay_as_they_are(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    await FolderBlobs(shared / "blobs").put(b"x")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


async def test_a_file_that_was_changed_is_noticed(kept: Path, blobs: FolderBlobs) -> None:
    key = await blobs.put(b"x" * 1000)
    (kept / key).write_bytes(b"x" * 999 + b"y")
    for read in (blobs.get, blobs.find):
        with pytest.raises(StorageFailed, match="damaged"):
            await read(key)
    with pytest.raises(StorageFailed, match="damaged"):
        _ = [piece async for piece in blobs.read(key)]


async def test_a_link_is_not_followed(tmp_path: Path, kept: Path, blobs: FolderBlobs) -> None:
    key = await blobs.put(b"x")
    (tmp_path / "secret").write_bytes(b"x")
    (kept / key).unlink()
    (kept / key).symlink_to(tmp_path / "secret")
    with pytest.raises(StorageFailed, match="cannot be used"):
        await blobs.get(key)


async def test_what_else_lies_there_is_no_blob(kept: Path, blobs: FolderBlobs) -> None:
    key = await blobs.put(b"x")
    (kept / "note.txt").write_text("mine")
    (kept / key).with_name("note.txt").write_text("mine")
    assert [entry.key async for entry in blobs.entries()] == [key]


async def test_what_was_left_half_written_is_tidied_away(kept: Path, blobs: FolderBlobs) -> None:
    key = await blobs.put(b"x")
    old, new = kept / "partial" / "old.tmp", kept / "partial" / "new.tmp"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (1, 1))
    await blobs.tidy(time.time() - 60)
    assert not old.exists()
    assert new.exists()
    assert await blobs.get(key) == b"x"


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blobs = FolderBlobs(tmp_path / "file" / "blobs")
    for use in (blobs.put(b"x"), blobs.check()):
        with pytest.raises(StorageFailed) as failed:
            await use
        assert str(tmp_path) not in failed.value.message


async def test_a_blob_is_on_the_disk_before_it_has_its_name(
    kept: Path, blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(descriptor: int) -> None:
        seen.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def noting_replace(self: Path, target: Path) -> Path:
        seen.append("name")
        return replace(self, target)

    make_private(kept)
    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    await blobs.put(b"x")
    assert seen[-3:] == ["file", "name", "folder"]


async def test_a_caller_who_leaves_leaves_no_half_blob(
    kept: Path, blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    write = module.write_private

    def slow(file: Path, content: bytes) -> None:
        begun.set()
        go_on.wait(10)
        write(file, content)

    monkeypatch.setattr(module, "write_private", slow)
    task = asyncio.create_task(blobs.put(b"x"))
    while not begun.is_set():  # noqa: ASYNC110  it is set in a thread
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    while [*(kept / "partial").iterdir()] or not await _entries(blobs):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    (entry,) = [entry async for entry in blobs.entries()]
    assert await blobs.get(entry.key) == b"x"


async def _entries(blobs: FolderBlobs) -> list[BlobEntry]:
    return [entry async for entry in blobs.entries()]


FULL = """
import asyncio, resource, sys
from pathlib import Path
from stentor.errors import StorageFailed
from stentor.storage.folder import FolderBlobs
blobs = FolderBlobs(Path(sys.argv[1]))
async def main():
    key = await blobs.put(b"before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        await blobs.put(bytes(200_000))
    except StorageFailed as error:
        print(error.message)
    print(await blobs.get(key), [entry.key async for entry in blobs.entries()] == [key])
asyncio.run(main())
"""


def test_a_file_that_may_not_grow_leaves_nothing_half_made(kept: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(kept)], capture_output=True, text=True, check=True)
    sentence, rest = done.stdout.splitlines()
    assert sentence == "There is no room left on the server's disk; nothing was kept."
    assert rest == "b'before' True"
    assert [*(kept / "partial").iterdir()] == []


async def test_a_full_disk_leaves_nothing_half_made_and_room_is_used_again(small_disk: Path) -> None:
    blobs = FolderBlobs(small_disk / "blobs")
    keys = [await blobs.put(bytes(300_000))]
    with pytest.raises(StorageFailed, match="no room left"):
        for _ in range(20):
            keys += [await blobs.put(bytes(300_000))]
    assert 1 < len(keys) < 20
    assert {entry.key async for entry in blobs.entries()} == set(keys)
    assert [*(small_disk / "blobs" / "partial").iterdir()] == []
    await blobs.delete(keys[0])
    assert await blobs.get(await blobs.put(b"again")) == b"again"

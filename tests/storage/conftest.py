"""Each kind of database and of blobs, empty."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.stores import S3, S3_KEY, Postgresql

from stentor.storage.blobs import Blobs
from stentor.storage.config import StorageConfig
from stentor.storage.database import Database, Place
from stentor.storage.folder import FolderBlobs
from stentor.storage.postgresql import PostgresqlPlace
from stentor.storage.s3 import S3Blobs
from stentor.storage.sqlite import SqlitePlace


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    server = Postgresql()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    server = S3()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return SqlitePlace(tmp_path / "kept" / "stentor.db", busy_seconds=5)
    server: Postgresql = request.getfixturevalue("postgresql")
    return PostgresqlPlace(await server.create())


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    database = Database(place, patience=0)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def s3_config(s3: S3) -> StorageConfig:
    return config_of(s3, f"s3://{s3.bucket()}/of/stentor")


def config_of(s3: S3, url: str) -> StorageConfig:
    return StorageConfig(
        blobs_url=url, s3_endpoint=s3.url, s3_access_key_id=S3_KEY, s3_secret_access_key=SecretStr(S3_KEY)
    )


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return FolderBlobs(tmp_path / "kept" / "blobs")
    return S3Blobs(request.getfixturevalue("s3_config"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("only root may mount a small disk, where the system lets it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

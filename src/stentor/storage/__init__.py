"""What is kept: rows in a database, and blobs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stentor.storage.blobs import Blobs
from stentor.storage.config import StorageConfig
from stentor.storage.database import Database, Place
from stentor.storage.folder import FolderBlobs
from stentor.storage.postgresql import PostgresqlPlace
from stentor.storage.s3 import S3Blobs
from stentor.storage.sqlite import SqlitePlace

__all__ = ["Storage", "StorageConfig", "make_storage"]


@dataclass(frozen=True, slots=True)
class Storage:
    """Where everything is kept. `database.open()` before the first use, `database.close()` after the last."""

    database: Database
    blobs: Blobs


def make_storage(config: StorageConfig, data_dir: Path) -> Storage:
    """Build both from the settings; nothing is opened, made or imported yet."""
    url = config.database_url.get_secret_value()
    place: Place = PostgresqlPlace(url) if url else SqlitePlace(data_dir / "stentor.db")
    blobs: Blobs = S3Blobs(config) if config.blobs_url else FolderBlobs(data_dir / "blobs")
    return Storage(Database(place), blobs)

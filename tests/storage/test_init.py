"""What the settings make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pydantic import SecretStr

from stentor.storage import StorageConfig, make_storage


async def test_without_settings_everything_is_in_the_data_folder(tmp_path: Path) -> None:
    storage = make_storage(StorageConfig(), tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
    await storage.database.prepare()
    await storage.blobs.put(b"x")
    await storage.database.close()
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["blobs", "stentor.db"]
    for path in (tmp_path / "kept", *(tmp_path / "kept").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_with_settings_everything_is_elsewhere(tmp_path: Path) -> None:
    url = SecretStr("postgresql://ann:sesame@db.example:5433/speech")
    storage = make_storage(StorageConfig(database_url=url, blobs_url="s3://bucket"), tmp_path)
    assert str(storage.database.place) == "PostgreSQL at db.example:5433/speech"
    assert type(storage.blobs).__name__ == "S3Blobs"


def test_what_is_not_used_is_not_imported(tmp_path: Path) -> None:
    """A start that finds its database up to date costs some milliseconds."""
    program = """
import asyncio, sys
from pathlib import Path
from stentor.storage import StorageConfig, make_storage
storage = make_storage(StorageConfig(), Path(sys.argv[1]))
if sys.argv[2] == "make":
    asyncio.run(storage.database.prepare())
else:
    asyncio.run(storage.database.open())
    asyncio.run(storage.blobs.put(b"x"))
    print(*{"sqlalchemy", "alembic", "asyncpg", "aiosqlite", "obstore"} & set(sys.modules))
"""
    for what in ("make", "open"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path), what], capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == ""

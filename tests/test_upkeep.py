"""`stentor db`, as people type it."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stentor.cli import main
from stentor.settings import OLD_NAMES
from stentor.storage.folder import FolderBlobs
from stentor.storage.migrate import NEWEST


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("STENTOR_") or name in OLD_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("STENTOR_DATA_DIR", str(tmp_path / "kept"))


def db(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["db", *arguments], env=environ)


def test_an_upgrade_says_what_there_is(tmp_path: Path) -> None:
    for state in ("now", "already"):
        result = db("upgrade")
        assert result.exit_code == 0, result.output
        assert (
            result.stdout
            == f"SQLite in {tmp_path / 'kept' / 'stentor.db'} is {state} of revision {NEWEST}.\n"
        )


def test_a_backup_comes_back_elsewhere(tmp_path: Path) -> None:
    assert db("upgrade").exit_code == 0
    asyncio.run(FolderBlobs(tmp_path / "kept" / "blobs").put(b"x" * 1000))
    written = db("backup", "b.tar")
    assert written.exit_code == 0, written.output
    assert written.stdout.startswith("Wrote b.tar: the database and 1 blobs, ")
    restored = db("restore", "b.tar", STENTOR_DATA_DIR=str(tmp_path / "new"))
    assert restored.exit_code == 0, restored.output
    assert restored.stdout.startswith("Restored the database and 1 blobs, ")
    assert restored.stderr == ""
    assert (tmp_path / "new" / "stentor.db").exists()


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    assert db("upgrade").exit_code == 0
    assert db("backup", "b.tar").exit_code == 0
    for arguments, said in (
        (("backup", "b.tar"), "b.tar is there already"),
        (("restore", "b.tar"), "--force replaces it"),
        (("restore", "none.tar"), "cannot be read"),
    ):
        result = db(*arguments)
        assert result.exit_code == 1
        assert said in result.stderr
        assert "Traceback" not in result.stderr
    assert db("restore", "b.tar", "--force").exit_code == 0


def test_what_is_not_in_a_backup_is_said(tmp_path: Path) -> None:
    asyncio.run(FolderBlobs(tmp_path / "kept" / "blobs").put(b"x"))
    url = "postgresql://ann:sesame@db.example/speech"
    for arguments, said in ((("backup", "b.tar"), "pg_dump"), (("restore", "b.tar"), "pg_restore")):
        result = db(*arguments, STENTOR_DATABASE_URL=url)
        assert result.exit_code == 0, result.output
        assert "1 blobs, 1 bytes" in result.stdout
        assert said in result.stderr
        assert "db.example/speech" in result.stderr
        assert "sesame" not in result.output


def test_a_terminal_is_shown_how_far_it_is(tmp_path: Path) -> None:
    assert db("upgrade").exit_code == 0
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "stentor", "db", "backup", "b.tar"],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            timeout=60,
            check=True,
        )
        shown = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Writing" in shown
    assert "100%" in shown

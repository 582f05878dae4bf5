"""An empty folder to stand in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stand in an empty folder."""
    return tmp_path


@pytest.fixture(autouse=True)
def _a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep away from what a server of this user keeps."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

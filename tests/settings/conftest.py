"""An empty folder to stand in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stand in an empty folder."""
    return tmp_path

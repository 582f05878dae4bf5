"""What the tests of worker processes share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engines.pools import SPEAKER


@pytest.fixture
def speaker(tmp_path: Path) -> Path:
    file = tmp_path / "speaker.py"
    file.write_text(SPEAKER, "utf-8")
    return file

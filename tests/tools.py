"""Programs that some tests need."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test whose tool is missing; where CI is set nothing may be missing, so it fails there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need(program: str) -> None:
    """Skip, or fail where CI is set, unless a program is installed."""
    if not shutil.which(program):
        skip_or_fail(f"{program} is not installed")

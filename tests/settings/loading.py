"""Settings as a folder and some variables have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stentor.settings import Loaded, load_settings


def load(folder: Path, overrides: dict[str, Any] | None = None, **environ: str) -> Loaded:
    """Load the settings of a folder, with these variables alone."""
    return load_settings(overrides, environ=environ, folder=folder)


def value(loaded: Loaded, path: str) -> object:
    """Return what is at a dotted path."""
    found: Any = loaded.settings
    for step in path.split("."):
        found = found[step] if isinstance(found, dict) else getattr(found, step)
    return found

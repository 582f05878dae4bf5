"""The settings file, `stentor.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stentor.errors import SettingsError
from stentor.settings.checks import check_engine_name
from stentor.settings.tree import SECTIONS

CONFIG_FILE = "stentor.toml"


def file_values(config: Path | None, folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield the dotted path and the value of all that a file sets; nothing if none was named or is there."""
    file = config or folder / CONFIG_FILE
    if config is None and not file.exists():
        return
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.") from error
    for section, table in tables.items():
        if section == "engines":
            for path, own in _flat(section, table):
                check_engine_name(path.partition(".")[2])
                yield path, {}
                yield from _flat(path, own)
        elif section in SECTIONS:
            yield from _flat(section, table)
        else:
            yield section, table


def _flat(section: str, table: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  whatever TOML held
    if not isinstance(table, dict):
        raise SettingsError(f"`{section}` must be a table, as in `[{section}]`.")
    for name, value in table.items():
        yield f"{section}.{name}", value

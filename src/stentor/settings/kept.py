"""What was set while the server ran, and the file that keeps it for the next start."""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from stentor.errors import Conflict, SettingsError, StorageFailed
from stentor.storage.folder import sync_folder

log = logging.getLogger(__name__)

Table: TypeAlias = Mapping[str, Any]

KEPT_FILE = "engines.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """What takes the place of all that other sources say of these engines, and of the routes."""

    engines: Mapping[str, Table] = field(default_factory=dict)
    """The table of each, its secrets in the clear."""
    routes: tuple[Table, ...] | None = None


class KeptFile:
    """A file of what is kept; everything here blocks."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.kept = Kept()
        """What it held when it was read or written."""
        self._content: bytes | None = None

    @property
    def remedy(self) -> str:
        """Say what to do if it is the file that keeps a server from starting."""
        return f"Mend {self.file.name}, or delete it: then all is as the settings files have it."

    def read(self) -> Kept:
        """Read it; nothing is kept where there is none. Raises SettingsError."""
        try:
            self._content = self._read()
            self.kept = _kept(json.loads(self._content)) if self._content is not None else Kept()
        except (OSError, ValueError, RecursionError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SettingsError(
                f"{self.file} keeps what was set at run time, and cannot be used: {why}. {self.remedy}"
            ) from error
        return self.kept

    def write(self, kept: Kept) -> None:
        """Write it; it is on the disk when this returns.

        Raises StorageFailed, or Conflict if somebody else wrote there; then the file is what it was.
        """
        tables = {"engines": dict(kept.engines)}
        routes = {} if kept.routes is None else {"routes": list(kept.routes)}
        content = json.dumps({**tables, **routes}, indent=2).encode()
        try:
            if self._read() != self._content:
                raise Conflict(
                    "The file in which the server keeps its engines was changed by somebody else. "
                    "Restart the server, so that it reads the file, and try again."
                )
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(content)
            self._content, self.kept = content, kept
            sync_folder(self.file.parent)
        except OSError as error:
            log.error("%s cannot be written: %s", self.file, error)  # noqa: TRY400
            raise StorageFailed(
                f"The change cannot be kept on the server's disk, and was not made: {error.strerror}."
            ) from error

    def _read(self) -> bytes | None:
        try:
            return self.file.read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, content: bytes) -> None:
        temporary = self.file.with_name(f".{self.file.name}.{secrets.token_hex(8)}.tmp")
        try:
            opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.file)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise


def _kept(written: Any) -> Kept:  # noqa: ANN401  any JSON
    """Check the shape of a file; raises ValueError without a word of what it holds."""
    if not isinstance(written, dict) or written.keys() - {"engines", "routes"}:
        raise ValueError('it must be an object of "engines" and "routes"')
    engines, routes = written.get("engines", {}), written.get("routes")
    if not isinstance(engines, dict) or not all(isinstance(table, dict) for table in engines.values()):
        raise ValueError('"engines" must be an object of objects')
    if routes is not None and not (
        isinstance(routes, list) and all(isinstance(route, dict) for route in routes)
    ):
        raise ValueError('"routes" must be a list of objects')
    return Kept(engines, None if routes is None else tuple(routes))

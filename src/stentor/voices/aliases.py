"""The operator's own names for voices: `VOICE_MAP` and `voice_map.json`, read again when it changes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from stentor.errors import SettingsError

log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5  # seconds; asking the file system at each request costs more than the rest of the plan

OPENAI_VOICES = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable",
    "marin", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip


class VoiceMap:
    """Names given by a file, then by the settings; the settings win."""

    def __init__(self, fixed: Mapping[str, str], file: Path | None) -> None:
        self._fixed = fixed
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._look_again = 0.0
        self._meanings = _folded(fixed)
        self._reload(first=True)

    def get(self, name: str) -> str | None:
        """Return what a name stands for, if the operator gave it a meaning."""
        self._reload()
        meaning = self._meanings.get(name.casefold())
        return meaning[1] if meaning else None

    def names(self) -> list[str]:
        """List the names that were given a meaning."""
        self._reload()
        return [name for name, _ in self._meanings.values()]

    def _reload(self, *, first: bool = False) -> None:
        if self._file is None or monotonic() < self._look_again:
            return
        self._look_again = monotonic() + _LOOK_EVERY
        try:
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        except FileNotFoundError:
            stamp = None
        except OSError as error:  # a link to itself, for one; reading it fails the same way, with a sentence
            stamp = (-1, error.errno or 0)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            read = read_voice_map(self._file) if stamp else {}
        except SettingsError as error:
            if first:
                raise
            log.error("%s The last good voice map stays in use.", error.message)  # noqa: TRY400
            return
        self._meanings = _folded(read) | _folded(self._fixed)


def _folded(names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name.casefold(): (name, target) for name, target in names.items()}


def read_voice_map(file: Path) -> dict[str, str]:
    """Read a `voice_map.json`: an object of names to voices."""
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"The voice map {file} cannot be read: {error}.") from error
    return _names(read, f"The voice map {file}")


def parse_voice_map(written: str) -> dict[str, str]:
    """Read a `VOICE_MAP`: `alloy:en-GB,echo:de+m3`, or a JSON object."""
    if written.lstrip().startswith("{"):
        try:
            read = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"VOICE_MAP is not valid JSON: {error}.") from error
        return _names(read, "VOICE_MAP")
    pairs = {}
    for entry in filter(None, (entry.strip() for entry in written.split(","))):
        name, colon, target = entry.partition(":")
        if not colon or not name.strip() or not target.strip():
            raise SettingsError(f"VOICE_MAP has {entry!r} where NAME:VOICE was expected.")
        pairs[name.strip()] = target.strip()
    return pairs


def _names(read: Any, source: str) -> dict[str, str]:  # noqa: ANN401  whatever JSON held
    if not isinstance(read, dict) or not all(isinstance(target, str) for target in read.values()):
        raise SettingsError(f"{source} must be a JSON object of names to voices.")
    return read

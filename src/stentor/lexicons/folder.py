"""A folder of lexicons, a file each: `ID.json`, or `ID.pls` where an operator put one. All of this blocks."""

from __future__ import annotations

import json
import logging
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from stentor.errors import InvalidLexicon, InvalidRequest, StorageFailed
from stentor.lexicons.form import LexiconForm, checked_identity, count_words, json_from_lexicon
from stentor.storage.folder import sync_folder
from stentor.text.lexicon import Lexicon
from stentor.text.pls import lexicon_from_pls

log = logging.getLogger(__name__)

MOST_LEXICONS = 1000
MOST_WORDS_IN_ALL = 200_000
"""They are all held in memory."""
_LARGEST_FILE = 16 * 1024 * 1024
_ENDINGS = (".pls", ".json")  # the later one wins
_ABANDONED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was in the folder when it was looked at."""

    lexicons: Mapping[str, Lexicon] = field(default_factory=lambda: MappingProxyType({}))
    """By id, in the order of ids."""
    problems: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Sentences about files that cannot be used, by file name."""
    broken: frozenset[str] = frozenset()
    """Ids whose file cannot be used now, whether or not an earlier version of it still is."""


@dataclass(frozen=True, slots=True)
class _File:
    """What a file held when it was read, or its last good version, and why it cannot be used."""

    stamp: tuple[int, ...]
    lexicon: Lexicon | None
    problem: str | None = None


class LexiconFolder:
    """Reads and writes the files; every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._shelf = Shelf()
        # A caller who leaves does not stop the thread that writes for it; the next one must not overtake it.
        self._lock = threading.Lock()

    def stamp(self) -> tuple[int, ...] | None:
        """Return what changes when a file comes or goes; None if there is no folder."""
        try:
            return _stamp(self._folder.stat())
        except OSError:
            return None

    def read(self) -> Shelf:
        """Look at every file, and read those that have changed."""
        with self._lock:
            return self._read()

    def change(self, identity: str, decide: Callable[[Shelf], Lexicon | None]) -> Shelf:
        """Write what `decide` makes of what is there now, or remove the lexicon for None.

        It is on the disk when this returns. Raises StorageFailed, and whatever `decide` raises; then what was
        there before still is.
        """
        with self._lock:
            lexicon = decide(self._read())
            try:
                if lexicon is None:
                    self._remove(identity)
                else:
                    self._check_room(lexicon)
                    self._write(lexicon)
            except OSError as error:
                log.error("The lexicon %s in %s cannot be changed: %s", identity, self._folder, error)  # noqa: TRY400
                raise StorageFailed(
                    f"The lexicon {identity} cannot be changed on the server's disk: {error.strerror}."
                ) from error
            return self._read()

    def _check_room(self, lexicon: Lexicon) -> None:
        others = [held for held in self._shelf.lexicons.values() if held.id != lexicon.id]
        if len(others) >= MOST_LEXICONS:
            raise InvalidRequest(f"There are {MOST_LEXICONS:,} lexicons already, the most this server keeps.")
        words = sum(count_words(held.entries) for held in (lexicon, *others))
        if words > MOST_WORDS_IN_ALL:
            raise InvalidLexicon(
                f"All lexicons together would have {words:,} words; this server keeps {MOST_WORDS_IN_ALL:,}."
            )

    def _write(self, lexicon: Lexicon) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{lexicon.id}.{secrets.token_hex(8)}.tmp"
        try:
            with temporary.open("xb") as file:
                file.write(json_from_lexicon(lexicon).encode())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / f"{lexicon.id}.json")
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(self._folder)
        with suppress(OSError):  # the other file wins
            (self._folder / f"{lexicon.id}.pls").unlink(missing_ok=True)

    def _remove(self, identity: str) -> None:
        for ending in _ENDINGS:
            (self._folder / f"{identity}{ending}").unlink(missing_ok=True)
        sync_folder(self._folder)

    def _read(self) -> Shelf:
        try:
            found = dict(self._found())
        except FileNotFoundError:
            found = {}
        except OSError as error:
            return self._unread(f"The folder cannot be read: {error.strerror}.")
        self._files = {name: self._file(name, stamp) for name, stamp in sorted(found.items())}
        self._shelf = _shelf(self._files)
        return self._shelf

    def _unread(self, problem: str) -> Shelf:
        """Keep what there was, and say why it was not looked at."""
        name = self._folder.name
        if self._shelf.problems.get(name) != problem:
            log.error("%s: %s", self._folder, problem)
            problems = MappingProxyType({**self._shelf.problems, name: problem})
            self._shelf = replace(self._shelf, problems=problems)
        return self._shelf

    def _found(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                name = Path(entry.name)
                with suppress(FileNotFoundError):
                    if name.suffix in _ENDINGS and not entry.name.startswith("."):
                        yield entry.name, _stamp_of(entry)
                    elif entry.name.startswith(".") and name.suffix == ".tmp":
                        _drop_abandoned(entry)

    def _file(self, name: str, stamp: tuple[int, ...]) -> _File:
        before = self._files.get(name)
        if before and before.stamp == stamp:
            return before
        try:
            return _File(stamp, _lexicon_in(self._folder / name))
        except InvalidRequest as error:
            problem = error.message
        except OSError as error:
            problem = f"It cannot be read: {error.strerror}."
        last = before.lexicon if before else None
        kept = " The last good version stays in use." if last else ""
        log.error("The lexicon %s cannot be used. %s%s", self._folder / name, problem, kept)
        return _File(stamp, last, problem)


def _shelf(files: Mapping[str, _File]) -> Shelf:
    used = {Path(name).stem: name for ending in _ENDINGS for name in files if name.endswith(ending)}
    problems = {name: file.problem for name, file in files.items() if file.problem}
    lexicons: dict[str, Lexicon] = {}
    words = 0
    for identity, name in sorted(used.items()):
        lexicon = files[name].lexicon
        if lexicon is None:
            continue
        words += count_words(lexicon.entries)
        if len(lexicons) == MOST_LEXICONS or words > MOST_WORDS_IN_ALL:
            problems[name] = (
                f"This server keeps {MOST_LEXICONS:,} lexicons and {MOST_WORDS_IN_ALL:,} words at most."
            )
            words -= count_words(lexicon.entries)
            continue
        lexicons[identity] = lexicon
    broken = frozenset(identity for identity, name in used.items() if files[name].problem)
    problems |= {
        name: f"{used[Path(name).stem]} is used instead." for name in files if name not in used.values()
    }
    return Shelf(MappingProxyType(lexicons), MappingProxyType(problems), broken)


def _lexicon_in(path: Path) -> Lexicon:
    identity = checked_identity(path.stem)
    content = _content(path)
    if path.suffix == ".pls":
        return lexicon_from_pls(content, identity, identity)
    try:
        return LexiconForm.model_validate(json.loads(content)).lexicon(identity)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidLexicon(f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidLexicon(f"It is not valid JSON: {error}.") from error


def _content(path: Path) -> bytes:
    # A pipe that nobody writes to would be waited for.
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise InvalidLexicon("It is no regular file.")
    with os.fdopen(opened, "rb") as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise InvalidLexicon(f"It is larger than {_LARGEST_FILE // 1024 // 1024} MiB.")
    return content


def _stamp_of(entry: os.DirEntry[str]) -> tuple[int, ...]:
    try:
        return _stamp(entry.stat())
    except FileNotFoundError:
        raise
    except OSError as error:  # a link to itself, for one; reading it fails the same way, with a sentence
        return (-1, error.errno or 0)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def _drop_abandoned(entry: os.DirEntry[str]) -> None:
    """Remove what a server that was killed while it wrote has left."""
    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED_SECONDS:
        with suppress(OSError):
            Path(entry.path).unlink()

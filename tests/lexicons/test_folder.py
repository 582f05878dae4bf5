"""What is acknowledged is on the disk, what fails changes nothing, and an operator's files are seen."""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from stentor.errors import InvalidLexicon, InvalidRequest, NotFound, StorageFailed
from stentor.lexicons import folder as module
from stentor.lexicons.folder import LexiconFolder, Shelf
from stentor.text.lexicon import Entry, Lexicon
from stentor.text.pls import pls_from_lexicon


def lexicon(identity: str = "one", word: str = "a", words: int = 1) -> Lexicon:
    return Lexicon(identity, identity, tuple(Entry((f"{word}{number}",), "x") for number in range(words)))


def to(made: Lexicon | None) -> Callable[[Shelf], Lexicon | None]:
    return lambda _: made


def keep(folder: LexiconFolder, made: Lexicon) -> Shelf:
    return folder.change(made.id, to(made))


def test_what_is_kept_is_there_for_whoever_looks(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "yet"
    assert LexiconFolder(path).read().lexicons == {}
    made = lexicon(words=3)
    assert keep(LexiconFolder(path), made).lexicons == {"one": made}
    assert LexiconFolder(path).read().lexicons == {"one": made}
    assert [file.name for file in path.iterdir()] == ["one.json"]
    assert keep(LexiconFolder(path), lexicon(word="b")).lexicons == {"one": lexicon(word="b")}


def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    folder = LexiconFolder(tmp_path)
    keep(folder, lexicon())
    (tmp_path / "one.pls").write_text(pls_from_lexicon(lexicon()))
    assert folder.change("one", to(None)).lexicons == {}
    assert list(tmp_path.iterdir()) == []


def test_a_decision_that_fails_changes_nothing(tmp_path: Path) -> None:
    folder = LexiconFolder(tmp_path)
    keep(folder, lexicon())

    def refuse(shelf: Shelf) -> Lexicon:
        assert shelf.lexicons == {"one": lexicon()}
        raise NotFound("no")

    with pytest.raises(NotFound):
        folder.change("one", refuse)
    assert folder.read().lexicons == {"one": lexicon()}


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = LexiconFolder(tmp_path)
    keep(folder, lexicon())
    with (
        full_disk(200),
        pytest.raises(StorageFailed, match=r"^The lexicon one cannot be changed .+ File too large\.$"),
    ):
        keep(folder, lexicon(word="b", words=100))
    assert str(tmp_path) in caplog.text
    assert folder.read().lexicons == LexiconFolder(tmp_path).read().lexicons == {"one": lexicon()}
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]
    assert keep(folder, lexicon(word="b", words=100)).lexicons["one"].entries[99].graphemes == ("b99",)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_whatever_step_fails_the_old_version_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = LexiconFolder(tmp_path)
    keep(folder, lexicon())

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        with pytest.raises(StorageFailed, match="No space left on device"):
            keep(folder, lexicon(word="b"))
    assert folder.read().lexicons == {"one": lexicon()}
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]


def test_a_folder_that_cannot_be_is_told_and_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    folder = LexiconFolder(tmp_path / "file" / "lexicons")
    assert folder.read().problems == {"lexicons": "The folder cannot be read: Not a directory."}
    folder.read()
    assert len(caplog.records) == 1
    with pytest.raises(StorageFailed, match="Not a directory"):
        keep(folder, lexicon())


def test_a_folder_that_vanishes_from_sight_keeps_what_was_read(tmp_path: Path) -> None:
    folder = LexiconFolder(tmp_path / "lexicons")
    keep(folder, lexicon())
    (tmp_path / "lexicons").rename(tmp_path / "away")
    (tmp_path / "lexicons").write_text("")
    assert folder.read().lexicons == {"one": lexicon()}
    assert folder.read().problems
    (tmp_path / "lexicons").unlink()
    (tmp_path / "away").rename(tmp_path / "lexicons")
    assert folder.read() == Shelf({"one": lexicon()})


def test_an_operators_files_are_read_when_they_change(tmp_path: Path) -> None:
    folder = LexiconFolder(tmp_path)
    (tmp_path / "plain.json").write_text('{"SQL": "sequel"}')
    (tmp_path / "from-w3c.pls").write_text(pls_from_lexicon(lexicon("x")))
    (tmp_path / "notes.txt").write_text("not one")
    (tmp_path / ".hidden.json").write_text("not one")
    shelf = folder.read()
    assert list(shelf.lexicons) == ["from-w3c", "plain"]
    assert shelf.lexicons["plain"] == Lexicon("plain", "plain", (Entry(("SQL",), "sequel"),))
    assert not shelf.problems
    again = folder.read()
    assert all(again.lexicons[identity] is shelf.lexicons[identity] for identity in shelf.lexicons)
    (tmp_path / "plain.json").write_text('{"SQL": "S Q L"}')
    (tmp_path / "from-w3c.pls").unlink()
    assert folder.read().lexicons == {"plain": Lexicon("plain", "plain", (Entry(("SQL",), "S Q L"),))}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("x.json", b"{", "It is not valid JSON: "),
        ("x.json", b"\xff", "It is not valid JSON: "),
        ("x.json", b"[" * 100_000, "It is not valid JSON: "),
        ("x.json", b"", "It is not valid JSON: "),
        (
            "x.json",
            b'{"entries": [{"word": "a", "alias": 1}]}',
            "`entries.0.alias`: Input should be a valid string.",
        ),
        ("x.json", b'{"a": "."}', "`entries.0.alias`: An alias must have something to say"),
        ("x.pls", b"<lexicon>", "Line 1, column 10: The document is not well-formed XML: no element found."),
        ("x.pls", b"<!DOCTYPE lexicon []>", "Line 1, column 19: A DOCTYPE is not read here."),
        ("My Words.json", b'{"a": "b"}', "'My Words' cannot be a lexicon's id"),
    ],
)
def test_a_broken_file_is_named_in_the_log_once_and_harms_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, content: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content)
    folder = LexiconFolder(tmp_path)
    keep(folder, lexicon())
    shelf = folder.read()
    assert list(shelf.lexicons) == ["one"]
    assert list(shelf.problems) == [name]
    assert problem in shelf.problems[name]
    assert shelf.broken == {Path(name).stem}
    (record,) = caplog.records
    assert f"{tmp_path / name} cannot be used. {shelf.problems[name]}" in record.getMessage()
    assert record.levelno == logging.ERROR


def test_the_last_good_version_of_a_broken_file_stays_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = LexiconFolder(tmp_path)
    keep(folder, lexicon())
    (tmp_path / "one.json").write_text("{")
    shelf = folder.read()
    assert shelf.lexicons == {"one": lexicon()}
    assert shelf.broken == {"one"}
    assert "The last good version stays in use." in caplog.text
    (tmp_path / "one.json").write_text('{"a": "b"}')
    assert folder.read() == Shelf({"one": Lexicon("one", "one", (Entry(("a",), "b"),))})


def test_a_json_file_wins_over_a_pls_file_and_takes_its_place_when_written(tmp_path: Path) -> None:
    (tmp_path / "one.pls").write_text(pls_from_lexicon(lexicon(word="pls")))
    folder = LexiconFolder(tmp_path)
    (tmp_path / "one.json").write_text('{"a": "b"}')
    shelf = folder.read()
    assert shelf.lexicons["one"].entries == (Entry(("a",), "b"),)
    assert shelf.problems == {"one.pls": "one.json is used instead."}
    assert not shelf.broken
    assert keep(folder, lexicon()) == Shelf({"one": lexicon()})
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "gone.json").symlink_to("nowhere")
    (tmp_path / "linked.json").symlink_to("plain")
    (tmp_path / "plain").write_text('{"a": "b"}')
    shelf = LexiconFolder(tmp_path).read()
    assert list(shelf.lexicons) == ["linked"]
    assert shelf.problems == {
        "pipe.json": "It is no regular file.",
        "folder.json": "It is no regular file.",
        "loop.json": "It cannot be read: Too many levels of symbolic links.",
    }


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(module._LARGEST_FILE + 1)
    assert LexiconFolder(tmp_path).read().problems == {"large.json": "It is larger than 16 MiB."}


def test_there_are_most_lexicons_and_most_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LEXICONS", 3)
    monkeypatch.setattr(module, "MOST_WORDS_IN_ALL", 10)
    folder = LexiconFolder(tmp_path)
    for identity in ("b", "c", "d"):
        keep(folder, lexicon(identity, words=3))
    with pytest.raises(InvalidRequest, match="There are 3 lexicons already"):
        keep(folder, lexicon("a"))
    with pytest.raises(InvalidLexicon, match="would have 11 words; this server keeps 10"):
        keep(folder, lexicon("b", words=5))
    keep(folder, lexicon("b", words=4))
    (tmp_path / "a.json").write_text('{"a": "b"}')
    shelf = folder.read()
    assert list(shelf.lexicons) == ["a", "b", "c"]
    assert shelf.problems == {"d.json": "This server keeps 3 lexicons and 10 words at most."}
    keep(folder, lexicon("c", words=1))
    assert folder.change("a", to(None)).lexicons.keys() == {"b", "c", "d"}


def test_what_a_killed_server_left_is_removed_in_time(tmp_path: Path) -> None:
    for name, age in ((".one.0.tmp", 7200), (".two.0.tmp", 60)):
        (tmp_path / name).write_text("{")
        now = (tmp_path / name).stat().st_mtime
        os.utime(tmp_path / name, (now - age, now - age))
    assert LexiconFolder(tmp_path).read().problems == {}
    assert [file.name for file in tmp_path.iterdir()] == [".two.0.tmp"]


def test_threads_that_write_at_once_lose_no_change(tmp_path: Path) -> None:
    folder = LexiconFolder(tmp_path)
    keep(folder, Lexicon("one", "One"))
    start = threading.Barrier(8)

    def add(number: int) -> None:
        start.wait()

        def decide(shelf: Shelf) -> Lexicon:
            held = shelf.lexicons["one"]
            return Lexicon("one", "One", (*held.entries, Entry((f"w{number}",), "x")))

        folder.change("one", decide)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    written = json.loads((tmp_path / "one.json").read_text("utf-8"))
    assert {entry["word"] for entry in written["entries"]} == {f"w{number}" for number in range(8)}


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    writer = LexiconFolder(tmp_path)
    reader = LexiconFolder(tmp_path)
    keep(writer, lexicon(words=300))
    done = threading.Event()

    def write() -> None:
        for number in range(30):
            keep(writer, lexicon(word=f"v{number}-", words=300))
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        shelf = reader.read()
        assert not shelf.problems
        assert len(shelf.lexicons["one"].entries) == 300
    thread.join()


def test_a_stamp_tells_when_files_come_and_go(tmp_path: Path) -> None:
    folder = LexiconFolder(tmp_path / "lexicons")
    assert folder.stamp() is None
    keep(folder, lexicon())
    before = folder.stamp()
    assert before == folder.stamp()
    folder.change("one", to(None))
    assert folder.stamp() != before

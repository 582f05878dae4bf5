"""Lexicons are kept, noticed and put together for each request."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import pytest

from stentor.errors import InvalidLexicon, LexiconExists, NotFound, StorageFailed, UnknownLexicon
from stentor.lexicons import store as module
from stentor.lexicons.store import LexiconStore
from stentor.text.lexicon import Entry, Lexicon, Matcher


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY", 0.0)


@pytest.fixture
def store(tmp_path: Path) -> LexiconStore:
    """Keep lexicons in a folder that is not there yet."""
    return LexiconStore(tmp_path / "lexicons")


def lexicon(
    identity: str, *words: str, voices: tuple[str, ...] | None = None, enabled: bool = True
) -> Lexicon:
    """Make a lexicon that says its own id for each of its words."""
    entries = tuple(Entry((word,), identity) for word in words)
    return Lexicon(identity, identity.title(), entries, voices=voices, enabled=enabled)


async def said(
    store: LexiconStore, text: str, *voices: str, named: tuple[str, ...] = (), inline: tuple[Entry, ...] = ()
) -> list[str]:
    """Read a text as a request would, and return what is said instead."""
    matcher = await store.for_request(voices, named, inline)
    return [edit.text for edit in matcher.edits(text)] if matcher else []


async def test_lexicons_are_kept_changed_and_removed(store: LexiconStore, tmp_path: Path) -> None:
    two, one = lexicon("two", "a"), lexicon("one", "b")
    await store.create(two)
    await store.create(one)
    assert list(await store.all()) == [one, two]
    assert list(await LexiconStore(tmp_path / "lexicons").all()) == [one, two]
    changed = await store.change("one", lambda held: replace(held, enabled=False))
    assert changed == await store.get("one") == replace(one, enabled=False)
    assert await store.put("two", lambda held: lexicon("two", *("c" if held else ""))) == (
        lexicon("two", "c"),
        False,
    )
    assert await store.put("three", lambda held: lexicon("three", held.name if held else "c")) == (
        lexicon("three", "c"),
        True,
    )
    await store.delete("one")
    assert list(await store.all()) == [lexicon("three", "c"), lexicon("two", "c")]
    assert list(await LexiconStore(tmp_path / "lexicons").all()) == list(await store.all())


async def test_what_is_not_there_is_not_found(store: LexiconStore) -> None:
    for missing in (store.get("x"), store.delete("x"), store.change("x", lambda held: held)):
        with pytest.raises(NotFound, match="There is no lexicon 'x' here"):
            await missing
    with pytest.raises(UnknownLexicon, match="There is no lexicon 'x' here"):
        await store.for_request(named=["x"])


async def test_an_id_is_taken_once(store: LexiconStore) -> None:
    await store.create(lexicon("one", "a"))
    with pytest.raises(LexiconExists):
        await store.create(lexicon("one", "b"))
    assert await store.get("one") == lexicon("one", "a")


async def test_without_lexicons_there_is_no_matcher(store: LexiconStore, tmp_path: Path) -> None:
    assert await store.for_request(["alloy"]) is None
    assert not (tmp_path / "lexicons").exists()


async def test_nearer_lexicons_win(store: LexiconStore) -> None:
    await store.create(lexicon("z-server", "a", "b", "c", "d"))
    await store.create(lexicon("voice", "b", "c", "d", voices=("Nova", "en-GB")))
    await store.create(lexicon("named", "c", "d", enabled=False))
    inline = (Entry(("d",), "inline"),)
    assert await said(store, "a b c d", "alloy") == ["z-server"] * 4
    assert await said(store, "a b c d", "alloy", "nova") == ["z-server", "voice", "voice", "voice"]
    asked = await said(store, "a b c d", "EN-gb", named=("named",), inline=inline)
    assert asked == ["z-server", "voice", "named", "inline"]
    assert await said(store, "a b c d", inline=inline) == ["z-server"] * 3 + ["inline"]


async def test_named_lexicons_stand_in_their_order(store: LexiconStore) -> None:
    for identity in ("one", "two"):
        await store.create(lexicon(identity, "a", enabled=False))
    assert await said(store, "a") == []
    assert await said(store, "a", named=("one", "two")) == ["two"]
    assert await said(store, "a", named=("two", "one", "two")) == ["one"]


async def test_lexicons_of_one_rank_stand_in_the_order_of_their_ids(store: LexiconStore) -> None:
    for identity in ("b", "a", "c"):
        await store.create(lexicon(identity, "x", voices=("nova", "alloy") if identity != "c" else ("x",)))
    assert await said(store, "x", "nova", "alloy") == ["b"]


async def test_entries_of_its_own_need_no_lexicon(store: LexiconStore) -> None:
    assert await said(store, "a", inline=(Entry(("a",), "b"),)) == ["b"]


async def test_a_lexicons_language_holds(store: LexiconStore) -> None:
    await store.create(replace(lexicon("german", "a"), language="de"))
    matcher = await store.for_request()
    assert matcher
    assert [len(matcher.edits("a", language)) for language in ("de-AT", "en", None)] == [1, 0, 0]


async def test_a_matcher_is_made_once_for_what_has_not_changed(
    store: LexiconStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    class Counted(Matcher):
        def __init__(self, *lexicons: list[Entry]) -> None:
            made.extend(len(entries) for entries in lexicons)
            super().__init__(*lexicons)

    monkeypatch.setattr(module, "Matcher", Counted)
    await store.create(lexicon("all", "a", "b"))
    await store.create(lexicon("voice", "a", "b", "c", voices=("nova",)))
    for _ in range(3):
        await asyncio.gather(*(store.for_request(["nova"]) for _ in range(3)))
    assert sorted(made) == [2, 3]
    await store.change("voice", lambda held: replace(held, name="Other", entries=held.entries[:1]))
    await store.for_request(["nova"])
    assert sorted(made) == [1, 2, 3]
    await store.delete("all")
    await store.create(lexicon("all", *"abcd"))
    await store.for_request(["nova"])
    assert sorted(made) == [1, 2, 3, 4]


async def test_a_large_lexicon_is_read_and_made_beside_the_event_loop(tmp_path: Path) -> None:
    store = LexiconStore(tmp_path)
    (tmp_path / "large.json").write_text(json.dumps({f"word{number}": "x" for number in range(10_000)}))
    assert await said(store, "word9999") == ["x"]


async def test_an_operators_changes_are_noticed(store: LexiconStore, tmp_path: Path) -> None:
    folder = tmp_path / "lexicons"
    assert await said(store, "SQL") == []
    folder.mkdir()
    (folder / "mine.json").write_text('{"SQL": "sequel"}')
    assert await said(store, "SQL") == ["sequel"]
    (folder / "mine.json").write_text('{"SQL": "S Q L"}')
    assert await said(store, "SQL") == ["S Q L"]
    (folder / "mine.json").write_text('{"SQL": ')
    assert await said(store, "SQL") == ["S Q L"]
    assert list(await store.problems()) == ["mine.json"]
    (folder / "mine.json").unlink()
    assert await said(store, "SQL") == []
    assert not await store.problems()


async def test_a_look_at_the_folder_is_not_taken_at_each_request(
    store: LexiconStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY", 1000.0)
    await store.for_request()
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "one.json").write_text('{"a": "b"}')
    assert await store.for_request() is None


async def test_a_file_that_cannot_be_read_is_not_written_over(store: LexiconStore, tmp_path: Path) -> None:
    (tmp_path / "lexicons").mkdir()
    file = tmp_path / "lexicons" / "mine.json"
    file.write_text("{")
    with pytest.raises(LexiconExists):
        await store.create(lexicon("mine", "a"))
    with pytest.raises(InvalidLexicon, match="cannot be read now"):
        await store.change("mine", lambda held: held)
    assert file.read_text() == "{"
    assert await store.put("mine", lambda _: lexicon("mine", "a")) == (lexicon("mine", "a"), True)
    assert await store.get("mine") == lexicon("mine", "a")
    file.write_text("{")
    await store.delete("mine")
    assert not file.exists()


async def test_what_could_not_be_kept_is_not_there(
    store: LexiconStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.create(lexicon("one", "a"))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        attempts: tuple[Awaitable[object], ...] = (
            store.create(lexicon("two", "b")),
            store.put("one", lambda _: lexicon("one", "b")),
            store.change("one", lambda held: replace(held, enabled=False)),
        )
        for attempt in attempts:
            with pytest.raises(StorageFailed):
                await attempt
    assert list(await store.all()) == [lexicon("one", "a")]
    assert list(await LexiconStore(tmp_path / "lexicons").all()) == [lexicon("one", "a")]


async def test_changes_at_once_lose_nothing(store: LexiconStore, tmp_path: Path) -> None:
    await store.create(lexicon("one"))

    def add(number: int) -> asyncio.Task[Lexicon]:
        def change(held: Lexicon) -> Lexicon:
            return replace(held, entries=(*held.entries, Entry((f"w{number}",), "x")))

        return asyncio.create_task(store.change("one", change))

    tasks = [add(number) for number in range(20)]
    await asyncio.sleep(0.002)
    left = tasks[3::5]
    for task in left:
        task.cancel()  # its thread may be writing now
    results = await asyncio.gather(*tasks, return_exceptions=True)
    acknowledged = {f"w{n}" for n, result in enumerate(results) if isinstance(result, Lexicon)}
    assert len(acknowledged) >= len(tasks) - len(left)
    kept = (await LexiconStore(tmp_path / "lexicons").all())[0]
    assert acknowledged <= {entry.graphemes[0] for entry in kept.entries}

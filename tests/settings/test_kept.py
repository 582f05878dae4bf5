"""What was set at run time is kept: at once, whole, and for nobody else to read."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.settings.loading import load, value

from stentor.errors import Conflict, SettingsError, StorageFailed
from stentor.settings.kept import Kept, KeptFile

FAR = {"kind": "openai", "url": "http://gpu-box:8000/v1", "api_key": "sesame"}


@pytest.fixture
def kept(folder: Path) -> KeptFile:
    made = KeptFile(folder / "data" / "engines.json")
    made.read()
    return made


def test_where_there_is_no_file_nothing_is_kept(kept: KeptFile) -> None:
    assert kept.read() == Kept()


def test_what_is_written_is_read_again_and_is_nobody_elses(kept: KeptFile) -> None:
    written = Kept({"far": FAR, "gone": {"kind": "tone", "enabled": False}}, ({"engines": ["far"]},))
    kept.write(written)
    assert KeptFile(kept.file).read() == written == kept.kept
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.file.parent.stat().st_mode) == 0o700
    kept.write(Kept())
    assert KeptFile(kept.file).read() == Kept()
    assert list(kept.file.parent.iterdir()) == [kept.file]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=5,
)
_TABLES = st.dictionaries(st.text(), st.dictionaries(st.text(), _JSON))


@given(_TABLES, st.none() | st.lists(st.dictionaries(st.text(), _JSON)))
def test_any_table_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory,
    tables: dict[str, dict[str, object]],
    routes: list[dict[str, object]] | None,
) -> None:
    file = tmp_path_factory.mktemp("kept") / "engines.json"
    written = Kept(tables, None if routes is None else tuple(routes))
    KeptFile(file).write(written)
    assert KeptFile(file).read() == written


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_full_disk_leaves_what_there_was(
    kept: KeptFile, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kept.write(Kept({"far": FAR}))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Path if step == "replace" else os, step, full)
        with pytest.raises(StorageFailed, match="No space left on device") as refused:
            kept.write(Kept({"far": {**FAR, "api_key": "alakazam"}}))
    assert "alakazam" not in refused.value.message
    assert KeptFile(kept.file).read() == Kept({"far": FAR})
    assert list(kept.file.parent.iterdir()) == [kept.file]
    kept.write(Kept())


def test_a_folder_that_cannot_be_made_is_a_failure_to_keep(folder: Path) -> None:
    (folder / "data").write_text("a file")
    with pytest.raises(StorageFailed):
        KeptFile(folder / "data" / "engines.json").write(Kept())


def test_what_somebody_else_wrote_meanwhile_is_not_lost(kept: KeptFile) -> None:
    other = KeptFile(kept.file)
    other.read()
    other.write(Kept({"far": FAR}))
    with pytest.raises(Conflict, match="changed by somebody else"):
        kept.write(Kept())
    assert KeptFile(kept.file).read() == Kept({"far": FAR})


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"engine": {}}',
    b'{"engines": []}',
    b'{"engines": {"far": "sesame"}}',
    b'{"engines": {}, "routes": {"a": "sesame"}}',
    b'{"routes": ["sesame"]}',
    b'{"engines": ' + b'{"a":' * 100_000,
    b'{"engines": {"far": {"a": ' + b"1" * 5000 + b"}}}",
]


@pytest.mark.parametrize("content", BROKEN, ids=lambda content: content[:30])
def test_a_broken_file_is_a_sentence_that_shows_nothing_of_it(folder: Path, content: bytes) -> None:
    (folder / "engines.json").write_bytes(content)
    with pytest.raises(SettingsError, match=r"engines\.json keeps what was set at run time") as refused:
        load(folder, STENTOR_DATA_DIR=str(folder))
    assert (
        "Mend engines.json, or delete it: then all is as the settings files have it." in refused.value.message
    )
    assert "sesame" not in refused.value.message


@pytest.mark.parametrize(
    "content", ['{"engines": {"far": {"kind": "opanai"}}}', '{"routes": [{"engines": ["nobody"]}]}']
)
def test_a_mistake_in_the_file_says_how_to_do_without_it(folder: Path, content: str) -> None:
    (folder / "engines.json").write_text(content)
    with pytest.raises(SettingsError, match=r"engines\.json.*There are|engines\.json has the") as refused:
        load(folder, STENTOR_DATA_DIR=str(folder))
    assert refused.value.message.endswith("delete it: then all is as the settings files have it.")
    (folder / "engines.json").write_text("{}")
    with pytest.raises(SettingsError) as other:
        load(folder, STENTOR_DATA_DIR=str(folder), STENTOR_PORT="x")
    assert "engines.json" not in other.value.message


def test_a_file_that_cannot_be_read_is_a_sentence(folder: Path) -> None:
    (folder / "engines.json").mkdir()
    with pytest.raises(SettingsError, match=r"engines\.json .*Is a directory"):
        load(folder, STENTOR_DATA_DIR=str(folder))


def test_a_start_takes_up_what_is_kept_in_the_data_folder(folder: Path) -> None:
    (folder / "stentor.toml").write_text('data_dir = "kept"\n')
    where = folder / "kept"
    loaded = load(folder, STENTOR_DATA_DIR=str(where))
    assert loaded.kept
    loaded.kept.write(Kept({"far": FAR}))
    again = load(folder, STENTOR_DATA_DIR=str(where))
    assert value(again, "engines.far.url") == "http://gpu-box:8000/v1"
    assert again.origins["engines.far.url"] == str(where / "engines.json")
    assert "sesame" in json.dumps(again.kept.kept.engines if again.kept else {})

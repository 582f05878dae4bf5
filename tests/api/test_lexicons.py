"""Lexicons are kept, changed, taken away and heard over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stentor import threads
from stentor.engines import Capabilities
from stentor.lexicons import store
from stentor.text.lexicon import MOST_WORDS
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine

PLS = """<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en">
  <lexeme>
    <grapheme>SQL</grapheme>
    <phoneme>ˈsiːkwəl</phoneme>
    <alias>sequel</alias>
  </lexeme>
</lexicon>
"""
AS_PLS = {"Content-Type": "application/pls+xml"}
ENTRIES = [
    {"word": "SQL", "alias": "sequel"},
    {"words": ["colour", "color"], "alias": "hue", "language": "en"},
]


@pytest.fixture
def engine() -> ScriptedEngine:
    """Remember what was spoken; take pronunciations."""
    abilities = Capabilities(sample_rate=24_000, languages=("en",), phonemes=True)
    return ScriptedEngine(capabilities=abilities)


@pytest.fixture
async def client(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """Call a server that keeps lexicons."""
    monkeypatch.setattr(store, "_LOOK_EVERY", 0.0)
    async with client_of(make_api(engine, lexicons=tmp_path)) as caller:
        yield caller


async def keep(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/v1/lexicons", json={"name": "Ours", "entries": ENTRIES, **fields})
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/lexicons/{kept['id']}"
    return kept


async def test_a_lexicon_is_kept_listed_and_removed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/lexicons")).json() == {"object": "list", "data": []}
    kept = await keep(client, voices=["one"], language="en-GB")
    assert kept == {
        "id": "ours",
        "object": "lexicon",
        "name": "Ours",
        "language": "en-GB",
        "voices": ["one"],
        "enabled": True,
        "word_count": 3,
    }
    assert (await client.get("/v1/lexicons")).json()["data"] == [kept]
    assert (await client.get("/v1/lexicons/ours")).json() == {
        "id": "ours",
        "name": "Ours",
        "language": "en-GB",
        "voices": ["one"],
        "enabled": True,
        "entries": ENTRIES,
    }
    gone = await client.delete("/v1/lexicons/ours")
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (await client.get("/v1/lexicons/ours"), await client.delete("/v1/lexicons/ours")):
        assert_envelope(answer, 404, "not_found", "id")


async def test_what_is_taken_can_be_sent_again(client: httpx.AsyncClient) -> None:
    await keep(client, voices=["one"], enabled=False)
    for form in ("", "?format=json", "?format=pls"):
        taken = await client.get(f"/v1/lexicons/ours{form}")
        headers = {"Content-Type": taken.headers["content-type"]}
        again = await client.put("/v1/lexicons/ours", content=taken.content, headers=headers)
        assert (again.status_code, again.json()["word_count"]) == (200, 3)
        assert (await client.get("/v1/lexicons/ours")).json()["voices"] == ["one"]
        assert (await client.get("/v1/lexicons/ours")).json()["entries"] == ENTRIES


async def test_a_pls_document_is_read_and_written(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/lexicons?name=From+the+W3C", content=PLS, headers=AS_PLS)
    assert made.json()["id"] == "from-the-w3c"
    assert made.json()["name"] == "From the W3C"
    for path, headers in (("?format=pls", {}), ("", {"Accept": "application/pls+xml"})):
        taken = await client.get(f"/v1/lexicons/from-the-w3c{path}", headers=headers)
        assert taken.headers["content-type"] == "application/pls+xml"
        assert taken.text == PLS
    assert (await client.get("/v1/lexicons/from-the-w3c")).json()["language"] == "en"


@pytest.mark.parametrize("form", ["json", "pls"])
async def test_an_export_is_a_file(client: httpx.AsyncClient, form: str) -> None:
    await keep(client)
    taken = await client.get(f"/v1/lexicons/ours?format={form}")
    assert taken.headers["content-disposition"] == f'attachment; filename="ours.{form}"'
    assert "content-disposition" not in (await client.get("/v1/lexicons/ours")).headers
    assert_envelope(await client.get("/v1/lexicons/ours?format=xml"), 400, "invalid_request", "format")


async def test_a_pls_document_replaces_entries_and_language_only(client: httpx.AsyncClient) -> None:
    await keep(client, voices=["one"], enabled=False, language="de")
    kept = (await client.put("/v1/lexicons/ours", content=PLS, headers=AS_PLS)).json()
    assert (kept["name"], kept["voices"], kept["enabled"]) == ("Ours", ["one"], False)
    assert (kept["language"], kept["word_count"]) == ("en", 1)


async def test_words_and_aliases_may_be_a_plain_object(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/lexicons?id=plain", json={"SQL": "sequel", "GIF": "jif"})
    assert made.json() | {"word_count": 2, "id": "plain", "name": "plain"} == made.json()


async def test_put_keeps_what_is_new(client: httpx.AsyncClient) -> None:
    first = await client.put("/v1/lexicons/mine", json={"entries": {"a": "b"}})
    second = await client.put("/v1/lexicons/mine", json={"entries": [], "id": "mine", "name": "Mine"})
    assert (first.status_code, first.headers["location"]) == (201, "/v1/lexicons/mine")
    assert (second.status_code, second.json()["word_count"]) == (200, 0)
    assert "location" not in second.headers


async def test_patch_changes_what_is_given(client: httpx.AsyncClient) -> None:
    await keep(client, voices=["one"])
    answer = await client.patch(
        "/v1/lexicons/ours",
        json={
            "name": "Theirs",
            "voices": None,
            "enabled": False,
            "add": [{"word": "GIF", "alias": "jif"}, {"words": ["SQL"], "alias": "S Q L"}],
            "remove": ["colour"],
        },
    )
    assert answer.json() == {
        "id": "ours",
        "object": "lexicon",
        "name": "Theirs",
        "language": None,
        "voices": None,
        "enabled": False,
        "word_count": 3,
    }
    assert (await client.get("/v1/lexicons/ours")).json()["entries"] == [
        {"word": "color", "alias": "hue", "language": "en"},
        {"word": "GIF", "alias": "jif"},
        {"word": "SQL", "alias": "S Q L"},
    ]
    await client.patch("/v1/lexicons/ours", json={"add": {"color": "X"}, "language": "en"})
    changed = (await client.get("/v1/lexicons/ours")).json()
    assert (changed["language"], changed["name"], len(changed["entries"])) == ("en", "Theirs", 4)
    same = await client.patch("/v1/lexicons/ours", json={})
    assert same.json()["word_count"] == 4


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"remove": ["nothing"]}, "invalid_lexicon", "remove.0"),
        ({"remove": [""]}, "invalid_lexicon", "remove.0"),
        ({"add": [{"word": "a"}]}, "invalid_lexicon", "add.0"),
        ({"add": [{"word": "a", "ipa": "7"}]}, "invalid_lexicon", "add.0.ipa"),
        ({"language": "?"}, "invalid_lexicon", "language"),
        ({"name": None}, "invalid_request", "name"),
        ({"entries": []}, "invalid_request", "entries"),
        ([], "invalid_request", None),
    ],
)
async def test_a_patch_that_cannot_be_done_changes_nothing(
    client: httpx.AsyncClient, body: Any, code: str, param: str | None
) -> None:
    await keep(client)
    assert_envelope(await client.patch("/v1/lexicons/ours", json=body), 400, code, param)
    assert (await client.get("/v1/lexicons/ours")).json()["entries"] == ENTRIES


async def test_an_id_is_taken_once(client: httpx.AsyncClient) -> None:
    await keep(client)
    answer = await client.post("/v1/lexicons", json={"name": "OURS!", "entries": []})
    assert "PUT /v1/lexicons/ours replaces it" in assert_envelope(answer, 409, "lexicon_exists", "id")


@pytest.mark.parametrize(
    ("query", "body", "code", "param"),
    [
        ("", {"entries": []}, "invalid_lexicon", "name"),
        ("", {"name": "x"}, "invalid_request", "entries"),
        ("", {"id": "../x", "entries": []}, "invalid_lexicon", "id"),
        ("?id=..%2fx", {"entries": []}, "invalid_lexicon", "id"),
        ("?id=a", {"id": "b", "entries": []}, "invalid_lexicon", "id"),
        ("?name=", {"entries": []}, "invalid_request", "name"),
        (f"?name={'x' * 201}", {"entries": []}, "invalid_request", "name"),
        ("?id=a", {"entries": [{"word": "a", "alias": 5}]}, "invalid_request", "entries.0.alias"),
        ("?id=a", {"entries": ["a"]}, "invalid_request", "entries.0"),
        ("?id=a", {"entries": [{"word": "a", "ipa": "7"}]}, "invalid_lexicon", "entries.0.ipa"),
        ("?id=a", {"entries": [], "colour": 1}, "invalid_request", "colour"),
        ("?id=a", {f"w{number}": "x" for number in range(MOST_WORDS + 1)}, "invalid_request", "entries"),
        ("?id=a", "{", "unreadable_body", None),
        ("?id=a", '{"a": "b", "a": "c"}', "unreadable_body", "a"),
        ("?id=a", "[" * 100_000, "unreadable_body", None),
    ],
)
async def test_what_is_no_lexicon_is_refused(
    client: httpx.AsyncClient, query: str, body: Any, code: str, param: str | None
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"/v1/lexicons{query}", content=content, headers=headers)
    assert_envelope(answer, 400, code, param)
    assert (await client.get("/v1/lexicons")).json()["data"] == []


async def test_a_pls_document_is_refused_with_its_place(client: httpx.AsyncClient) -> None:
    document = PLS.replace("ˈsiːkwəl", "7")
    answer = await client.post("/v1/lexicons?id=a", content=document, headers=AS_PLS)
    assert assert_envelope(answer, 400, "invalid_lexicon").startswith("Line 5, column 5: '7'")


async def test_a_web_page_cannot_have_a_browser_keep_one(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/lexicons?id=a", content=b'{"a": "b"}')
    assert "content-type" not in answer.request.headers
    assert_envelope(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["post", "put", "patch"])
async def test_other_media_types_are_refused(client: httpx.AsyncClient, method: str) -> None:
    path = "/v1/lexicons" if method == "post" else "/v1/lexicons/a"
    answer = await client.request(method, path, content="a,b", headers={"Content-Type": "text/csv"})
    assert_envelope(answer, 415, "unsupported_media_type")


def files_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


@pytest.mark.parametrize("identity", ["..", "a.json", "A", "%2e%2e%2fx", "a" * 65, "a%00b"])
async def test_no_path_leads_out_of_the_folder(
    client: httpx.AsyncClient, tmp_path: Path, identity: str
) -> None:
    await threads.run((tmp_path.parent / "x.json").write_text, '{"a": "b"}')
    for method in ("get", "put", "patch", "delete"):
        answer = await client.request(method, f"/v1/lexicons/{identity}", json={"entries": []})
        assert answer.status_code in (400, 404, 405)
    assert files_in(tmp_path) == []
    assert "x.json" in files_in(tmp_path.parent)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/lexicons", "GET, POST"),
        ("/v1/lexicons/one", "DELETE, GET, PATCH, PUT"),
        ("/v1/lexicons/test", "POST"),
    ],
)
async def test_a_path_tells_what_is_possible_there(
    client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    answer = await client.options(path)
    assert_envelope(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_the_path_of_the_test_is_no_lexicons(client: httpx.AsyncClient) -> None:
    assert_envelope(await client.get("/v1/lexicons/test"), 404, "not_found", "id")
    assert_envelope(await client.put("/v1/lexicons/test", json={"a": "b"}), 400, "invalid_lexicon", "id")
    made = await client.post("/v1/lexicons", json={"name": "Test", "entries": []})
    assert made.json()["id"].startswith("lexicon-")


async def test_a_full_disk_is_507(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await keep(client)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        answer = await client.patch("/v1/lexicons/ours", json={"remove": ["SQL"]})
    assert "No space left on device" in assert_envelope(answer, 507, "storage_failed")
    assert (await client.get("/v1/lexicons/ours")).json()["entries"] == ENTRIES


async def test_speech_is_read_with_the_lexicons_that_hold(
    client: httpx.AsyncClient, engine: ScriptedEngine, tmp_path: Path
) -> None:
    await keep(client)
    await client.put("/v1/lexicons/two", json={"entries": {"SQL": "two"}, "voices": ["two"]})
    await client.put("/v1/lexicons/named", json={"entries": {"SQL": "named"}, "enabled": False})
    await threads.run((tmp_path / "file.json").write_text, '{"GIF": "jif"}')
    for fields in ({}, {"voice": "two"}, {"lexicons": ["named"]}, {"lexicon": {"SQL": "inline"}}):
        asked = speech("SQL GIF", **{"voice": "one", **fields})
        assert (await client.post("/v1/audio/speech", json=asked)).status_code == 200
    assert [said.text for said in engine.asked] == ["sequel jif", "two jif", "named jif", "inline jif"]
    unknown = await client.post("/v1/audio/speech", json=speech("SQL", lexicons=["none"]))
    assert_envelope(unknown, 400, "lexicon_not_found", "lexicons")


async def test_changes_at_once_lose_nothing(client: httpx.AsyncClient) -> None:
    await keep(client)
    answers = await asyncio.gather(
        *(client.patch("/v1/lexicons/ours", json={"add": {f"w{number}": "x"}}) for number in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert (await client.get("/v1/lexicons")).json()["data"][0]["word_count"] == 23


@pytest.mark.may_hold_loop  # the client writes and reads such a body in the same loop
async def test_a_large_lexicon_does_not_hold_others_up(client: httpx.AsyncClient) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def turned(call: Awaitable[httpx.Response]) -> int:
        before = turns
        assert (await call).is_success
        return turns - before

    entries = [{"word": f"wörd{number}", "ipa": "ˈwɜːd"} for number in range(MOST_WORDS)]
    turning = asyncio.create_task(turn())
    counts = [
        await turned(client.post("/v1/lexicons", json={"name": "Ours", "entries": entries})),
        await turned(client.get("/v1/lexicons/ours?format=json")),
        await turned(client.get("/v1/lexicons/ours?format=pls")),
        await turned(client.post("/v1/audio/speech", json=speech("wörd9999"))),
        await turned(client.patch("/v1/lexicons/ours", json={"remove": ["wörd1"]})),
    ]
    turning.cancel()
    assert min(counts) > 20  # what takes no thread leaves others a turn or two, however busy the machine is


# Hearing a word


async def test_an_entry_is_heard_before_it_is_kept(client: httpx.AsyncClient, engine: ScriptedEngine) -> None:
    heard = await client.post(
        "/v1/lexicons/test",
        json={"word": "SQL", "alias": "sequel", "text": "I know SQL.", "response_format": "wav"},
    )
    assert heard.status_code == 200
    assert heard.headers["content-type"] == "audio/wav"
    assert heard.content[:4] == b"RIFF"
    assert engine.asked[0].text == "I know sequel."
    assert (await client.get("/v1/lexicons")).json()["data"] == []


async def test_a_word_alone_is_heard_by_its_sounds(client: httpx.AsyncClient, engine: ScriptedEngine) -> None:
    heard = await client.post("/v1/lexicons/test", json={"word": "SQL", "ipa": "ˈsiːkwəl", "voice": "two"})
    assert heard.status_code == 200
    said = engine.asked[0]
    assert (said.text, said.voice.id) == ("SQL", "two")
    assert [found.ipa for found in said.pronunciations] == ["ˈsiːkwəl"]
    assert "x-stentor-warning" not in heard.headers


async def test_a_word_of_a_lexicon_is_heard(client: httpx.AsyncClient, engine: ScriptedEngine) -> None:
    await keep(client, enabled=False)
    heard = await client.post("/v1/lexicons/test", json={"word": "color", "lexicon": "ours"})
    assert heard.status_code == 200
    assert engine.asked[0].text == "hue"


async def test_an_engine_that_takes_no_pronunciations_is_told_of(tmp_path: Path) -> None:
    async with client_of(make_api(ScriptedEngine(), lexicons=tmp_path)) as client:
        sounds = {"word": "SQL", "ipa": "ˈsiːkwəl"}
        alone = await client.post("/v1/lexicons/test", json=sounds)
        beside = await client.post("/v1/lexicons/test", json={**sounds, "alias": "sequel"})
    assert alone.headers["x-stentor-warning"] == "pronunciations were ignored: the engine scripted takes none"
    assert "`ipa` was ignored: the engine scripted takes no" in beside.headers["x-stentor-warning"]


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"word": "SQL"}, 400, "invalid_lexicon", "alias"),
        ({"word": "", "alias": "a"}, 400, "invalid_lexicon", "word"),
        ({"word": "SQL", "ipa": "7"}, 400, "invalid_lexicon", "ipa"),
        ({"alias": "a"}, 400, "invalid_request", "word"),
        ({"word": "SQL", "alias": "a", "text": "sql MySQL"}, 400, "invalid_request", "text"),
        ({"word": "SQL", "lexicon": "none"}, 400, "lexicon_not_found", "lexicon"),
        ({"word": "GIF", "lexicon": "ours"}, 400, "invalid_lexicon", "word"),
        ({"word": "SQL", "lexicon": "ours", "alias": "a"}, 400, "invalid_lexicon", "lexicon"),
        ({"word": "SQL", "alias": "a", "voice": "nobody"}, 400, "voice_not_found", "voice"),
        ({"word": "SQL", "alias": "a", "response_format": "gif"}, 400, "invalid_request", "response_format"),
    ],
)
async def test_what_cannot_be_heard_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    await keep(client)
    assert_envelope(await client.post("/v1/lexicons/test", json=body), status, code, param)

"""Whatever callers send: the right status, OpenAI's envelope, a sentence; or speech that can be heard."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.server import Server, http_request, running
from tests.hearing import pcm, rms

SPEECH = "/v1/audio/speech"
JSON = "Content-Type: application/json"


def assert_refused(
    answer: httpx.Response, status: int = 400, code: str | None = None, param: str | None = None
) -> None:
    """Check an answer that says no."""
    assert answer.status_code == status, answer.text[:500]
    body = answer.json()
    assert set(body) == {"error", "detail"}
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == ("invalid_request_error" if status < 500 else "server_error")
    assert body["detail"] == error["message"]
    assert error["message"].isprintable()
    assert error["message"].endswith((".", "?"))
    assert " " in error["message"]
    assert code is None or error["code"] == code
    assert param is None or error["param"] == param
    assert answer.headers["x-request-id"]


def body(text: str = "Hello.", **fields: Any) -> dict[str, Any]:
    return {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"} | fields


def raw(server: Server, content: bytes, content_type: str = "application/json") -> httpx.Response:
    return httpx.post(
        f"{server.url}{SPEECH}", content=content, headers={"Content-Type": content_type}, timeout=30
    )


NOTHING = {
    "empty": "",
    "blank": "  \n\t\r ",
    "NUL": "\x00",
    "control characters": "\x01\x02\x1b\x7f\x9f",
    "a lone surrogate": "\ud800",
    "punctuation": "?!... -- (,;) \u2026\u201c\u201d",
    "marks that are seen by nobody": "\u200b\u200d\ufeff\u2060",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_text_with_nothing_to_say_is_refused(server: Server, text: str) -> None:
    answer = raw(server, json.dumps(body(text)).encode())
    assert_refused(answer, 400, "nothing_to_speak", "input")


SOMETHING = {
    "emoji": "😀👍🏽🎉",
    "one emoji": "❤️",
    "a flag": "🇩🇪",
    "mixed scripts": "Hello Привет 你好 مرحبا שלום नमस्ते こんにちは 안녕",
    "NUL in it": "Hello\x00 there.",
    "control characters in it": "Hel\x1blo \x07there\x9f.",
    "half an emoji in it": "Hello \ud83d there.",
    "markup": "<speak><break time='1s'/>Hello <b>there</b> &amp; you</speak>",
    "espeak's phonemes": "[[h@l'oU]] hello",
    "numbers": "3.14159 -17 1e10 12:30 2026-11-20 $5.99 100%",
    "one letter": "a",
    "one digit": "7",
    "combining marks": "Z̸̡̢̛a̵̢̛l̷̡̛g̶̡̛o̸̢̡",
    "a long word": "a" * 2000,
    "many lines": "line\n" * 300,
    "right to left marks": "\u202eHello\u202c there.",
    "zero width": "He\u200bllo\ufeff there.",
    "mathematics": "∑ ∫ √2 ≠ ∞",
    "dots": "." * 3000 + " Hello.",
}


@pytest.mark.parametrize("text", SOMETHING.values(), ids=SOMETHING)
def test_text_with_something_to_say_is_heard(server: Server, text: str) -> None:
    answer = raw(server, json.dumps(body(text)).encode())
    assert answer.status_code == 200, answer.text[:500]
    sound = pcm(answer.content)
    assert sound.size > 24_000 * 0.1
    assert rms(sound) > 0.01


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"model": "gpt-9"}, "model"),
    ({"model": ""}, "model"),
    ({"model": 5}, "model"),
    ({"model": None}, "model"),
    ({"voice": "nobody"}, "voice"),
    ({"voice": ""}, "voice"),
    ({"voice": 5}, "voice"),
    ({"voice": {}}, "voice.id"),
    ({"voice": {"id": "../../etc/passwd"}}, "voice"),
    ({"voice": "../../../../etc/passwd"}, "voice"),
    ({"voice": "en+../../../etc/passwd"}, "voice"),
    ({"voice": "en-US+/etc/passwd"}, "voice"),
    ({"voice": "/etc/passwd\x00"}, "voice"),
    ({"voice": "x" * 100_000}, "voice"),
    ({"response_format": "ogg"}, "response_format"),
    ({"response_format": ""}, "response_format"),
    ({"response_format": "../mp3"}, "response_format"),
    ({"response_format": None}, "response_format"),
    ({"speed": 0}, "speed"),
    ({"speed": -1}, "speed"),
    ({"speed": "fast"}, "speed"),
    ({"speed": 4.001}, "speed"),
    ({"speed": [1.0]}, "speed"),
    ({"input": 5}, "input"),
    ({"input": None}, "input"),
    ({"input": ["Hello."]}, "input"),
    ({"input": {"text": "Hello."}}, "input"),
    ({"stream": "yes"}, "stream"),
    ({"stream_format": "ndjson"}, "stream_format"),
    ({"seed": "one"}, "seed"),
    ({"sample_rate": 1}, "sample_rate"),
    ({"sample_rate": 10**30}, "sample_rate"),
    ({"instructions": 5}, "instructions"),
    ({"instructions": "x" * 5000}, "instructions"),
    ({"language": "x" * 100}, "language"),
]


@pytest.mark.parametrize(("fields", "param"), WRONG, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("route", [SPEECH, f"{SPEECH}/base64"])
def test_a_wrong_field_is_named(server: Server, route: str, fields: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{server.url}{route}", json=body() | fields, timeout=30)
    assert_refused(answer, 400)
    assert answer.json()["error"]["param"].split(".")[0] == param.split(".", maxsplit=1)[0]
    assert len(answer.text) < 4000


@pytest.mark.parametrize("speed", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5000, "1" * 400])
def test_a_speed_that_is_no_pace_is_refused(server: Server, speed: str) -> None:
    text = json.dumps(body())[:-1] + f', "speed": {speed}}}'
    assert_refused(raw(server, text.encode()), 400)


MALFORMED = {
    "nothing": b"",
    "no JSON": b"hello",
    "truncated": json.dumps(body()).encode()[:-10],
    "not UTF-8": b'{"model": "tts-1", "voice": "alloy", "input": "caf\xe9"}',
    "UTF-16": json.dumps(body()).encode("utf-16"),
    "a list": b"[]",
    "null": b"null",
    "a string": b'"Hello."',
    "a form": b"model=tts-1&input=Hello&voice=alloy",
    "a field given twice": b'{"model":"tts-1","voice":"alloy","input":"a","input":"b"}',
    "half a character given twice": b'{"\\ud800":1,"\\ud800":2}',
    "half a character for a name": b'{"model":"tts-1","voice":"alloy","input":"a","\\ud800":2}',
    "deeply nested lists": b"[" * 100_000,
    "deeply nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a nested field": b'{"model":"tts-1","voice":"alloy","input":' + b"[" * 900 + b"]" * 900 + b"}",
    "a comment": b'{"model": "tts-1" /* one */}',
    "two objects": b"{}{}",
    "a bare control character": b'{"model":"tts-1","voice":"alloy","input":"a\x01b"}',
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_cannot_be_read_is_refused(server: Server, content: bytes) -> None:
    assert_refused(raw(server, content), 400)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "application/octet-stream"])
def test_another_content_type_is_refused(server: Server, content_type: str) -> None:
    answer = raw(server, json.dumps(body()).encode(), content_type)
    assert_refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("voice", ["en-\x01", "en-US-\r\nX-Evil: 1", "en-é", "de-\u2028x"])
def test_a_strange_name_for_a_known_voice_is_answered(server: Server, voice: str) -> None:
    answer = httpx.post(f"{server.url}{SPEECH}", json=body(voice=voice), timeout=30)
    assert answer.status_code in (200, 400)
    assert "x-evil" not in answer.headers
    if answer.status_code == 400:
        assert_refused(answer, 400, "voice_not_found", "voice")


def test_a_thousand_unknown_fields_make_no_header_that_clients_refuse(server: Server) -> None:
    """Many clients and proxies take no header line over 8 KiB."""
    answer = httpx.post(
        f"{server.url}{SPEECH}", json=body() | {f"field{n}": n for n in range(1000)}, timeout=30
    )
    assert answer.status_code == 200
    assert len(answer.headers["x-stentor-warning"]) < 8000


def test_a_megabyte_of_text_is_refused_and_its_limit_named(server: Server) -> None:
    answer = httpx.post(f"{server.url}{SPEECH}", json=body("word " * 200_000), timeout=30)
    assert_refused(answer, 400, "text_too_long", "input")
    assert "1,000,000" in answer.text
    assert "4,096" in answer.text


def test_a_body_announced_too_large_is_refused(server: Server) -> None:
    answer = raw(server, b" " * (2 * 1024 * 1024 + 1))
    assert_refused(answer, 413, "body_too_large")


def test_a_body_that_grows_too_large_is_refused(server: Server) -> None:
    """Nothing announces how long it will be; it is read no further than the limit."""

    def parts() -> Iterator[bytes]:
        for _ in range(48):
            yield b" " * 65_536

    answer = httpx.post(
        f"{server.url}{SPEECH}", content=parts(), headers={"Content-Type": "application/json"}, timeout=30
    )
    assert_refused(answer, 413, "body_too_large")


def read_answer(connection: socket.socket) -> bytes:
    """Read what the server has to say, until it ends its answer or the connection."""
    connection.settimeout(10)
    heard = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            heard += part
            head, blank, rest = heard.partition(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if blank and lengths and len(rest) >= int(lengths[0].removeprefix(b"content-length:")):
                break
    return heard


@pytest.mark.parametrize(
    "request_",
    [
        http_request(SPEECH, b"{}", JSON, "X-Huge: " + "x" * 200_000),
        http_request(SPEECH, b"{}", JSON, *[f"X-Many-{n}: {n}" for n in range(5000)]),
        http_request("/" + "x" * 100_000, b"{}", JSON),
        http_request(SPEECH, b"{}", JSON, "Content-Length: -1"),
        http_request(SPEECH, b"{}", JSON, "Content-Length: 99999999999999999999999"),
        http_request(SPEECH, b"zz\r\n", JSON, "Transfer-Encoding: chunked"),
        b"HELLO\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    ],
    ids=["header", "headers", "path", "negative", "length", "chunk", "no HTTP", "TLS"],
)
def test_http_that_is_hardly_http_is_refused_and_does_no_harm(server: Server, request_: bytes) -> None:
    with contextlib.closing(server.connect()) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        heard = read_answer(connection)
        assert not heard or heard.split()[1].startswith(b"4"), heard[:200]
    assert httpx.get(f"{server.url}/health/live").status_code == 200


@pytest.mark.parametrize("host", ["[", "", "a b", "[::1", "localhost:99999999", "ex\xe4mple", "//x", "[]]"])
@pytest.mark.parametrize("path", ["/nowhere", "/v1/models/nowhere", "/v1/audio/speech"])
def test_a_strange_host_is_no_fault_of_the_server(server: Server, host: str, path: str) -> None:
    request = http_request(path, b"", method="GET").replace(b"localhost", host.encode("latin-1"))
    with contextlib.closing(server.connect()) as connection:
        connection.sendall(request)
        heard = read_answer(connection)
    assert heard.split()[1] in (b"400", b"404", b"405"), heard[:200]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/", 404),
        ("GET", "/v1/audio/speech/nowhere", 404),
        ("GET", "/v1/models/nowhere", 404),
        ("GET", "/v1/audio/voices/nowhere", 404),
        ("GET", "/v1/audio/voices/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/audio/voices/%ff%fe%00", 404),
        ("GET", "/nowhere%0d%0aX-Evil:%201", 404),
        ("GET", "/%F0%9F%98%80" * 100, 404),
        ("GET", SPEECH, 405),
        ("DELETE", SPEECH, 405),
        ("POST", "/v1/models", 405),
        ("PUT", "/health", 405),
    ],
)
def test_what_is_not_there_is_said_in_the_same_envelope(
    server: Server, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, server.url + path, timeout=10)
    assert_refused(answer, status)
    assert "x-evil" not in answer.headers
    assert (status == 405) is ("allow" in answer.headers)


BAD_BATCHES: list[dict[str, Any]] = [
    {},
    {"items": []},
    {"items": "Hello."},
    {"items": ["Hello."]},
    {"items": [{}]},
    {"items": [{"input": 5}]},
    {"items": [{"input": "Hi."}] * 33},
    {"items": [{"input": "Hi."}], "speed": "fast"},
    {"items": {"input": "Hi."}},
]


@pytest.mark.parametrize("batch", BAD_BATCHES, ids=lambda value: repr(value)[:40])
def test_a_batch_that_is_no_batch_is_refused(server: Server, batch: dict[str, Any]) -> None:
    assert_refused(httpx.post(f"{server.url}{SPEECH}/batch", json=batch, timeout=30), 400)


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server that takes very long text."""
    with running(tmp_path_factory.mktemp("generous"), {"MAX_TEXT_LENGTH": "1000000"}) as started:
        yield started


@pytest.mark.parametrize(
    "text", ["9" * 100_000, "x" * 300_000, "word " * 50_000, "." * 500_000 + " end", "(" * 100_000 + "a"]
)
def test_a_server_that_takes_long_text_begins_to_speak_it_and_hears_the_caller_leave(
    generous: Server, text: str
) -> None:
    """A hundred thousand digits begin as soon as anything else, or are refused in a sentence."""
    with httpx.stream("POST", f"{generous.url}{SPEECH}", json=body(text), timeout=30) as answer:
        if answer.status_code != 200:
            answer.read()
            assert answer.status_code == 422
            assert_refused(answer, 422)
            return
        heard = b""
        for part in answer.iter_raw():
            heard += part
            if len(heard) > 200_000:
                break
    assert rms(pcm(heard[: len(heard) & ~1])) > 0.01
    assert generous.settles()

"""What is said of a server that fails: the engine, the cause, and nothing that is secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.remote.faults import Faults, Patience, retry_after
from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable

FAULTS = Faults("cloud", "sesame", Patience(5, 60, 30))


def answered(status: int, body: bytes = b"", **headers: str) -> EngineError:
    return FAULTS.answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, EngineFailed), (401, EngineFailed), (402, EngineFailed), (403, EngineFailed),
        (404, EngineFailed),
        (405, EngineFailed), (408, EngineUnavailable), (413, EngineFailed), (422, EngineFailed),
        (429, EngineBusy), (500, EngineUnavailable), (501, EngineFailed), (502, EngineUnavailable),
        (503, EngineBusy), (504, EngineUnavailable), (301, EngineFailed), (307, EngineFailed),
        (304, EngineFailed),
        (599, EngineUnavailable),
    ],
)  # fmt: skip
def test_a_status_is_an_error_by_its_cause(status: int, kind: type[EngineError]) -> None:
    error = answered(status)
    assert type(error) is kind
    assert "cloud" in error.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "No such voice.", "type": "x", "code": None}}, "No such voice"),
        ({"error": "No such voice"}, "No such voice"),
        ({"detail": "No such voice"}, "No such voice"),
        ({"detail": {"error": "validation_error", "message": "No such voice"}}, "No such voice"),
        ({"detail": [{"loc": ["body", "voice"], "msg": "Field required", "input": "secret"}]},
         "voice: Field required"),
        ({"detail": [{"msg": "Field required"}]}, "Field required"),
        ({"message": "No such voice"}, "No such voice"),
        ("No such voice", "No such voice"),
        ([{"message": "No such voice"}], "No such voice"),
    ],
)  # fmt: skip
def test_what_a_server_says_is_passed_on(body: Any, said: str) -> None:
    assert answered(400, json.dumps(body).encode()).message == (
        f"The engine cloud refused the request (400): {said}."
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"No such voice\nand a traceback", ": No such voice."),
        (b"<html><h1>Not found</h1>", "(400)."),
        (b"", "(400)."),
        (b"{", "(400)."),
        (b"{}", "(400)."),
        (b"[]", "(400)."),
        (b"null", "(400)."),
        (b"[" * 100_000, "(400)."),
        (b'{"error": {"error": {"error": {"error": "deep"}}}}', "(400)."),
        (b"\xff\xfe", ": \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}."),
        (b"tab\tand \x1b[31mcolour", "[31mcolour."),
    ],
)
def test_whatever_a_server_says_is_one_printable_sentence(body: bytes, said: str) -> None:
    message = answered(400, body).message
    assert message.endswith(said)
    assert message.isprintable()


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: json.dumps({"error": text}).encode()))
def test_nothing_a_server_says_is_passed_on_at_length(body: bytes) -> None:
    message = answered(422, body).message
    assert message.isprintable()
    assert len(message) < 300
    assert message.endswith(".")


def test_a_key_that_the_server_repeats_is_not_passed_on() -> None:
    body = json.dumps({"error": {"message": "sesame is not a key"}}).encode()
    for status in (400, 401, 403, 500):
        assert "sesame" not in answered(status, body).message


@pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
def test_an_error_knows_what_the_server_answered(status: int) -> None:
    assert answered(status).answered == status


def test_a_refused_key_says_so_and_a_missing_one_what_to_do() -> None:
    assert answered(401).message == "The engine cloud refused the key (401)."
    without = Faults("cloud", "", Patience(5, 60, 30)).answered(401, {}, b"")
    assert without.message == "The engine cloud asks for a key (401); set `api_key`."


def test_an_account_without_credit_is_not_busy() -> None:
    body = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}
    error = answered(429, json.dumps(body).encode(), Retry_After="1")
    assert type(error) is EngineFailed
    assert "exceeded your current quota" in error.message


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://evil.example/v1?key=sesame", " to evil.example,"),
        ("/elsewhere", ","),
        ("", ","),
        ("http://[", ","),
        ("http://\x1b[31m.example/", ","),
    ],
)
def test_a_redirect_is_not_followed_and_names_the_host_alone(location: str, said: str) -> None:
    message = answered(307, Location=location).message
    assert f"(307){said} which is not followed" in message
    assert "sesame" not in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "99999999"}, 3600.0),
        ({"Retry-After": "1e999"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 99 Foo 2030"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "5", "retry-after-ms": "250"}, 0.25),
        ({"Retry-After": "5", "retry-after-ms": "x"}, 5.0),
    ],
)
def test_a_server_says_when_to_come_again(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_server_may_say_it_with_a_date() -> None:
    then = datetime.now(UTC) + timedelta(seconds=100)
    for written in (format_datetime(then, usegmt=True), format_datetime(then.replace(tzinfo=None))):
        found = retry_after({"Retry-After": written})
        assert found is not None
        assert 90 < found <= 100


@given(st.text(max_size=40))
def test_no_date_is_too_odd(written: str) -> None:
    found = retry_after({"Retry-After": written})
    assert found is None or 0 <= found <= 3600


def test_a_busy_server_passes_on_how_long() -> None:
    assert answered(503, Retry_After="7").retry_after == 7
    assert answered(429).retry_after is None


@pytest.mark.parametrize("status", [429, 503])
def test_what_a_busy_server_says_is_passed_on(status: int) -> None:
    error = answered(status, b'{"error": {"message": "Your credit is used up."}}', Retry_After="17")
    assert error.message == (
        f"The engine cloud takes no more requests for now ({status}): Your credit is used up. "
        "Try again in 17 s."
    )


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_the_log_gets_our_own_words_alone(status: int) -> None:
    error = answered(status, b'{"error": {"message": "Cannot say \'My secret words\'."}}')
    assert "My secret words" in error.message
    assert "secret" not in error.for_log
    assert f"({status})" in error.for_log


def test_of_a_complaint_the_log_gets_that_there_was_one() -> None:
    complaint = b'{"error": "Cannot say this."}'
    assert FAULTS.complained(complaint).for_log == "The engine cloud failed."
    assert FAULTS.silent("text/plain", complaint).for_log == (
        "The engine cloud sent text/plain instead of sound."
    )

"""How providers are asked."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.provider.asking import as_printed, asks_otherwise, forgot, to_provider, to_stentor
from stentor.types import Pronunciation, Utterance, Voice, VoiceId

KIM = Voice(VoiceId("kim"), "Kim", "remote")
MISSING = {"type": "missing", "loc": ["query", "text"], "msg": "Field required", "input": None}


def test_a_stentor_is_told_everything() -> None:
    utterance = Utterance(
        "Yes, tomato.", KIM, language="en", speed=1.5, pitch=-2.0, style="sad", emphasis="strong",
        pronunciations=(Pronunciation(5, 11, "təˈmɑːtəʊ"),), is_complete=False, marks=True, seed=0,
        instructions="Softly.",
    )  # fmt: skip
    assert json.loads(to_stentor(utterance, "xtts", None)) == {
        "text": "Yes, tomato.", "voice": "kim", "model": "xtts", "language": "en", "speed": 1.5,
        "pitch": -2.0, "style": "sad", "emphasis": "strong", "is_complete": False, "marks": True, "seed": 0,
        "instructions": "Softly.", "pronunciations": [{"start": 5, "end": 11, "ipa": "təˈmɑːtəʊ"}],
        "dtype": "int16",
    }  # fmt: skip


def test_a_prompt_stands_for_the_voice() -> None:
    assert json.loads(to_stentor(Utterance("Yes.", KIM), "tts-1", b'{"tensors": "AA=="}')) == {
        "text": "Yes.", "model": "tts-1", "voice_prompt": {"tensors": "AA=="}, "is_complete": True,
        "marks": False, "dtype": "int16",
    }  # fmt: skip


def test_others_are_told_the_protocol_s_four_fields() -> None:
    utterance = Utterance("Yes.", KIM, language="de", seed=7, speed=1.5, style="sad")
    told = {"text": "Yes.", "language": "de", "seed": 7}
    assert json.loads(to_provider(utterance, None)) == told | {"voice_prompt": {"voice": "kim"}}
    assert json.loads(to_provider(utterance, b'{"opaque": 1}')) == told | {"voice_prompt": {"opaque": 1}}
    assert json.loads(to_provider(Utterance("Yes.", KIM), b"{}")) == {"text": "Yes.", "voice_prompt": {}}


@given(st.text(min_size=1), st.none() | st.integers(-(2**63), 2**63))
def test_the_printed_way_has_all_but_the_prompt_in_the_query(text: str, seed: int | None) -> None:
    text = text.encode("utf-8", "replace").decode()
    path, body = as_printed("/generate", Utterance(text, KIM, language="en", seed=seed), b'{"opaque": 1}')
    parts = urlsplit(path)
    asked = {"text": [text], "language": ["en"]} | ({} if seed is None else {"seed": [str(seed)]})
    assert parts.path == "/generate"
    assert parse_qs(parts.query, keep_blank_values=True) == asked
    assert "+" not in parts.query
    assert body == b'{"opaque": 1}'


@pytest.mark.parametrize(
    ("status", "body", "otherwise"),
    [
        (422, {"detail": [MISSING]}, True),
        (422, {"detail": [MISSING | {"loc": ["body", "text"]}]}, True),
        (422, {"detail": [MISSING | {"type": "value_error.missing"}]}, True),
        (400, {"detail": [MISSING]}, False),
        (422, {"detail": [MISSING | {"loc": ["body", "voice_prompt"]}]}, False),
        (422, {"detail": [MISSING | {"type": "string_too_short"}]}, False),
        (422, {"detail": "text is missing"}, False),
        (422, {"error": {"code": "nothing_spoken"}}, False),
        (422, [], False),
        (422, None, False),
    ],
)
def test_who_wants_to_be_asked_otherwise_is_told_by_fastapi_s_complaint(
    status: int, body: object, *, otherwise: bool
) -> None:
    assert asks_otherwise(status, json.dumps(body).encode()) is otherwise


@pytest.mark.parametrize(
    ("status", "body", "is_forgotten"),
    [
        (404, {"error": {"code": "prompt_unknown"}}, True),
        (409, {"error": {"code": "prompt_unknown"}}, True),
        (409, {"detail": {"code": "prompt_unknown", "message": "Who?"}}, True),
        (400, {"error": {"code": "prompt_unknown"}}, False),
        (404, {"error": {"code": "voice_not_found"}}, False),
        (404, {"detail": "Not Found"}, False),
        (404, {"error": "prompt_unknown"}, False),
        (404, [], False),
    ],
)
def test_who_forgot_a_prompt_says_so_by_its_code(status: int, body: object, *, is_forgotten: bool) -> None:
    assert forgot(status, json.dumps(body).encode()) is is_forgotten


@given(st.binary(max_size=40))
def test_no_complaint_does_harm(body: bytes) -> None:
    assert not asks_otherwise(422, body)
    assert not forgot(404, body)

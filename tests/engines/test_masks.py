"""Secrets in tables that anything may stand in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.masks import MASK, has_masks, is_secret, masked, unmasked


@pytest.mark.parametrize(
    "name",
    ["key", "api_key", "apiKey", "apikey", "API_KEY", "X-Api-Key", "token", "authToken", "access_tokens",
     "secret", "clientSecret", "password", "passwd", "db.password", "Authorization", "authorisation", "auth",
     "credential", "credentials", "bearer", "Cookie", "passphrase", "pwd", "SOME_API_KEY"],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert is_secret(name, "sesame")
    assert is_secret(name, ["sesame"])
    assert is_secret(name, {"value": "sesame"})
    assert not is_secret(name, None)
    assert not is_secret(name, "")
    assert not is_secret(name, value=True)


@pytest.mark.parametrize(
    "name", ["voice", "lang_code", "author", "keep", "keyboard", "tokenizer", "steps", "", "🔑"]
)
def test_what_is_called_otherwise_is_none(name: str) -> None:
    assert not is_secret(name, "sesame")


def test_numbers_of_tokens_are_no_secrets() -> None:
    assert not is_secret("max_new_tokens", 500)
    assert is_secret("pin_password", 1234)


TABLE: dict[str, Any] = {
    "steps": 40,
    "api_key": "sesame",
    "more": {
        "Authorization": "Bearer sesame",
        "list": [{"token": "sesame", "x": 1}, "plain"],
        "auth": {"a": "b"},
    },
}


def test_secrets_are_masked_at_any_depth_and_come_back() -> None:
    shown = masked(TABLE)
    assert shown == {
        "steps": 40,
        "api_key": MASK,
        "more": {"Authorization": MASK, "list": [{"token": MASK, "x": 1}, "plain"], "auth": MASK},
    }
    assert has_masks(shown)
    assert not has_masks(TABLE)
    assert unmasked(shown, TABLE) == TABLE


def test_a_mask_stands_only_for_what_was_in_its_place() -> None:
    assert unmasked({"api_key": MASK, "note": MASK, "steps": 5}, TABLE) == {
        "api_key": "sesame", "note": MASK, "steps": 5,
    }  # fmt: skip
    assert unmasked({"token": MASK, "more": [{"token": MASK}]}, TABLE) == {"more": [{}]}
    assert unmasked(masked(TABLE)) == {"steps": 40, "more": {"list": [{"x": 1}, "plain"]}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("sesame"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["key", "auth", "a"]) | st.text(max_size=5), inner, max_size=3),
)  # fmt: skip


@given(JSON)
def test_what_was_masked_is_restored_whatever_it_is(value: object) -> None:
    assert unmasked(masked(value), value) == value
    assert masked(masked(value)) == masked(value)

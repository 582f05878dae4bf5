"""Settings of engines on other machines: what they take, and what they never show."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stentor.engines.remote.config import RemoteConfig


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://gpu-box:8000", "http://gpu-box:8000"),
        ("https://api.example/v1/", "https://api.example/v1"),
        ("http://[::1]:8000/a/b", "http://[::1]:8000/a/b"),
    ],
)
def test_a_server_is_where_its_url_says(written: str, read: str) -> None:
    assert RemoteConfig(url=written).url == read


@pytest.mark.parametrize(
    "written",
    [
        "", "gpu-box:8000", "ftp://gpu-box", "http://", "http:///v1", "http://gpu box", "http://gpu-box:x",
        "http://gpu-box:99999", "http://gpu-box\n", "http://a\x00b", "http://[::1",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValidationError, match="a URL such as http://gpu-box:8000/v1"):
        RemoteConfig(url=written)


@pytest.mark.parametrize(
    "written", ["http://me:sesame@host", "http://host?key=sesame", "http://host/#sesame"]
)
def test_a_url_holds_no_secret(written: str) -> None:
    with pytest.raises(ValidationError, match="`api_key` is for the key") as refused:
        RemoteConfig(url=written)
    assert "sesame" not in refused.value.errors(include_input=False, include_url=False)[0]["msg"]


def test_a_key_is_never_shown_and_loses_the_line_end_of_its_file() -> None:
    config = RemoteConfig.model_validate({"url": "http://host", "api_key": " sesame\n"})
    assert config.api_key.get_secret_value() == "sesame"
    assert "sesame" not in f"{config!r} {config} {config.model_dump()} {config.model_dump_json()}"


@pytest.mark.parametrize("key", ["ses\name", "ses\rame", "sésame", "ses\0ame"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="one line of plain ASCII"):
        RemoteConfig.model_validate({"url": "http://host", "api_key": key})

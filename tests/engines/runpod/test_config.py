"""An endpoint is found by whatever its owner has copied."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stentor.engines.runpod.config import RunpodConfig, is_file_name, is_sound_file


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("abc123xyz", "https://api.runpod.ai/v2/abc123xyz"),
        (" abc123xyz\n", "https://api.runpod.ai/v2/abc123xyz"),
        ("https://api.runpod.ai/v2/abc", "https://api.runpod.ai/v2/abc"),
        ("https://api.runpod.ai/v2/abc/", "https://api.runpod.ai/v2/abc"),
        ("https://api.runpod.ai/v2/abc/runsync", "https://api.runpod.ai/v2/abc"),
        ("https://api.runpod.ai/v2/abc/run/", "https://api.runpod.ai/v2/abc"),
        ("http://127.0.0.1:9000/v2/local", "http://127.0.0.1:9000/v2/local"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ],
)
def test_an_endpoint_is_an_id_or_a_url(written: str, url: str) -> None:
    assert RunpodConfig(url=written).url == url


@pytest.mark.parametrize("written", ["", "a b", "../x", "ftp://host/x", "https://user:pass@host/v2/a", 7])
def test_what_is_neither_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        RunpodConfig(url=written)


@pytest.mark.parametrize(
    "settings",
    [
        {"voices": []},
        {"voices": ["a/b.mp3"]},
        {"voices": [".."]},
        {"mode": "sometimes"},
        {"output_format": "linacodec_tokens"},
        {"parameters": {"seed": 1}},
        {"max_concurrent_requests": 0},
        {"job_seconds": 1},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunpodConfig.model_validate({"url": "abc"} | settings)


def test_without_an_endpoint_there_is_a_config_all_the_same() -> None:
    assert RunpodConfig().url == ""


def test_the_key_is_not_shown() -> None:
    assert "sesame" not in repr(RunpodConfig.model_validate({"url": "abc", "api_key": "sesame"}))


@pytest.mark.parametrize("name", ["EARS p004 freeform.mp3", "Grüße.OGG", "a.b.wav", "x.opus"])
def test_a_file_of_sound_is_known(name: str) -> None:
    assert is_sound_file(name)


@pytest.mark.parametrize(
    "name", ["", " ", "en-GB", "de+m3", "alloy", "../a.mp3", "a/b.mp3", "a\\b.mp3", ".mp3", "a\0.mp3",
             "x" * 300 + ".mp3", "a\n.mp3", "c:..\\a.mp3", "a..mp3", "a.txt"]
)  # fmt: skip
def test_what_is_no_file_of_sound_is_known_too(name: str) -> None:
    assert not is_sound_file(name)


@given(st.text(max_size=300))
def test_no_file_name_leads_out_of_its_folder(name: str) -> None:
    if is_file_name(name):
        assert not {"/", "\\", "\0"} & set(name)
        assert name not in (".", "..")
        assert len(name.encode("utf-8", "replace")) <= 255


@pytest.mark.parametrize("written", ["ftp://x", "a b", "abc/run", "api.runpod.ai/v2/abc"])
def test_what_is_neither_id_nor_url_is_told_what_would_be(written: str) -> None:
    with pytest.raises(
        ValidationError, match=r"the id of an endpoint, or a URL such as https://api\.runpod\.ai"
    ):
        RunpodConfig(url=written)

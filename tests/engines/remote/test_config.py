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
        "", "gpu-box:8000", "ftp://gpu-box", "http://", "http:///v1", "http://gpu box", "http://gpu-box\n",
        "http://a\x00b", "http://[::1",
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


@pytest.mark.parametrize("port", ["x", "99999", "0", "-1"])
@pytest.mark.parametrize("setting", ["url", "proxy"])
def test_a_port_that_is_none_is_named(setting: str, port: str) -> None:
    with pytest.raises(ValidationError, match=f"its port is '{port}', and must be a number from 1 to 65535"):
        RemoteConfig.model_validate({"url": "http://host", setting: f"http://gpu-box:{port}"})


@pytest.mark.parametrize("setting", ["url", "proxy"])
def test_what_may_be_part_of_a_password_is_not_shown(setting: str) -> None:
    with pytest.raises(ValidationError, match="its port must be a number") as refused:
        RemoteConfig.model_validate({"url": "http://host", setting: "http://me:ses/ame@gpu-box:80"})
    assert "ses" not in refused.value.errors(include_input=False, include_url=False)[0]["msg"]


@pytest.mark.parametrize("written", ["", "http://127.0.0.1:3128", "http://me:sesame@proxy.example:8080"])
def test_a_proxy_is_a_url_with_its_password(written: str) -> None:
    config = RemoteConfig.model_validate({"url": "http://host", "proxy": written})
    assert config.proxy.get_secret_value() == written


@pytest.mark.parametrize(
    "written", ["127.0.0.1:9", "socks5://me:sesame@host:1080", "proxy", "http://", "http://[::1"]
)
def test_what_is_no_proxy_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(
        ValidationError, match=r"the URL of a proxy such as http://127\.0\.0\.1:3128"
    ) as refused:
        RemoteConfig.model_validate({"url": "http://host", "proxy": written})
    assert "sesame" not in refused.value.errors(include_input=False, include_url=False)[0]["msg"]

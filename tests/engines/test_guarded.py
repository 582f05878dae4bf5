"""What may be shown of settings, and what may follow them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from stentor.engines import BUILT_IN, EngineConfig, load
from stentor.engines.guarded import files, inheritable, leads_to_the_same, secrets, shown
from stentor.engines.openai import OpenAiEngine
from stentor.engines.provider import ProviderEngine


class _Login(BaseModel):
    user: str = ""
    secret: str = ""
    word: SecretStr = SecretStr("")


class _Odd(EngineConfig):
    region: str = "here"
    monkey: str = "ape"
    bearer_token: str = ""
    login: Annotated[_Login | None, Field()] = None
    passes: dict[str, SecretStr] = Field(default_factory=dict)
    logs: list[Path] = Field(default_factory=list)
    max_tokens: int = 5


def test_secrets_are_told_by_their_type_and_by_their_name() -> None:
    assert secrets(_Odd) == {"bearer_token", "login", "passes"}
    assert files(_Odd) == {"logs"}
    assert secrets(OpenAiEngine.Config) == {"api_key", "proxy"}
    assert files(ProviderEngine.Config) == {"voice_prompts"}


def test_of_a_secret_only_is_shown_whether_it_is_set() -> None:
    config = _Odd.model_validate({
        "bearer_token": "sesame",
        "login": {"secret": "sesame", "word": "sesame"},
        "passes": {"gate": "sesame"},
        "logs": ["/var/log/x"],
        "region": "there",
    })
    told = shown(config)
    assert told["set"] == {"region": "there"}
    assert told["fixed"] == {"logs": ["/var/log/x"]}
    assert told["secrets"] == {"bearer_token": True, "login": True, "passes": True}
    assert told["defaults"]["region"] == "here"
    assert "sesame" not in json.dumps(told)
    assert shown(_Odd())["secrets"] == {"bearer_token": False, "login": False, "passes": False}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_engine_can_show_its_settings(name: str) -> None:
    model = load(name).Config
    told = shown(model())
    assert json.loads(json.dumps(told)) == told
    assert told["set"] == {}
    assert told["defaults"].keys() | told["secrets"].keys() == model.model_fields.keys()


def config(**fields: Any) -> OpenAiEngine.Config:
    return OpenAiEngine.Config(**{"url": "http://gpu-box:8000/v1", **fields})


BEFORE = config(api_key="sesame")


@pytest.mark.parametrize(
    "url",
    ["http://gpu-box:8000", "http://GPU-box:8000/other/path", "http://gpu-box:8000/v1/"],
)
def test_a_key_stays_with_its_host(url: str) -> None:
    assert inheritable(OpenAiEngine.Config, BEFORE, {"url"}) == {"api_key": SecretStr("sesame")}
    assert leads_to_the_same(config(url=url), BEFORE, {"url"})


@pytest.mark.parametrize(
    "url",
    [
        "https://gpu-box:8000/v1",
        "http://gpu-box:8001/v1",
        "http://gpu-box/v1",
        "http://gpu-box.evil.example:8000/v1",
        "http://evil.example/gpu-box:8000/v1",
    ],
)
def test_a_key_does_not_follow_to_another_host(url: str) -> None:
    assert not leads_to_the_same(config(url=url), BEFORE, {"url"})


def test_a_key_does_not_go_by_a_proxy_that_was_not_there() -> None:
    assert not leads_to_the_same(config(proxy="http://evil.example"), BEFORE, {"proxy"})
    behind = config(api_key="sesame", proxy="http://ours")
    assert leads_to_the_same(config(proxy="http://ours"), behind, {"proxy"})
    assert leads_to_the_same(config(proxy=""), behind, {"proxy"})
    assert leads_to_the_same(config(proxy="http://ours"), behind, set())
    assert not leads_to_the_same(config(proxy="http://evil.example"), behind, {"proxy"})


def test_the_port_of_a_scheme_need_not_be_written() -> None:
    assert leads_to_the_same(config(url="https://a.example:443"), config(url="https://a.example"), set())


def test_nothing_is_taken_over_from_another_kind_or_if_it_is_given_anew() -> None:
    assert inheritable(ProviderEngine.Config, BEFORE, set()) == {}
    assert inheritable(OpenAiEngine.Config, BEFORE, {"api_key"}) == {}
    assert inheritable(OpenAiEngine.Config, config(), set()) == {}


def test_without_a_url_a_secret_stays_only_if_nothing_else_changes() -> None:
    before = _Odd(bearer_token="sesame")
    assert leads_to_the_same(_Odd(bearer_token="sesame", first_sound_within=3), before, set())
    assert not leads_to_the_same(_Odd(bearer_token="sesame", region="there"), before, {"region"})

"""What the routers are given, and its settings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stentor.api.context import ApiConfig, Context
from tests.api.inprocess import client_of, make_api, speech


def test_the_defaults_let_nobody_in_from_a_browser_and_bound_everything() -> None:
    config = ApiConfig()
    assert config.cors_origins == ()
    assert config.max_body_bytes == 2 * 1024 * 1024
    assert config.body_seconds == 60
    assert config.max_batch_items == 32
    assert config.max_whole_seconds == 1200
    assert config.websocket_idle_seconds == 300
    assert config.max_prompt_bytes == 8 * 1024 * 1024
    assert config.prompt_memory_bytes == 128 * 1024 * 1024
    assert config.max_upload_bytes == 25 * 1024 * 1024
    assert config.max_recording_seconds == 120


@pytest.mark.parametrize(
    "fields",
    [
        {"max_body_bytes": 10},
        {"body_seconds": 0},
        {"max_batch_items": 0},
        {"max_whole_seconds": 0},
        {"max_prompt_bytes": 10},
        {"prompt_memory_bytes": -1},
        {"max_upload_bytes": 10},
        {"max_recording_seconds": 0},
        {"websocket_idle_seconds": 0},
        {"titel": "Stentor"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ApiConfig.model_validate(fields)


def test_every_setting_says_what_it_is() -> None:
    for name, field in ApiConfig.model_fields.items():
        assert (field.description or "").endswith("."), name


async def test_the_routers_are_given_their_own_applications_context() -> None:
    api = make_api(api=ApiConfig(max_body_bytes=1024))
    given = api.state.context
    assert isinstance(given, Context)
    assert given.config.max_body_bytes == 1024
    async with client_of(api) as client:
        answer = await client.post("/v1/audio/speech", json=speech("x" * 2000))
    assert answer.status_code == 413
    assert "1,024" in answer.json()["detail"]

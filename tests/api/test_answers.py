"""What the document says of an answer is what callers get."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from stentor.api import answers
from stentor.api.answers import HealthAnswer, ModelList, ModelObject, Status, VoiceList, VoiceObject
from stentor.engines.tone import ToneEngine
from tests.api.inprocess import client_of, make_api


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models", ModelList),
        ("/v1/audio/models", ModelList),
        ("/v1/models/tone", ModelObject),
        ("/v1/audio/voices", VoiceList),
        ("/v1/audio/voices/middle", VoiceObject),
        ("/health", HealthAnswer),
        ("/health/live", Status),
        ("/health/ready", Status),
    ],
)
async def test_an_answer_has_the_documented_members_and_no_others(path: str, model: type[BaseModel]) -> None:
    async with client_of(make_api(ToneEngine())) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    members = answer.json()
    model.model_validate(members)
    assert set(members) == set(model.model_fields)


@pytest.mark.parametrize(
    "model",
    [found for found in vars(answers).values() if isinstance(found, type) and issubclass(found, BaseModel)],
)
def test_every_plain_member_has_a_sentence(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        assert field.description or nested or "list" in str(field.annotation), f"{model.__name__}.{name}"

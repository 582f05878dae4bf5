"""What the OpenAPI document says of bodies and answers that the routers read and write themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from stentor.api.answers import (
    Base64Answer,
    BatchAnswer,
    CaptionsAnswer,
    EngineList,
    EngineObject,
    EngineTest,
    ErrorEnvelope,
    GeneratedAnswer,
    HealthAnswer,
    LexiconList,
    LexiconObject,
    LexiconSummary,
    ModelList,
    ModelObject,
    PlanAnswer,
    PromptAnswer,
    Status,
    VoiceList,
    VoiceObject,
)
from stentor.audio.encode import FORMATS

_REF = "#/components/schemas/{model}"


HEADERS = {
    name: {"description": said, "schema": {"type": "string"}}
    for name, said in {
        "X-Model": "The model that was asked for.",
        "X-Voice": "The voice that was asked for.",
        "X-Stentor-Engine": "The engine that spoke; several if the text has voices of several.",
        "X-Stentor-Voice": "The engine's own voice that spoke.",
        "X-Stentor-Language": "The language of the text, where its markup names no other.",
        "X-Stentor-Fallback": "The engines that should have spoken before and could not, and why.",
        "X-Stentor-Cost": (
            "What the answer costs, if its engine has a price; not of a stream that is paid by the second."
        ),
        "X-Stentor-Seed": "The seed, if the engine has chance in it; with it the engine repeats itself.",
        "X-Request-ID": "The id of this request, also in the server's log.",
        "X-Stentor-Warning": "What was left out of the request, in words.",
        "Server-Timing": "`first`: milliseconds until the first sound.",
    }.items()
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}

AUDIO: dict[str, Any] = {
    "description": "The audio, or its events.",
    "headers": HEADERS,
    "content": {
        **{made.media_type: _BINARY for made in FORMATS.values()},
        "text/event-stream": {},
    },
}


def _json(model: type[BaseModel], description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}},
    }


def answers(model: type[BaseModel], description: str, *errors: int) -> dict[int | str, dict[str, Any]]:
    """Describe all answers of a route: its own, and its errors."""
    return {200: _json(model, description), **failures(*errors)}


BASE64 = _json(Base64Answer, "The whole file.")
BATCH = _json(BatchAnswer, "A result for each item.")
GENERATED = _json(GeneratedAnswer, "The samples, or their events.")
GENERATED["content"]["text/event-stream"] = {}
PLAN = _json(PlanAnswer, "What would be said.")
CAPTIONS = _json(CaptionsAnswer, "The times, or a file of captions.")
CAPTIONS["content"] |= {
    "application/x-subrip": {"schema": {"type": "string"}},
    "text/vtt": {"schema": {"type": "string"}},
}


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of a route."""
    return {status: _json(ErrorEnvelope, HTTPStatus(status).phrase) for status in statuses}


def json_body(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Describe a JSON body that the route reads itself."""
    content = {"schema": {"$ref": _REF.format(model=model.__name__)}, "example": example}
    return {"required": True, "content": {"application/json": content}}


def form_body(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a form with files that the route reads itself."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def complete(
    document: dict[str, Any], paths: Mapping[str, Any], bodies: Collection[type[BaseModel]]
) -> dict[str, Any]:
    """Add paths that FastAPI does not know, and the schemas that the whole document refers to."""
    written = (
        Base64Answer, BatchAnswer, CaptionsAnswer, EngineList, EngineObject, EngineTest, ErrorEnvelope,
        GeneratedAnswer, HealthAnswer, LexiconList, LexiconObject, LexiconSummary, ModelList,
        ModelObject, PlanAnswer, PromptAnswer, Status, VoiceList, VoiceObject,
    )  # fmt: skip
    _, schemas = models_json_schema(
        [*((model, "validation") for model in bodies), *((model, "serialization") for model in written)],
        ref_template=_REF,
    )
    for model in bodies:
        _put_required_first(schemas["$defs"][model.__name__])
    # FastAPI promises an error of its own where a path has a parameter; ours are strings, which never fail.
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    document["paths"] = {**paths, **document["paths"]}
    own = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        own.pop(unused, None)
    own.update(schemas["$defs"])
    return document


def _put_required_first(schema: dict[str, Any]) -> None:
    fields = schema["properties"]
    schema["properties"] = {
        name: fields[name] for name in dict.fromkeys((*schema.get("required", ()), *fields))
    }

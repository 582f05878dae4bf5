"""How engines are set, over HTTP: shown and changed if the operator allows it."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from stentor.api.body import Body, read_body
from stentor.api.context import Context, ContextDep, EngineControl
from stentor.api.documented import answers, failures, json_body
from stentor.errors import Forbidden, NotOffered, UnreadableBody, UnsupportedMediaType

router = APIRouter(prefix="/v1/engines", tags=["engines"])

_DEEPEST = 32
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Tables(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, sent: Any) -> Any:  # noqa: ANN401  any JSON
        """Refuse what could not be written and shown again."""
        waiting = [(sent, 0)]
        while waiting:
            value, depth = waiting.pop()
            if depth > _DEEPEST:
                raise UnreadableBody("The body is nested too deeply.")
            if isinstance(value, dict):
                waiting += [(part, depth + 1) for pair in value.items() for part in pair]
            elif isinstance(value, list):
                waiting += [(part, depth + 1) for part in value]
            elif isinstance(value, str) and _SURROGATE.search(value):
                raise UnreadableBody("The body holds half of a surrogate pair, which is no character.")
            elif isinstance(value, float) and not math.isfinite(value):
                raise UnreadableBody("The body holds a number that is too large.")
        return sent


class EngineTable(_Tables):
    """The table of an engine: its `kind`, and the settings of that kind."""

    model_config = ConfigDict(extra="allow", strict=True)

    kind: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Which engine it is; its name if not given.",
        examples=["openai"],
    )
    enabled: bool = Field(default=True, description="Whether it is in use.", examples=[True])


class EnginesBody(_Tables):
    """Changes to several engines, and to the routes: all of them are made, or none."""

    model_config = ConfigDict(extra="forbid", strict=True)

    engines: dict[str, EngineTable | None] = Field(
        default_factory=dict,
        description="The new tables by name; null for one that is to be as before it was set at run time.",
    )
    routes: list[dict[str, Any]] | None = Field(
        default=None, description="All routes; null for those of the settings files. Left out, they stay."
    )


class EngineSettingsObject(BaseModel):
    """How an engine is set."""

    name: str = Field(description="Of the engine.", examples=["far"])
    object: str = Field(description="`engine.settings`.", examples=["engine.settings"])
    kind: str = Field(description="Which engine it is.", examples=["openai"])
    in_use: bool = Field(description="Whether it speaks.", examples=[True])
    at_run_time: bool = Field(description="Whether it was set while the server ran.", examples=[True])
    set: dict[str, Any] = Field(
        description="What is set; it can be sent back as it is.", examples=[{"url": "http://gpu-box:8000/v1"}]
    )
    fixed: dict[str, Any] = Field(
        description="Files that are set, which only the settings at the start can name.", examples=[{}]
    )
    defaults: dict[str, Any] = Field(
        description="What holds where nothing is set.", examples=[{"format": "pcm"}]
    )
    secrets: dict[str, bool] = Field(
        description="Which secrets are set; what they are is never told.", examples=[{"api_key": True}]
    )


class EngineSettingsList(BaseModel):
    """How the engines that were changed are set, and the routes."""

    object: str = Field(description="`list`.", examples=["list"])
    data: list[EngineSettingsObject]
    routes: list[dict[str, Any]] = Field(description="All routes.", examples=[[{"engines": ["far"]}]])


_ONE = answers(EngineSettingsObject, "How it is set.", 403, 404, 501)
_FAILURES = (400, 403, 404, 408, 409, 413, 415, 500, 501, 503, 507)
_PUT = {
    "requestBody": json_body(EngineTable, {"kind": "openai", "url": "http://gpu-box:8000/v1", "api_key": "…"})
}
_PUT_ALL = {
    "requestBody": json_body(
        EnginesBody,
        {
            "engines": {"far": {"kind": "openai", "url": "http://gpu-box:8000/v1"}},
            "routes": [{"engines": ["far", "espeak"]}],
        },
    )
}


async def _control(context: ContextDep) -> EngineControl:
    if context.control is None:
        raise NotOffered("The engines of this server are set where it was started, and nowhere else.")
    return context.control


async def _changing(context: ContextDep, control: Control) -> EngineControl:
    if not context.config.change_engines:
        raise Forbidden(
            "This server does not let callers see or change how its engines are set. "
            "Its operator can allow that with `change_engines = true` under `[api]` in stentor.toml, "
            "or with STENTOR_CHANGE_ENGINES=true."
        )
    return control


Control = Annotated[EngineControl, Depends(_control)]
Changing = Annotated[EngineControl, Depends(_changing)]


@router.get("/{name}/settings", summary="Show how an engine is set", response_model=None, responses=_ONE)
async def settings(name: str, control: Changing) -> dict[str, Any]:
    """Show what is set of an engine, and the defaults. Of secrets it shows only whether they are set."""
    return control.shown(name)


@router.put(
    "/{name}",
    summary="Set an engine, or add one",
    response_model=None,
    responses={**answers(EngineSettingsObject, "It is set."), **failures(*_FAILURES)},
    openapi_extra=_PUT,
)
async def put(name: str, request: Request, context: ContextDep, control: Changing) -> dict[str, Any]:
    """Replace the whole table of an engine, or add an engine; it is kept when the server starts again.

    A secret that is left out stays as it is, if the engine goes on asking the same host; null clears it.
    Requests that are being answered go on as they began.
    """
    body = await _body(request, context, EngineTable)
    await control.change({name: body.model_dump(exclude_unset=True)})
    return control.shown(name)


@router.put(
    "",
    summary="Set engines and routes together",
    response_model=None,
    responses={**answers(EngineSettingsList, "They are set."), **failures(*_FAILURES)},
    openapi_extra=_PUT_ALL,
)
async def put_all(request: Request, context: ContextDep, control: Changing) -> dict[str, Any]:
    """Replace the tables of some engines, and the routes: all of it, or nothing if something is wrong."""
    body = await _body(request, context, EnginesBody)
    sent = body.model_dump(exclude_unset=True)
    await control.change(sent.get("engines", {}), sent.get("routes", ...))
    left = [name for name, table in body.engines.items() if table is not None]
    return {
        "object": "list",
        "data": [control.shown(name) for name in left],
        "routes": control.routes(),
    }


@router.delete(
    "/{name}",
    summary="Take back how an engine was set",
    status_code=204,
    response_model=None,
    responses={
        204: {"description": "It is as before, or gone."},
        **failures(403, 404, 409, 500, 501, 503, 507),
    },
)
async def delete(name: str, control: Changing) -> Response:
    """Let an engine be as it was before it was set at run time; one that was not there is gone."""
    await control.change({name: None})
    return Response(status_code=204)


async def _body(request: Request, context: Context, model: type[Body]) -> Body:
    # A page of another origin can have a browser send a body without a type, but none that is JSON.
    if "content-type" not in request.headers:
        raise UnsupportedMediaType("")
    return await read_body(request, model, context.config.max_body_bytes, context.config.body_seconds)


BODIES = (EngineTable, EnginesBody, EngineSettingsObject, EngineSettingsList)

"""The application in this process: no sockets, no workers, engines that are known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from stentor.api.context import ApiConfig, Context
from stentor.api.server import create_api
from stentor.engines import Engine, Price
from stentor.engines.fleet import Fleet
from stentor.engines.tone import ToneEngine
from stentor.lexicons.store import LexiconStore
from stentor.pipeline.cast import Casting
from stentor.pipeline.plan import PlanConfig, Planner
from stentor.pipeline.routes import RouteConfig, Router
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

_NOWHERE = Path("/nonexistent/lexicons")


@asynccontextmanager
async def _nothing_to_open(_api: FastAPI) -> AsyncIterator[None]:
    yield


def make_api(
    *engines: Engine,
    api: ApiConfig | None = None,
    limit: int = 4096,
    names: Mapping[str, str] | None = None,
    lexicons: Path = _NOWHERE,
    routes: Sequence[RouteConfig] = (),
    prices: Mapping[str, Price] | None = None,
) -> FastAPI:
    """Make an application around some engines, the first the default; around the tone engine if none.

    It keeps lexicons only in a folder that it is given.
    """
    served = {engine.name: engine for engine in engines or (ToneEngine(),)}
    catalog = Catalog(served, next(iter(served)), VoiceMap(names or {}, None))
    store = LexiconStore(lexicons)
    config = PlanConfig(max_text_length=limit, default_engine=next(iter(served)))
    planner = Planner(Casting(catalog, store), config, Router(catalog, routes, prices=prices))
    context = Context(catalog, planner, store, api or ApiConfig(), fleet=Fleet(served))
    return create_api(context, _nothing_to_open)


def client_of(api: FastAPI) -> httpx.AsyncClient:
    """Call an application as over HTTP; its faults are answers, as they are to real callers."""
    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://stentor.test")


def speech(text: str = "Hello there.", /, **fields: Any) -> dict[str, Any]:
    """Write the body of a speech request."""
    return {"model": "tts-1", "voice": "alloy", "input": text, **fields}


def assert_envelope(answer: httpx.Response, status: int, code: str, param: str | None = None) -> str:
    """Check an error answer in every particular callers rely on; returns its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "detail"}
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    kind = "invalid_request_error" if status < 500 else "server_error"
    assert (error["type"], error["code"], error["param"]) == (kind, code, param)
    assert body["detail"] == error["message"]
    assert error["message"].endswith((".", "?", "!"))
    assert error["message"].isprintable()
    sentence: str = error["message"]
    return sentence

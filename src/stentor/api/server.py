"""The HTTP application: routers, error handlers, documentation."""

from __future__ import annotations

import http
import logging
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route

from stentor import __version__
from stentor.api import (
    engine_settings,
    engines,
    health,
    lexicons,
    listings,
    metrics,
    operations,
    pages,
    plans,
    provider,
    socket,
    speech,
)
from stentor.api.documented import HEADERS
from stentor.api.faults import Faults
from stentor.api.leases import Leases
from stentor.api.origins import Origins
from stentor.api.requests import RequestIds
from stentor.api.respond import envelope, error_object, error_response
from stentor.errors import InvalidRequest, StentorError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from stentor.api.context import Context

log = logging.getLogger(__name__)

_ROUTERS = (
    engines.router,
    engine_settings.router,
    listings.router,
    lexicons.router,
    health.router,
    socket.router,
    provider.router,
    metrics.router,
)


def create_api(context: Context, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    """Make the application around what the routers are given."""
    api = FastAPI(
        title=context.config.title,
        version=context.config.version or __version__,
        summary="Speech for any application: OpenAI's audio API in front of any voice engine.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # its answer would lead to whatever host the caller named
    )
    pages.install(api)
    api.state.context = context
    for router in _ROUTERS:
        api.include_router(router)
    api.add_exception_handler(StentorError, _failure)
    api.add_exception_handler(HTTPException, _http_failure)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(ClientDisconnect, _left)
    operations.install(
        api,
        (*speech.OPERATIONS, *plans.OPERATIONS, *provider.OPERATIONS, *lexicons.OPERATIONS),
        (*lexicons.BODIES, *engines.BODIES, *engine_settings.BODIES),
    )
    api.add_middleware(Faults)
    if "*" not in context.config.cors_origins:
        api.add_middleware(Origins, allowed=context.config.cors_origins)
    if context.config.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=list(context.config.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[*HEADERS, "Retry-After"],
        )
    api.add_middleware(Leases, fleet=context.fleet)
    api.add_middleware(RequestIds)
    return api


async def _failure(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StentorError)  # noqa: S101  it is registered for nothing else
    return error_response(error)


async def _http_failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for nothing else
    path = quoted(request.url.path, 120)
    sentence = {
        404: f"There is nothing at {path}. GET /docs shows what there is.",
        405: f"{request.method} is not possible at {path}.",
    }.get(error.status_code, str(error.detail))
    code = http.HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    kind = InvalidRequest if error.status_code < http.HTTPStatus.INTERNAL_SERVER_ERROR else StentorError
    headers = dict(error.headers or {})
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_possible(request))
    return envelope({**error_object(kind(sentence)), "code": code}, error.status_code, headers)


def _possible(request: Request) -> list[str]:
    """Return the methods of a path; the router tells only those of the first route that has it."""
    routes = [*request.app.routes, *(route for router in _ROUTERS for route in router.routes)]
    found = [
        route
        for route in routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    exact = [route for route in found if not route.param_convertors]
    return sorted({method for route in exact or found for method in route.methods or ()})


async def _left(_request: Request, _error: Exception) -> Response:
    log.info("the caller left before its request was whole")
    return Response(status_code=http.HTTPStatus.BAD_REQUEST)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  it is registered for nothing else
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"][1:]))
    return error_response(InvalidRequest(f"`{name}`: {first['msg']}.", param=name))

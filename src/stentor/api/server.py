"""The HTTP application: routers, error handlers, documentation."""

from __future__ import annotations

import http
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from stentor import __version__
from stentor.api import health, listings, operations, pages, plans, socket, speech
from stentor.api.documented import HEADERS
from stentor.api.faults import Faults
from stentor.api.requests import RequestIds
from stentor.api.respond import envelope, error_object, error_response
from stentor.errors import InvalidRequest, StentorError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from stentor.api.context import Context


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
    for router in (listings.router, health.router, socket.router):
        api.include_router(router)
    api.add_exception_handler(StentorError, _failure)
    api.add_exception_handler(HTTPException, _http_failure)
    api.add_exception_handler(RequestValidationError, _invalid)
    operations.install(api, (*speech.OPERATIONS, *plans.OPERATIONS))
    api.add_middleware(Faults)
    if context.config.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=list(context.config.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=[*HEADERS, "Retry-After"],
        )
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
    return envelope({**error_object(kind(sentence)), "code": code}, error.status_code, error.headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  it is registered for nothing else
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"][1:]))
    return error_response(InvalidRequest(f"`{name}`: {first['msg']}.", param=name))

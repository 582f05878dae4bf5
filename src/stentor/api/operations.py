"""Routes whose body and answer are their own business: the ones that stream.

They stand before FastAPI, which would keep some ten frames and two exit stacks around a response for as long
as it lasts: more than everything else that a waiting stream costs.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from stentor.api.documented import complete, failures, json_body
from stentor.api.respond import error_response
from stentor.errors import StentorError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Operation:
    """A POST, with what the OpenAPI document says of it."""

    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    body: type[BaseModel]
    example: dict[str, Any]
    answer: dict[str, Any]
    errors: tuple[int, ...]

    def description(self) -> dict[str, Any]:
        """Describe the operation as OpenAPI does."""
        summary, _, rest = inspect.cleandoc(self.endpoint.__doc__ or "").partition("\n")
        return {
            "post": {
                "tags": ["speech"],
                "summary": summary.rstrip("."),
                "description": rest.strip() or summary,
                "operationId": getattr(self.endpoint, "__name__", self.path),
                "requestBody": json_body(self.body, self.example),
                "responses": {
                    "200": self.answer,
                    **{str(status): said for status, said in failures(*self.errors).items()},
                },
            }
        }


def install(api: FastAPI, operations: Sequence[Operation], others: Iterable[type[BaseModel]] = ()) -> None:
    """Route and document the operations, and the bodies of other routes that read theirs themselves."""
    # The routes answer what is not a POST; a POST never gets as far.
    api.router.routes.extend(
        Route(operation.path, operation.endpoint, methods=["POST"]) for operation in operations
    )
    api.add_middleware(_Before, operations=operations)
    describe = api.openapi
    paths = {operation.path: operation.description() for operation in operations}
    bodies = {*(operation.body for operation in operations), *others}
    api.openapi = lambda: complete(describe(), paths, bodies)  # type: ignore[method-assign]


class _Before:
    """ASGI middleware that takes the operations' requests out of the way of everything inside."""

    def __init__(self, app: ASGIApp, operations: Sequence[Operation]) -> None:
        self._app = app
        self._endpoints = {operation.path: operation.endpoint for operation in operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = (
            self._endpoints.get(scope["path"])
            if scope["type"] == "http" and scope["method"] == "POST"
            else None
        )
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await endpoint(Request(scope, receive, send))
            await response(scope, receive, send)
        except StentorError as error:
            await error_response(error)(scope, receive, send)
        except ClientDisconnect:
            log.info("the caller left before its request was whole")

"""Every request gets an id, in its answer and in the log; no text and no key ever does."""

from __future__ import annotations

import logging
import re
import secrets
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

from stentor.observe.logs import REQUEST

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("stentor.access")

_ACCEPTABLE = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


class RequestIds:
    """ASGI middleware that gives each request an id (the caller's own if sane) and a line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identity = _own_id(scope) or f"req_{secrets.token_hex(12)}".encode()
        began = perf_counter()

        async def send_with_id(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identity)]
                _log(scope, message, began)
            await send(message)

        token = REQUEST.set(identity.decode())
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            REQUEST.reset(token)


def _own_id(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ACCEPTABLE.fullmatch(value):
            sent: bytes = value
            return sent
    return None


def _log(scope: Scope, message: Message, began: float) -> None:
    status = message.get("status", HTTPStatus.SWITCHING_PROTOCOLS)
    level = logging.INFO if status < HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
    if log.isEnabledFor(level):
        log.log(
            level,
            "%s %s %d %.1f ms",
            scope.get("method", "WEBSOCKET"),
            # The path as the caller wrote it, escaped so that it stays in its line, and cut; never the query.
            scope["path"].encode("unicode_escape").decode()[:120],
            status,
            1000 * (perf_counter() - began),
        )

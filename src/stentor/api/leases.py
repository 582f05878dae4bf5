"""A request keeps the engines that it was given until it ends, whoever takes their places meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from stentor.engines.fleet import Fleet


class Leases:
    """ASGI middleware that says where requests begin and end."""

    def __init__(self, app: ASGIApp, fleet: Fleet) -> None:
        self._app = app
        self._fleet = fleet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        with self._fleet.lease():
            await self._app(scope, receive, send)

"""Web pages of other origins: a browser sends their requests to any machine that it reaches."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from stentor.api.respond import error_response
from stentor.errors import Forbidden, quoted

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({b"same-origin", b"none"})
_POLICY_VIOLATION = 1008


class Origins:
    """ASGI middleware that refuses what a page of an origin that is not `allowed` asks to be done.

    Without it any page could have a browser speak, unload engines, and open WebSockets: no permission is
    needed to send, only to read the answer. Callers that are no browsers say no origin, and pass.
    Source: Fetch Metadata (W3C), and F. Valsorda's "Cross-Site Request Forgery" (2025).
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(origin.encode() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan" or scope.get("method") in _HARMLESS:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if _is_own(headers) or headers.get(b"origin") in self._allowed:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
        else:
            await error_response(_refusal(headers.get(b"origin", b"")))(scope, receive, send)


def _is_own(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a request comes from a page of this server, or from none."""
    origin = headers.get(b"origin")
    scheme, _, host = (origin or b"").partition(b"://")
    if host and scheme not in (b"http", b"https"):
        return True  # a browser's extension, or an application with pages of its own
    if site := headers.get(b"sec-fetch-site"):  # which a proxy cannot spoil, as it can the host
        return site in _OWN_SITE
    return origin is None or (bool(host) and host.lower() == headers.get(b"host", b"").lower())


def _refusal(origin: bytes) -> Forbidden:
    page = f"the origin {quoted(origin.decode('latin-1'), 120)}" if origin else "another site"
    return Forbidden(
        f"A web page of {page} may not do this. The operator of this server can allow it by the setting "
        "`api.cors_origins`."
    )

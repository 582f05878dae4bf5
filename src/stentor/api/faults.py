"""What nobody expected: logged with the request's id, answered like every other error."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from stentor.api.respond import envelope, error_object
from stentor.errors import StentorError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


class Faults:
    """ASGI middleware that answers 500 for an unexpected exception, as long as nothing was answered yet.

    Starlette's own stands outside of all other middleware, so that its answer would lack the request's id and
    the headers without which a browser does not show it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if begun:
                raise
            log.exception("it failed in a way that nobody expected")
            sentence = "Something went wrong inside the server; its log says what, under this request's id."
            refusal = envelope(error_object(StentorError(sentence)), HTTPStatus.INTERNAL_SERVER_ERROR)
            await refusal(scope, receive, send)

"""The log: one line an event, to standard error. Nothing a user said, wrote or signed in with is in it."""

from __future__ import annotations

import asyncio
import logging
from contextvars import ContextVar
from typing import Literal, TypeAlias, get_args

Level: TypeAlias = Literal["debug", "info", "warning", "error", "critical"]
LEVELS: tuple[Level, ...] = get_args(Level)


REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered, for the lines that are written meanwhile."""


def configure(level: str) -> None:
    """Send the log of everything in this process to standard error."""
    logging.basicConfig(
        level=level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s  %(request)s%(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    for handler in logging.root.handlers:
        handler.addFilter(with_request)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_Once())
    for chatty in ("asyncio", "httpx", "libav"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))


def with_request(record: logging.LogRecord) -> bool:
    """Give a line the id of the request that it is about, if it is about one."""
    identity = REQUEST.get()
    record.request = f"{identity} " if identity else ""
    return True


class _Once(logging.Filter):
    """Leaves out of what uvicorn tells what our own lines tell, and says once that the end was hasty."""

    _is_told = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == "ASGI callable returned without completing response.":
            return False  # it is how a stream breaks off, and our line says why
        raised = record.exc_info[1] if record.exc_info else None
        # At a second Ctrl-C, Starlette hands the traceback of its lifespan over as text.
        is_written_out = str(record.msg).startswith("Traceback") and "CancelledError" in str(record.msg)
        if not isinstance(raised, asyncio.CancelledError) and not is_written_out:
            return True
        record.exc_info = None
        record.msg, record.args = "The server ended before all of its work was done.", ()
        is_news, self._is_told = not self._is_told, True
        return is_news

"""The log: one line an event, to standard error. Nothing a user said, wrote or signed in with is in it."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal, TypeAlias, get_args

Level: TypeAlias = Literal["debug", "info", "warning", "error", "critical"]
LEVELS: tuple[Level, ...] = get_args(Level)


def configure(level: str) -> None:
    """Send the log of everything in this process to standard error."""
    logging.basicConfig(
        level=level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s  %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_without_cancellations)
    for chatty in ("asyncio", "httpx", "libav"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))


def _without_cancellations(record: logging.LogRecord) -> bool:
    """Say in a line, not in a traceback, that a request was cut off because the server ended."""
    raised = record.exc_info[1] if record.exc_info else None
    # At a second Ctrl-C, Starlette hands the traceback of its lifespan over as text.
    is_written_out = str(record.msg).startswith("Traceback") and "CancelledError" in str(record.msg)
    if isinstance(raised, asyncio.CancelledError) or is_written_out:
        record.exc_info = None
        record.msg, record.args = "The server ended before all of its work was done.", ()
    return True

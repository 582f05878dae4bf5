"""The log: one line an event, to standard error. Nothing a user said, wrote or signed in with is in it."""

from __future__ import annotations

import logging

LEVELS = ("debug", "info", "warning", "error", "critical")


def configure(level: str) -> None:
    """Send the log of everything in this process to standard error."""
    logging.basicConfig(
        level=level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s  %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    logging.getLogger("uvicorn.access").disabled = True
    for chatty in ("asyncio", "httpx", "libav"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))

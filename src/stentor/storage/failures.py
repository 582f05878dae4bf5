"""What failures of databases mean, in a sentence for a caller; the log has the rest."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from stentor.errors import StorageFailed

if TYPE_CHECKING:
    from sqlalchemy.engine import ExceptionContext

log = logging.getLogger(__name__)

BUSY = "The database is busy. Nothing was changed; try again in a moment."
FULL = "There is no room left where the database is. Nothing was changed."
READ_ONLY = "The database cannot be written to: it is read-only. Nothing was changed."
GONE = "The database cannot be reached. Nothing was changed."
FAILED = "The database failed; the server's log says how. Nothing was changed."
UNCERTAIN = (
    "The database went away while it was told to keep a change. It may have kept it or not: look before you "
    "try again."
)

_SAID = (
    ("database is locked", BUSY),
    ("database or disk is full", FULL),
    ("No space left on device", FULL),
    ("attempt to write a readonly database", READ_ONLY),
    ("unable to open database file", GONE),
)
_BY_STATE = {
    "53100": FULL,
    "53300": BUSY,  # too many connections
    "40P01": BUSY,  # a deadlock, of which this was the victim
    "55P03": BUSY,  # a lock that was not to be had
    "25006": READ_ONLY,
}


class DriverFailed(SQLAlchemyError):
    """A driver raised what SQLAlchemy does not know: a time that ran out, a connection that broke."""


def translate(context: ExceptionContext) -> None:
    """Make what SQLAlchemy would let through one of its own errors; for its event `handle_error`."""
    if isinstance(context.original_exception, OSError | TimeoutError):
        raise DriverFailed(str(context.original_exception)) from context.original_exception


def explained(error: SQLAlchemyError, *, while_committing: bool = False) -> StorageFailed:
    """Make the error for a caller, and log this one; neither holds what was to be written."""
    log.error("The database failed: %s: %s", type(error).__name__, _first_line(error))
    sentence = _sentence(error)
    return StorageFailed(UNCERTAIN if while_committing and sentence == GONE else sentence)


def _sentence(error: SQLAlchemyError) -> str:
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, DriverFailed):
        return GONE
    if not isinstance(error, DBAPIError):
        return FAILED
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _BY_STATE:
        return _BY_STATE[state]
    said = next((sentence for words, sentence in _SAID if words in str(error.orig)), "")
    if said:
        return said
    # 08: connection; 57P: the server ends or begins.
    is_gone = error.connection_invalidated or state.startswith(("08", "57P"))
    return GONE if is_gone or (isinstance(error, InterfaceError | OperationalError) and state) else FAILED


def _first_line(error: SQLAlchemyError) -> str:
    written = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return written.partition("\n")[0][:500]

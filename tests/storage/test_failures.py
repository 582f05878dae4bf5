"""What is said of a database that fails."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from stentor.storage.failures import BUSY, FAILED, FULL, GONE, READ_ONLY, UNCERTAIN, DriverFailed, explained


class Stated(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__("said by the server")
        self.sqlstate = sqlstate


def of(state: str) -> DBAPIError:
    return OperationalError("INSERT", {"name": "sesame"}, Stated(state), hide_parameters=True)


def locally(said: str) -> DBAPIError:
    return OperationalError("INSERT", None, sqlite3.OperationalError(said))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PoolTimeout("QueuePool limit"), BUSY),
        (locally("database is locked"), BUSY),
        (locally("database or disk is full"), FULL),
        (locally("attempt to write a readonly database"), READ_ONLY),
        (locally("unable to open database file"), GONE),
        (locally("disk I/O error"), FAILED),
        (of("53100"), FULL),
        (of("53300"), BUSY),
        (of("40P01"), BUSY),
        (of("25006"), READ_ONLY),
        (of("57P01"), GONE),
        (of("08006"), GONE),
        (DriverFailed("time"), GONE),
        (SQLAlchemyError("whatever"), FAILED),
    ],
)
def test_each_cause_has_its_sentence(error: SQLAlchemyError, sentence: str) -> None:
    assert explained(error).message == sentence


def test_a_connection_that_breaks_at_the_last_word_leaves_doubt() -> None:
    assert explained(of("08006"), while_committing=True).message == UNCERTAIN
    assert explained(locally("database is locked"), while_committing=True).message == BUSY


def test_the_log_holds_nothing_that_was_to_be_written(caplog: pytest.LogCaptureFixture) -> None:
    explained(of("08006"))
    assert "said by the server" in caplog.text
    assert "sesame" not in caplog.text

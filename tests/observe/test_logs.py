"""The log: what is shown, where it goes, and what never appears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from stentor.observe import logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    names = ("uvicorn.access", "asyncio", "httpx", "libav")
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).disabled) for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.error").filters.clear()
    for name, (was, disabled) in before.items():
        logging.getLogger(name).setLevel(was)
        logging.getLogger(name).disabled = disabled


@pytest.mark.parametrize("level", logs.LEVELS)
def test_only_events_at_least_as_serious_are_shown_on_standard_error(
    level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level)
    for severity in logs.LEVELS:
        logging.getLogger("stentor.test").log(getattr(logging, severity.upper()), "event %s", severity)
    captured = capsys.readouterr()
    shown = [line.rsplit(" ", 1)[1] for line in captured.err.splitlines()]
    assert shown == list(logs.LEVELS[logs.LEVELS.index(level) :])
    assert captured.out == ""


def test_a_line_says_when_how_serious_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("stentor.somewhere").warning("a %s", "thing")
    line = capsys.readouterr().err
    time, severity, name, *said = line.split()
    assert len(time.split(":")) == 3
    assert (severity, name, said) == ("WARNING", "stentor.somewhere", ["a", "thing"])


def test_each_request_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The server's own line has an id; uvicorn's would be a second, with the query and its keys."""
    logs.configure("debug")
    logging.getLogger("uvicorn.access").info("GET /?key=sesame")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["asyncio", "httpx", "libav"])
def test_libraries_that_chatter_are_quiet_until_something_is_wrong(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug")
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("trouble")
    assert "chatter" not in (said := capsys.readouterr().err)
    assert "trouble" in said


def test_configuring_again_replaces_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug")
    logs.configure("error")
    logging.getLogger("stentor.test").warning("quiet now")
    logging.getLogger("stentor.test").error("once")
    assert capsys.readouterr().err.count("once") == 1


def test_a_line_of_a_request_has_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    token = logs.REQUEST.set("req_1")
    logging.getLogger("stentor.far").warning("it failed")
    logs.REQUEST.reset(token)
    logging.getLogger("stentor.far").warning("it is back")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("stentor.far  req_1 it failed")
    assert second.endswith("stentor.far  it is back")


def test_a_hasty_end_is_told_once_and_without_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    uvicorn = logging.getLogger("uvicorn.error")
    for _ in range(3):
        uvicorn.error("Exception in ASGI application\n", exc_info=asyncio.CancelledError())
    uvicorn.error("Traceback (most recent call last):\n  ...\nasyncio.exceptions.CancelledError")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("The server ended before all of its work was done.")


def test_what_our_own_lines_say_is_not_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.error("ASGI callable returned without completing response.")
    uvicorn.error("Exception in ASGI application\n", exc_info=ValueError("a fault"))
    said = capsys.readouterr().err
    assert "without completing" not in said
    assert "ValueError: a fault" in said

"""The log: what is shown, where it goes, and what never appears."""

from __future__ import annotations

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

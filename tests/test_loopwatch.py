"""The detector of a blocked event loop, which every test runs under."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from stentor import threads
from tests.loopwatch import LoopWatch

HERE = __file__


async def hold(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251  this is the offence


def run(seconds: float, owner: str) -> LoopWatch:
    with LoopWatch(longest=0.05, owner=owner) as watch:
        asyncio.run(hold(seconds))
    return watch


def test_a_sleep_in_the_loop_is_noticed_with_its_place() -> None:
    [held] = run(0.11, HERE).holds
    assert held.seconds > 0.05
    assert "time.sleep(seconds)" in held.stack


def test_short_work_in_the_loop_is_fine() -> None:
    assert not run(0.001, HERE).holds


def test_code_of_others_is_not_held_against_us() -> None:
    assert not run(0.11, "/nowhere").holds


def test_a_sleep_in_a_thread_is_fine() -> None:
    with LoopWatch(longest=0.05, owner=HERE) as watch:
        asyncio.run(threads.run(time.sleep, 0.08))
    assert not watch.holds


def test_waiting_is_fine() -> None:
    with LoopWatch(longest=0.05, owner=HERE) as watch:
        asyncio.run(asyncio.sleep(0.08))
    assert not watch.holds


def test_asyncio_is_itself_again_afterwards() -> None:
    before = asyncio.Handle._run
    run(0, HERE)
    assert asyncio.Handle._run is before


@pytest.mark.e2e
@pytest.mark.may_hold_loop
def test_a_test_that_blocks_fails_and_a_marked_one_passes(pytester: pytest.Pytester) -> None:
    """The hook in conftest.py, at work on a suite of its own."""
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text("utf-8"))
    pytester.makepyprojecttoml("""
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        asyncio_default_fixture_loop_scope = "function"
        markers = ["may_hold_loop: x"]
    """)
    pytester.makepyfile("""
        import time
        import pytest
        import tests.loopwatch
        from stentor.text.split import Splitter

        class Slow(str):
            def __radd__(self, other):
                time.sleep(0.25)
                return "x"

        async def test_blocks():
            Splitter(10).feed(Slow())

        @pytest.mark.may_hold_loop
        async def test_marked():
            Splitter(10).feed(Slow())

        async def test_waits():
            pass
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*The event loop was held for * ms*", "*split.py*"])

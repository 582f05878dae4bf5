"""What holds for every test."""

from __future__ import annotations

import inspect
import os
from collections.abc import Generator

import hypothesis
import pytest

from tests.loopwatch import LONGEST, LoopWatch

# No test fails because the machine was busy.
hypothesis.settings.register_profile(
    "stentor", deadline=None, max_examples=100 if os.environ.get("CI") else 30
)
hypothesis.settings.load_profile("stentor")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which Stentor keeps the event loop for too long, unless it is marked `may_hold_loop`."""
    if item.get_closest_marker("may_hold_loop") or not _runs_a_loop(item):
        return (yield)
    with LoopWatch() as watch:
        result = yield
    if watch.holds:
        longest = max(watch.holds, key=lambda hold: hold.seconds)
        pytest.fail(
            f"The event loop was held for {longest.seconds * 1000:.0f} ms (at most {LONGEST * 1000:.0f}) at\n"
            f"{longest.stack or 'a place that let no other thread look'}",
            pytrace=False,
        )
    return result


def _runs_a_loop(item: pytest.Item) -> bool:
    test = getattr(item, "obj", None)
    return inspect.iscoroutinefunction(test) or hasattr(getattr(item, "module", None), "TestClient")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what starts servers last: what is quick to fail fails first, and finds no children but its own."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)

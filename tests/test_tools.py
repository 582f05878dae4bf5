"""What becomes of a test whose tool is missing."""

from __future__ import annotations

import pytest

from tests.tools import need


def test_a_missing_tool_skips_a_test_and_fails_it_where_nothing_may_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        need("no-such-program")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        need("no-such-program")
    need("sh")

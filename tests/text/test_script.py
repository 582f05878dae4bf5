from __future__ import annotations

from stentor.text.script import STYLES, Manner


def test_a_manner_changes_nothing_by_itself() -> None:
    manner = Manner()

    assert (manner.rate, manner.pitch, manner.volume) == (1.0, 0.0, 0.0)
    assert "neutral" in STYLES

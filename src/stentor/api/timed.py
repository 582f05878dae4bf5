"""How the times of words and sentences are written."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stentor.pipeline.plan import Plan
    from stentor.pipeline.times import Times
    from stentor.types import Timed


class TimesWriter:
    """Writes what is known of the times of a plan's stream, each once.

    `delay` is how long after the first sample players let it be heard, in seconds.
    """

    def __init__(self, plan: Plan, delay: float = 0.0) -> None:
        self._delay = delay
        self._starts = [part.start for part in plan.request.parts]
        self._wanted = [f"{kind}s" for kind in plan.request.times]
        self._written = [0, 0, 0]

    def new(self, times: Times | None) -> dict[str, Any]:
        """Return what became known since the last call; empty if nothing did."""
        if times is None:
            return {}
        words, sentences, marks = self._written
        self._written = [len(times.words), len(times.sentences), len(times.marks)]
        found = {
            "words": [self._item("word", word) for word in times.words[words:]],
            "sentences": [self._item("text", sentence) for sentence in times.sentences[sentences:]],
            "marks": [{"name": mark.name, "time": self._time(mark.time)} for mark in times.marks[marks:]],
        }
        return {kind: items for kind, items in found.items() if items and kind in (*self._wanted, "marks")}

    def all(self, times: Times | None) -> dict[str, Any]:
        """Return everything, with a list for whatever was asked for."""
        return {**{kind: [] for kind in self._wanted}, **self.new(times)}

    def _item(self, name: str, timed: Timed) -> dict[str, Any]:
        part, start, end = self._place(timed.source_start, timed.source_end)
        return {
            name: timed.text,
            "start": self._time(timed.start),
            "end": self._time(timed.end),
            "char_start": start,
            "char_end": end,
            **({} if part is None else {"part": part}),
        }

    def _place(self, start: int, end: int) -> tuple[int | None, int, int]:
        """Return the part of the input that a place is in, if there are parts, and where in it it is."""
        if not self._starts:
            return None, start, end
        part = max(bisect_right(self._starts, start) - 1, 0)
        return part, start - self._starts[part], end - self._starts[part]

    def _time(self, seconds: float) -> float:
        return round(seconds + self._delay, 3)

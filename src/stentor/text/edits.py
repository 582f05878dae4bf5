"""Text that is read otherwise than it is written, and the way back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Read `text` instead of what stands at `start` up to `end`; with `ipa`, pronounce it so."""

    start: int
    end: int
    text: str
    ipa: str | None = None


class Edited:
    """The original with edits applied. They are in order, and none reaches into the next."""

    def __init__(self, original: str, edits: Iterable[Edit]) -> None:
        parts: list[str] = []
        self._begins: list[int] = []  # of each stretch in the text
        self._spans: list[tuple[int, int, bool]] = []  # in the original, and whether it was left as it was
        length = done = 0
        for edit in edits:
            for text, start, end, kept in (
                (original[done : edit.start], done, edit.start, True),
                (edit.text, edit.start, edit.end, False),
            ):
                if text:
                    self._begins.append(length)
                    self._spans.append((start, end, kept))
                    parts.append(text)
                    length += len(text)
            done = edit.end
        if done < len(original):
            self._begins.append(length)
            self._spans.append((done, len(original), True))
            parts.append(original[done:])
        self.text = "".join(parts)

    def origin(self, position: int) -> tuple[int, int]:
        """Return the stretch of the original that the character at a position of the text came from."""
        index = max(bisect_right(self._begins, position) - 1, 0)
        if not self._spans:
            return 0, 0
        start, end, kept = self._spans[index]
        if not kept:
            return start, end
        at = start + position - self._begins[index]
        return at, min(at + 1, end)

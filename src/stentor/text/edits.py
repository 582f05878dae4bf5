"""Text that is read otherwise than it is written, and the way back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Read `text` instead of what stands at `start` up to `end`; with `ipa`, pronounce it so."""

    start: int
    end: int
    text: str
    ipa: str | None = None


class Mapped:
    """Text made of pieces, each with the stretch of the original that it stands for.

    A piece as long as its stretch stands for it character by character, any other as a whole.
    """

    def __init__(self, pieces: Iterable[tuple[str, int, int]]) -> None:
        self._stretches: list[tuple[int, int]] = []
        self._begins: list[int] = []
        texts: list[str] = []
        length = 0
        for text, start, end in pieces:
            if text:
                self._begins.append(length)
                self._stretches.append((start, end))
                texts.append(text)
                length += len(text)
        self.text = "".join(texts)

    def origin(self, position: int) -> tuple[int, int]:
        """Return the stretch of the original that the character at a position of the text came from."""
        index = bisect_right(self._begins, position) - 1
        if index < 0:
            return 0, 0
        start, end = self._stretches[index]
        following = self._begins[index + 1] if index + 1 < len(self._begins) else len(self.text)
        if end - start != following - self._begins[index]:
            return start, end
        at = start + position - self._begins[index]
        return at, at + 1

    def stretch(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that the text from `start` up to `end` came from."""
        return self.origin(start)[0], self.origin(max(start, end - 1))[1]


class Edited(Mapped):
    """The original with edits applied. They are in order, and none reaches into the next."""

    def __init__(self, original: str, edits: Sequence[Edit]) -> None:
        super().__init__(_pieces(original, edits))


class Chained(Mapped):
    """Text that was made of a text that was itself made of the original."""

    def __init__(self, outer: Mapped, inner: Mapped) -> None:
        self.text = outer.text
        self._outer = outer
        self._inner = inner

    def origin(self, position: int) -> tuple[int, int]:
        """Return the stretch of the original that the character at a position of the text came from."""
        return self._inner.stretch(*self._outer.origin(position))


def _pieces(original: str, edits: Sequence[Edit]) -> Iterator[tuple[str, int, int]]:
    done = 0
    for edit in edits:
        yield original[done : edit.start], done, edit.start
        yield edit.text, edit.start, edit.end
        done = edit.end
    yield original[done:], done, len(original)

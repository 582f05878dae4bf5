"""Put what an SSML document says into the order in which it is heard."""

from __future__ import annotations

from collections.abc import Iterable

from stentor.text.script import Boundary, Break, Item, Mark, Pause, Reading, Words


class Composer:
    """Collects items. Blanks that part nothing are left out, and boundaries with nothing before them."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._is_said = False  # something since the last boundary
        self._last_boundary: int | None = None  # where it is among the items

    def say(self, words: Words) -> None:
        """Add words."""
        if not words.text.isspace():
            self._is_said = True
        elif not self._items or isinstance(self._items[-1], (Pause, Boundary)):
            return
        self._items.append(words)

    def say_as(self, pieces: Iterable[Words], reading: Reading) -> bool:
        """Add pieces as words with one reading, and the blanks around them as they are.

        Returns whether there were any but blanks.
        """
        before, core, behind = _trimmed(pieces)
        for words in before:
            self.say(words)
        if core:
            text = "".join(words.text for words in core)
            self.say(Words(text, core[0].start, core[-1].end, core[0].manner, reading))
        for words in behind:
            self.say(words)
        return bool(core)

    def pause(self, seconds: float, at: int) -> None:
        """Add silence."""
        self._drop_blanks()
        self._items.append(Pause(seconds, at))

    def mark(self, name: str, at: int) -> None:
        """Add a mark."""
        self._items.append(Mark(name, at))

    def boundary(self, follows: Break, at: int) -> None:
        """End a sentence or paragraph, if anything was said in it."""
        self._drop_blanks()
        if self._is_said:
            self._is_said = False
            self._last_boundary = len(self._items)
            self._items.append(Boundary(follows, at))
        elif self._last_boundary is not None and follows is Break.PARAGRAPH:
            ended = self._items[self._last_boundary]  # a sentence, which ends its paragraph as well
            self._items[self._last_boundary] = Boundary(follows, ended.start)

    def items(self) -> tuple[Item, ...]:
        """Return all items."""
        self._drop_blanks()
        return tuple(self._items)

    def _drop_blanks(self) -> None:
        while self._items:
            last = self._items[-1]
            if not isinstance(last, Words) or not last.text.isspace():
                return
            self._items.pop()


def _trimmed(pieces: Iterable[Words]) -> tuple[list[Words], list[Words], list[Words]]:
    """Return the blanks before, what is not blank at its ends, and the blanks behind."""
    parts = [part for words in pieces for part in _parted(words)]
    begin, end = 0, len(parts)
    while begin < end and parts[begin].text.isspace():
        begin += 1
    while end > begin and parts[end - 1].text.isspace():
        end -= 1
    return parts[:begin], parts[begin:end], parts[end:]


def _parted(words: Words) -> list[Words]:
    """Return the blanks before words, the words, and the blanks behind, where each is as long as it says."""
    text, start = words.text, words.start
    if words.end - start != len(text) or text.isspace():
        return [words]
    head = len(text) - len(text.lstrip())
    tail = len(text.rstrip())
    spans = ((0, head), (head, tail), (tail, len(text)))
    return [
        Words(text[begin:end], start + begin, start + end, words.manner)
        for begin, end in spans
        if begin < end
    ]

"""How the time that work takes grows with its text."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

_TIMES = 10
_PLAINLY_LINEAR = 2.0


def effort(work: Callable[[str], object], unit: str, length: int = 10_000) -> float:
    """Return how many times as much time a character of a long text takes as one of a short text.

    The text is about `length` characters long, and made of whole units. Where work grows with the square
    of the text it is about ten.
    """
    count = length // _TIMES // len(unit) + 1
    long, short = unit * count * _TIMES, unit * count

    def ratio() -> float:
        begun = process_time()
        for _ in range(_TIMES):
            work(short)
        between = process_time()
        work(long)
        return (process_time() - between) / max(between - begun, 1e-6)

    least = ratio()
    for _ in range(3):  # whatever else the machine does only adds
        if least < _PLAINLY_LINEAR:
            break
        least = min(least, ratio())
    return least

"""How much audio one whole answer may hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from stentor.api.allowance import Allowance
from stentor.errors import AnswerTooLong
from stentor.types import AudioChunk
from tests.fakes import tone


async def sound(seconds: int) -> AsyncGenerator[AudioChunk, None]:
    for _ in range(seconds):
        yield AudioChunk(tone(1.0), 24_000)


async def heard(allowance: Allowance, seconds: int) -> int:
    return sum([1 async for _ in allowance.bound(sound(seconds))])


async def test_as_much_as_is_allowed_passes() -> None:
    assert await heard(Allowance(3), 3) == 3


async def test_more_is_refused() -> None:
    with pytest.raises(AnswerTooLong, match="3 seconds"):
        await heard(Allowance(3), 4)


async def test_what_was_refused_takes_nothing_from_the_others() -> None:
    allowance = Allowance(3)
    with pytest.raises(AnswerTooLong):
        await heard(allowance, 4)
    assert await heard(allowance, 2) == 2
    with pytest.raises(AnswerTooLong):
        await heard(allowance, 2)

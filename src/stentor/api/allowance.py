"""How much audio one whole answer may hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from stentor.errors import AnswerTooLong
from stentor.types import AudioChunk


class Allowance:
    """Seconds of audio that one whole answer may hold."""

    def __init__(self, seconds: int) -> None:
        self._most = seconds
        self._left = float(seconds)

    async def bound(self, chunks: AsyncGenerator[AudioChunk, None]) -> AsyncGenerator[AudioChunk, None]:
        """Pass chunks on; raises AnswerTooLong. What fails is not kept, and gives back what it took."""
        taken = 0.0
        try:
            async with aclosing(chunks) as source:
                async for chunk in source:
                    seconds = chunk.samples.size / chunk.rate
                    taken += seconds
                    self._take(seconds)
                    yield chunk
        except BaseException:
            self._left += taken
            raise

    def _take(self, seconds: float) -> None:
        self._left -= seconds
        if self._left < 0:
            raise AnswerTooLong(self._most)

"""What holds while an engine speaks: its circuit, and how long it may take to be heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from stentor.errors import EngineUnavailable

if TYPE_CHECKING:
    from stentor.pipeline.circuit import Place
    from stentor.pipeline.ledger import Ledger
    from stentor.pipeline.routes import Router
    from stentor.pipeline.speak import Usage
    from stentor.types import AudioChunk

Piece = TypeVar("Piece", bound="AudioChunk | bytes")


class Guard:
    """Watches one engine while it speaks; `place` is what it has in the engine's load already."""

    def __init__(self, engine: str, router: Router, place: Place | None = None) -> None:
        self._engine = engine
        self._place = place or router.circuits[engine].request()
        self._circuit = self._place.circuit
        self._deadline = router.deadlines.get(engine)

    async def over(
        self, pieces: AsyncGenerator[Piece, None], usage: Usage, ledger: Ledger | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Pass on what is heard, and count for the circuit that it is, or how it failed.

        What was spent is booked at its end, if there is a ledger.
        """
        try:
            with self._place:
                async with aclosing(pieces):
                    async for piece in pieces:
                        if usage.characters:  # silence alone is not the engine's
                            self._circuit.worked()
                        yield piece
                        del piece
        finally:
            if ledger:
                ledger.add(usage)

    async def first(self, pieces: AsyncGenerator[Piece, None]) -> Piece | None:
        """Wait for the first piece, None if there is none; raises EngineUnavailable if it takes too long."""
        if self._deadline is None:
            return await anext(pieces, None)
        try:
            async with asyncio.timeout(self._deadline):
                return await anext(pieces, None)
        except TimeoutError as error:
            self._circuit.failed()
            raise EngineUnavailable(
                f"The engine {self._engine} made no sound within {self._deadline:g} seconds."
            ) from error

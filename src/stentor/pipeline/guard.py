"""What holds while an engine speaks: its circuit, and how long it may take to be heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from stentor.errors import EngineBusy, EngineUnavailable

if TYPE_CHECKING:
    from stentor.pipeline.circuit import Place
    from stentor.pipeline.ledger import Ledger
    from stentor.pipeline.routes import Router
    from stentor.pipeline.speak import Usage
    from stentor.types import AudioChunk

Piece = TypeVar("Piece", bound="AudioChunk | bytes")


class Guard:
    """Watches one engine while it speaks, and the `others` that markup lets speak with it.

    `place` is what the request has in the engine's load already.
    """

    def __init__(
        self, engine: str, router: Router, place: Place | None = None, others: Iterable[str] = ()
    ) -> None:
        self._engine = engine
        self._others = {name: router.circuits[name] for name in others if name != engine}
        self._place = place or router.circuits[engine].request()
        self._circuit = self._place.circuit
        self._deadline = router.deadlines.get(engine)

    async def over(
        self, pieces: AsyncGenerator[Piece, None], usage: Usage, ledger: Ledger | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Pass on what is heard, and count for the circuit that it is, or how it failed.

        What was spent is booked at its end, if there is a ledger. Raises EngineBusy, and asks nobody, while
        a server wants to be left alone.
        """
        try:
            with self._place:
                self._wait()
                async with aclosing(pieces):
                    async for piece in pieces:
                        if usage.characters:  # silence alone is not the engine's
                            self._circuit.worked()
                        yield piece
                        del piece
        except EngineBusy as error:
            self._others.get(usage.last, self._circuit).refused(error)
            raise
        finally:
            if ledger:
                ledger.add(usage)

    def _wait(self) -> None:
        for name, circuit in {self._engine: self._circuit, **self._others}.items():
            if wait := circuit.wait:
                raise EngineBusy(name, wait)

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

"""Whether a server can be asked, known without asking it often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from stentor.errors import EngineError

log = logging.getLogger(__name__)

_FIRST_LOOK = 4.0  # seconds that opening waits for
_LOOKS_FOR = 10.0
_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # between looks at a server that is not there


class Condition:
    """Looks after a server: at once when it is opened or in doubt, otherwise if nothing was heard for long.

    `look` asks the server something cheap, and raises EngineError if it cannot be used. With `every` 0 it is
    looked at once, and taken to be there.
    """

    def __init__(self, engine: str, look: Callable[[], Awaitable[None]], every: float) -> None:
        self._engine = engine
        self._look = look
        self._every = every
        self._heard = 0.0
        self._doubts = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self.problem: str | None = "it has not answered yet"
        """Why it cannot be asked; None if it can."""

    async def open(self) -> None:
        """Look for the first time, and go on looking; waits a little, and never fails."""
        if not self._every:
            await self._look_once()
            self.problem = None
            return
        first = asyncio.Event()
        self._watch = asyncio.create_task(self._keep_looking(first))
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_LOOK):
                await first.wait()

    async def close(self) -> None:
        """Stop looking."""
        if self._watch:
            watch, self._watch = self._watch, None
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    def worked(self) -> None:
        """Note that it did what it was asked to."""
        self._heard = asyncio.get_running_loop().time()
        self.problem = None

    def doubt(self) -> None:
        """Note that it failed: it is looked at soon."""
        self._doubts.set()

    async def _keep_looking(self, first: asyncio.Event) -> None:
        pause = _PAUSE
        while True:
            was_there = self.problem is None
            await self._look_once()
            first.set()
            if self.problem is None:
                pause = _PAUSE
                await asyncio.sleep(pause)  # doubts that come in heaps are one
                await self._until_doubt()
            else:
                if was_there:
                    log.warning("the engine %s is not available: %s", self._engine, self.problem)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._doubts.clear()

    async def _until_doubt(self) -> None:
        """Wait until it failed, or nothing was heard of it for long."""
        loop = asyncio.get_running_loop()
        while not self._doubts.is_set() and (due := self._heard + self._every - loop.time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(due):
                    await self._doubts.wait()

    async def _look_once(self) -> None:
        try:
            async with asyncio.timeout(_LOOKS_FOR):
                await self._look()
        except EngineError as error:
            self.problem = self._why(error)
        except TimeoutError:
            self.problem = f"no answer within {_LOOKS_FOR:g} s"
        except Exception:
            log.exception("the engine %s could not be looked after", self._engine)
            self.problem = "it could not be looked after; the server's log says why"
        else:
            self.worked()

    def _why(self, error: EngineError) -> str:
        """Say what is wrong in words that go on from "it is not ready"."""
        said = error.message.removesuffix(".").removeprefix(f"The engine {self._engine} ")
        return (
            said.removeprefix("is not available: ") if said.startswith("is not available") else f"it {said}"
        )

"""Whether a server can be asked, known without asking it often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from urllib.parse import urlsplit

from stentor.errors import EngineError, EngineFailed

log = logging.getLogger(__name__)

_FIRST_LOOK = 4.0  # seconds that opening waits for
_LOOKS_FOR = 10.0
_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # between looks at a server that is not there
# Redirected, unknown key, no credit, not allowed, no such route or model: the next request fares no better.
_REFUSALS = (*range(300, 400), 401, 402, 403, 404, 405, 429)


class Condition:
    """Looks after a server: at once when it is opened or in doubt, otherwise if nothing was heard for long.

    `look` asks the server at `url` something cheap, and raises EngineError if it cannot be used. With `every`
    0 it is looked at once, and taken to be there.
    """

    def __init__(self, engine: str, look: Callable[[], Awaitable[None]], every: float, url: str = "") -> None:
        self._engine = engine
        host = urlsplit(url).netloc.rpartition("@")[2]
        self._shown = f"{engine} at {host}" if host else engine
        self._look = look
        self._every = every
        self._heard = 0.0
        self._doubts = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self.problem: str | None = "it has not answered yet"
        """Why it cannot be asked; None if it can."""
        self._refusal: str | None = None
        self._has_worked = False
        self._is_told = False  # that it is away

    @property
    def complaint(self) -> str | None:
        """What is wrong with it, also if it may be asked: why it refused the last request."""
        return self.problem or self._refusal

    async def open(self) -> None:
        """Look for the first time, and go on looking; waits a little, and never fails."""
        if not self._every:
            await self._look_once()
            self.problem = None
            return
        first = asyncio.Event()
        # It may be opened in a request, and goes on without it.
        self._watch = asyncio.create_task(self._keep_looking(first), context=Context())
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
        self._has_worked = True
        self._refusal = None
        self._answered()

    def doubt(self, error: EngineError | None = None) -> None:
        """Note that it failed: it is looked at soon. What it would refuse again is told until it works."""
        self._doubts.set()
        if isinstance(error, EngineFailed) and error.answered in _REFUSALS:
            self._refusal = self._why(error.for_log)

    def suspect(self, why: str) -> None:
        """Note what seems to be wrong with a server that has not yet worked."""
        if not self._has_worked:
            self._refusal = why

    async def _keep_looking(self, first: asyncio.Event) -> None:
        pause = _PAUSE
        while True:
            await self._look_once()
            first.set()
            if self.problem is None:
                pause = _PAUSE
                await asyncio.sleep(pause)  # doubts that come in heaps are one
                await self._until_doubt()
            else:
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
            self._missed(self._why(error.message))
        except TimeoutError:
            self._missed(f"no answer within {_LOOKS_FOR:g} s")
        except Exception:
            log.exception("the engine %s could not be looked after", self._engine)
            self._missed("it could not be looked after; the server's log says why")
        else:
            self._answered()

    def _answered(self) -> None:
        self._heard = asyncio.get_running_loop().time()
        self.problem = None
        if self._is_told:
            self._is_told = False
            log.info("the engine %s is available again", self._shown)

    def _missed(self, problem: str) -> None:
        self.problem = problem
        if not self._is_told:
            self._is_told = True
            log.warning("the engine %s is not available: %s", self._shown, problem)

    def _why(self, sentence: str) -> str:
        """Say what is wrong in words that go on from "it is not ready"."""
        said = sentence.removesuffix(".").removeprefix(f"The engine {self._engine} ")
        return (
            said.removeprefix("is not available: ") if said.startswith("is not available") else f"it {said}"
        )

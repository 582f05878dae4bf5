"""Engines in worker processes of this machine: loaded when they are needed, unloaded when they are not."""

from __future__ import annotations

import asyncio
import logging
import re
from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from stentor.engines import Engine, EngineConfig, EngineHealth, Loading, State
from stentor.engines.process import PoolStatus, WorkerPool, WorkerSpec
from stentor.errors import EngineUnavailable

if TYPE_CHECKING:
    from stentor.engines.lane import Part

log = logging.getLogger(__name__)

FOR_EVER = -1.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"(?P<number>-?[0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?P<unit>ms|[smh]|)")


def _seconds(value: object) -> object:
    """Read what users of Ollama write, `5m`, besides a number."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        return float(found["number"]) * _UNITS[found["unit"]]
    if isinstance(value, str | bool):
        raise PydanticCustomError(
            "keep_alive", "must be a number of seconds or a time like `30s` or `5m`; -1 is for ever"
        )
    return value


KeepAlive: TypeAlias = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(allow_inf_nan=False, le=1e9),
    AfterValidator(lambda seconds: seconds if seconds >= 0 else FOR_EVER),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]}),
]
"""Seconds that an engine stays loaded when nothing is spoken; -1 is for ever."""


class LocalConfig(EngineConfig):
    """Settings of an engine in worker processes."""

    keep_alive: KeepAlive = Field(
        default=FOR_EVER,
        description="Seconds without speech after which the workers end and give back their memory, also as "
        "`30s`, `5m` or `1h`; `0` ends them as soon as nothing is spoken, `-1` never. "
        "The next request starts them again.",
    )
    preload: bool | None = Field(
        default=None,
        description="Whether the workers start with the server; if unset, only where `keep_alive` is -1.",
    )


class Workers:
    """The workers of one engine, if there are any now; who needs them starts them.

    A pool of workers lives once. The next one begins when the memory of the last is free.
    """

    def __init__(self, spec: WorkerSpec, keep_alive: float = FOR_EVER) -> None:
        self._spec = spec
        self.keep_alive = keep_alive
        """Seconds that they stay when nothing is spoken, as of now; below 0 for ever."""
        self._pool: WorkerPool | None = None
        self._is_starting = False
        self._following: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._leaving: asyncio.Event | None = None  # somebody waits for the last answer to end
        self._clock: asyncio.TimerHandle | None = None
        self._users: set[object] = set()
        self._last: set[object] = set()  # users from before somebody began to wait for the last answer
        self._calls = 0  # requests that the pool has
        self._loads = 0  # that are waited for
        self._is_awaited = False  # loaded by hand, and not used since
        self._past = PoolStatus()
        self._closed = False

    @property
    def state(self) -> State:
        """Whether there are workers."""
        if self._pool is None:
            return "unloaded"
        return "loaded" if self._pool.status().ready else "loading"

    def status(self) -> PoolStatus:
        """Count the workers; what died and what went wrong is remembered when they are gone."""
        if self._pool is None:
            return PoolStatus(restarts=self._past.restarts, problem=self._past.problem)
        status = self._pool.status()
        status.restarts += self._past.restarts
        return status

    async def load(self, keep_alive: float | None = None) -> None:
        """Start the workers if there are none, and wait for the first; see `Loading.load`."""
        if keep_alive is not None:
            self.keep_alive = keep_alive
        self._stay()
        self._is_awaited = True
        self._stop_clock()
        self._loads += 1
        try:
            if self._pool:
                self._pool.hurry()  # its next attempt by itself may be half a minute away
            pool = await self._present()
            await pool.ready()
        except EngineUnavailable:
            self._is_awaited = False
            raise
        finally:
            self._loads -= 1
            self._look()

    async def unload(self) -> None:
        """End the workers as soon as nobody uses them; see `Loading.unload`.

        Who comes meanwhile is served as long as those are who were there before. Afterwards requests wait for
        the next workers, or there might never be an end.
        """
        if self._pool:
            if self._leaving is None:
                self._leaving = asyncio.Event()
                self._last = set(self._users)
            leaving = self._leaving
            self._look()
            await leaving.wait()
        if self._ending:
            await asyncio.wait([self._ending])

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the workers, if there are any, from being ended."""
        user = object()
        self._users.add(user)
        self._is_awaited = False
        self._stop_clock()
        try:
            yield
        finally:
            self._users.discard(user)
            self._last.discard(user)
            self._look()

    async def call(self, request: dict[str, Any], max_seconds: float) -> AsyncGenerator[Part, None]:
        """Send one request to a free worker, as `WorkerPool.call` does; waits until there is one."""
        with self.in_use():
            pool = await self._present()
            self._calls += 1
            try:
                async with aclosing(pool.call(request, max_seconds)) as parts:
                    async for part in parts:
                        yield part
                        del part
            finally:
                self._calls -= 1

    async def close(self) -> None:
        """End the workers for good, and every request with them."""
        self._closed = True
        if self._pool:
            self._end("it was closed")
        if self._ending:
            await asyncio.wait([self._ending])

    async def _present(self) -> WorkerPool:
        while self._pool is None or (self._leaving and not self._last):
            if self._leaving:
                await self._leaving.wait()
            elif self._closed:
                raise EngineUnavailable(f"The engine {self._spec.engine} is not running: it was closed.")
            elif self._ending:
                await asyncio.wait([self._ending])
            else:
                self._begin()
        return self._pool

    def _begin(self) -> None:
        self._pool = WorkerPool(self._spec)
        self._is_starting = True
        self._pool.open()
        self._following = asyncio.get_running_loop().create_task(self._follow(self._pool))

    async def _follow(self, pool: WorkerPool) -> None:
        """Start the clock once the workers are there: nobody may have waited for them that long."""
        with suppress(EngineUnavailable):
            await pool.ready()
        if pool is self._pool:
            self._is_starting = False
            self._look()

    def _look(self) -> None:
        """End the workers if nobody uses them and that is due, or set the clock to when it will be."""
        self._stop_clock()
        if self._pool is None:
            return
        if self._leaving:
            if not (self._last or self._calls):
                self._end("it was unloaded")
        elif self._users or self._is_starting or self._loads or self.keep_alive < 0:
            return
        elif self.keep_alive:
            loop = asyncio.get_running_loop()
            self._clock = loop.call_later(self.keep_alive, self._end, "it was unloaded")
        elif not self._is_awaited:
            self._end("it was unloaded")

    def _end(self, why: str) -> None:
        assert self._pool is not None  # noqa: S101  whoever ends it has looked
        pool, self._pool = self._pool, None
        self._stop_clock()
        self._stay()
        status = pool.status()
        self._past = PoolStatus(restarts=self._past.restarts + status.restarts, problem=status.problem)
        log.info("the workers of %s end: %s", self._spec.engine, why)
        self._ending = asyncio.get_running_loop().create_task(pool.close(why))
        self._ending.add_done_callback(self._ended)

    def _ended(self, _task: asyncio.Task[None]) -> None:
        self._ending = None

    def _stay(self) -> None:
        """Let nobody wait for the workers to end any more."""
        if self._leaving:
            self._leaving.set()
            self._leaving = None
            self._last = set()

    def _stop_clock(self) -> None:
        if self._clock:
            self._clock.cancel()
            self._clock = None


class LocalEngine(Engine, Loading):
    """An engine whose sound is made by `self.workers`, which `spec` describes."""

    Config: ClassVar[type[EngineConfig]] = LocalConfig

    def __init__(self, config: LocalConfig) -> None:
        self._keep_alive = config.keep_alive
        self._preload = config.keep_alive < 0 if config.preload is None else config.preload
        self._workers: Workers | None = None
        self._problem: str | None = "it was not started"
        self._refusal: str | None = None

    @abstractmethod
    def spec(self) -> WorkerSpec:
        """Say how the workers are started; raises EngineUnavailable if that is known to be in vain."""
        ...

    async def open(self) -> None:
        """Start the workers and wait for the first, unless that is left to the first request."""
        try:
            self._workers = Workers(self.spec(), self._keep_alive)
        except EngineUnavailable as error:
            self._refusal = error.message
            raise
        self._problem = "it is starting"
        try:
            if self._preload:
                await self._workers.load()
        finally:
            self._problem = None

    @property
    def workers(self) -> Workers:
        """Those who speak; raises EngineUnavailable before they can be started."""
        if self._workers is None:
            raise EngineUnavailable(
                self._refusal or f"The engine {self.name} is not running: {self._problem}."
            )
        return self._workers

    @property
    def state(self) -> State:
        """Whether there are workers."""
        return self._workers.state if self._workers else "unloaded"

    @property
    def keep_alive(self) -> float:
        """Seconds that the workers stay when nothing is spoken, by the settings or by the last `load`."""
        return self._workers.keep_alive if self._workers else self._keep_alive

    async def load(self, keep_alive: float | None = None) -> None:
        """Start the workers and wait for the first."""
        await self.workers.load(keep_alive)

    async def unload(self) -> None:
        """End the workers when the last answer has ended."""
        if self._workers:
            await self._workers.unload()

    def in_use(self) -> AbstractContextManager[None]:
        """Keep the workers from being ended."""
        return self._workers.in_use() if self._workers else nullcontext()

    def health(self) -> EngineHealth:
        """Count the workers."""
        status = self._workers.status() if self._workers else PoolStatus()
        problem = status.problem or self._refusal or self._problem
        figures = {
            "workers": status.ready,
            "spares": status.spare,
            "busy": status.busy_lanes,
            "waiting": status.waiting,
            "restarts": status.restarts,
        }
        return EngineHealth(ready=status.ready > 0 or problem is None, figures=figures, problem=problem)

    async def close(self) -> None:
        """End the workers."""
        self._problem = "it was closed"
        if self._workers:
            workers, self._workers = self._workers, None
            await workers.close()

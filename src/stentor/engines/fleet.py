"""The engines that are open: replaced while requests go on, closed when nobody speaks by them any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from stentor.engines import Engine, EngineHealth, Loading
from stentor.errors import EngineFailed, EngineUnavailable, StentorError

log = logging.getLogger(__name__)

_WAIT_FOR_DEFAULT_ENGINE = 5.0
_OPENS_WITHIN = 900.0
_STARTING = "it is starting"


@dataclass(slots=True, eq=False)
class _Member:
    """An engine from when it is opened until it is closed."""

    engine: Engine
    trouble: str | None = None
    opening: asyncio.Task[None] | None = None
    requests: int = 0
    is_retired: bool = False


@dataclass(slots=True, eq=False)
class _Lease:
    """What one request holds."""

    fleet: Fleet
    held: dict[int, _Member] = field(default_factory=dict)
    is_over: bool = False


_LEASE: ContextVar[_Lease | None] = ContextVar("lease", default=None)


def hold(engine: Engine) -> None:
    """Keep an engine open until the end of the request that this is called in, if it is called in one.

    Whoever gives an engine to a request calls it, before anything is awaited.
    """
    lease = _LEASE.get()
    if lease is not None and not lease.is_over:
        lease.fleet._hold(engine, lease)  # noqa: SLF001  a lease is the fleet's own


class Fleet:
    """Owns the engines in use: opens them, lets others take their places, and closes them.

    An engine that was replaced is closed when the last request that holds it has ended.
    """

    def __init__(self, engines: Mapping[str, Engine] = MappingProxyType({}), default: str = "") -> None:
        self.engines: Mapping[str, Engine] = dict(engines)
        """Those that new requests get, by name; never changed, but replaced as a whole."""
        self._default = default
        self._members = {id(engine): _Member(engine) for engine in engines.values()}
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open every engine, beside each other, and close them at the end.

        Only the default engine is waited for, and not for long: a model that loads for minutes, or one that
        fails, keeps no other from speaking.
        """
        opening = {}
        for member in self._members.values():
            member.trouble = _STARTING
            opening[member.engine.name] = member.opening = asyncio.create_task(_open(member))
        try:
            await asyncio.wait([opening[self._default]], timeout=_WAIT_FOR_DEFAULT_ENGINE)
            yield
        finally:
            await self._close_all()

    async def open(self, engines: Sequence[Engine]) -> None:
        """Open engines that are to take their places; if one fails, none of them stays open.

        Raises the failure, a StentorError.
        """
        opening = [asyncio.create_task(_opened(engine)) for engine in engines]
        try:
            await asyncio.gather(*opening)
        except BaseException:
            await _cancel(opening)
            await self.discard(engines)
            raise

    async def discard(self, engines: Iterable[Engine]) -> None:
        """Close engines that were opened, and took no place."""
        for engine in engines:
            await _close(_Member(engine))

    def replace(self, engines: Mapping[str, Engine]) -> None:
        """Give these engines, which are open, to new requests; the others are closed when they are free."""
        self.engines = dict(engines)
        stay = {id(engine) for engine in engines.values()}
        for engine in engines.values():
            self._members.setdefault(id(engine), _Member(engine))
        for key in self._members.keys() - stay:
            self._members[key].is_retired = True
            self._close_if_free(self._members[key])

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Mark where a request begins and ends: what it holds meanwhile stays open."""
        lease = _Lease(self)
        token = _LEASE.set(lease)
        try:
            yield
        finally:
            _LEASE.reset(token)
            lease.is_over = True
            for member in lease.held.values():
                member.requests -= 1
                self._close_if_free(member)

    def health(self, engine: Engine) -> EngineHealth:
        """Say how an engine is, also while it opens or if it could not."""
        reported = engine.health()
        member = self._members.get(id(engine))
        if member is None or member.trouble is None or isinstance(engine, Loading):
            return reported  # what can be loaded again knows best
        return replace(reported, ready=False, problem=reported.problem or member.trouble)

    def failed(self, name: str) -> bool:
        """Tell whether an engine in use could not be opened."""
        member = self._members[id(self.engines[name])]
        return member.trouble is not None and (member.opening is None or member.opening.done())

    def _hold(self, engine: Engine, lease: _Lease) -> None:
        member = self._members.get(id(engine))
        if member and id(engine) not in lease.held:
            lease.held[id(engine)] = member
            member.requests += 1

    def _close_if_free(self, member: _Member) -> None:
        if member.is_retired and not member.requests and id(member.engine) in self._members:
            del self._members[id(member.engine)]
            closing = asyncio.get_running_loop().create_task(_close(member))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _close_all(self) -> None:
        members = list(self._members.values())
        self._members.clear()
        await _cancel([member.opening for member in members if member.opening])
        for member in reversed(members):
            await _close(member)
        await asyncio.gather(*self._closing)


async def _open(member: _Member) -> None:
    """Open an engine; what keeps it from speaking is noted, and told to the operator."""
    try:
        await member.engine.open()
    except StentorError as error:
        member.trouble = error.message
        log.error("%s", error.message)  # noqa: TRY400
    except Exception:
        member.trouble = "it failed as it started; the server's log says how"
        log.exception("the engine %s did not open", member.engine.name)
    else:
        member.trouble = None


async def _opened(engine: Engine) -> None:
    """Open an engine; raises StentorError."""
    try:
        async with asyncio.timeout(_OPENS_WITHIN):
            await engine.open()
    except StentorError:
        raise
    except TimeoutError as error:
        raise EngineUnavailable(
            f"The engine {engine.name} did not start within {_OPENS_WITHIN:g} seconds."
        ) from error
    except Exception as error:
        log.exception("the engine %s did not open", engine.name)
        raise EngineFailed(
            f"The engine {engine.name} failed as it started; the server's log says how."
        ) from error


async def _close(member: _Member) -> None:
    if member.opening and not member.opening.done():
        await _cancel([member.opening])
    try:
        await member.engine.close()
    except Exception:
        log.exception("the engine %s did not close", member.engine.name)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

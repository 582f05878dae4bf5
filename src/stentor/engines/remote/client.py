"""Call a server on another machine, for one engine.

aiohttp is imported when an engine opens, in a thread: it takes a tenth of a second, which a server without
such engines need not pay.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import ipaddress
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stentor import __version__, threads
from stentor.engines.remote.events import Event, EventReader
from stentor.engines.remote.faults import Faults, Patience, PrivateAddressError

if TYPE_CHECKING:
    import aiohttp

    from stentor.engines.remote.config import RemoteConfig

_MEGABYTE = 2**20
_LONGEST_EVENT = 4 * _MEGABYTE
_LONGEST_COMPLAINT, _COMPLAINS_WITHIN = 64 * 1024, 5.0
_DRAINS_WITHIN = 0.02
# Others close idle connections after 5 seconds (uvicorn, Node) to 75 (nginx).
_IDLE_SECONDS = 60.0
# A connection that was closed as we took it fails at once; what fails later was read by the server.
_STALE_WITHIN = 1.0
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form."""

    name: str
    content: bytes | str
    file_name: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Sequence[Part] | None = None
    also: Container[int] = ()


class Client:
    """One engine's connections to its server.

    They are kept for the next request. Nothing is followed, kept or taken from the environment: no redirect,
    no cookie, no proxy. Failures are EngineErrors; leaving an answer before its end closes its connection.
    """

    def __init__(self, engine: str, config: RemoteConfig, headers: Mapping[str, str] | None = None) -> None:
        self._config = config
        self._base = config.url
        self._headers = {**(headers or {})}
        patience = Patience(config.connect_seconds, config.answer_seconds, config.stalled_seconds)
        by_proxy = bool(config.proxy.get_secret_value())
        self.faults = Faults(engine, config.api_key.get_secret_value(), patience, by_proxy=by_proxy)
        self.busy = 0
        """Requests that are answered now."""
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready to call; connects to nothing."""
        await threads.run(importlib.import_module, "aiohttp")
        self._session = self._make_session(self._headers, guarded=False)

    async def close(self) -> None:
        """Close every connection."""
        if self._session:
            session, self._session = self._session, None
            await session.close()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        accept: str = "*/*",
        also: Container[int] = (),
    ) -> AbstractAsyncContextManager[Answer]:
        """Send a request, and enter its answer, which is a success or has one of the statuses in `also`.

        `path` follows the engine's URL. A `body` is sent as JSON, or as a form if it is a list of Part;
        bytes are JSON that was written already.
        """
        if self._session is None:
            raise self.faults.unavailable("it was not opened")
        headers, written = _written(body)
        headers["Accept"] = accept
        request = _Request(method, f"{self._base}{path}", headers, written, also)
        return self._answer(self._session, request)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        limit: int = _MEGABYTE,
        also: Container[int] = (),
    ) -> Any:  # noqa: ANN401  any JSON
        """Send a request and return the JSON of its answer; None if its status is one of those in `also`."""
        try:
            async with (
                asyncio.timeout(self._config.answer_seconds),
                self.call(method, path, body, accept="application/json", also=also) as answer,
            ):
                return None if answer.status in also else await answer.json(limit)
        except TimeoutError as error:
            raise self.faults.broke(error, begun=False) from error

    @asynccontextmanager
    async def elsewhere(self, url: str) -> AsyncIterator[Answer]:
        """Fetch what the server gave a URL for, without our key.

        Such a URL may lead into a private network only if the server itself is in one.
        """
        if self._session is None:
            raise self.faults.unavailable("it was not opened")
        if not url.startswith(("http://", "https://")):
            raise self.faults.failed("gave a URL that is neither http nor https")
        guarded = not await self._is_private(self._base)
        # A proxy is what is connected to then, so that its address says nothing of where the URL leads.
        if guarded and self._config.proxy.get_secret_value():
            if await self._is_private(url):
                raise self.faults.unavailable(str(PrivateAddressError()))
            guarded = False
        async with (
            self._make_session({}, guarded=guarded) as session,
            self._answer(session, _Request("GET", url, {"Accept": "*/*"})) as answer,
        ):
            yield answer

    @asynccontextmanager
    async def _answer(self, session: aiohttp.ClientSession, request: _Request) -> AsyncIterator[Answer]:
        if self.busy >= self._config.connections:
            raise self.faults.busy()
        self.busy += 1
        try:
            response = await self._begin(session, request)
        except BaseException:
            self.busy -= 1
            raise
        answer = Answer(response, self.faults, self._config)
        try:
            if not (
                HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
                or response.status in request.also
            ):
                raise self.faults.answered(response.status, response.headers, await answer.complaint())
            yield answer
        finally:
            self.busy -= 1
            answer.close()

    async def _begin(self, session: aiohttp.ClientSession, request: _Request) -> aiohttp.ClientResponse:
        import aiohttp  # noqa: PLC0415  loaded by `open`

        loop = asyncio.get_running_loop()
        trace = SimpleNamespace(reused=False)
        while True:
            began = loop.time()
            try:
                async with asyncio.timeout(self._config.answer_seconds):
                    return await session.request(
                        request.method,
                        request.url,
                        data=_payload(request.body),
                        headers=request.headers,
                        allow_redirects=False,
                        trace_request_ctx=trace,
                    )
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                hung_up = isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
                if not (hung_up and trace.reused and loop.time() - began < _STALE_WITHIN):
                    raise self.faults.broke(error, begun=False) from error
                trace.reused = False  # the server had closed it meanwhile; a fresh one tells

    def _make_session(self, headers: Mapping[str, str], *, guarded: bool) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415  loaded by `open`

        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # counted here, so that none waits unseen
                keepalive_timeout=_IDLE_SECONDS,
                socket_factory=_public_socket if guarded else None,
            ),
            headers={"User-Agent": f"stentor/{__version__}", "Accept-Encoding": "identity", **headers},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None,
                sock_connect=self._config.connect_seconds,
            ),
            auto_decompress=False,  # a small answer could become a huge one
            proxy=self._config.proxy.get_secret_value() or None,
            trace_configs=[trace],
        )

    async def _is_private(self, url: str) -> bool:
        """Whether a URL leads into a private network; not, if its host is not known here."""
        loop = asyncio.get_running_loop()
        try:
            parts = urlsplit(url)
            found = await loop.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
        except (OSError, ValueError):
            return False
        return any(not _is_public(str(address[4][0])) for address in found)


class Answer:
    """A server's answer, of which the headers have come."""

    def __init__(self, response: aiohttp.ClientResponse, faults: Faults, config: RemoteConfig) -> None:
        self._response = response
        self._faults = faults
        self._begun = False
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.media_type, self.parameters = _media_type(response.headers.get("Content-Type", ""))
        """Without its parameters, in small letters; and these."""
        self._stalled = config.stalled_seconds
        self._left = config.whole_seconds
        self._waits_since: float | None = None
        self._loop = asyncio.get_running_loop()
        self._watch = self._loop.call_later(self._stalled, self._look)

    def close(self) -> None:
        """Give the connection back if the answer was read to its end; otherwise close it."""
        self._watch.cancel()
        self._response.close()

    def _look(self) -> None:
        """End a wait for the next piece that is too long.

        aiohttp's own timeout stops counting once it has seen a fault in the body, of which it tells nobody.
        """
        import aiohttp  # noqa: PLC0415  loaded by `open`

        now = self._loop.time()
        left = self._stalled - (now - (self._waits_since or now))
        if left > 0:
            self._watch = self._loop.call_later(left, self._look)
        else:
            self._response.content.set_exception(aiohttp.SocketTimeoutError())

    async def pieces(self, limit: int) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes, at most `limit` bytes of it."""
        import aiohttp  # noqa: PLC0415  loaded by `open`

        if self.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self._faults.failed("answered with a compressed body, which it was not asked for")
        left = limit
        try:
            while piece := await self._next():
                self._begun = True
                left -= len(piece)
                if left < 0:
                    raise self._faults.failed(f"answered with more than {limit:,} bytes")
                yield piece
                del piece
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._faults.broke(error, begun=self._begun) from error

    async def _next(self) -> bytes:
        """Wait for the next piece; one that always sends a little more is given up as well."""
        if self._left <= 0:
            raise self._faults.failed("took too long for its answer")
        began = self._waits_since = self._loop.time()
        try:
            return await self._response.content.readany()
        finally:
            self._waits_since = None
            self._left -= self._loop.time() - began

    async def events(self, limit: int) -> AsyncGenerator[Event, None]:
        """Yield server-sent events from at most `limit` bytes."""
        reader = EventReader(_LONGEST_EVENT)
        async with aclosing(self.pieces(limit)) as pieces:
            async for piece in pieces:
                try:
                    events = reader.push(piece)
                except ValueError as error:
                    raise self._faults.failed(f"cannot be understood: {error}") from error
                for event in events:
                    yield event

    async def read(self, limit: int) -> bytes:
        """Return the whole body, of at most `limit` bytes."""
        async with aclosing(self.pieces(limit)) as pieces:
            return b"".join([piece async for piece in pieces])

    async def json(self, limit: int) -> Any:  # noqa: ANN401  any JSON
        """Return what the whole body says, of at most `limit` bytes."""
        body = await self.read(limit)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._faults.failed("answered with what is not JSON") from error

    async def complaint(self) -> bytes:
        """Return the beginning of a body that explains a failure, as far as it comes soon."""
        said = bytearray()
        # That the answer is a failure is known already.
        with suppress(Exception):
            async with (
                asyncio.timeout(_COMPLAINS_WITHIN),
                aclosing(self.pieces(_MEGABYTE)) as pieces,
            ):
                async for piece in pieces:
                    said += piece
                    if len(said) >= _LONGEST_COMPLAINT:
                        break
        return bytes(said)

    async def drain(self) -> None:
        """Take what is left of an answer that said all it had to, if it comes at once.

        Its connection can then be used again.
        """
        with suppress(Exception):
            async with asyncio.timeout(_DRAINS_WITHIN):
                await self.read(_LONGEST_COMPLAINT)


def _media_type(written: str) -> tuple[str, dict[str, str]]:
    if ";" not in written and written.count("/") == 1:
        return written.strip().lower(), {}
    described = Message()
    described["Content-Type"] = written or "application/octet-stream"
    told = described.get_params([])[1:]
    # One in the form of RFC 2231 is a tuple, and nothing that is told here is ever written so.
    parameters = {name.lower(): value for name, value in told if isinstance(value, str)}
    return described.get_content_type(), parameters


def _written(body: object) -> tuple[dict[str, str], bytes | Sequence[Part] | None]:
    if body is None or (isinstance(body, list) and body and all(isinstance(part, Part) for part in body)):
        return {}, body
    written = body if isinstance(body, bytes) else json.dumps(body, allow_nan=False).encode()
    return {"Content-Type": "application/json"}, written


def _payload(body: bytes | Sequence[Part] | None) -> Any:  # noqa: ANN401  whatever aiohttp sends
    import aiohttp  # noqa: PLC0415  loaded by `open`

    if body is None or isinstance(body, bytes):
        return io.BytesIO(body) if body and len(body) >= _MEGABYTE else body  # sent in pieces, if it is large
    form = aiohttp.FormData(default_to_multipart=True)
    for part in body:
        form.add_field(part.name, part.content, filename=part.file_name, content_type=part.media_type)
    return form


async def _note_reuse(_session: object, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx.reused = True


def _public_socket(address: Any) -> socket.socket:  # noqa: ANN401  a row of getaddrinfo
    family, kind, protocol, _, target = address
    if not _is_public(target[0]):
        raise PrivateAddressError
    return socket.socket(family, kind, protocol)


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # What leads on to IPv4 is as public as that.
        within = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64:
            within = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if within:
            return within.is_global
    return found.is_global

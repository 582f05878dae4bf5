"""What goes wrong with a server on another machine, as our errors.

The sentences name the engine and the cause. They never hold a key or a URL, and of what the server itself
said only one short printable sentence, which is kept out of the log.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable, printable, quoted

_LONGEST_SENTENCE = 240
_LONGEST_WAIT = 3600.0
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_REFUSED_KEY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_Error = TypeVar("_Error", bound=EngineError)
_NO_CREDIT = "insufficient_quota"  # OpenAI's code; waiting does not help


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, in seconds."""

    connect: float
    answer: float
    stalled: float


class Faults:
    """Makes the errors of one engine."""

    def __init__(self, engine: str, key: str, patience: Patience, *, by_proxy: bool = False) -> None:
        self._engine = engine
        self._first = "its proxy" if by_proxy else "its server"  # who is connected to
        self._key = key
        self._patience = patience

    def busy(self, retry_after: float | None = None) -> EngineBusy:
        """Say that it takes no more requests for now."""
        return EngineBusy(self._engine, retry_after)

    def failed(self, what: str, said: str = "") -> EngineFailed:
        """Say what it did wrong, in words that go on from its name, and what it said of that."""
        quotes = self._quoted(said)
        return _quoting(EngineFailed(f"The engine {self._engine} {what}{quotes}."), quotes)

    def unavailable(self, why: str, said: str = "") -> EngineUnavailable:
        """Say why it cannot be asked, and what it said of that."""
        quotes = self._quoted(said)
        return _quoting(
            EngineUnavailable(f"The engine {self._engine} is not available: {why}{quotes}."), quotes
        )

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> EngineError:
        """Turn an answer that is no success into an error."""
        error = self._refused(status, headers, _Told(body))
        error.answered = status
        return error

    def _refused(self, status: int, headers: Mapping[str, str], told: _Told) -> EngineError:
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return self._redirected(status, headers)
        if status in _BUSY and told.code != _NO_CREDIT:
            quotes = self._quoted(told.sentence)
            why = f"takes no more requests for now ({status}){quotes}"
            return _quoting(EngineBusy(self._engine, retry_after(headers), why), quotes)
        if status in _REFUSED_KEY:
            return self.failed(
                f"refused the key ({status})" if self._key else f"asks for a key ({status}); set `api_key`"
            )
        if status == HTTPStatus.REQUEST_TIMEOUT or (
            status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
        ):
            return self.unavailable(f"its server failed ({status})", told.sentence)
        return self.failed(f"refused the request ({status})", told.sentence)

    def complained(self, body: bytes) -> EngineFailed:
        """Say what it said of its failure, as JSON."""
        return self.failed("failed", _Told(body).sentence)

    def silent(self, media_type: str, body: bytes) -> EngineFailed:
        """Say that an answer is a success and no sound, and what it says."""
        return self.failed(f"sent {printable(media_type)} instead of sound", _Told(body).sentence)

    def _quoted(self, sentence: str) -> str:
        """Show what a server said behind a colon; nothing if it said nothing."""
        if self._key:
            sentence = sentence.replace(self._key, "…")
        shown = printable(" ".join(sentence.split()), _LONGEST_SENTENCE).rstrip(".")
        return f": {shown}" if shown else ""

    def broke(self, error: BaseException, *, begun: bool) -> EngineError:
        """Turn a failure of the connection into an error; `begun` if part of the answer had come."""
        if begun:
            late = isinstance(error, TimeoutError)
            how = f"nothing came for {self._patience.stalled:g} s" if late else "the connection was cut"
            return self.failed(f"broke off in the middle of its answer: {how}")
        return self._unreachable(error) or self.failed("answered with what is not HTTP")

    def _redirected(self, status: int, headers: Mapping[str, str]) -> EngineError:
        try:
            leads = urlsplit(headers.get("Location", ""))
            host = printable(leads.hostname or "")
        except ValueError:
            host = ""
        to = f" to {host}" if host else ""
        return self.failed(
            f"answered with a redirect ({status}){to}, which is not followed; "
            "its `url` must say where the server is"
        )

    def _unreachable(self, error: BaseException) -> EngineError | None:
        import aiohttp  # noqa: PLC0415  whoever has such an error has loaded it

        patience = self._patience
        reasons: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
            (aiohttp.ConnectionTimeoutError, f"no connection to {self._first} within {patience.connect:g} s"),
            (TimeoutError, f"no answer within {patience.answer:g} s"),
            (aiohttp.ClientConnectorCertificateError, "its server's certificate is not trusted"),
            (aiohttp.ClientSSLError, "no encrypted connection came about"),
            (aiohttp.ClientHttpProxyError, "its proxy refused to go on to its server"),
            (aiohttp.ClientConnectorDNSError, f"the name of {self._first}{_host(error)} is not known"),
            (aiohttp.ClientProxyConnectionError, _why_not(error, "its proxy")),
            (aiohttp.ClientConnectorError, _why_not(error, "its server")),
            (aiohttp.InvalidURL, "its URL cannot be read"),
            ((aiohttp.ClientResponseError, ValueError), ""),
            ((aiohttp.ClientError, OSError), "its server hung up before it answered"),
        )
        why = next((why for kind, why in reasons if isinstance(error, kind)), "")
        return self.unavailable(why) if why else None


def _quoting(error: _Error, quotes: str) -> _Error:
    error.quotes = quotes
    return error


def _host(error: BaseException) -> str:
    host = getattr(error, "host", "")
    return f", {quoted(host)}," if host else ""


def _why_not(error: BaseException, whom: str) -> str:
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None)
    if isinstance(cause, PrivateAddressError):
        return str(cause)
    if number == errno.ECONNREFUSED:
        return f"{whom} refused the connection"
    return f"no connection to {whom} ({os.strerror(number)})" if number else f"no connection to {whom}"


class PrivateAddressError(OSError):
    """A URL that came from outside leads into a private network."""

    def __init__(self) -> None:
        super().__init__("the URL it gave leads into a private network")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read in how many seconds a server wants to be asked again; None if it does not say.

    Source: RFC 9110, section 10.2.3; `retry-after-ms` is OpenAI's own.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("Retry-After", 1.0)):
        written = headers.get(name, "").strip()
        seconds = _seconds(written)
        if seconds is not None:
            return min(seconds / unit, _LONGEST_WAIT)
    return None


def _seconds(written: str) -> float | None:
    try:
        seconds = float(written)
    except ValueError:
        try:
            then = parsedate_to_datetime(written)
        except (ValueError, IndexError, TypeError):
            return None
        # Without a zone it is in GMT, as every date in HTTP is.
        seconds = ((then if then.tzinfo else then.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


class _Told:
    """What a server said of its failure, in any of the shapes that are in use."""

    def __init__(self, body: bytes) -> None:
        self.sentence = ""
        self.code = ""
        text = body.decode("utf-8", "replace").strip()
        try:
            self._read(json.loads(text))
        except (ValueError, RecursionError):
            if text and not text.startswith(("<", "{", "[")):
                self.sentence = text.splitlines()[0]

    def _read(self, written: Any) -> None:  # noqa: ANN401  any JSON
        """Read OpenAI's envelope, FastAPI's `detail`, or a bare sentence."""
        for _ in range(3):
            if isinstance(written, list):
                written = _first_fault(written)
            if isinstance(written, str):
                self.sentence = written
                return
            if not isinstance(written, dict):
                return
            if isinstance(written.get("code"), str):
                self.code = written["code"]
            inside = ("message", "error", "detail", "msg")
            written = next((written[name] for name in inside if written.get(name)), None)


def _first_fault(faults: list[Any]) -> Any:  # noqa: ANN401  any JSON
    """Say where the first of FastAPI's findings is, and what."""
    match faults:
        case [{"msg": str(said), "loc": [*_, str(place)]}, *_]:
            return f"{place}: {said}"
        case [first, *_]:
            return first
    return None

"""The settings that every engine on another machine has."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from stentor.engines import EngineConfig
from stentor.errors import quoted


def _parts(written: str, what: str) -> SplitResult:
    """Take a URL apart, and refuse what is none; what is wrong with its port is said."""
    try:
        parts = urlsplit(written)
        valid = parts.scheme in ("http", "https") and parts.hostname and written.isprintable()
    except ValueError:
        valid = False
    if not valid or " " in written:
        raise PydanticCustomError("url", "{said}", {"said": f"it must be {what}"})
    try:
        valid = parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        # With an @ somewhere it may be the beginning of a password.
        port = "" if "@" in written else f" is {quoted(parts.netloc.rpartition(':')[2])}, and"
        raise PydanticCustomError(
            "port", "{said}", {"said": f"its port{port} must be a number from 1 to 65535"}
        )
    return parts


def _url(written: str) -> str:
    """Check where a server is; a key in its URL would be shown wherever the URL is."""
    parts = _parts(written, "a URL such as http://gpu-box:8000/v1")
    if parts.username is not None or parts.query or parts.fragment:
        raise PydanticCustomError("url", "it may hold no password and no query; `api_key` is for the key")
    return written.rstrip("/")


def _secret(secret: SecretStr) -> SecretStr:
    """Take what surrounds a key in a file away, and refuse what no header can hold."""
    written = secret.get_secret_value().strip()
    if not written.isascii() or not written.isprintable():
        raise PydanticCustomError("key", "it must be one line of plain ASCII")
    return SecretStr(written)


def _proxy(secret: SecretStr) -> SecretStr:
    """Check where a proxy is; its URL may hold a password, so it is never shown."""
    secret = _secret(secret)
    if secret.get_secret_value():
        _parts(secret.get_secret_value(), "the URL of a proxy such as http://127.0.0.1:3128")
    return secret


Url = Annotated[str, AfterValidator(_url)]
"""Where a server is: `http` or `https`, with the path that its routes begin with."""

Key = Annotated[SecretStr, AfterValidator(_secret)]
"""A key that is never shown."""


Proxy = Annotated[SecretStr, AfterValidator(_proxy)]
"""The URL of a proxy, with its password if it asks for one; never shown."""


class RemoteConfig(EngineConfig):
    """Where a server is, how it knows us, and how long it is waited for."""

    url: Url = Field(description="Where the server is: its URL up to the routes.")
    api_key: Key = Field(default=SecretStr(""), description="The key that the server asks for.")
    proxy: Proxy = Field(
        default=SecretStr(""), description="URL of a proxy for HTTP; those of the environment are not used."
    )
    connect_seconds: float = Field(
        default=5.0, gt=0, description="How long the server may take to accept a connection."
    )
    answer_seconds: float = Field(
        default=60.0, gt=0, description="How long it may take to begin its answer, connecting included."
    )
    stalled_seconds: float = Field(default=30.0, gt=0, description="How long it may pause within an answer.")
    whole_seconds: float = Field(
        default=900.0,
        gt=0,
        description="How long its pauses within one answer may be, all together.",
    )
    connections: int = Field(
        default=256, ge=1, description="Requests it gets at the same time; more are refused."
    )
    probe_seconds: float = Field(
        default=60.0,
        ge=0,
        description="A server that was not heard for so long is asked how it is; 0 is never.",
    )

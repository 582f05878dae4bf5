"""The settings that every engine on another machine has."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from stentor.engines import EngineConfig


def _url(written: str) -> str:
    """Check where a server is; a key in its URL would be shown wherever the URL is."""
    try:
        parts = urlsplit(written)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not written.isprintable() or " " in written:
        raise PydanticCustomError("url", "it must be a URL such as http://gpu-box:8000/v1")
    if parts.username is not None or parts.query or parts.fragment:
        raise PydanticCustomError("url", "it may hold no password and no query; `api_key` is for the key")
    return written.rstrip("/")


def _secret(secret: SecretStr) -> SecretStr:
    """Take what surrounds a key in a file away, and refuse what no header can hold."""
    written = secret.get_secret_value().strip()
    if not written.isascii() or not written.isprintable():
        raise PydanticCustomError("key", "it must be one line of plain ASCII")
    return SecretStr(written)


Url = Annotated[str, AfterValidator(_url)]
"""Where a server is: `http` or `https`, with the path that its routes begin with."""

Key = Annotated[SecretStr, AfterValidator(_secret)]
"""A key that is never shown."""


class RemoteConfig(EngineConfig):
    """Where a server is, how it knows us, and how long it is waited for."""

    url: Url = Field(description="Where the server is: its URL up to the routes.")
    api_key: Key = Field(default=SecretStr(""), description="The key that the server asks for.")
    proxy: Key = Field(
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

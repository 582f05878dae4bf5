"""What can be set about where things are kept."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9!_.*'()/-]{0,512})?")


class StorageConfig(BaseModel):
    """Where voices, and all else that is kept, are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="`postgresql://user:password@host/database`; if empty, SQLite in `data_dir`.",
    )
    blobs_url: str = Field(
        default="", description="`s3://bucket/prefix`; if empty, the folder `blobs` in `data_dir`."
    )
    s3_endpoint: str = Field(default="", description="URL of a server with the S3 API; if empty, Amazon's.")
    s3_region: str = Field(default="us-east-1", description="Region of the bucket.")
    s3_access_key_id: str = Field(
        default="", description="Who signs in to S3; if empty, the role that Amazon gives this machine."
    )
    s3_secret_access_key: SecretStr = Field(default=SecretStr(""), description="The secret of that key.")
    s3_session_token: SecretStr = Field(
        default=SecretStr(""), description="The token that belongs to a key that is temporary."
    )

    @field_validator("database_url")
    @classmethod
    def _is_of_postgresql(cls, url: SecretStr) -> SecretStr:
        written = url.get_secret_value()
        if written and not written.startswith(("postgresql://", "postgres://")):
            raise ValueError("it must begin with postgresql:// (or be empty, for SQLite in `data_dir`)")
        try:
            _ = urlsplit(written).port
        except ValueError:
            raise ValueError(
                "it is no URL: special characters of the password must be percent-encoded"
            ) from None
        return url

    @field_validator("blobs_url")
    @classmethod
    def _is_of_s3(cls, url: str) -> str:
        if url and not _S3.fullmatch(url):
            raise ValueError("it must be s3://bucket or s3://bucket/prefix")
        return url

    @field_validator("s3_endpoint")
    @classmethod
    def _is_of_http(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("it must begin with https:// or http://")
        return url.rstrip("/")

    @property
    def bucket(self) -> str:
        """The bucket of `blobs_url`."""
        return urlsplit(self.blobs_url).netloc

    @property
    def prefix(self) -> str:
        """What each name in the bucket begins with, without slashes around it."""
        return urlsplit(self.blobs_url).path.strip("/")

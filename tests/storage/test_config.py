"""Settings of storage: what is refused, and what is not told."""

from __future__ import annotations

from pathlib import Path

import pytest

from stentor.errors import SettingsError
from stentor.settings import load_settings
from stentor.storage.config import StorageConfig


@pytest.mark.parametrize(
    ("variable", "written", "said"),
    [
        ("STENTOR_DATABASE_URL", "mysql://ann:sesame@host/speech", "must begin with postgresql://"),
        ("STENTOR_DATABASE_URL", "sesame", "must begin with postgresql://"),
        ("STENTOR_DATABASE_URL", "postgresql://ann:sesame@host:port/speech", "percent-encoded"),
        ("STENTOR_DATABASE_URL", "postgresql://ann:se[same@host/speech", "percent-encoded"),
        ("STENTOR_BLOBS_URL", "gs://bucket", "must be s3://bucket"),
        ("STENTOR_BLOBS_URL", "s3://", "must be s3://bucket"),
        ("STENTOR_BLOBS_URL", "s3://bucket/a?b", "must be s3://bucket"),
        ("STENTOR_S3_ENDPOINT", "host:9000", "must begin with https://"),
    ],
)
def test_a_wrong_place_is_named_without_its_secrets(
    tmp_path: Path, variable: str, written: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        load_settings(environ={variable: written}, folder=tmp_path)
    assert variable in refused.value.message
    assert "sesame" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [("s3://one", "one", ""), ("s3://one/", "one", ""), ("s3://one/two/three/", "one", "two/three")],
)
def test_a_url_of_s3_is_a_bucket_and_a_prefix(url: str, bucket: str, prefix: str) -> None:
    config = StorageConfig(blobs_url=url)
    assert (config.bucket, config.prefix) == (bucket, prefix)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    given = {
        "STENTOR_DATABASE_URL": "postgresql://ann:sesame@host/speech",
        "AWS_SECRET_ACCESS_KEY": "sesame",
        "AWS_SESSION_TOKEN": "sesame",
    }
    config = load_settings(environ=given, folder=tmp_path).settings.storage
    assert "sesame" not in f"{config} {config!r} {config.model_dump()}"
    assert config.s3_secret_access_key.get_secret_value() == "sesame"

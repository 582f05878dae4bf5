"""Settings of a RunPod endpoint."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from stentor.engines.remote.config import RemoteConfig, Url

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_ROUTE = re.compile(r"/(?:run|runsync|status|stream|health|cancel)/?$")
BASE = "https://api.runpod.ai/v2"
"""Where RunPod itself is."""
_LONGEST_NAME = 255
_SUFFIXES = (".wav", ".mp3", ".m4a", ".ogg", ".flac", ".webm", ".aac", ".opus")


def _endpoint(written: object) -> object:
    """Make an endpoint's URL of its id, or of the URL of one of its routes."""
    if not isinstance(written, str):
        return written
    written = written.strip()
    if _ID.fullmatch(written):
        return f"{BASE}/{written}"
    if not written.lower().startswith(("http://", "https://")):
        raise PydanticCustomError(
            "endpoint", "it must be the id of an endpoint, or a URL such as https://api.runpod.ai/v2/ID"
        )
    return _ROUTE.sub("", written.rstrip("/"))


def is_file_name(name: str) -> bool:
    """Tell whether a name can be that of a file in the worker's folder of voices, and nothing else."""
    return (
        bool(name.strip())
        and name.isprintable()
        and len(name.encode("utf-8", "replace")) <= _LONGEST_NAME
        and not name.startswith(".")
        and ".." not in name
        and not set(name) & set("/\\")
    )


def is_sound_file(name: str) -> bool:
    """Tell whether a name is that of a file with sound."""
    return is_file_name(name) and name.lower().endswith(_SUFFIXES)


def _file_name(name: str) -> str:
    if not is_file_name(name):
        raise PydanticCustomError("file", "it must be the name of a file, without a folder")
    return name


def _parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    if "seed" in parameters:
        raise PydanticCustomError("seed", "`seed` is not set here: each request has its own")
    return parameters


class RunpodConfig(RemoteConfig):
    """Settings of the runpod engine: an endpoint of RunPod, or whatever has its routes."""

    url: Annotated[Url, BeforeValidator(_endpoint)] = Field(
        default="", description="The endpoint: its id, or its URL up to `/run`."
    )
    mode: Literal["auto", "stream", "batch"] = Field(
        default="auto",
        description="Whether the worker streams its sound or gives it at the end; `auto` takes either.",
    )
    output_format: Literal["pcm_16", "pcm_24"] = Field(
        default="pcm_16", description="What a worker is asked for that can give several formats."
    )
    voices: tuple[Annotated[str, AfterValidator(_file_name)], ...] = Field(
        default=("EARS p004 freeform.mp3", "EARS p005 freeform.mp3"),
        min_length=1,
        description="Files in the worker's folder of voices that are listed; others can be asked for.",
    )
    speaker_tag: str = Field(
        default="[S1]", max_length=40, description="What every text begins with, for the model."
    )
    parameters: Annotated[dict[str, Any], AfterValidator(_parameters)] = Field(
        default_factory=dict, description="Sent with each job as `parameters`, such as `num_steps = 40`."
    )
    max_concurrent_requests: int = Field(
        default=3, ge=1, le=1000, description="Jobs that the endpoint gets at the same time."
    )
    queue: int = Field(default=64, ge=0, description="Utterances that may wait for that; more are refused.")
    queue_seconds: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="How long a job may wait for a worker, which may have to start first.",
    )
    job_seconds: float = Field(
        default=300.0, ge=5, le=86_400, description="How long a worker may take for one job."
    )

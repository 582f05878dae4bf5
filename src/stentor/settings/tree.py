"""The tree of settings: what can be set, and what it is if nobody sets it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from stentor.api.context import ApiConfig
from stentor.engines import EngineConfig
from stentor.observe.logs import Level
from stentor.pipeline.circuit import CircuitConfig
from stentor.pipeline.plan import PlanConfig
from stentor.pipeline.routes import RouteConfig
from stentor.storage.config import StorageConfig


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerConfig(_Section):
    """Where the server listens and what it logs."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 is every network.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    log_level: Level = Field(default="info", description="The least serious events that are logged.")
    debug: bool = Field(default=False, description="Log everything, whatever `log_level` says.")
    environment: str = Field(
        default="production", description="A name for this installation, shown by `stentor doctor`."
    )
    stalled_seconds: int = Field(
        default=600, ge=1, description="A caller who takes nothing of an answer for so long is cut off."
    )
    graceful_seconds: int = Field(
        default=30, ge=0, description="How long answers may go on after the server was told to stop."
    )


class VoicesConfig(_Section):
    """The operator's own names for voices."""

    map: dict[str, str] = Field(
        default_factory=dict, description="Names and the voices they stand for; wins over `map_file`."
    )
    map_file: Path = Field(
        default=Path("voice_map.json"),
        description="A JSON object of names and voices; may be missing, is read again when it changes.",
    )


class Settings(_Section):
    """Everything that can be set."""

    server: ServerConfig = ServerConfig()
    api: ApiConfig = ApiConfig()
    speech: PlanConfig = PlanConfig()
    voices: VoicesConfig = VoicesConfig()
    engines: dict[str, SerializeAsAny[EngineConfig]] = Field(
        default_factory=dict, description="A table for each engine in use, with the engine's own settings."
    )
    routes: tuple[RouteConfig, ...] = Field(
        default=(), description="Chains of engines, `[[routes]]`; the first one that fits a request is taken."
    )
    circuit: CircuitConfig = CircuitConfig()
    storage: StorageConfig = StorageConfig()
    data_dir: Path = Field(
        default=Path("~/.local/share/stentor"), description="The folder for everything that is kept."
    )


SECTIONS: Mapping[str, type[BaseModel]] = {
    "server": ServerConfig,
    "api": ApiConfig,
    "speech": PlanConfig,
    "voices": VoicesConfig,
    "circuit": CircuitConfig,
    "storage": StorageConfig,
}

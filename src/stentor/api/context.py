"""What the routers are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Annotated, Any, Protocol

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from stentor.audio.sandbox import Sandbox
from stentor.engines import Engine, EngineHealth
from stentor.engines.fleet import Fleet
from stentor.lexicons.store import LexiconStore
from stentor.pipeline.plan import Planner
from stentor.voices.catalog import Catalog
from stentor.voices.prompts import PromptMemory


class ApiConfig(BaseModel):
    """Settings of the HTTP faces."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(default="Stentor", description="The name that the API's own documentation shows.")
    version: str = Field(default="", description="The version that the API's documentation shows.")
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Web origins that may call from a browser; `*` for all."
    )
    max_body_bytes: int = Field(
        default=2 * 1024 * 1024, ge=1024, description="Largest request body, in bytes."
    )
    body_seconds: float = Field(
        default=60.0, gt=0, description="A request body that takes longer to arrive is refused."
    )
    max_batch_items: int = Field(default=32, ge=1, description="Most texts in one batch.")
    max_whole_seconds: int = Field(
        default=1200,
        ge=1,
        description="Most seconds of audio in an answer that is not streamed, or in one batch.",
    )
    max_prompt_bytes: int = Field(
        default=8 * 1024 * 1024, ge=1024, description="Largest voice prompt in a request, in bytes."
    )
    prompt_memory_bytes: int = Field(
        default=128 * 1024 * 1024,
        ge=0,
        description="Bytes of voice prompts that are remembered, so that they need not be sent again.",
    )
    max_upload_bytes: int = Field(
        default=25 * 1024 * 1024, ge=1024, description="Largest form with a recording, in bytes."
    )
    max_recording_seconds: int = Field(
        default=120, ge=1, description="Longest recording of which a voice prompt is made."
    )
    change_engines: bool = Field(
        default=False,
        description="Whether callers may see and change the settings of engines, and add and remove some. "
        "Whoever may do that can reach every address that this machine reaches, and read answers of it.",
    )
    websocket_idle_seconds: float = Field(
        default=300.0, gt=0, description="A WebSocket that says nothing for so long is closed."
    )


class EngineControl(Protocol):
    """Shows and changes how engines are set while the server runs."""

    def shown(self, name: str) -> dict[str, Any]:
        """Show how an engine is set, but for its secrets; raises NotFound."""
        ...

    def routes(self) -> list[dict[str, Any]]:
        """Show the routes."""
        ...

    async def change(
        self,
        tables: Mapping[str, Mapping[str, Any] | None],
        routes: Sequence[Mapping[str, Any]] | EllipsisType | None = ...,
    ) -> None:
        """Give engines other tables, None for those of the settings files, and set the routes if given.

        All of it is done and kept when this returns, or a StentorError is raised and nothing was changed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a router may use."""

    catalog: Catalog
    planner: Planner
    lexicons: LexiconStore
    config: ApiConfig
    prompts: PromptMemory = field(default_factory=PromptMemory)
    fleet: Fleet = field(default_factory=Fleet)
    sandbox: Sandbox = field(default_factory=Sandbox)
    control: EngineControl | None = None
    """None where engines are as they were made, for good."""
    in_test: set[str] = field(default_factory=set)
    """The names of engines that are being tested."""

    def health(self, engine: Engine) -> EngineHealth:
        """Say how an engine is, and how it has done lately."""
        health = self.fleet.health(engine)
        problem = health.problem or self.planner.router.circuits[engine.name].problem
        return replace(health, problem=problem) if problem else health


def context_of(connection: HTTPConnection) -> Context:
    """Return what the routers of this connection's application were given."""
    found: Context = connection.app.state.context
    return found


async def _depended(connection: HTTPConnection) -> Context:
    # A plain function would be run in a thread, at a tenth of a millisecond each time.
    return context_of(connection)


ContextDep = Annotated[Context, Depends(_depended)]

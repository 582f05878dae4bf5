"""Changes engines while the server runs: all that know of them follow, and so does the next start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import EllipsisType
from typing import TYPE_CHECKING, Any, TypeAlias

from stentor import threads
from stentor.engines import Engine, EngineConfig, make
from stentor.engines.guarded import shown
from stentor.errors import Conflict, InvalidRequest, NotFound, SettingsError, quoted
from stentor.pipeline.routes import terms

if TYPE_CHECKING:
    from stentor.engines.fleet import Fleet
    from stentor.pipeline.routes import Router
    from stentor.settings.kept import Kept, KeptFile, Table
    from stentor.settings.sources import Assembled, Sources
    from stentor.voices.catalog import Catalog

    Tables: TypeAlias = Mapping[str, Table | None]
    Routes: TypeAlias = Sequence[Table] | EllipsisType | None

log = logging.getLogger(__name__)

_SOURCE = "the request"


class Control:
    """Says how engines are set, and sets them otherwise: all that is asked for at once, or nothing of it."""

    def __init__(
        self, sources: Sources, file: KeptFile, fleet: Fleet, catalog: Catalog, router: Router
    ) -> None:
        self._sources = sources
        self._file = file
        self._fleet = fleet
        self._catalog = catalog
        self._router = router
        self._kept = file.kept
        self._now = sources.assemble(self._kept, str(file.file))
        self._changing = asyncio.Lock()

    def shown(self, name: str) -> dict[str, Any]:
        """Show how an engine is set, but for its secrets; raises NotFound."""
        if name not in self._now.engines:
            raise self._unknown(name)
        config = self._now.engines[name]
        return {
            "name": name,
            "object": "engine.settings",
            "kind": config.kind or name,
            "in_use": config.enabled,
            "at_run_time": name in self._kept.engines,
            **shown(config),
        }

    def routes(self) -> list[dict[str, Any]]:
        """Show the routes."""
        routes = self._now.settings.routes
        return [route.model_dump(mode="json", exclude_unset=True) for route in routes]

    async def change(self, tables: Tables, routes: Routes = ...) -> None:
        """Give engines other tables, or for None those that the settings files have; and set other routes.

        It is kept, and new requests go by it, when this returns. An engine that could not start is started
        again. Raises InvalidRequest, NotFound, Conflict, StorageFailed, or why an engine did not open; then
        everything is as it was.
        """
        async with self._changing:
            before = self._now.engines
            kept, after = await threads.run(self._settled, tables, routes)
            made = {
                name: make(name, config)
                for name, config in after.settings.engines.items()
                if not self._is_running(name, config) or (name in tables and self._fleet.failed(name))
            }
            await self._fleet.open(list(made.values()))
            try:
                await threads.run(self._file.write, kept)
            except BaseException:
                await self._fleet.discard(made.values())
                raise
            self._take(kept, after, made)
            for name, table in tables.items():
                how = "was taken back" if table is None else "was set at run time"
                config = after.engines.get(name) or before[name]
                log.info("the engine %s (%s) %s", name, config.kind or name, how)
            if not isinstance(routes, EllipsisType):
                log.info("the routes %s", "were taken back" if routes is None else "were set at run time")

    def _settled(self, tables: Tables, routes: Routes) -> tuple[Kept, Assembled]:
        """Work out what is to be kept, and what comes of it; nothing is changed by that."""
        kept = self._kept
        try:
            for name, table in tables.items():
                if table is None:
                    kept = self._taken_back(kept, name)
                else:
                    kept = self._sources.put(kept, name, table, _SOURCE)
            if not isinstance(routes, EllipsisType):
                kept = replace(kept, routes=None if routes is None else tuple(routes))
            self._check_still_needed(kept, may_lead=isinstance(routes, EllipsisType))
            return kept, self._sources.assemble(kept, _SOURCE)
        except SettingsError as error:
            raise InvalidRequest(error.message) from None  # its cause has what was sent

    def _taken_back(self, kept: Kept, name: str) -> Kept:
        if name in kept.engines:
            return replace(kept, engines={key: kept.engines[key] for key in kept.engines if key != name})
        if name in self._now.engines:
            raise Conflict(
                f"The engine {name} was not set at run time, so there is nothing to take back. "
                "With `enabled` false it is not in use."
            )
        raise self._unknown(name)

    def _check_still_needed(self, kept: Kept, *, may_lead: bool) -> None:
        """Raise Conflict if an engine that would be gone is needed; `may_lead` if the routes stay."""
        before = self._now.settings
        configs = self._sources.engines(kept, _SOURCE)
        for name in before.engines:
            if name in configs and configs[name].enabled:
                continue
            if name == before.speech.default_engine:
                raise Conflict(
                    f"The engine {name} is behind OpenAI's model names (`speech.default_engine`), "
                    "so it stays in use."
                )
            for number, route in enumerate(before.routes if may_lead else (), 1):
                if name in route.names:
                    raise Conflict(
                        f"The engine {name} is in route {number}, so it stays in use. "
                        "PUT /v1/engines changes engines and routes together."
                    )

    def _is_running(self, name: str, config: EngineConfig) -> bool:
        """Tell whether the engine that runs is set so, but for what is not its own business."""
        return name in self._fleet.engines and _own(name, self._now.engines[name]) == _own(name, config)

    def _take(self, kept: Kept, after: Assembled, made: Mapping[str, Engine]) -> None:
        """Let everything follow, in one step of the event loop."""
        settings = after.settings
        self._fleet.replace({name: made.get(name) or self._fleet.engines[name] for name in settings.engines})
        self._catalog.use(self._fleet.engines, settings.speech.default_engine)
        self._router.use(settings.routes, *terms(settings.engines))
        self._kept, self._now = kept, after

    def _unknown(self, name: str) -> NotFound:
        known = ", ".join(self._now.engines)
        return NotFound(f"There is no engine {quoted(name)} here. Engines: {known}.", param="name")


def _own(name: str, config: EngineConfig) -> EngineConfig:
    return config.model_copy(update={"kind": config.kind or name, "price": None, "first_sound_within": None})

"""What every source says, put together: the settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stentor.engines import DEFAULT_ENGINES, EngineConfig
from stentor.engines.guarded import files, inheritable, leads_to_the_same, restored, secrets
from stentor.engines.masks import unmasked
from stentor.errors import SettingsError, quoted
from stentor.settings.checks import checked, engine_config, engine_model, instead_of, kind_source
from stentor.settings.kept import Kept, Table
from stentor.settings.shorthand import lead, wants_openai_key
from stentor.settings.tree import Settings
from stentor.settings.wording import source_of

_NOTHING = Kept()


@dataclass(frozen=True, slots=True)
class Assembled:
    """Everything put together."""

    settings: Settings
    origins: Mapping[str, str]
    engines: Mapping[str, EngineConfig]
    """The settings of every engine, also of those that are not in use."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What was set before the server started, and by whom."""

    folder: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    """By dotted path, of the last source that has each."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """The source of each, in words."""
    led: Mapping[str, str] = field(default_factory=dict)
    """Engines that variables of the replaced systems put in use, and the origin of each."""
    openai_key: tuple[str, str] | None = None
    """A key for OpenAI itself, and its origin."""

    def assemble(self, kept: Kept = _NOTHING, source: str = "") -> Assembled:
        """Put everything together with what was set at run time, by `source`; raises SettingsError."""
        origins = dict(self.origins)
        tree = self._tree()
        configs = self._engines(tree["engines"], kept, source, origins)
        tree["engines"] = {name: config for name, config in configs.items() if config.enabled}
        if kept.routes is not None:
            tree["routes"] = list(kept.routes)
            origins["routes"] = source
        lead(tree, origins, self.led)
        settings: Settings = checked(Settings, tree, (), origins)
        _check_engines_in_use(settings, configs, origins)
        located = {"map_file": self.folder / settings.voices.map_file}
        settings = settings.model_copy(
            update={
                "voices": settings.voices.model_copy(update=located),
                "data_dir": settings.data_dir.expanduser(),
            }
        )
        return Assembled(settings, origins, configs)

    def engines(self, kept: Kept, source: str) -> dict[str, EngineConfig]:
        """Return the settings of every engine, whether or not they make sense together."""
        return self._engines(self._tree()["engines"], kept, source, dict(self.origins))

    def put(self, kept: Kept, name: str, sent: Table, source: str) -> Kept:
        """Return what is kept once an engine has the table that a caller sent; raises SettingsError.

        A secret that is null is cleared. One that is left out or masked stays, if the engine leads to the
        same place.
        """
        model = engine_model(name, sent, source)
        for setting in files(model) & sent.keys():
            if sent[setting] is not None:
                raise SettingsError(
                    f"`engines.{name}.{setting}` in {source} names a file of the server, which only the "
                    "settings that it starts with may do."
                )
        hidden = secrets(model)
        table = {key: "" if value is None and key in hidden else value for key, value in sent.items()}
        before = kept.engines.get(name)
        if before is not None:
            had = self.engines(Kept({name: before}), source)[name]
            config, taken = _resolved(name, table, had, _from(source, name, table))
            own = before if leads_to_the_same(config, had, table) else {}
            masks = {key: unmasked(table[key], own.get(key)) for key in taken if key in table}
            table |= {key: before[key] for key in taken if key in before} | masks
        return replace(kept, engines={**kept.engines, name: table})

    def _tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = {"engines": {name: {} for name in DEFAULT_ENGINES}}
        for path, value in self.values.items():
            *above, name = path.split(".", 2)
            place = tree
            for step in above:
                place = place.setdefault(step, {})
            if not (isinstance(value, dict) and name in place and path.startswith("engines.")):
                place[name] = value
        return tree

    def _engines(
        self, tables: Mapping[str, Table], kept: Kept, source: str, origins: dict[str, str]
    ) -> dict[str, EngineConfig]:
        configs = {}
        for name in {**tables, **kept.engines}:
            if name in kept.engines:
                configs[name] = self._kept(name, tables.get(name), kept.engines[name], source, origins)
            else:
                configs[name] = self._keyed(
                    name, tables[name], engine_config(name, tables[name], origins), origins
                )
        return configs

    def _kept(
        self, name: str, below: Table | None, table: Table, source: str, origins: dict[str, str]
    ) -> EngineConfig:
        """Make the settings of an engine that was set at run time; secrets may come from those before."""
        had = None
        if below is not None:
            with suppress(SettingsError):
                had = self._keyed(name, below, engine_config(name, below, {}), {})
        own = _from(source, name, table)
        config, taken = _resolved(name, table, had, own)
        for path in [path for path in origins if path.startswith(f"engines.{name}.")]:
            if path.rpartition(".")[2] not in taken:
                del origins[path]
        origins |= own
        return self._keyed(name, {**table, **taken}, config, origins)

    def _keyed(self, name: str, table: Table, config: EngineConfig, origins: dict[str, str]) -> EngineConfig:
        """Return the settings with the key for OpenAI, if they are without one and it is for them."""
        if self.openai_key is None or not wants_openai_key(name, config):
            return config
        key, origin = self.openai_key
        origins[f"engines.{name}.api_key"] = origin
        return engine_config(name, {**table, "api_key": key}, origins)


def _from(source: str, name: str, table: Table) -> dict[str, str]:
    return {f"engines.{name}": source, **{f"engines.{name}.{key}": source for key in table}}


def _resolved(
    name: str, table: Table, had: EngineConfig | None, origins: Mapping[str, str]
) -> tuple[EngineConfig, dict[str, Any]]:
    """Make the settings of a table, and return them with what they take over from those there were before."""
    model = engine_model(name, table, kind_source(name, table, origins))
    taken = {**inheritable(model, had, table), **restored(table, had)} if type(had) is model else {}
    if had and taken:
        config = engine_config(name, {**table, **taken}, origins)
        if leads_to_the_same(config, had, table):
            return config, taken
    bare = restored(table, None)
    return engine_config(name, {**table, **bare}, origins), bare


def _check_engines_in_use(
    settings: Settings, configs: Mapping[str, EngineConfig], origins: Mapping[str, str]
) -> None:
    in_use = settings.engines
    default = settings.speech.default_engine
    if default not in in_use:
        source = origins.get("speech.default_engine")
        raise SettingsError(
            f"`speech.default_engine`{f' in {source}' if source else ''} is {quoted(default)}, which is no "
            f"engine in use: {', '.join(in_use)}.{instead_of(default, in_use, configs)}"
        )
    for number, route in enumerate(settings.routes, 1):
        for name in route.names:
            if name not in in_use:
                raise SettingsError(
                    f"Route {number} in {source_of(('routes',), origins)} has the engine {quoted(name)}, "
                    f"which is none in use: {', '.join(in_use)}.{instead_of(name, in_use, configs)}"
                )

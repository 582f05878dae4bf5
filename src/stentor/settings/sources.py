"""What every source says, put together: the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stentor.engines import DEFAULT_ENGINES, EngineConfig
from stentor.errors import SettingsError
from stentor.settings.checks import checked, engine_config
from stentor.settings.shorthand import lead, wants_openai_key
from stentor.settings.tree import Settings


@dataclass(frozen=True, slots=True)
class Sources:
    """What was set, and by whom."""

    folder: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    """By dotted path, of the last source that has each."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """The source of each, in words."""
    led: Mapping[str, str] = field(default_factory=dict)
    """Engines that variables of the replaced systems put in use, and the origin of each."""
    openai_key: tuple[str, str] | None = None
    """A key for OpenAI itself, and its origin."""

    def settings(self) -> tuple[Settings, dict[str, str]]:
        """Put everything together; returns the settings and their origins, or raises SettingsError."""
        origins = dict(self.origins)
        tree = self._tree()
        configs = {name: self._engine(name, table, origins) for name, table in tree["engines"].items()}
        tree["engines"] = {name: config for name, config in configs.items() if config.enabled}
        lead(tree, origins, self.led)
        settings: Settings = checked(Settings, tree, "", origins)
        _check_engines_in_use(settings)
        located = {"map_file": self.folder / settings.voices.map_file}
        return settings.model_copy(
            update={
                "voices": settings.voices.model_copy(update=located),
                "data_dir": settings.data_dir.expanduser(),
            }
        ), origins

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

    def _engine(self, name: str, table: Mapping[str, Any], origins: dict[str, str]) -> EngineConfig:
        config = engine_config(name, table, origins)
        if self.openai_key is None or not wants_openai_key(name, config):
            return config
        key, origin = self.openai_key
        origins[f"engines.{name}.api_key"] = origin
        return engine_config(name, {**table, "api_key": key}, origins)


def _check_engines_in_use(settings: Settings) -> None:
    if settings.speech.default_engine not in settings.engines:
        raise SettingsError(
            f"`speech.default_engine` is {settings.speech.default_engine!r}, which is no engine in use: "
            f"{', '.join(settings.engines)}."
        )
    for number, route in enumerate(settings.routes):
        for name in route.names:
            if name not in settings.engines:
                raise SettingsError(
                    f"`routes.{number}` has the engine {name!r}, which is none in use: "
                    f"{', '.join(settings.engines)}."
                )

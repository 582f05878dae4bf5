"""Values become settings, or a sentence that names the setting and its source."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_origin

from pydantic import ValidationError

from stentor.engines import EngineConfig, load
from stentor.errors import SettingsError, printable
from stentor.settings.tree import SECTIONS

_LONGEST = 200  # of a path, which a mistake may have made long
_ENGINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check_engine_name(name: str) -> None:
    """Raise SettingsError if a table's name is none for an engine."""
    if not _ENGINE_NAME.fullmatch(name):
        raise SettingsError(
            f"`[engines.{printable(name)}]` is no name for an engine: it takes letters, digits, `-` and `_`."
        )


def engine_model(name: str, table: Mapping[str, Any]) -> type[EngineConfig]:
    """Return what the table of an engine is checked against; raises SettingsError."""
    check_engine_name(name)
    kind = table.get("kind")
    model: type[EngineConfig] = load(kind if isinstance(kind, str) and kind else name).Config
    return model


def engine_config(name: str, table: Mapping[str, Any], origins: Mapping[str, str]) -> EngineConfig:
    """Make the settings of an engine from its table; raises SettingsError."""
    model = engine_model(name, table)
    lists = {
        key for key, described in model.model_fields.items() if get_origin(described.annotation) is tuple
    }
    values = {key: listed(value) if key in lists else value for key, value in table.items()}
    config: EngineConfig = checked(model, values, f"engines.{name}", origins)
    return config


def listed(value: Any) -> Any:  # noqa: ANN401  whatever type the setting has
    """Take a list apart that is written with commas."""
    return [entry.strip() for entry in value.split(",") if entry.strip()] if isinstance(value, str) else value


def checked(model: type[Any], value: Any, above: str, origins: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Make a model of a value that stands at the path `above`; raises SettingsError."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = printable(".".join(part for part in (above, *map(str, first["loc"])) if part), _LONGEST)
        source = origins.get(path) or origins.get(path.rpartition(".")[0]) or "the settings"
        if first["type"] == "extra_forbidden":
            section = path.rpartition(".")[0]
            owner = SECTIONS.get(section, model)
            known = [f"{section}.{name}" if section else name for name in owner.model_fields]
            raise SettingsError(f"`{path}` in {source} is no setting.{nearest(path, known)}") from error
        raise SettingsError(f"`{path}` in {source}: {first['msg']}.") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask whether the nearest name that is known was meant, or say where all of them are."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" Did you mean `{near[0]}`?" if near else " docs/reference/settings.md lists them all."

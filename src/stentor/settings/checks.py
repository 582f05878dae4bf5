"""Values become settings, or a sentence that names the setting and its source."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from stentor.engines import EngineConfig, installed, load
from stentor.engines.remote.config import RemoteConfig
from stentor.errors import SettingsError, printable, quoted
from stentor.settings.wording import file_of, misquoted, near, place, sentence, source_of
from stentor.voices.catalog import OPENAI_MODELS

_ADD = " To use it, add `[engines.{}]` to stentor.toml."
_ENGINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check_engine_name(name: str) -> None:
    """Raise SettingsError if a table's name is none for an engine."""
    if not _ENGINE_NAME.fullmatch(name):
        raise SettingsError(
            f"`[engines.{printable(name)}]` is no name for an engine: it takes letters, digits, `-` and `_`."
        )
    if name in OPENAI_MODELS:
        raise SettingsError(
            f"`[engines.{name}]` is no name for an engine: whoever asks for the model {name} gets the engine "
            "that `speech.default_engine` or a route says. Give the table another name."
        )


def engine_model(name: str, table: Mapping[str, Any], source: str = "the settings") -> type[EngineConfig]:
    """Return what the table of an engine is checked against; raises SettingsError."""
    check_engine_name(name)
    given = table.get("kind")
    kind = given if isinstance(given, str) and given else None
    try:
        model: type[EngineConfig] = load(kind or name).Config
    except SettingsError as error:
        kinds = sorted(installed())
        if (kind or name) in kinds:
            raise
        raise SettingsError(_no_such_kind(name, kind, kinds, source)) from error
    return model


def engine_config(name: str, table: Mapping[str, Any], origins: Mapping[str, str]) -> EngineConfig:
    """Make the settings of an engine from its table; raises SettingsError."""
    model = engine_model(name, table, kind_source(name, table, origins))
    lists = {
        key for key, described in model.model_fields.items() if get_origin(described.annotation) is tuple
    }
    values = {key: listed(value) if key in lists else value for key, value in table.items()}
    config: EngineConfig = checked(model, values, ("engines", name), origins)
    if isinstance(config, RemoteConfig) and config.enabled and not config.url:
        raise SettingsError(
            f"`engines.{name}.url` is missing in {file_of(('engines', name), origins)}: "
            "it says where the server of this engine is."
        )
    return config


def kind_source(name: str, table: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """Say who set the kind of an engine, or where it is missing."""
    path = ("engines", name, "kind")
    return source_of(path, origins) if table.get("kind") else file_of(path, origins)


def listed(value: Any) -> Any:  # noqa: ANN401  whatever type the setting has
    """Take a list apart that is written with commas."""
    return [entry.strip() for entry in value.split(",") if entry.strip()] if isinstance(value, str) else value


def checked(model: type[Any], value: Any, above: tuple[str, ...], origins: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Make a model of a value that stands at the path `above`; raises SettingsError."""
    try:
        made: BaseModel = model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(sentence(model, first, above, origins, value)) from error
    found = misquoted(value, made)
    if found:
        path = (*above, *found[0])
        raise SettingsError(f"{place(path)} in {source_of(path, origins)}: {found[1]}.")
    return made


def instead_of(name: str, known: Collection[str], configs: Collection[str]) -> str:
    """Say what to do about the name of an engine that is not in use; those in `configs` have settings."""
    if name in configs:
        return f" Its `enabled` is false: set it to true in `[engines.{name}]`."
    meant = near(name, known)
    if meant:
        return f" Did you mean {quoted(meant)}?"
    kinds = installed()
    if name in kinds:
        return _ADD.format(name)
    meant = near(name, kinds)
    return f" Did you mean {quoted(meant)}?{_ADD.format(meant)}" if meant else ""


def _no_such_kind(name: str, kind: str | None, kinds: Collection[str], source: str) -> str:
    every = f"There are: {', '.join(kinds)}."
    meant = near(kind or name, kinds)
    if kind is None:
        hint = f" Did you mean `[engines.{meant}]`?" if meant else ""
        return (
            f"`engines.{name}.kind` is missing in {source}: there is no engine {quoted(name)} itself, so "
            f"`kind` must say which it is.{hint} {every}"
        )
    hint = f"Did you mean {quoted(meant)}? " if meant else ""
    return f"`engines.{name}.kind` in {source}: there is no engine {quoted(kind)}. {hint}{every}"

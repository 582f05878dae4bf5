"""The environment and `.env`: nothing else in the house reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin

from dotenv import dotenv_values

from stentor.engines import installed
from stentor.errors import SettingsError
from stentor.settings.checks import listed
from stentor.settings.shorthand import OLD_NAMES
from stentor.settings.tree import SECTIONS
from stentor.settings.wording import near
from stentor.voices.aliases import parse_voice_map

PREFIX = "STENTOR_"

_KIND_VARIABLE = re.compile(rf"{PREFIX}ENGINES_(?P<name>\w+)_KIND", re.ASCII)

# What Kubernetes puts into every container beside a service that is called "stentor".
_OF_KUBERNETES = re.compile(rf"{PREFIX}(SERVICE_(HOST|PORT).*|PORT_\d+_.*|PORT=[a-z]+://.*)", re.DOTALL)


def environment() -> Mapping[str, str]:
    """Return the variables of this process."""
    return os.environ


def dotenv(file: Path) -> dict[str, str]:
    """Read a file of variables; none if it is not there."""
    try:
        read = dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file.name} cannot be read: {error}.") from error
    return {name: value for name, value in read.items() if value is not None}


def environment_names() -> dict[str, str]:
    """Return every environment variable of the server's own sections, and the setting it is."""
    fields = [(section, name) for section, model in SECTIONS.items() for name in model.model_fields]
    names = {f"{PREFIX}{section}_{name}".upper(): f"{section}.{name}" for section, name in fields}
    for section, name in fields:
        if [other for _, other in fields].count(name) == 1:
            names[f"{PREFIX}{name}".upper()] = f"{section}.{name}"
    return {**names, f"{PREFIX}DATA_DIR": "data_dir"}


def engine_names(written: Iterable[tuple[str, Any]], variables: Iterable[str]) -> list[str]:
    """Every name that may stand in a variable `STENTOR_ENGINES_NAME_SETTING`, the longest first."""
    if not any(name.startswith(f"{PREFIX}ENGINES_") for name in variables):
        return []
    names = {path.split(".", 2)[1] for path, _ in written if path.startswith("engines.")}
    names |= installed().keys()
    in_variables = {_in_variable(name) for name in names}
    declared = {found["name"].lower() for found in map(_KIND_VARIABLE.fullmatch, variables) if found}
    return sorted(names | (declared - in_variables), key=len, reverse=True)


def variable_values(
    variables: Mapping[str, str], source: str, engines: Iterable[str]
) -> Iterator[tuple[str, Any, str]]:
    """Yield the path, the value and the variable of all that variables set; our own names last."""
    own = environment_names()
    for name, setting in OLD_NAMES.items():
        if variables.get(name):
            yield setting, _from_text(setting, variables[name]), name
    for name, written in variables.items():
        if not name.startswith(PREFIX) or _OF_KUBERNETES.fullmatch(f"{name}={written}"):
            continue
        path = own.get(name) or _engine_variable(name, engines)
        if path is None:
            raise SettingsError(f"{name} in {source} is no setting.{_meant(name, own)}")
        yield path, _from_text(path, written), name


def _in_variable(engine: str) -> str:
    return engine.lower().replace("-", "_")


def _engine_variable(name: str, engines: Iterable[str]) -> str | None:
    rest = name.removeprefix(f"{PREFIX}ENGINES_").lower()
    if rest == name.lower():
        return None
    for engine in engines:
        if rest.startswith(f"{_in_variable(engine)}_"):
            return f"engines.{engine}.{rest.removeprefix(f'{_in_variable(engine)}_')}"
    engine, _, setting = rest.partition("_")
    return f"engines.{engine}.{setting}"


def _meant(name: str, own: Iterable[str]) -> str:
    """Ask whether the nearest variable was meant; what all of them begin with makes none of them nearer."""
    close = near(name.removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in own])
    return f" Did you mean `{PREFIX}{close}`?" if close else " docs/reference/settings.md lists them all."


def _from_text(path: str, written: str) -> Any:  # noqa: ANN401  whatever type the setting has
    section, _, name = path.partition(".")
    if path == "voices.map":
        return parse_voice_map(written)
    if path == "server.log_level":
        return written.lower()
    found = SECTIONS[section].model_fields.get(name) if section in SECTIONS else None
    if found is not None and get_origin(found.annotation) is tuple:
        return listed(written)
    return written

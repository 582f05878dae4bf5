"""The settings: one frozen tree, and where each value came from.

Later sources win: defaults, `stentor.toml`, `.env`, the environment, the command line. In `.env` and the
environment the variables of the five systems that Stentor replaces are read under their own names. What was
set while the server ran stands in place of all that these say of an engine, or of the routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stentor.errors import SettingsError
from stentor.settings.files import CONFIG_FILE, file_values
from stentor.settings.kept import KEPT_FILE, KeptFile
from stentor.settings.shorthand import (
    DEMANDS_KEYS,
    ENGINE_NAMES,
    MODE,
    OLD_NAMES,
    OPENAI_KEY,
    WITHOUT_EFFECT,
    engine_values,
    engines_led,
    false_safety,
    led_by,
    without_effect,
)
from stentor.settings.sources import Sources
from stentor.settings.tree import SECTIONS, Settings
from stentor.settings.variables import (
    PREFIX,
    dotenv,
    engine_names,
    environment,
    environment_names,
    variable_values,
)
from stentor.settings.wording import Written

__all__ = [
    "CONFIG_FILE",
    "DEMANDS_KEYS",
    "ENGINE_NAMES",
    "MODE",
    "OLD_NAMES",
    "OPENAI_KEY",
    "PREFIX",
    "SECTIONS",
    "WITHOUT_EFFECT",
    "Loaded",
    "Settings",
    "environment_names",
    "load_settings",
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, where each came from, and what was set without effect."""

    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of each setting that is not its default, and its source."""
    without_effect: tuple[str, ...] = ()
    """Sentences, each about a variable that is set and does nothing."""
    refused: tuple[str, ...] = ()
    """Sentences, each a reason not to serve; only a lenient reader gets them."""
    sources: Sources | None = None
    """What they were put together from."""
    kept: KeptFile | None = None
    """What was set while the server ran."""


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    lenient: bool = False,
) -> Loaded:
    """Read every source; raises SettingsError with a sentence that names the setting and its source.

    `overrides` are dotted paths from the command line. `environ` and `folder` default to the process's own.
    With `lenient`, settings that must not be served with are told in `refused` instead of raised.
    """
    folder = folder or Path.cwd()
    environ = environment() if environ is None else environ
    of_file = dotenv(folder / ".env")
    everything = {**of_file, **environ}
    led = list(engines_led(everything))
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    written = list(file_values(config, folder))
    engines = engine_names(written, [*of_file, *environ])
    sources: list[tuple[Iterable[tuple[Any, ...]], str]] = [
        (written, str(config or CONFIG_FILE)),
        (engine_values(of_file, led), ".env"),
        (variable_values(of_file, ".env", engines), ".env"),
        (engine_values(environ, led), "the environment"),
        (variable_values(environ, "the environment", engines), "the environment"),
        ((overrides or {}).items(), "the command line"),
    ]
    for pairs, source in sources:
        for path, value, *variable in pairs:
            values[path] = Written(value) if variable and isinstance(value, str) else value
            origins[path] = f"{variable[0]} in {source}" if variable else source
    refused = tuple(false_safety(everything))
    if refused and not lenient:
        raise SettingsError(refused[0])
    found = Sources(
        folder,
        values,
        origins,
        {engine: led_by(engine, of_file, environ) for engine in led},
        _openai_key({".env": of_file, "the environment": environ}),
    )
    kept = KeptFile(_data_dir(values) / KEPT_FILE)
    held = kept.read()
    try:
        assembled = found.assemble(held, str(kept.file))
    except SettingsError as error:
        if str(kept.file) in error.message:
            raise SettingsError(f"{error.message} {kept.remedy}") from error
        raise
    idle = without_effect(everything, led, assembled.origins.values(), assembled.engines)
    return Loaded(assembled.settings, assembled.origins, tuple(idle), refused, found, kept)


def _data_dir(values: Mapping[str, Any]) -> Path:
    given = values.get("data_dir")  # what is no path is told when all is checked
    default: Path = Settings.model_fields["data_dir"].default
    return Path(given if isinstance(given, str | Path) else default).expanduser()


def _openai_key(sources: Mapping[str, Mapping[str, str]]) -> tuple[str, str] | None:
    found = [(given[OPENAI_KEY], source) for source, given in sources.items() if given.get(OPENAI_KEY)]
    return (found[-1][0], f"{OPENAI_KEY} in {found[-1][1]}") if found else None

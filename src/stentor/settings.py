"""The only reader of the environment: one frozen tree, and where each value came from.

Later sources win: defaults, `stentor.toml`, `.env`, the environment, the command line. In `.env` and the
environment the variables of the five systems that Stentor replaces are read under their own names.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError

from stentor.api.context import ApiConfig
from stentor.engines import DEFAULT_ENGINES, EngineConfig, installed, load
from stentor.errors import SettingsError, printable, quoted
from stentor.observe.logs import Level
from stentor.pipeline.circuit import CircuitConfig
from stentor.pipeline.plan import PlanConfig
from stentor.pipeline.routes import RouteConfig
from stentor.voices.aliases import parse_voice_map

PREFIX = "STENTOR_"
CONFIG_FILE = "stentor.toml"


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
    data_dir: Path = Field(
        default=Path("~/.local/share/stentor"), description="The folder for everything that is kept."
    )


SECTIONS: Mapping[str, type[BaseModel]] = {
    "server": ServerConfig,
    "api": ApiConfig,
    "speech": PlanConfig,
    "voices": VoicesConfig,
    "circuit": CircuitConfig,
}

OLD_NAMES: Mapping[str, str] = {
    "HOST": "server.host",
    "PORT": "server.port",
    "LOG_LEVEL": "server.log_level",
    "DEBUG": "server.debug",
    "ENVIRONMENT": "server.environment",
    "API_TITLE": "api.title",
    "API_VERSION": "api.version",
    "CORS_ORIGINS": "api.cors_origins",
    "MAX_TEXT_LENGTH": "speech.max_text_length",
    "VOICE_MAP": "voices.map",
}
"""Variables of the replaced systems, and the settings they are here."""

ENGINE_NAMES: Mapping[str, Mapping[str, str]] = {
    "remote": {"TTS_REMOTE_URL": "url", "TTS_API_KEY": "api_key"},
    "runpod": {
        "RUNPOD_ENDPOINT": "url",
        "RUNPOD_API_KEY": "api_key",
        "MAX_CONCURRENT_REQUESTS": "max_concurrent_requests",
    },
}
"""Those that are settings of an engine. The first puts it in use, and behind OpenAI's model names if none
other is set there; without it the others have no effect. `remote` also needs TTS_MODE."""

MODE = "TTS_MODE"
"""`remote` has the engine `remote` speak, and espeak where it cannot; `local`, as if unset, does not."""
_KINDS = {"remote": "provider"}

WITHOUT_EFFECT = (
    "BRIDGE_TOKEN", "API_KEYS", "RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW", "AUDIT_LOG_FILE", "REGION",
    "AWS_SECRET_MANAGER", "AWS_ID", "AWS_KEY", "WHISPER_MODE", "WHISPER_REMOTE_URL", "OPENAI_API_KEY",
)  # fmt: skip
"""Variables of the replaced systems that this version knows and does nothing with."""

_ENGINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KIND_VARIABLE = re.compile(rf"{PREFIX}ENGINES_(?P<name>\w+)_KIND", re.ASCII)

# What Kubernetes puts into every container beside a service that is called "stentor".
_OF_KUBERNETES = re.compile(rf"{PREFIX}(SERVICE_(HOST|PORT).*|PORT_\d+_.*|PORT=[a-z]+://.*)", re.DOTALL)
_DEMANDS_KEYS = ("REQUIRE_AUTH", "API_KEY_REQUIRED")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, where each came from, and what was set without effect."""

    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of each setting that is not its default, and its source."""
    without_effect: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Sentences, each a reason not to serve; only a lenient reader gets them."""


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
    environ = os.environ if environ is None else environ
    dotenv = _dotenv(folder / ".env")
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    written = list(_file_values(config, folder))
    engines = _engine_names(written, [*dotenv, *environ])
    everything = {**dotenv, **environ}
    led = list(_led(everything))
    sources: list[tuple[Iterable[tuple[Any, ...]], str]] = [
        (written, str(config or CONFIG_FILE)),
        (_of_engines(dotenv, led), ".env"),
        (_variables(dotenv, ".env", engines), ".env"),
        (_of_engines(environ, led), "the environment"),
        (_variables(environ, "the environment", engines), "the environment"),
        ((overrides or {}).items(), "the command line"),
    ]
    for pairs, source in sources:
        for path, value, *variable in pairs:
            values[path] = value
            origins[path] = f"{variable[0]} in {source}" if variable else source
    refused = tuple(_false_safety(everything))
    if refused and not lenient:
        raise SettingsError(refused[0])
    return Loaded(
        _build(values, origins, folder, led),
        origins,
        tuple(name for name in (*_idle_names(led), *WITHOUT_EFFECT) if everything.get(name)),
        refused,
    )


def environment_names() -> dict[str, str]:
    """Return every environment variable of the server's own sections, and the setting it is."""
    fields = [(section, name) for section, model in SECTIONS.items() for name in model.model_fields]
    names = {f"{PREFIX}{section}_{name}".upper(): f"{section}.{name}" for section, name in fields}
    for section, name in fields:
        if [other for _, other in fields].count(name) == 1:
            names[f"{PREFIX}{name}".upper()] = f"{section}.{name}"
    return {**names, f"{PREFIX}DATA_DIR": "data_dir"}


def _dotenv(file: Path) -> dict[str, str]:
    try:
        read = dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file.name} cannot be read: {error}.") from error
    return {name: value for name, value in read.items() if value is not None}


def _file_values(config: Path | None, folder: Path) -> Iterator[tuple[str, Any]]:
    file = config or folder / CONFIG_FILE
    if config is None and not file.exists():
        return
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.") from error
    for section, table in tables.items():
        if section == "engines":
            for path, own in _flat(section, table):
                _check_engine_name(path.partition(".")[2])
                yield path, {}
                yield from _flat(path, own)
        elif section in SECTIONS:
            yield from _flat(section, table)
        else:
            yield section, table


def _flat(section: str, table: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  whatever TOML held
    if not isinstance(table, dict):
        raise SettingsError(f"`{section}` must be a table, as in `[{section}]`.")
    for name, value in table.items():
        yield f"{section}.{name}", value


def _engine_names(written: Iterable[tuple[str, Any]], variables: Iterable[str]) -> list[str]:
    """Every name that may stand in a variable `STENTOR_ENGINES_NAME_SETTING`, the longest first."""
    if not any(name.startswith(f"{PREFIX}ENGINES_") for name in variables):
        return []
    names = {path.split(".", 2)[1] for path, _ in written if path.startswith("engines.")}
    names |= installed().keys()
    in_variables = {_in_variable(name) for name in names}
    declared = {found["name"].lower() for found in map(_KIND_VARIABLE.fullmatch, variables) if found}
    return sorted(names | (declared - in_variables), key=len, reverse=True)


def _in_variable(engine: str) -> str:
    return engine.lower().replace("-", "_")


def _variables(
    variables: Mapping[str, str], source: str, engines: Iterable[str]
) -> Iterator[tuple[str, Any, str]]:
    own = environment_names()
    for name, written in variables.items():
        if name in OLD_NAMES and written != "":
            yield OLD_NAMES[name], _from_text(OLD_NAMES[name], written), name
    for name, written in variables.items():
        if not name.startswith(PREFIX) or _OF_KUBERNETES.fullmatch(f"{name}={written}"):
            continue
        path = own.get(name) or _engine_variable(name, engines)
        if path is None:
            raise SettingsError(f"{name} in {source} is no setting.{_nearest(name, own)}")
        yield path, _from_text(path, written), name


def _led(variables: Mapping[str, str]) -> Iterator[str]:
    """Say which engines are put in use by variables of the replaced systems."""
    mode = variables.get(MODE, "").strip().lower()
    if mode not in ("", "local", "remote"):
        raise SettingsError(f"{MODE} is {quoted(mode)}; it is `local` or `remote`.")
    if mode == "remote" and not variables.get("TTS_REMOTE_URL"):
        raise SettingsError(f"{MODE} is `remote`, and TTS_REMOTE_URL does not say where that is.")
    for engine, names in ENGINE_NAMES.items():
        if variables.get(next(iter(names))) and (engine != "remote" or mode == "remote"):
            yield engine


def _of_engines(variables: Mapping[str, str], led: Iterable[str]) -> Iterator[tuple[str, Any, str]]:
    for engine in led:
        for name, setting in ENGINE_NAMES[engine].items():
            if variables.get(name):
                if engine in _KINDS:
                    yield f"engines.{engine}.kind", _KINDS[engine], name
                yield f"engines.{engine}.{setting}", variables[name], name


def _idle_names(led: Iterable[str]) -> list[str]:
    return [name for engine, names in ENGINE_NAMES.items() if engine not in led for name in names]


def _engine_variable(name: str, engines: Iterable[str]) -> str | None:
    rest = name.removeprefix(f"{PREFIX}ENGINES_").lower()
    if rest == name.lower():
        return None
    for engine in engines:
        if rest.startswith(f"{_in_variable(engine)}_"):
            return f"engines.{engine}.{rest.removeprefix(f'{_in_variable(engine)}_')}"
    engine, _, setting = rest.partition("_")
    return f"engines.{engine}.{setting}"


def _from_text(path: str, written: str) -> Any:  # noqa: ANN401  whatever type the setting has
    section, _, name = path.partition(".")
    if path == "voices.map":
        return parse_voice_map(written)
    if path == "server.log_level":
        return written.lower()
    found = SECTIONS[section].model_fields.get(name) if section in SECTIONS else None
    if found is not None and get_origin(found.annotation) is tuple:
        return _listed(written)
    return written


def _build(
    values: Mapping[str, Any], origins: dict[str, str], folder: Path, led: Iterable[str] = ()
) -> Settings:
    tree: dict[str, Any] = {"engines": {name: {} for name in DEFAULT_ENGINES}}
    for path, value in values.items():
        *above, name = path.split(".", 2)
        place = tree
        for step in above:
            place = place.setdefault(step, {})
        if not (isinstance(value, dict) and name in place and path.startswith("engines.")):
            place[name] = value
    tree["engines"] = {name: _engine(name, table, origins) for name, table in tree["engines"].items()}
    tree["engines"] = {name: config for name, config in tree["engines"].items() if config.enabled}
    _lead(tree, origins, led)
    settings: Settings = _checked(Settings, tree, "", origins)
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
    located = {"map_file": folder / settings.voices.map_file}
    return settings.model_copy(
        update={
            "voices": settings.voices.model_copy(update=located),
            "data_dir": settings.data_dir.expanduser(),
        }
    )


def _lead(tree: dict[str, Any], origins: dict[str, str], led: Iterable[str]) -> None:
    first = next((engine for engine in led if engine in tree["engines"]), None)
    speech = tree.setdefault("speech", {})
    if first and "default_engine" not in speech:
        speech["default_engine"] = first
        origins["speech.default_engine"] = origins[f"engines.{first}.url"]
        if first == "remote" and "routes" not in tree and "espeak" in tree["engines"]:
            tree["routes"] = [{"engines": [first, "espeak"]}]
            origins["routes"] = origins["speech.default_engine"]


def _check_engine_name(name: str) -> None:
    if not _ENGINE_NAME.fullmatch(name):
        raise SettingsError(
            f"`[engines.{printable(name)}]` is no name for an engine: it takes letters, digits, `-` and `_`."
        )


def _engine(name: str, table: Mapping[str, Any], origins: Mapping[str, str]) -> Any:  # noqa: ANN401
    _check_engine_name(name)
    kind = table.get("kind")
    model = load(kind if isinstance(kind, str) and kind else name).Config
    lists = {
        key for key, described in model.model_fields.items() if get_origin(described.annotation) is tuple
    }
    values = {key: _listed(value) if key in lists else value for key, value in table.items()}
    return _checked(model, values, f"engines.{name}", origins)


def _listed(value: Any) -> Any:  # noqa: ANN401  whatever type the setting has
    return [entry.strip() for entry in value.split(",") if entry.strip()] if isinstance(value, str) else value


def _checked(model: type[Any], value: Any, above: str, origins: Mapping[str, str]) -> Any:  # noqa: ANN401
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(part for part in (above, *map(str, first["loc"])) if part)
        source = origins.get(path) or origins.get(path.rpartition(".")[0]) or "the settings"
        if first["type"] == "extra_forbidden":
            section = path.rpartition(".")[0]
            owner = SECTIONS.get(section, model)
            known = [f"{section}.{name}" if section else name for name in owner.model_fields]
            raise SettingsError(f"`{path}` in {source} is no setting.{_nearest(path, known)}") from error
        raise SettingsError(f"`{path}` in {source}: {first['msg']}.") from error


def _nearest(name: str, known: Mapping[str, Any] | list[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" Did you mean `{near[0]}`?" if near else " docs/reference/settings.md lists them all."


def _false_safety(variables: Mapping[str, str]) -> Iterator[str]:
    for name in _DEMANDS_KEYS:
        if variables.get(name, "").strip().lower() in ("1", "true", "yes", "on"):
            yield (
                f"{name} asks for keys, which this version cannot check yet; it will not start open where "
                f"you wanted it closed. Unset {name}, and let a reverse proxy check the keys."
            )

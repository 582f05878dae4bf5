"""Variables of the replaced systems, under their own names, and what they set here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from stentor.engines import EngineConfig
from stentor.errors import SettingsError, quoted

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
    "AWS_ENDPOINT_URL": "storage.s3_endpoint",
    "AWS_ENDPOINT_URL_S3": "storage.s3_endpoint",
    "AWS_DEFAULT_REGION": "storage.s3_region",
    "AWS_REGION": "storage.s3_region",
    "AWS_ACCESS_KEY_ID": "storage.s3_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "storage.s3_secret_access_key",
    "AWS_SESSION_TOKEN": "storage.s3_session_token",
}
"""Variables of the replaced systems and of Amazon's tools, and the settings they are here.

Of two for one setting the later line wins.
"""

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

OPENAI_KEY = "OPENAI_API_KEY"
"""The key of engines that speak by OpenAI itself, unless they have another."""
_OPENAI = ("https", "api.openai.com", None)

WITHOUT_EFFECT = (
    "BRIDGE_TOKEN", "API_KEYS", "RATE_LIMIT_REQUESTS", "RATE_LIMIT_WINDOW", "AUDIT_LOG_FILE", "REGION",
    "AWS_SECRET_MANAGER", "AWS_ID", "AWS_KEY", "WHISPER_MODE", "WHISPER_REMOTE_URL",
)  # fmt: skip
"""Variables of the replaced systems that this version knows and does nothing with."""

DEMANDS_KEYS = ("REQUIRE_AUTH", "API_KEY_REQUIRED")


def engines_led(variables: Mapping[str, str]) -> Iterator[str]:
    """Say which engines are put in use by variables of the replaced systems."""
    mode = variables.get(MODE, "").strip().lower()
    if mode not in ("", "local", "remote"):
        raise SettingsError(f"{MODE} is {quoted(mode)}; it is `local` or `remote`.")
    if mode == "remote" and not variables.get("TTS_REMOTE_URL"):
        raise SettingsError(f"{MODE} is `remote`, and TTS_REMOTE_URL does not say where that is.")
    for engine, names in ENGINE_NAMES.items():
        if variables.get(next(iter(names))) and (engine != "remote" or mode == "remote"):
            yield engine


def engine_values(variables: Mapping[str, str], led: Iterable[str]) -> Iterator[tuple[str, Any, str]]:
    """Yield the path, the value and the variable of all that is set of the engines put in use so."""
    for engine in led:
        if engine in _KINDS and variables.get(MODE):
            yield f"engines.{engine}.kind", _KINDS[engine], MODE
        for name, setting in ENGINE_NAMES[engine].items():
            if variables.get(name):
                yield f"engines.{engine}.{setting}", variables[name], name


def led_by(engine: str, of_file: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Say which variable of `.env` or the environment puts an engine in use."""
    name = MODE if engine in _KINDS else next(iter(ENGINE_NAMES[engine]))
    return f"{name} in {'the environment' if environ.get(name) or not of_file.get(name) else '.env'}"


def without_effect(
    variables: Mapping[str, str],
    led: Collection[str],
    origins: Iterable[str],
    configs: Mapping[str, EngineConfig],
) -> Iterator[str]:
    """Say which variables are set and do nothing, and what they would need; `origins` tell what does."""
    for engine, names in ENGINE_NAMES.items():
        needs = f"{MODE}={engine}" if engine == "remote" else next(iter(names))
        if engine not in led:
            yield from (f"{name} has no effect without {needs}." for name in names if variables.get(name))
    for name in WITHOUT_EFFECT:
        if variables.get(name):
            yield f"{name} is set, and this version does nothing with it."
    if variables.get(OPENAI_KEY) and not any(origin.startswith(f"{OPENAI_KEY} ") for origin in origins):
        if any(_speaks_by_openai(name, config) for name, config in configs.items()):
            yield f"{OPENAI_KEY} has no effect: what speaks by {_OPENAI[1]} has an `api_key` of its own."
        else:
            yield (
                f"{OPENAI_KEY} has no effect: no engine speaks by {_OPENAI[1]}; "
                "add `[engines.openai]` to stentor.toml."
            )


def lead(tree: dict[str, Any], origins: dict[str, str], led: Mapping[str, str]) -> None:
    """Put the first engine of `led` behind OpenAI's names, unless another is.

    `led` has the origin of each; `tree` has the settings of the engines in use.
    """
    first = next((engine for engine in led if engine in tree["engines"]), None)
    speech = tree.setdefault("speech", {})
    if first and "default_engine" not in speech:
        speech["default_engine"] = first
        origins["speech.default_engine"] = led[first]
        if first == "remote" and "routes" not in tree and "espeak" in tree["engines"]:
            tree["routes"] = [{"engines": [first, "espeak"]}]
            origins["routes"] = led[first]


def wants_openai_key(name: str, config: EngineConfig) -> bool:
    """Tell whether an engine takes OPENAI_API_KEY: it speaks by OpenAI itself, and has no key of its own."""
    return "api_key" not in config.model_fields_set and _speaks_by_openai(name, config)


def _speaks_by_openai(name: str, config: EngineConfig) -> bool:
    if (config.kind or name) != "openai":
        return False
    parts = urlsplit(getattr(config, "url", ""))
    return (parts.scheme, parts.hostname, parts.port if parts.port != 443 else None) == _OPENAI  # noqa: PLR2004


def false_safety(variables: Mapping[str, str]) -> Iterator[str]:
    """Say which variables ask for a safety that is not there."""
    for name in DEMANDS_KEYS:
        if variables.get(name, "").strip().lower() in ("1", "true", "yes", "on"):
            yield (
                f"{name} asks for keys, which this version cannot check yet; it will not start open where "
                f"you wanted it closed. Unset {name}, and let a reverse proxy check the keys."
            )

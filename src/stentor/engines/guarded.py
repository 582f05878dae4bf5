"""What of an engine's settings may be shown, and what may not follow them to another server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretBytes, SecretStr

from stentor.engines import EngineConfig
from stentor.engines.masks import has_masks, masked, unmasked
from stentor.engines.remote.config import RemoteConfig

_SECRET_WORDS = {"key", "token", "secret", "password"}
_PORTS = {"http": 80, "https": 443}


def secrets(model: type[BaseModel]) -> frozenset[str]:
    """Name the settings that are never shown: by their type, or by what they are called."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if _SECRET_WORDS & set(name.split("_")) or _holds(field.annotation, (SecretStr, SecretBytes))
    )


def files(model: type[BaseModel]) -> frozenset[str]:
    """Name the settings that say which file of this machine is read."""
    return frozenset(name for name, field in model.model_fields.items() if _holds(field.annotation, (Path,)))


def inheritable(model: type[BaseModel], before: EngineConfig, given: Collection[str]) -> dict[str, Any]:
    """Return the secrets and files of earlier settings that are not `given` anew.

    They may be taken over if the new settings lead to the same place; see `leads_to_the_same`.
    """
    guarded = (secrets(model) | files(model)) & before.model_fields_set if type(before) is model else ()
    return {name: getattr(before, name) for name in guarded if name not in given}


def restored(table: Mapping[str, Any], before: EngineConfig | None) -> dict[str, Any]:
    """Return the settings in a table that hold masks, with the secrets of earlier settings in their places.

    They may be taken over as those of `inheritable` may. Without earlier settings, the masks are left out.
    """
    had = before.model_dump(warnings="none") if before else {}
    return {name: unmasked(held, had.get(name)) for name, held in table.items() if has_masks(held)}


def leads_to_the_same(config: EngineConfig, before: EngineConfig, given: Collection[str]) -> bool:
    """Tell whether what settings lead to is what earlier ones of the same kind led to.

    That is a scheme, host and port, and no other proxy. Where an engine without a URL leads nobody can tell,
    so there nothing of its own may have changed. `given` are those that are not taken over.
    """
    if isinstance(config, RemoteConfig) and isinstance(before, RemoteConfig):
        proxy = config.proxy.get_secret_value() if "proxy" in given else ""
        return _origin(config.url) == _origin(before.url) and proxy in ("", before.proxy.get_secret_value())
    own = type(config).model_fields.keys() - EngineConfig.model_fields.keys()
    return all(getattr(config, name) == getattr(before, name) for name in own - secrets(type(config)))


def shown(config: EngineConfig) -> dict[str, Any]:
    """Show what is set and what is not; of a secret only whether there is one.

    Secrets in tables of no fixed shape are masked. What is under `set` can be sent back as it is; files are
    under `fixed`.
    """
    model = type(config)
    hidden = secrets(model)
    given, fixed = config.model_fields_set - hidden, files(model)
    values = _plain(config)
    return {
        "set": {name: value for name, value in values.items() if name in given - fixed},
        "fixed": {name: value for name, value in values.items() if name in given & fixed},
        "defaults": _plain(model.model_construct()),
        "secrets": {name: _is_set(getattr(config, name)) for name in model.model_fields if name in hidden},
    }


def _plain(config: BaseModel) -> dict[str, Any]:
    hidden = set(secrets(type(config)))
    plain = config.model_dump(mode="json", exclude=hidden, fallback=str, warnings="none")
    return {name: masked(value) for name, value in plain.items()}


def _is_set(value: Any) -> bool:  # noqa: ANN401  whatever type a secret has
    return bool(value.get_secret_value() if isinstance(value, SecretStr | SecretBytes) else value)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _holds(annotation: Any, kinds: tuple[type, ...]) -> bool:  # noqa: ANN401  any annotation
    return any(issubclass(kind, kinds) for kind in _classes(annotation, set()))


def _classes(annotation: Any, seen: set[type]) -> Iterator[type]:  # noqa: ANN401  any annotation
    """Yield every class that an annotation mentions, those of the fields of models as well."""
    below: Iterable[Any] = get_args(annotation)
    if isinstance(annotation, type) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        if issubclass(annotation, BaseModel):
            below = [field.annotation for field in annotation.model_fields.values()]
    for part in below:
        yield from _classes(part, seen)

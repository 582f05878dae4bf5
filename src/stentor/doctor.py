"""What is installed, what is configured and from where, and what is missing and how to get it."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from stentor import __version__
from stentor.app import build
from stentor.engines import Engine, unused
from stentor.engines.masks import MASK, masked
from stentor.errors import EngineFailed, StentorError, StorageFailed
from stentor.say import PLAYERS, player, waited
from stentor.storage import Storage, make_storage
from stentor.types import Utterance
from stentor.voices.catalog import OPENAI_MODELS, Catalog

if TYPE_CHECKING:
    from stentor.lexicons.store import LexiconStore
    from stentor.settings import Loaded
    from stentor.storage.database import Database

_PACKAGES = (
    "espeakng-loader", "av", "numpy", "soxr", "fastapi", "uvicorn", "uvloop", "wsproto", "aiohttp",
    "sqlalchemy", "alembic", "aiosqlite", "asyncpg", "obstore",
)  # fmt: skip
_WITHIN = 60.0  # seconds, to start and to say a word
_SECRET = ("key", "token", "secret", "password")


class Mark(Enum):
    """How a finding is."""

    GOOD = "ok"
    NOTE = "note"
    MISSING = "missing"
    FAILED = "failed"

    @property
    def needs_somebody(self) -> bool:
        """Whether something is to be done about it."""
        return self in (Mark.MISSING, Mark.FAILED)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report, and what to do about it."""

    section: str
    mark: Mark
    said: str
    remedy: str = ""


async def examine(loaded: Loaded, *, speak: bool = False) -> list[Finding]:
    """Look at everything, which takes as long as the engines take to start.

    An engine says a word; one on another machine, where that may cost something, only with `speak`.
    """
    findings = [
        Finding(
            "This machine",
            Mark.GOOD,
            f"Stentor {__version__}, Python {platform.python_version()}, {platform.platform()}",
        )
    ]
    findings += _packages()
    findings += _programs()
    context = build(loaded.settings)
    catalog = context.catalog
    async with AsyncExitStack() as stack:
        for engine in catalog.engines.values():
            findings.append(await _examined(engine, stack, speak=speak))
        findings += _unused(loaded)
        findings += await _voice_map(catalog)
    findings += await _lexicons(context.lexicons)
    findings += await _storage(make_storage(loaded.settings.storage, loaded.settings.data_dir))
    findings += [
        Finding("Settings", Mark.FAILED, sentence, "`stentor serve` refuses to start")
        for sentence in loaded.refused
    ]
    findings += _settings(loaded)
    findings += [
        Finding("Settings", Mark.NOTE, sentence.removesuffix(".")) for sentence in loaded.without_effect
    ]
    return findings


def _unused(loaded: Loaded) -> Iterator[Finding]:
    for name in unused(loaded.settings.engines):
        yield Finding(
            "Engines", Mark.NOTE, f"{name} is installed, not in use", f"add [engines.{name}] to use it"
        )


def _packages() -> Iterator[Finding]:
    for name in _PACKAGES:
        try:
            yield Finding("Packages", Mark.GOOD, f"{name} {version(name)}")
        except PackageNotFoundError:
            remedy = f"{sys.executable} -m pip install {name}"
            yield Finding("Packages", Mark.MISSING, f"{name} is not installed", remedy)


def _programs() -> Iterator[Finding]:
    found = player()
    if found:
        yield Finding("Programs", Mark.GOOD, f"{found[0]} plays sound for `stentor say --play`")
    else:
        names = ", ".join(command[0] for command in PLAYERS)
        yield Finding("Programs", Mark.NOTE, "no player for `stentor say --play`", f"install one of {names}")


async def _examined(engine: Engine, stack: AsyncExitStack, *, speak: bool) -> Finding:
    """Open an engine until the stack is closed, and say how it is."""
    stack.push_async_callback(_closed, engine)
    return await waited(_engine(engine, speak=speak), lambda: engine)


async def _engine(engine: Engine, *, speak: bool) -> Finding:
    name = engine.name
    is_elsewhere = engine.capabilities.device == "remote"
    try:
        async with asyncio.timeout(_WITHIN):
            await engine.open()
            if is_elsewhere and (problem := engine.health().problem):
                return Finding("Engines", Mark.FAILED, f"{name} is not available: {problem}")
            if speak or not is_elsewhere:
                did = f"speaks ({await _speak_a_word(engine):.1f} s of audio made; "
            else:
                did = "answers, and was not asked to speak ("
            voices = len(await engine.voices())
    except Exception as error:  # noqa: BLE001  anybody's engine may raise anything; that is what we are asked for
        return Finding("Engines", Mark.FAILED, f"{name} cannot speak: {_why(error)}")
    abilities = engine.capabilities
    spoken = "any" if "und" in abilities.languages else len(abilities.languages)
    return Finding(
        "Engines",
        Mark.GOOD,
        f"{name} {did}voices: {voices}, languages: {spoken}, {abilities.sample_rate} Hz, "
        f"{abilities.licence or 'licence unknown'})",
        "" if speak or not is_elsewhere else "`stentor doctor --speak` has it say a word, which may cost",
    )


async def _closed(engine: Engine) -> None:
    with suppress(Exception):  # it has been examined
        await engine.close()


async def _voice_map(catalog: Catalog) -> list[Finding]:
    findings = []
    for name in catalog.mapped_names():
        try:
            _, voice = await catalog.find(catalog.candidates(OPENAI_MODELS[0]), name, None)
        except Exception as error:  # noqa: BLE001  an engine that cannot speak may not find voices either
            findings.append(Finding("Voice map", Mark.FAILED, f"{name}: {_why(error)}"))
        else:
            findings.append(Finding("Voice map", Mark.GOOD, f"{name} speaks as {voice.id} of {voice.engine}"))
    return findings


async def _lexicons(lexicons: LexiconStore) -> list[Finding]:
    findings = []
    for lexicon in await lexicons.all():
        words = sum(len(entry.graphemes) for entry in lexicon.entries)
        voices = "all voices" if lexicon.voices is None else ", ".join(lexicon.voices) or "no voice"
        whom = voices if lexicon.enabled else "requests that name it"
        findings.append(Finding("Lexicons", Mark.GOOD, f"{lexicon.id} holds for {whom} (words: {words})"))
    findings += [
        Finding("Lexicons", Mark.FAILED, f"{name} cannot be used: {why}")
        for name, why in (await lexicons.problems()).items()
    ]
    return findings


async def _storage(storage: Storage) -> list[Finding]:
    findings = []
    for looking in (_database(storage.database), storage.blobs.check()):
        try:
            findings.append(Finding("Storage", Mark.GOOD, await looking))
        except StorageFailed as error:
            findings.append(Finding("Storage", Mark.FAILED, error.message))
    return findings


async def _database(database: Database) -> str:
    revision = await database.place.revision()
    return f"{database.place} ({f'tables of revision {revision}' if revision else 'no tables yet'})"


async def _speak_a_word(engine: Engine) -> float:
    voices = await engine.voices()
    if not voices:
        raise EngineFailed("it has no voices.")
    samples = 0
    async with aclosing(engine.synthesize(Utterance(text="Hello.", voice=voices[0]))) as chunks:
        async for chunk in chunks:
            samples += chunk.samples.size
    return samples / engine.capabilities.sample_rate


def _why(error: Exception) -> str:
    if isinstance(error, StentorError):
        return error.message
    if isinstance(error, TimeoutError) and not str(error):
        return f"no sound within {_WITHIN:g} s"
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")


def _settings(loaded: Loaded) -> Iterator[Finding]:
    for path, value in _leaves(loaded.settings, ""):
        source = loaded.origins.get(path, "default")
        yield Finding("Settings", Mark.GOOD, f"{path} = {_shown(path, value)}  ({source})")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  any setting
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), f"{path}.{name}".lstrip("."))
    elif isinstance(value, dict) and any(isinstance(held, BaseModel) for held in value.values()):
        for name, held in value.items():
            yield from _leaves(held, f"{path}.{name}")
    else:
        yield path, value


def _shown(path: str, value: Any) -> str:  # noqa: ANN401  any setting
    is_secret = isinstance(value, SecretStr) or any(word in path.rpartition(".")[2] for word in _SECRET)
    if value and is_secret:
        return MASK
    return _written(masked(value))


def _written(value: Any) -> str:  # noqa: ANN401  any setting
    """Write a value as `stentor.toml` has it, of a table what is not its default."""
    match value:
        case None:
            return "not set"
        case bool() | int() | float():
            return str(value).lower()
        case BaseModel():
            set_ = value.model_dump(exclude_defaults=True)
            return _written({name: getattr(value, name) for name in set_})
        case Mapping():
            pairs = ", ".join(f"{name} = {_written(held)}" for name, held in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)

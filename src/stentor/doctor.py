"""What is installed, what is configured and from where, and what is missing and how to get it."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from stentor import __version__
from stentor.app import build
from stentor.engines import Engine, installed
from stentor.errors import EngineFailed, StentorError, StorageFailed
from stentor.say import PLAYERS, player
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
_SECRET = ("key", "token", "secret", "password")


class Mark(Enum):
    """How a finding is."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report, and what to do about it."""

    section: str
    mark: Mark
    said: str
    remedy: str = ""


async def examine(loaded: Loaded) -> list[Finding]:
    """Look at everything. Speaks a word with each engine, so it takes as long as they take to start."""
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
    for name, engine in catalog.engines.items():
        findings.append(await _engine(name, engine))
    used = {config.kind or name for name, config in loaded.settings.engines.items()}
    unused = sorted(installed().keys() - used)
    findings += [
        Finding("Engines", Mark.NOTE, f"{name} is installed, not in use", f"add [engines.{name}] to use it")
        for name in unused
    ]
    findings += await _voice_map(catalog)
    findings += await _lexicons(context.lexicons)
    findings += await _storage(make_storage(loaded.settings.storage, loaded.settings.data_dir))
    findings += [
        Finding("Settings", Mark.BAD, sentence, "`stentor serve` refuses to start")
        for sentence in loaded.refused
    ]
    findings += _settings(loaded)
    findings += [
        Finding("Settings", Mark.NOTE, sentence.removesuffix(".")) for sentence in loaded.without_effect
    ]
    return findings


def _packages() -> Iterator[Finding]:
    for name in _PACKAGES:
        try:
            yield Finding("Packages", Mark.GOOD, f"{name} {version(name)}")
        except PackageNotFoundError:
            remedy = f"{sys.executable} -m pip install {name}"
            yield Finding("Packages", Mark.BAD, f"{name} is not installed", remedy)


def _programs() -> Iterator[Finding]:
    found = player()
    if found:
        yield Finding("Programs", Mark.GOOD, f"{found[0]} plays sound for `stentor say --play`")
    else:
        names = ", ".join(command[0] for command in PLAYERS)
        yield Finding("Programs", Mark.NOTE, "no player for `stentor say --play`", f"install one of {names}")


async def _engine(name: str, engine: Engine) -> Finding:
    try:
        try:
            async with asyncio.timeout(60):
                await engine.open()
                seconds = await _speak_a_word(engine)
                voices = len(await engine.voices())
        finally:
            await engine.close()
    except Exception as error:  # noqa: BLE001  anybody's engine may raise anything; that is what we are asked for
        return Finding("Engines", Mark.BAD, f"{name} cannot speak: {_why(error)}")
    abilities = engine.capabilities
    languages = len(abilities.languages)
    return Finding(
        "Engines",
        Mark.GOOD,
        f"{name} speaks ({seconds:.1f} s of audio made; voices: {voices}, languages: {languages}, "
        f"{abilities.sample_rate} Hz, {abilities.licence or 'licence unknown'})",
    )


async def _voice_map(catalog: Catalog) -> list[Finding]:
    findings = []
    for name in catalog.mapped_names():
        try:
            _, voice = await catalog.find(catalog.candidates(OPENAI_MODELS[0]), name, None)
        except Exception as error:  # noqa: BLE001  an engine that cannot speak may not find voices either
            findings.append(Finding("Voice map", Mark.BAD, f"{name}: {_why(error)}"))
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
        Finding("Lexicons", Mark.BAD, f"{name} cannot be used: {why}")
        for name, why in (await lexicons.problems()).items()
    ]
    return findings


async def _storage(storage: Storage) -> list[Finding]:
    findings = []
    for looking in (_database(storage.database), storage.blobs.check()):
        try:
            findings.append(Finding("Storage", Mark.GOOD, await looking))
        except StorageFailed as error:
            findings.append(Finding("Storage", Mark.BAD, error.message))
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
        return "no sound within 60 s"
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


def _shown(path: str, value: Any) -> str:  # noqa: ANN401  any setting; pydantic masks its own secrets
    if value and any(word in path.rpartition(".")[2] for word in _SECRET):
        return "********"
    return str(value)

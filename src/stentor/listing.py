"""Who can speak, as tables: `stentor voices` and `stentor engines`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import click

from stentor.app import build
from stentor.engines import unused
from stentor.engines.late import Late, make_late
from stentor.errors import UnknownVoice
from stentor.say import waited
from stentor.voices.aliases import OPENAI_VOICES
from stentor.voices.catalog import OPENAI_MODELS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from stentor.engines import Engine, EngineConfig
    from stentor.settings import Settings
    from stentor.voices.catalog import Catalog

Row = tuple[str, ...]

VOICES = ("VOICE", "ENGINE", "SPEAKS AS", "NAME")
ENGINES = ("ENGINE", "KIND", "STATE", "WHERE", "LICENCE")
_HERE = "here"


async def voices(settings: Settings, model: str | None) -> list[Row]:
    """List the voices of a model, or all of them; those on other machines are asked, and waited for a while.

    Raises UnknownModel. Notes on engines that do not answer go to standard error.
    """
    context = build(settings, make_late)
    catalog, router = context.catalog, context.planner.router
    engines = catalog.candidates(model) if model else list(catalog.engines.values())
    first = [engine for engine in router.speakers(OPENAI_MODELS[0]) if engine in engines]
    far = [engine for engine in engines if isinstance(engine, Late) and engine.is_elsewhere]
    async with AsyncExitStack() as opened:
        for engine in far:
            opened.push_async_callback(engine.close)
        if far:
            await waited(_met(far), lambda: next((one for one in far if one.is_opening), far[0]))
        rows = [row async for row in _rows(catalog, first, engines, is_all=not model)]
        for engine in far:
            if engine.trouble:
                said = f"{engine.name} is not available: {engine.trouble}; it may have other voices"
                click.echo(f"Note: {said}.", err=True)
    return rows


async def _met(engines: Sequence[Late]) -> None:
    await asyncio.gather(*(engine.open() for engine in engines), return_exceptions=True)


async def _rows(
    catalog: Catalog, first: Sequence[Engine], engines: Sequence[Engine], *, is_all: bool
) -> AsyncIterator[Row]:
    """Yield the operator's names, OpenAI's if they mean one of the engines, then each engine's own.

    Names are looked for in the engines of `first`, then in the others.
    """
    order = list(dict.fromkeys((*first, *engines)))
    own = catalog.mapped_names()
    names = {name.casefold(): name for name in (*own, *(OPENAI_VOICES if first else ()))}
    names |= {name.casefold(): name for name in own}
    listed = set()
    for folded, name in names.items():
        try:
            engine, voice = await catalog.find(order, name, None)
        except UnknownVoice:
            continue
        listed.add((folded, engine.name))
        yield name, engine.name, voice.id, voice.name
    for engine in engines:
        for voice in await engine.voices():
            folded = voice.id.casefold()
            if (folded, engine.name) not in listed and not (is_all and folded in names):
                yield voice.id, engine.name, voice.id, voice.name


def engines(settings: Settings) -> list[Row]:
    """List the engines in use, those behind OpenAI's models first; then what else is installed."""
    context = build(settings)
    chain = context.planner.router.speakers(OPENAI_MODELS[0])
    states = {engine.name: "fallback" if place else "default" for place, engine in enumerate(chain)}
    order = dict.fromkeys((*states, *context.catalog.engines))
    rows = [
        _row(context.catalog.engines[name], settings.engines[name], states.get(name, "in use"))
        for name in order
    ]
    return rows + [("", kind, "installed", "", "") for kind in unused(settings.engines)]


def _row(engine: Engine, config: EngineConfig, state: str) -> Row:
    abilities = engine.capabilities
    return (
        engine.name,
        config.kind or engine.name,
        state,
        getattr(config, "url", "") or (_HERE if abilities.device != "remote" else "no url"),
        abilities.licence,
    )

"""The composition root: builds every object from the settings, and closes them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from stentor import threads
from stentor.api.context import Context
from stentor.control import Control
from stentor.engines import make
from stentor.engines.fleet import Fleet
from stentor.lexicons.store import LexiconStore
from stentor.pipeline.cast import Casting
from stentor.pipeline.plan import Planner
from stentor.pipeline.routes import Router, terms
from stentor.text.language import Detector
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog
from stentor.voices.prompts import PromptMemory

if TYPE_CHECKING:
    from fastapi import FastAPI

    from stentor.engines import Engine, EngineConfig
    from stentor.settings import Loaded, Settings

_LIKELIEST_LANGUAGE = "en-US"  # of OpenAI's voices


def build(settings: Settings, make: Callable[[str, EngineConfig], Engine] = make) -> Context:
    """Build everything that speaks; nothing is started yet."""
    default = settings.speech.default_engine
    fleet = Fleet({name: make(name, config) for name, config in settings.engines.items()}, default)
    voice_map = VoiceMap(settings.voices.map, settings.voices.map_file)
    catalog = Catalog(fleet.engines, default, voice_map)
    lexicons = LexiconStore(settings.data_dir / "lexicons")
    detector = Detector() if settings.speech.detect_language else None
    router = Router(catalog, settings.routes, settings.circuit, *terms(settings.engines))
    planner = Planner(Casting(catalog, lexicons, detector), settings.speech, router)
    prompts = PromptMemory(most_bytes=settings.api.prompt_memory_bytes)
    return Context(catalog, planner, lexicons, settings.api, prompts, fleet)


def create_app(loaded: Loaded) -> FastAPI:
    """Make the server's application; its engines live as long as its lifespan."""
    from stentor.api.server import create_api  # noqa: PLC0415  only a server needs the routes

    context = build(loaded.settings)
    if loaded.sources and loaded.kept:
        control = Control(loaded.sources, loaded.kept, context.fleet, context.catalog, context.planner.router)
        context = replace(context, control=control)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(threads.pool())
        async with context.sandbox.opened(), context.fleet.opened():
            preparing = asyncio.create_task(context.planner.prepare(_LIKELIEST_LANGUAGE))
            try:
                yield
            finally:
                preparing.cancel()
                await asyncio.gather(preparing, return_exceptions=True)

    return create_api(context, lifespan)

"""The composition root: builds every object from the settings, and closes them in reverse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from stentor import threads
from stentor.api.context import Context
from stentor.api.server import create_api
from stentor.engines import Engine, make
from stentor.errors import StentorError
from stentor.lexicons.store import LexiconStore
from stentor.pipeline.cast import Casting
from stentor.pipeline.plan import Planner
from stentor.pipeline.routes import Router
from stentor.text.language import Detector
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog
from stentor.voices.prompts import PromptMemory

if TYPE_CHECKING:
    from fastapi import FastAPI

    from stentor.settings import Settings

log = logging.getLogger(__name__)

_WAIT_FOR_DEFAULT_ENGINE = 5.0
_LIKELIEST_LANGUAGE = "en-US"  # of OpenAI's voices


def build(settings: Settings) -> Context:
    """Build everything that speaks; nothing is started yet."""
    engines = {name: make(name, config) for name, config in settings.engines.items()}
    voice_map = VoiceMap(settings.voices.map, settings.voices.map_file)
    catalog = Catalog(engines, settings.speech.default_engine, voice_map)
    lexicons = LexiconStore(settings.data_dir / "lexicons")
    detector = Detector() if settings.speech.detect_language else None
    deadlines = {
        name: config.first_sound_within
        for name, config in settings.engines.items()
        if config.first_sound_within is not None
    }
    prices = {name: config.price for name, config in settings.engines.items() if config.price}
    router = Router(catalog, settings.routes, settings.circuit, deadlines, prices)
    planner = Planner(Casting(catalog, lexicons, detector), settings.speech, router)
    prompts = PromptMemory(most_bytes=settings.api.prompt_memory_bytes)
    return Context(catalog, planner, lexicons, settings.api, prompts)


def create_app(settings: Settings) -> FastAPI:
    """Make the server's application; its engines live as long as its lifespan."""
    context = build(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(threads.pool())
        async with opened(context.catalog, context.not_open):
            preparing = asyncio.create_task(context.planner.prepare(_LIKELIEST_LANGUAGE))
            try:
                yield
            finally:
                await _cancel([preparing])

    return create_api(context, lifespan)


@asynccontextmanager
async def opened(catalog: Catalog, not_open: dict[str, str]) -> AsyncIterator[None]:
    """Open every engine, beside each other, and close them at the end.

    Only the default engine is waited for, and not for long: a model that loads for minutes, or one that
    fails, keeps no other from speaking. `not_open` says which are not open, and why.
    """
    async with AsyncExitStack() as stack:
        opening = {}
        for name, engine in catalog.engines.items():
            stack.push_async_callback(engine.close)
            not_open[name] = "it is starting"
            opening[name] = asyncio.create_task(_open(name, engine, not_open))
        stack.push_async_callback(_cancel, list(opening.values()))
        await asyncio.wait([opening[catalog.default_engine.name]], timeout=_WAIT_FOR_DEFAULT_ENGINE)
        yield


async def _open(name: str, engine: Engine, not_open: dict[str, str]) -> None:
    try:
        await engine.open()
    except StentorError as error:
        not_open[name] = error.message
        log.error("%s", error.message)  # noqa: TRY400
    except Exception:
        not_open[name] = "it failed as it started; the server's log says how"
        log.exception("the engine %s did not open", name)
    else:
        del not_open[name]


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

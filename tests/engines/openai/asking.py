"""An engine and the server that it asks."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.engines.upstream import Asked, Upstream
from tests.fakes import tone

from stentor.audio.encode import FORMATS, to_int16
from stentor.engines.openai import OpenAiEngine
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.types import Samples

SPEECH, MODELS, VOICES = "/v1/audio/speech", "/v1/models", "/v1/audio/voices"
HUM = to_int16(tone(0.5))
ALLOY = Voice(VoiceId("alloy"), "alloy", "cloud", ("und",))


@asynccontextmanager
async def engine_of(server: Upstream | str, **settings: Any) -> AsyncIterator[OpenAiEngine]:
    url = server if isinstance(server, str) else server.url
    made = OpenAiEngine(OpenAiEngine.Config.model_validate({"url": url, **settings}))
    made.name = "cloud"
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def listen(engine: OpenAiEngine, text: str = "Hello.", **fields: Any) -> Samples:
    utterance = Utterance(text, **{"voice": ALLOY, **fields})
    async with aclosing(engine.synthesize(utterance)) as chunks:
        parts = [chunk.samples async for chunk in chunks]
    return np.concatenate([np.zeros(0, np.float32), *parts])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.02)


def spoken(server: Upstream) -> Asked:
    return next(asked for asked in reversed(server.asked) if asked.path == SPEECH)


def event(kind: str, **fields: Any) -> bytes:
    return f"data: {json.dumps({'type': kind, **fields})}\n\n".encode()


def delta(audio: bytes) -> bytes:
    return event("speech.audio.delta", audio=base64.b64encode(audio).decode())


DONE = event("speech.audio.done", usage={"input_tokens": 1})


async def relayed(engine: OpenAiEngine, format_: str) -> list[bytes | AudioChunk]:
    async with aclosing(engine.relay(Utterance("Hello.", ALLOY), format_)) as pieces:
        return [piece async for piece in pieces]


def file_in(format_: str) -> bytes:
    encoder = FORMATS[format_].open(24_000, False)
    return encoder.encode(tone(1.0)) + encoder.finish()

"""What a caller is told until the first sound, so that no connection is silent for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from stentor.api.respond import error_event, event, log_failure
from stentor.errors import StentorError
from stentor.pipeline.waiting import while_waiting


async def with_progress(
    events: AsyncGenerator[bytes, None], state: Callable[[], Mapping[str, Any]]
) -> AsyncGenerator[bytes, None]:
    """Begin at once: yield an event of progress, one more each second, and then the events of speech.

    `state` says who is asked, `engine`, and what that waits for, `activity`. If another engine is heard in
    the end, a last event of progress says so. An error is an event, for the status has been sent.
    """
    asked = ""

    def progress(seconds: float) -> bytes:
        nonlocal asked
        now = state()
        asked = now["engine"]
        return event({
            "type": "speech.audio.progress",
            "engine": asked,
            "seconds": round(seconds, 1),
            "activity": now["activity"],
        })

    loop = asyncio.get_running_loop()
    began = loop.time()
    async with aclosing(events):
        first = asyncio.create_task(_next(events))
        try:
            yield progress(0.0)
            async with aclosing(while_waiting(first)) as waits:
                async for seconds in waits:
                    yield progress(seconds)
            heard = await first
        except StentorError as error:
            log_failure("a stream of events ended before its first sound", error)
            yield error_event(error)
            return
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        if state()["engine"] != asked:
            yield progress(loop.time() - began)
        yield heard
        del heard, first
        async for part in events:
            yield part
            del part  # a stream that waits for its engine keeps no audio


async def _next(events: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(events)

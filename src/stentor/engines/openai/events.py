"""The events in which OpenAI's servers send speech.

Source: `SpeechAudioDeltaEvent` and `SpeechAudioDoneEvent` of OpenAI's API reference.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stentor.engines.remote.client import Answer, Client
    from stentor.engines.remote.events import Event


async def audio_of(client: Client, answer: Answer, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the audio of OpenAI's speech events; an end that was not announced is a failure."""
    async with aclosing(answer.events(limit)) as events:
        async for event in events:
            audio = _audio(client, event)
            if audio is None:
                break
            if audio:
                yield audio
        else:
            raise client.faults.failed("broke off in the middle of its answer: its events have no end")
    await answer.drain()


def _audio(client: Client, event: Event) -> bytes | None:
    """Return the audio of an event, perhaps none; None is the end."""
    if event.data == "[DONE]":
        return None
    try:
        fields = json.loads(event.data)
        if fields.get("error"):
            raise client.faults.complained(event.data.encode())
        if fields.get("type") == "speech.audio.done":
            return None
        return base64.b64decode(fields["audio"]) if fields.get("type") == "speech.audio.delta" else b""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise client.faults.failed("sent an event that cannot be read") from error

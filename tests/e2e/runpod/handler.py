"""A worker for RunPod's own SDK: the forms of Echo-TTS, with a tone for a voice.

It runs where Stentor is not installed, as `python handler.py FORM FOLDER`. FORM is `stream` or `batch`.
What happens to its jobs is noted in FOLDER.
"""

from __future__ import annotations

import array
import asyncio
import base64
import math
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import runpod  # type: ignore[import-not-found]

RATE = 48_000
FORM, FOLDER = sys.argv.pop(1), Path(sys.argv.pop(1))


def hum(seconds: float) -> str:
    step = 2 * math.pi * 440 / RATE
    samples = array.array("h", (round(8000 * math.sin(step * at)) for at in range(round(seconds * RATE))))
    return base64.b64encode(samples.tobytes()).decode()


async def stream(job: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Give a part of 0.3 s for each word, as fast as it is spoken."""
    asked = job["input"]
    (FOLDER / "asked").write_text(repr(asked), "utf-8")
    if "fail" in asked["text"]:
        raise ValueError("the words are too hard")
    try:
        for number, _word in enumerate(asked["text"].split()):
            yield {
                "status": "streaming",
                "chunk": number + 1,
                "format": asked["output_format"],
                "audio_chunk": hum(0.3),
                "sample_rate": RATE,
            }
            await asyncio.sleep(0.3)
    except (asyncio.CancelledError, GeneratorExit):  # the latter while a part is being sent
        (FOLDER / "cancelled").write_text(job["id"], "utf-8")
        raise
    yield {"status": "complete", "format": asked["output_format"]}


async def batch(job: dict[str, Any]) -> dict[str, Any]:
    """Give all of it at the end."""
    asked = job["input"]
    (FOLDER / "asked").write_text(repr(asked), "utf-8")
    if "fail" in asked["text"]:
        raise ValueError("the words are too hard")
    if "nobody" in asked["speaker_voice"]:
        return {"error": f"speaker_voice '{asked['speaker_voice']}' not found"}
    try:
        await asyncio.sleep(30 if "wait" in asked["text"] else 0.2)
    except asyncio.CancelledError:
        (FOLDER / "cancelled").write_text(job["id"], "utf-8")
        raise
    return {"status": "completed", "format": "pcm_16", "audio": hum(1.0), "sample_rate": RATE}


runpod.serverless.start({"handler": {"stream": stream, "batch": batch}[FORM]})

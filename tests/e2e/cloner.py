"""Anyone's provider that clones: it hums at the pitch of the recording that its prompt was made of.

It speaks the protocol as Voicebox's plan has it, and remembers nothing.
"""

from __future__ import annotations

import asyncio
import base64
import io
import threading
import wave
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web

from tests.cloning import pitch_of
from tests.fakes import tone

RATE = 24_000
TENSORS = "A" * 200_000
"""Stands for what a model makes of a recording: it is large."""


@dataclass(slots=True)
class Cloner:
    """A provider that runs, and what it was asked."""

    url: str = ""
    prompts: list[dict[str, Any]] = field(default_factory=list)
    """The voice prompts that it was told to speak by."""
    transcripts: list[str] = field(default_factory=list)

    async def create(self, request: web.Request) -> web.Response:
        """Measure the pitch of a recording."""
        form = await request.post()
        audio = form["audio"]
        assert isinstance(audio, web.FileField)
        with wave.open(io.BytesIO(audio.file.read())) as read:
            samples = np.frombuffer(read.readframes(read.getnframes()), "<i2") / 32768
            hertz = pitch_of(samples.astype(np.float32), read.getframerate())
        self.transcripts.append(str(form.get("reference_text", "")))
        return web.json_response({"voice_prompt": {"hertz": hertz, "safetensors": TENSORS}})

    async def generate(self, request: web.Request) -> web.Response:
        """Hum."""
        asked = await request.json()
        prompt = asked.get("voice_prompt") if isinstance(asked.get("text"), str) else None
        if not isinstance(prompt, dict) or not asked["text"].strip():
            return web.json_response({"detail": "There is nothing to say."}, status=422)
        self.prompts.append(prompt)
        sound = tone(0.05 * len(asked["text"]), RATE, prompt.get("hertz", 100.0))
        written = base64.b64encode(sound.tobytes()).decode()
        return web.json_response({"audio": written, "sample_rate": RATE, "dtype": "float32"})

    async def health(self, _request: web.Request) -> web.Response:
        """Say that it is there, and no more."""
        return web.json_response({"status": "healthy", "model": "hum", "device": "cpu"})

    async def serve(self, started: threading.Event, ended: asyncio.Event) -> None:
        """Listen until the end."""
        app = web.Application(client_max_size=2**24)
        app.add_routes([
            web.post("/v1/create_voice_prompt", self.create),
            web.post("/v1/generate", self.generate),
            web.get("/health", self.health),
        ])
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await ended.wait()
        await runner.cleanup()

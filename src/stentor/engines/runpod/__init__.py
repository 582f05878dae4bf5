"""Echo-TTS on RunPod: workers on rented GPUs that start when there is work.

An utterance is a job. It is put into the endpoint's queue, looked at until a worker has done it,
and cancelled if its caller leaves.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from stentor.engines import Capabilities, Engine, EngineHealth
from stentor.engines.remote.client import Client
from stentor.engines.remote.condition import Condition
from stentor.engines.runpod.config import BASE, RunpodConfig, is_file_name, is_sound_file
from stentor.engines.runpod.endpoint import Endpoint
from stentor.engines.runpod.slots import Slots
from stentor.engines.runpod.sound import Listener
from stentor.engines.runpod.text import echo_text
from stentor.engines.runpod.waits import Waits
from stentor.engines.runpod.workers import Workers
from stentor.errors import EngineError, EngineFailed, EngineUnavailable, UnknownVoice
from stentor.types import AudioChunk, Utterance, Voice, VoiceId

SAMPLE_RATE = 24_000
# The model speaks some 30 s at once; that is what most people say with so many characters.
_LONGEST_UTTERANCE = 300
_LANGUAGES = ("en",)
# Workers say it in the sentence with which they refuse a voice.
_VOICE_FIELD = "speaker_voice"


class RunpodEngine(Engine):
    """Echo-TTS at an endpoint of RunPod; a voice is a file of the worker's."""

    Config = RunpodConfig
    name = "runpod"
    capabilities = Capabilities(
        sample_rate=SAMPLE_RATE,
        languages=_LANGUAGES,
        longest_utterance=_LONGEST_UTTERANCE,
        whole_text=True,
        seed=True,
        licence="CC-BY-NC-SA-4.0",
        device="remote",
    )

    def __init__(self, config: RunpodConfig | None = None) -> None:
        self._config = config or self.Config()
        self._open: _Open | None = None

    async def open(self) -> None:
        """Get ready to ask the endpoint; it may come and go."""
        if not self._config.url:
            raise EngineUnavailable(
                f"The engine {self.name} cannot start: it has no endpoint. "
                f"Set RUNPOD_ENDPOINT, or `url` under [engines.{self.name}]."
            )
        self._open = _Open(self.name, self._config)
        await self._open.begin()

    async def voices(self) -> Sequence[Voice]:
        """List the files that the settings name."""
        return [self._voice(name) for name in self._config.voices]

    async def find_voice(self, name: str, language: str | None) -> Voice | None:
        """Find one of the listed voices, or any other file of sound: only the worker knows which it has."""
        listed = await super().find_voice(name, language)
        return listed or (self._voice(name) if is_sound_file(name) else None)

    def _voice(self, name: str) -> Voice:
        return Voice(VoiceId(name), name.rpartition(".")[0] or name, self.name, _LANGUAGES)

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Run a job, and speak as its sound comes."""
        at = self._open
        if at is None:
            raise EngineUnavailable(f"The engine {self.name} is not running: it was not started.")
        voice = utterance.voice.id
        if not is_file_name(voice):
            raise UnknownVoice(voice, [])
        heard = False
        try:
            async with aclosing(at.spoken(_request(utterance, at.config))) as chunks:
                async for chunk in chunks:
                    heard = True
                    yield chunk
                    del chunk
        except EngineFailed as error:
            # A caller's mistake, which says nothing of how the engine is.
            if not heard and _VOICE_FIELD in error.message:
                raise UnknownVoice(voice, []) from error
            raise
        if not heard:
            raise at.client.faults.failed("finished the job without any sound")

    def health(self) -> EngineHealth:
        """Count jobs, and say what the endpoint said of itself last."""
        if self._open is None:
            return EngineHealth(ready=False, problem="it was not started")
        condition = self._open.condition
        ready = condition.problem is None
        return EngineHealth(ready, self._open.figures(), condition.complaint, self._open.activity())

    async def close(self) -> None:
        """Cancel what runs, and close every connection."""
        if self._open:
            opened, self._open = self._open, None
            await opened.end()


class _Open:
    """What an engine has while it is open."""

    def __init__(self, engine: str, config: RunpodConfig) -> None:
        self._engine = engine
        self.config = config
        key = config.api_key.get_secret_value()
        self.client = Client(engine, config, {"Authorization": f"Bearer {key}"} if key else None)
        self._workers = Workers(self.client, engine, is_runpod=config.url.startswith(BASE))
        self.condition = Condition(engine, self._workers.look, config.probe_seconds, config.url)
        self._waits = Waits(engine, self._look)
        self._endpoint = Endpoint(self.client, config, self._waits)
        self._slots = Slots(engine, config.max_concurrent_requests, config.queue)

    async def begin(self) -> None:
        await self.client.open()
        await self.condition.open()

    async def end(self) -> None:
        await self.condition.close()
        await self._endpoint.close()
        await self.client.close()

    def figures(self) -> dict[str, int]:
        return {
            "busy": self._slots.busy,
            "waiting": self._slots.waiting,
            "queued": self._endpoint.queued,
            "running": self._endpoint.running,
            "cancelled": self._endpoint.cancelled,
            "cold_starts": self._waits.cold_starts,
            "cold_start_ms": round(1000 * self._waits.seconds),
            **self._workers.figures,
        }

    def activity(self) -> str | None:
        """Say what waits, and for what."""
        said = []
        if queued := self._endpoint.queued:
            waits = "1 job waits" if queued == 1 else f"{queued} jobs wait"
            workers = self._workers.said()
            said.append(f"{waits} for a worker{workers and f': {workers}'}")
        if waiting := self._slots.waiting:
            said.append("1 waits for its turn" if waiting == 1 else f"{waiting} wait for their turn")
        return "; ".join(said) or None

    async def spoken(self, request: dict[str, Any]) -> AsyncGenerator[AudioChunk, None]:
        """Run a job in its turn, and yield its sound."""
        encrypted = self.config.url.startswith("https:")
        listener = Listener(self.client, self._engine, SAMPLE_RATE, encrypted=encrypted)
        async with self._slots.taken(), aclosing(self._endpoint.run(request)) as outputs:
            try:
                async for output in outputs:
                    async with aclosing(listener.hear(output)) as chunks:
                        async for chunk in chunks:
                            self.condition.worked()
                            yield chunk
                            del chunk
            except EngineError as error:
                self.condition.doubt(error)
                raise
            for chunk in listener.rest():
                yield chunk

    def _look(self, seconds: float | None) -> None:
        """Look after the workers, if a job has waited long for one, or got one after long."""
        if seconds is None or self._workers.is_due(seconds):
            self.condition.doubt()


def _request(utterance: Utterance, config: RunpodConfig) -> dict[str, Any]:
    # An utterance is as long as the model speaks at once; cut again, its pieces would lack the speaker's tag.
    parameters = {"max_chars_per_chunk": 0, **config.parameters}
    if utterance.seed is not None:
        parameters["seed"] = utterance.seed
    request: dict[str, Any] = {
        "text": echo_text(utterance.text, config.speaker_tag),
        _VOICE_FIELD: utterance.voice.id,
        "output_format": config.output_format,
        "parameters": parameters,
    }
    return request | {"stream": True} if config.mode != "batch" else request

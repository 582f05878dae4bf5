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
from stentor.engines.runpod.condition import Condition
from stentor.engines.runpod.config import RunpodConfig, is_file_name, is_sound_file
from stentor.engines.runpod.endpoint import Endpoint
from stentor.engines.runpod.slots import Slots
from stentor.engines.runpod.sound import Listener
from stentor.engines.runpod.text import echo_text
from stentor.errors import EngineFailed, EngineUnavailable, UnknownVoice
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
    )

    def __init__(self, config: RunpodConfig | None = None) -> None:
        self._config = config
        self._client: Client | None = None
        self._endpoint: Endpoint | None = None
        self._condition: Condition | None = None
        self._slots: Slots | None = None

    async def open(self) -> None:
        """Get ready to ask; connects to nothing."""
        config = self._config
        if config is None:
            raise EngineUnavailable(
                f"The engine {self.name} cannot start: it has no endpoint. "
                f"Set RUNPOD_ENDPOINT, or `url` under [engines.{self.name}]."
            )
        key = config.api_key.get_secret_value()
        self._client = Client(self.name, config, {"Authorization": f"Bearer {key}"} if key else None)
        await self._client.open()
        self._condition = Condition(self._client, self.name)
        self._endpoint = Endpoint(self._client, config, self._condition.queued)
        self._slots = Slots(self.name, config.max_concurrent_requests, config.queue)

    async def voices(self) -> Sequence[Voice]:
        """List the files that the settings name."""
        return [self._voice(name) for name in self._config.voices] if self._config else []

    async def find_voice(self, name: str, language: str | None) -> Voice | None:
        """Find one of the listed voices, or any other file of sound: only the worker knows which it has."""
        listed = await super().find_voice(name, language)
        return listed or (self._voice(name) if is_sound_file(name) else None)

    def _voice(self, name: str) -> Voice:
        return Voice(VoiceId(name), name.rpartition(".")[0] or name, self.name, _LANGUAGES)

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Run a job, and speak as its sound comes."""
        config, client, endpoint, slots = self._config, self._client, self._endpoint, self._slots
        if not (config and client and endpoint and slots):
            raise EngineUnavailable(f"The engine {self.name} is not running: it was not opened.")
        voice = utterance.voice.id
        if not is_file_name(voice):
            raise UnknownVoice(voice, [])
        listener = Listener(client, self.name, SAMPLE_RATE, encrypted=config.url.startswith("https:"))
        heard = False
        try:
            async with (
                slots.taken(),
                aclosing(endpoint.run(_request(utterance, config))) as outputs,
                aclosing(_heard(outputs, listener)) as chunks,
            ):
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
            raise client.faults.failed("finished the job without any sound")

    def health(self) -> EngineHealth:
        """Count jobs, and say what the endpoint said of itself last."""
        if not (self._endpoint and self._slots and self._condition):
            return EngineHealth(ready=False, problem="it was not opened")
        self._condition.refresh()
        figures = {
            "busy": self._slots.busy,
            "waiting": self._slots.waiting,
            "queued": self._endpoint.queued,
            **self._condition.figures,
        }
        return EngineHealth(ready=True, figures=figures, problem=self._condition.problem)

    async def close(self) -> None:
        """Cancel what runs, and close every connection."""
        if self._endpoint and self._condition and self._client:
            endpoint, condition, client = self._endpoint, self._condition, self._client
            self._endpoint = self._condition = self._client = None
            await condition.close()
            await endpoint.close()
            await client.close()


async def _heard(
    outputs: AsyncGenerator[object, None], listener: Listener
) -> AsyncGenerator[AudioChunk, None]:
    """Yield what is to be heard of a job."""
    async for output in outputs:
        async with aclosing(listener.hear(output)) as chunks:
            async for chunk in chunks:
                yield chunk
                del chunk
    for chunk in listener.rest():
        yield chunk


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

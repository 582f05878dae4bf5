"""An engine that speaks like whom it heard: it hums at their pitch, so that one hears whose prompt it was."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stentor.engines import Capabilities, Engine, EngineConfig, EngineHealth, Likeness
from stentor.errors import EngineFailed, InvalidRequest
from stentor.types import AudioChunk, Prompt, Sample, Utterance, Voice, VoiceId
from tests.fakes import tone

if TYPE_CHECKING:
    from stentor.types import Samples

TEXT = "Hello there."


def pitch_of(samples: Samples, rate: int) -> float:
    """Measure the strongest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 4 * len(samples)))
    return float(np.argmax(spectrum) * rate / (4 * len(samples)))


def recording(hertz: float = 300.0, seconds: float = 1.0, rate: int = 16_000) -> bytes:
    """Make a WAV of a hum."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes((tone(seconds, rate, hertz) * 32767).astype("<i2").tobytes())
    return file.getvalue()


class CloningEngine(Engine):
    """Hums as long as the text is: at the pitch of its prompt, or at 100 Hz."""

    capabilities = Capabilities(24_000, ("en",), cloning=True)

    def __init__(
        self,
        config: EngineConfig | None = None,
        *,
        name: str = "cloning",
        ready: bool = True,
        likeness: Likeness = True,
    ) -> None:
        self.name = name
        self.heard: list[Sample] = []
        self.asked: list[Utterance] = []
        self.ready = ready
        self.capabilities = Capabilities(24_000, ("en",), cloning=likeness if ready else False)

    async def voices(self) -> Sequence[Voice]:
        return [Voice(VoiceId("low"), "Low", self.name, ("en",))]

    def health(self) -> EngineHealth:
        return EngineHealth(self.ready, problem=None if self.ready else "it is starting")

    async def prepare(self, samples: Sequence[Sample]) -> Prompt:
        [sample] = samples
        self.heard.append(sample)
        if not np.abs(sample.samples).max() > 0.01:
            raise InvalidRequest("There is nobody in this recording.", param="audio")
        return Prompt.of({"engine": "cloning", "hertz": round(pitch_of(sample.samples, sample.rate), 1)})

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        self.asked.append(utterance)
        hertz = utterance.prompt.content.get("hertz") if utterance.prompt else 100.0
        if not isinstance(hertz, float):
            raise EngineFailed("The engine cloning was given a prompt that it did not make.")
        yield AudioChunk(tone(0.05 * len(utterance.text), 24_000, hertz), 24_000)

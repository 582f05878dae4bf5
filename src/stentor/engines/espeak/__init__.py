"""eSpeak NG, the engine that works at once, everywhere: no weights, no GPU, no network.

The library is GPL-3.0-or-later and crashes on some plain text, so it lives in worker processes
(`library.py`, which imports nothing of Stentor); this side chooses voices and passes sound on.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from stentor.engines import Capabilities, Cloning
from stentor.engines.espeak.adaptation import Adaptation
from stentor.engines.espeak.fitting import fit
from stentor.engines.espeak.phonemes import Phonemes
from stentor.engines.espeak.prosody import (
    FASTEST,
    NORMAL_VOLUME,
    SEMITONES,
    SLOWEST,
    STYLES,
    WORDS_PER_MINUTE,
    is_whispered,
    knobs,
)
from stentor.engines.espeak.spoken import Spoken
from stentor.engines.espeak.voices import LANGUAGES, OPENAI_VOICES, Timbre, VoiceTable, melody
from stentor.engines.local import LocalConfig, LocalEngine
from stentor.engines.process import WorkerSpec
from stentor.errors import EngineUnavailable, UnknownVoice
from stentor.types import AudioChunk, Prompt, Sample, Utterance, Voice, VoiceId

if TYPE_CHECKING:
    from stentor.types import Samples

SAMPLE_RATE = 22_050
# Of sound. An emoji may be a phrase; nothing honest is longer. It is also the most that a caller who stops
# listening can make this process keep: 8 MB.
_SECONDS_PER_CHARACTER, _SECONDS_AT_LEAST, _SECONDS_AT_MOST = 2.0, 15.0, 180.0
_USUAL = VoiceId("en-US")
_AS_MEASURED = MappingProxyType({
    "rate": WORDS_PER_MINUTE, "pitch": 50, "range": 50, "volume": NORMAL_VOLUME,
})  # fmt: skip


class EspeakEngine(LocalEngine, Cloning):
    """Over a hundred languages, each in any of a hundred timbres."""

    class Config(LocalConfig):
        """Settings of the espeak engine."""

        replicas: int = Field(
            default_factory=lambda: min(4, os.cpu_count() or 1),
            ge=1,
            le=64,
            description="Worker processes that speak at the same time.",
        )
        spares: int = Field(
            default=1, ge=0, le=8, description="Worker processes kept warm to replace one that dies."
        )
        queue: int = Field(
            default=256, ge=0, description="Sentences that may wait for a worker; more are refused."
        )

    name = "espeak"
    openai_voices = OPENAI_VOICES
    capabilities = Capabilities(
        sample_rate=SAMPLE_RATE,
        languages=LANGUAGES,
        speed=(SLOWEST / WORDS_PER_MINUTE, FASTEST / WORDS_PER_MINUTE),
        longest_utterance=200,
        marks=True,
        phonemes=True,
        emphasis=True,
        pitch=(-SEMITONES, SEMITONES),
        styles=tuple(STYLES),
        cloning="approximate",
        licence="GPL-3.0-or-later",
    )

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or self.Config()
        super().__init__(self._config)
        self._phonemes = Phonemes()

    @cached_property
    def _table(self) -> VoiceTable:
        return VoiceTable(self.name)

    def spec(self) -> WorkerSpec:
        """Say how the workers are started."""
        try:
            import espeakng_loader  # noqa: PLC0415  the server starts without it, with the other engines
        except ImportError as error:
            raise EngineUnavailable(
                f"The engine {self.name} cannot start: the package espeakng-loader is not installed. "
                f"`pip install espeakng-loader`, or `enabled = false` under [engines.{self.name}]."
            ) from error
        return WorkerSpec(
            engine=self.name,
            speaker=Path(__file__).with_name("library.py"),
            speaker_class="Espeak",
            options={
                "library": str(espeakng_loader.get_library_path()),
                "data": str(espeakng_loader.get_data_path()),
                "sample_rate": SAMPLE_RATE,
            },
            bytes_per_second=2 * SAMPLE_RATE,
            site_packages=False,
            replicas=self._config.replicas,
            spares=self._config.spares,
            queue=self._config.queue,
        )

    async def voices(self) -> Sequence[Voice]:
        """List one voice for each language and accent; each also exists as `ID+VARIANT`."""
        return self._table.voices

    async def find_voice(self, name: str, language: str | None) -> Voice | None:
        """Find `en-GB`, any other BCP-47 tag, or a timbre, `en-GB+f2`; a language moves the timbre to it."""
        return self._table.find(name, language)

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Speak; the first chunk comes within a millisecond of the worker being free."""
        adapted = Adaptation.of(utterance.prompt) if utterance.prompt else None
        timbre = self._timbre(utterance, adapted)
        equaliser = adapted.equaliser() if adapted else None
        gain = np.float32(timbre.gain / 32768)
        spoken = Spoken(utterance, self._phonemes, timbre.identifier)
        honest = (_SECONDS_AT_LEAST + _SECONDS_PER_CHARACTER * len(spoken.text)) / utterance.speed
        turned = knobs(
            replace(utterance, speed=utterance.speed * adapted.pace) if adapted else utterance, timbre
        )
        request = {"voice": timbre.identifier, "text": spoken.text, "marks": utterance.marks} | turned
        request |= {"file": adapted.file} if adapted else {}
        async with aclosing(self.workers.call(request, min(honest, _SECONDS_AT_MOST))) as parts:
            async for part in parts:
                samples = np.frombuffer(part.samples, "<i2") * gain
                if equaliser:
                    samples = equaliser.push(samples)
                elif turned["volume"] > NORMAL_VOLUME:  # it may be louder than what its gain was measured for
                    np.clip(samples, -1, 1, out=samples)
                yield AudioChunk(samples, SAMPLE_RATE, spoken.marks(part.marks))
                del part, samples
        if equaliser:
            yield AudioChunk(equaliser.flush(), SAMPLE_RATE)

    async def prepare(self, samples: Sequence[Sample]) -> Prompt:
        """Fit a voice to recordings, in about a second; it is adapted to them, and clones nobody."""
        plain = self._table.timbre(_USUAL)
        assert plain is not None  # noqa: S101  it is in the table
        request = {"voice": plain.identifier, "marks": False, **_AS_MEASURED}
        gain = np.float32(plain.gain / 32768)

        async def say(text: str, adapted: Adaptation | None) -> Samples:
            own = {"file": adapted.file, "rate": round(WORDS_PER_MINUTE * adapted.pace)} if adapted else {}
            stream = self.workers.call(request | {"text": text} | own, _SECONDS_AT_MOST)
            made = b"".join([part.samples async for part in stream])
            return np.frombuffer(made, "<i2") * gain

        return (await fit(samples, say)).prompt()

    def _timbre(self, utterance: Utterance, adapted: Adaptation | None) -> Timbre:
        """Find what the library is asked for; an adapted voice is made of that of the language."""
        whispered = is_whispered(utterance)
        name = utterance.voice.id
        if adapted:
            language = utterance.language
            found = self._table.find(name.partition("+")[0], language) or (
                language and self._table.find(language, None)
            )
            name = found.id if found else _USUAL
        timbre = self._table.timbre(name, whispered=whispered)
        if timbre is None:
            raise UnknownVoice(name, [])
        return replace(timbre, melody=melody(adapted.low, adapted.high)) if adapted else timbre

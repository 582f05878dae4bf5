"""Finds the voice a caller means, and the engine that has it."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from stentor.engines import Engine
from stentor.engines.fleet import hold
from stentor.errors import UnknownModel, UnknownVoice
from stentor.types import Voice
from stentor.voices.aliases import OPENAI_VOICES, VoiceMap

OPENAI_MODELS = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15")
_ALIKE = 0.75  # how much so, from 0 to 1, for another name to be what was meant


@dataclass(frozen=True, slots=True)
class Model:
    """A name that a request may give for its model, and the engine that stands behind it."""

    id: str
    engine: Engine


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice under a name that callers can use."""

    id: str
    voice: Voice
    engine: Engine


class Catalog:
    """Every engine's voices. OpenAI's model names mean any engine, the default one first.

    Engines may be replaced between any two requests, and while a request waits for one of them.
    """

    def __init__(self, engines: Mapping[str, Engine], default: str, voice_map: VoiceMap) -> None:
        self.use(engines, default)
        self._voice_map = voice_map

    def use(self, engines: Mapping[str, Engine], default: str) -> None:
        """Know these engines from now on; the mapping is not changed any more."""
        self._engines = engines
        self._default = engines[default]

    @property
    def default_engine(self) -> Engine:
        """The engine that speaks when the request names none."""
        return self._default

    @property
    def engines(self) -> Mapping[str, Engine]:
        """Every engine by name."""
        return self._engines

    def models(self) -> list[Model]:
        """List the names a request may give as its model."""
        return [Model(name, self._default) for name in OPENAI_MODELS] + [
            Model(name, engine) for name, engine in self._engines.items()
        ]

    def candidates(self, model: str) -> list[Engine]:
        """Return the engines a model's name may mean, in order of preference."""
        if model in OPENAI_MODELS:
            others = [engine for engine in self._engines.values() if engine is not self._default]
            return [self._default, *others]
        if model in self._engines:
            return [self._engines[model]]
        raise UnknownModel(model, [known.id for known in self.models()])

    async def find(self, engines: Sequence[Engine], voice: str, language: str | None) -> tuple[Engine, Voice]:
        """Return the first engine that has a voice, and that voice; raises UnknownVoice.

        An engine that was replaced since the request got it is its successor. The engine that is found stays
        open until the request ends.
        """
        found = None
        is_current = False
        while not is_current:
            engines = [self._engines[known.name] for known in engines if known.name in self._engines]
            found = await self._find(engines, voice, language)
            is_current = found is None or self._engines.get(found[0].name) is found[0]
        if found:
            hold(found[0])
            return found
        mapped = self._voice_map.get(voice)
        meant = mapped or voice
        raise UnknownVoice(meant, await self._near(meant, engines, language), voice if mapped else None)

    async def _find(
        self, engines: Sequence[Engine], voice: str, language: str | None
    ) -> tuple[Engine, Voice] | None:
        meant = self._voice_map.get(voice) or voice
        for engine in engines:
            found = await engine.find_voice(meant, language)
            if found is None and meant.casefold() in OPENAI_VOICES:
                found = await self._openai_voice(engine, meant.casefold(), language)
            if found:
                return engine, found
        return await self._find_instead(engines, voice, meant, language)

    async def _find_instead(
        self, engines: Sequence[Engine], voice: str, meant: str, language: str | None
    ) -> tuple[Engine, Voice] | None:
        """Find who speaks for a voice of another engine, if one of OpenAI's names was given to it."""
        name = voice.casefold()
        if name not in OPENAI_VOICES or meant.casefold() in OPENAI_VOICES:
            return None
        others = [engine for engine in self._engines.values() if engine not in engines]
        if not any([await engine.find_voice(meant, None) for engine in others]):
            return None
        for engine in engines:
            found = await self._openai_voice(engine, name, language)
            if found:
                return engine, found
        return None

    async def _openai_voice(self, engine: Engine, voice: str, language: str | None) -> Voice | None:
        own = engine.openai_voices.get(voice)
        if own is None:
            voices = await engine.voices()
            if not voices:
                return None
            own = voices[OPENAI_VOICES.index(voice) % len(voices)].id
        return await engine.find_voice(own, language)

    async def usual_voice(self, engine: Engine) -> Voice | None:
        """Return who speaks in an engine for the first of OpenAI's names; None if it has no voices."""
        return await self._openai_voice(engine, OPENAI_VOICES[0], None)

    def speaks_all(self, name: str) -> bool:
        """Tell whether a name says nothing of a language, as OpenAI's do."""
        return (self._voice_map.get(name) or name).casefold() in OPENAI_VOICES

    def mapped_names(self) -> list[str]:
        """List the names that the operator gave a meaning."""
        return self._voice_map.names()

    async def listing(self) -> AsyncIterator[ListedVoice]:
        """List the names callers can use: the operator's, OpenAI's, then each engine's own."""
        given = {name.casefold(): name for name in (*self.mapped_names(), *OPENAI_VOICES)}
        given |= {name.casefold(): name for name in self.mapped_names()}
        for name in given.values():
            try:
                engine, voice = await self.find(self.candidates(OPENAI_MODELS[0]), name, None)
            except UnknownVoice:
                continue
            yield ListedVoice(name, voice, engine)
        for engine in self._engines.values():
            for voice in await engine.voices():
                if voice.id.casefold() not in given:
                    yield ListedVoice(voice.id, voice, engine)

    async def describe(self, name: str) -> ListedVoice:
        """Return one voice by a name callers can use."""
        engine, voice = await self.find(self.candidates(OPENAI_MODELS[0]), name, None)
        given = {known.casefold(): known for known in (*OPENAI_VOICES, *self.mapped_names())}
        return ListedVoice(given.get(name.casefold(), voice.id), voice, engine)

    async def _near(self, voice: str, engines: Sequence[Engine], language: str | None) -> list[str]:
        """Return up to three names like this one; each of them would be found."""
        names = {name.casefold(): name for name in OPENAI_VOICES}
        for engine in engines:
            names |= {known.id.casefold(): known.id for known in await engine.voices()}
        near: list[str] = []
        for folded in difflib.get_close_matches(voice[:60].casefold(), names, len(names), _ALIKE):
            if len(near) < 3 and await self._find(engines, names[folded], language):  # noqa: PLR2004
                near.append(names[folded])
        return near

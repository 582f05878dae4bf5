"""Another Stentor, or any server that speaks the provider protocol.

Source: Voicebox's plan for external providers. What is asked, and what is taken for an answer, is said in
`docs/reference/provider-protocol.md`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import Field

from stentor import threads
from stentor.audio.wav import RATES
from stentor.engines import Capabilities, Engine, EngineHealth
from stentor.engines.openai.voices import OPENAI, named
from stentor.engines.provider import asking
from stentor.engines.provider.answers import Hearing, of_text
from stentor.engines.provider.described import described, is_name, is_stentor, voices_of
from stentor.engines.remote.client import Client
from stentor.engines.remote.condition import Condition
from stentor.engines.remote.config import RemoteConfig, Url
from stentor.engines.remote.sound import Expected
from stentor.errors import EngineBusy, EngineError, EngineUnavailable, SettingsError, UnknownVoice
from stentor.types import AudioChunk, Utterance, Voice

if TYPE_CHECKING:
    from stentor.engines.remote.client import Answer

_USUAL_RATE = 24_000
_ONLY_VOICE = "default"
_NO_ROUTE = (404, 405, 501)
_EXPLAINED = (400, 422)
_ACCEPT = "text/event-stream, application/json"
# Of sound. A number or an emoji may be long when it is read out; nothing honest is longer.
_SECONDS_PER_CHARACTER, _SECONDS_AT_LEAST = 1.0, 15.0
# Of an answer: samples as a list of numbers are the longest there is.
_BYTES_PER_SECOND, _BYTES_AT_MOST = 2**20, 2**27
_MOST_UNLISTED = 1000
_STENTOR, _OTHER = "stentor", "other"


class ProviderEngine(Engine):
    """A server that speaks for us, by the provider protocol."""

    class Config(RemoteConfig):
        """Settings of the provider engine."""

        url: Url = Field(default="", description="Where the provider is: its URL up to the routes.")
        model: str = Field(
            default="tts-1", description="Which of its engines is asked, if it is a Stentor: as `model`."
        )
        path: str = Field(
            default="/v1/generate",
            pattern=r"^/[!-~]*$",
            description="Where under its URL it is asked to speak; `/` if the URL itself is the function.",
        )
        voices: tuple[str, ...] = Field(
            default=(),
            description="Its voices; otherwise a Stentor is asked, and others have `default`.",
        )
        voice_prompts: Path | None = Field(
            default=None,
            description="A JSON file: an object of voices and what the provider made of each as its prompt.",
        )
        languages: tuple[str, ...] = Field(
            default=("und",),
            description="What its voices speak, if it does not say; BCP-47 tags, `und` is any language.",
        )
        sample_rate: int | None = Field(
            default=None,
            ge=RATES.start,
            lt=RATES.stop,
            description="Of what is made of its answers, in hertz; else its own as of the start, or 24000.",
        )
        licence: str = Field(default="as its provider says", description="Of its voices, if it does not say.")
        probe_seconds: float = Field(
            default=60.0,
            ge=0,
            description="A provider that was not heard for so long is asked how it is; 0 is never.",
        )

    name = "provider"

    def __init__(self, config: Config | None = None) -> None:
        self._config = config = config or self.Config()
        self.capabilities = Capabilities(
            config.sample_rate or _USUAL_RATE, config.languages, licence=config.licence, device="remote"
        )
        self._client: Client | None = None
        self._condition: Condition | None = None
        self._prompts: Mapping[str, Any] = {}
        self._met: str | None = None  # what it is, once it has answered
        self._is_open = False
        self._printed = False  # whether it reads the query, as the printed sample servers do
        self._voices: list[Voice] = []
        self._owner = ""  # what the engine is called there
        self._unlisted: dict[str, Voice | None] = {}

    async def open(self) -> None:
        """Look for the provider; it may come later."""
        if not self._config.url:
            raise EngineUnavailable(
                f"The engine {self.name} cannot start: nothing says where its provider is. "
                f"Set `url` under [engines.{self.name}]."
            )
        if self._config.voice_prompts:
            self._prompts = await threads.run(_prompts, self._config.voice_prompts)
        key = self._config.api_key.get_secret_value()
        headers = {"X-API-Key": key, "Authorization": f"Bearer {key}"} if key else None
        config = self._config.model_copy(update={"url": self._config.url.removesuffix("/v1")})
        self._client = Client(self.name, config, headers)
        await self._client.open()
        self._condition = Condition(self.name, self._look, config.probe_seconds)
        await self._condition.open()
        self._is_open = True

    async def voices(self) -> Sequence[Voice]:
        """List the voices of the settings, or those of the provider; OpenAI's until it has answered."""
        own = self._config.voices or tuple(self._prompts)
        if own or self._met != _STENTOR:
            others = OPENAI if self._met is None else (_ONLY_VOICE,)
            return named(self.name, own or others, self.capabilities.languages)
        return self._voices

    async def find_voice(self, name: str, language: str | None) -> Voice | None:
        """Find a voice; a Stentor is asked for those that it does not list, such as `en-GB+f2`."""
        found = await super().find_voice(name, language)
        if found or self._met != _STENTOR or await self.voices() is not self._voices or not is_name(name):
            return found
        folded = name.casefold()
        if folded not in self._unlisted and len(self._unlisted) < _MOST_UNLISTED:
            self._unlisted[folded] = await self._asked_for(name)
        return self._unlisted.get(folded)

    async def _asked_for(self, name: str) -> Voice | None:
        assert self._client is not None  # noqa: S101  a Stentor was met
        with suppress(EngineError):
            told = await self._client.ask("GET", f"/v1/audio/voices/{quote(name, safe='')}", also=_NO_ROUTE)
            found = voices_of(self._owner, self.name, {"voices": [told]}, self.capabilities.languages)
            return next(iter(found), None)
        return None

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Speak; the first chunk comes as soon as the provider sends some."""
        if self._client is None or self._condition is None:
            raise EngineUnavailable(f"The engine {self.name} is not running: it was not started.")
        if not await self.find_voice(utterance.voice.id, utterance.language):
            raise UnknownVoice(utterance.voice.id, [])
        try:
            if self._met is None:
                await self._look()
            async with aclosing(self._spoken(self._client, utterance, again=True)) as spoken:
                async for chunk in spoken:
                    self._condition.worked()
                    yield chunk
                    del chunk
        except EngineError:
            self._condition.doubt()
            raise

    def health(self) -> EngineHealth:
        """Say whether the provider was there when it was last asked."""
        if self._client is None or self._condition is None:
            return EngineHealth(ready=False, problem="it was not started")
        problem = self._condition.problem
        return EngineHealth(problem is None, {"busy": self._client.busy}, problem)

    async def close(self) -> None:
        """Close the connections."""
        if self._condition:
            await self._condition.close()
        if self._client:
            client, self._client = self._client, None
            await client.close()

    async def _spoken(
        self, client: Client, utterance: Utterance, *, again: bool
    ) -> AsyncGenerator[AudioChunk, None]:
        path, body = self._request(utterance)
        async with client.call("POST", path, body, accept=_ACCEPT, also=_EXPLAINED) as answer:
            if answer.status not in _EXPLAINED:
                async with aclosing(self._hearing(client, utterance).hear(answer)) as heard:
                    async for chunk in heard:
                        yield chunk
                        del chunk
                return
            await self._refused(client, answer, again=again)
        self._printed = not self._printed
        async with aclosing(self._spoken(client, utterance, again=False)) as spoken:
            async for chunk in spoken:
                yield chunk
                del chunk

    async def _refused(self, client: Client, answer: Answer, *, again: bool) -> None:
        """Raise what a refusal says, unless it may help to ask in the other way."""
        said = await answer.complaint()
        if not (again and asking.asks_otherwise(answer.status, said)):
            raise of_text(self.name, said) or client.faults.answered(answer.status, answer.headers, said)

    def _request(self, utterance: Utterance) -> tuple[str, object]:
        path, prompt = self._config.path, self._prompts.get(utterance.voice.id)
        if self._met == _STENTOR:
            return path, asking.to_stentor(utterance, self._config.model, prompt)
        if self._printed:
            return asking.as_printed(path, utterance, prompt)
        return path, asking.to_provider(utterance, prompt)

    def _hearing(self, client: Client, utterance: Utterance) -> Hearing:
        seconds = (_SECONDS_AT_LEAST + _SECONDS_PER_CHARACTER * len(utterance.text)) / utterance.speed
        expected = Expected(self.capabilities.sample_rate, seconds)
        limit = min(round(seconds * _BYTES_PER_SECOND), _BYTES_AT_MOST)
        return Hearing(self.name, client.faults, utterance.text, expected, limit)

    async def _look(self) -> None:
        """Ask what the provider is, what it can do and who speaks there."""
        assert self._client is not None  # noqa: S101  nothing is looked at before it is opened
        try:
            health = await self._client.ask("GET", "/health", also=_NO_ROUTE)
            if is_stentor(health):
                await self._meet(self._client, health)
                return
        except EngineBusy:
            if self._met is None:
                raise
            return
        self._met = _OTHER
        self.capabilities = replace(self.capabilities, seed=True)

    async def _meet(self, client: Client, health: dict[str, Any]) -> None:
        model = await client.ask("GET", f"/v1/models/{quote(self._config.model, safe='')}")
        try:
            found = described(model)
        except ValueError as error:
            raise client.faults.failed(f"cannot be used: {error}") from error
        condition = health["engines"].get(found.owner)
        if isinstance(condition, dict) and condition.get("status", "ok") != "ok":
            raise client.faults.unavailable("its own engine is not ready")
        listing = await client.ask("GET", "/v1/audio/voices")
        # Whoever plans a request counts on the rate: once there can be requests, it stays.
        told = None if self._is_open else found.capabilities.sample_rate
        rate = self._config.sample_rate or told or self.capabilities.sample_rate
        licence = found.capabilities.licence or self._config.licence
        self.capabilities = replace(found.capabilities, sample_rate=rate, licence=licence)
        self._voices = voices_of(found.owner, self.name, listing, found.capabilities.languages)
        self._owner = found.owner
        self._unlisted = {}
        self._met = _STENTOR


def _prompts(file: Path) -> dict[str, Any]:
    """Read the prompts of voices. Blocks."""
    try:
        prompts = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The voice prompts {file} cannot be read: {error}.") from error
    if not isinstance(prompts, dict) or not all(isinstance(prompt, dict) for prompt in prompts.values()):
        raise SettingsError(f"The voice prompts {file} must be an object of voices and their prompts.")
    return prompts

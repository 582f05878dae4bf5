"""Another Stentor, or any server that speaks the provider protocol.

Source: Voicebox's plan for external providers. What is asked, and what is taken for an answer, is said in
`docs/reference/provider-protocol.md`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from pydantic import Field

from stentor import threads
from stentor.audio.wav import RATES
from stentor.engines import Capabilities, Likeness
from stentor.engines.openai.voices import OPENAI, named
from stentor.engines.provider import asking, prompts
from stentor.engines.provider.answers import Hearing, of_text
from stentor.engines.provider.described import described, is_name, is_stentor, offers_of, voices_of
from stentor.engines.remote.client import Client
from stentor.engines.remote.condition import Condition
from stentor.engines.remote.config import RemoteConfig, Url
from stentor.engines.remote.engine import RemoteEngine
from stentor.engines.remote.sound import Expected, longest
from stentor.errors import (
    EngineBusy,
    EngineError,
    EngineUnavailable,
    InvalidRequest,
    NotOffered,
    SettingsError,
    UnknownVoice,
)
from stentor.types import AudioChunk, Prompt, Sample, Utterance, Voice

if TYPE_CHECKING:
    from stentor.engines.remote.client import Answer
    from stentor.errors import StentorError

_USUAL_RATE = 24_000
_ONLY_VOICE = "default"
_NO_ROUTE = (404, 405, 501)
_NEAR: Literal["approximate"] = "approximate"
_EXPLAINED = (400, 404, 409, 422)
_USELESS = (400, 413, 415, 422)
_NOT_FOUND, _NO_SUCH_METHOD = 404, 405
_ANY = range(200, 600)
_PROMPT_ID = "X-Voice-Prompt-Id"
_ACCEPT = "text/event-stream, application/json"
# Of an answer: samples as a list of numbers are the longest there is.
_BYTES_PER_SECOND, _BYTES_AT_MOST = 2**20, 2**27
_MOST_UNLISTED = 1000
_CAN_SPEAK = ("ok", "degraded")
_STENTOR, _OTHER = "stentor", "other"
_OTHERWISE, _WHOLE = "otherwise", "whole"  # ways to ask again: where `text` stands, and without an id


class ProviderEngine(RemoteEngine):
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
        cloning: bool | None = Field(
            default=None,
            description="Whether it makes voice prompts of recordings; otherwise it is asked.",
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

    name = "provider"

    def __init__(self, config: Config | None = None) -> None:
        self._config = config = config or self.Config()
        self.capabilities = Capabilities(
            config.sample_rate or _USUAL_RATE,
            config.languages,
            cloning=bool(config.cloning),
            licence=config.licence,
            device="remote",
        )
        self._prompts: Mapping[str, Prompt] = {}
        self._remembered = prompts.Remembered()
        self._remembers = False  # whether prompts can be sent by their ids
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
            self._prompts = await threads.run(_kept, self._config.voice_prompts)
        key = self._config.api_key.get_secret_value()
        config = self._config.model_copy(update={"url": asking.base_of(self._config.url)})
        await self._connect(config, asking.headers_of(key), self._look)
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
        if not utterance.prompt and not await self.find_voice(utterance.voice.id, utterance.language):
            raise UnknownVoice(utterance.voice.id, [])
        async with (
            self._asking() as (client, condition),
            aclosing(self._spoken(client, utterance, frozenset())) as spoken,
        ):
            async for chunk in spoken:
                condition.worked()
                yield chunk
                del chunk

    async def prepare(self, samples: Sequence[Sample]) -> Prompt:
        """Have the provider make a voice prompt; several samples are joined to one."""
        async with self._asking() as (client, _):
            model = self._config.model if self._met == _STENTOR else None
            path = prompts.PATH if self._met == _STENTOR else prompts.path_of(samples)
            form = await threads.run(prompts.form, samples, model)
            also = (*_USELESS, *_NO_ROUTE)
            async with client.call("POST", path, form, accept="application/json", also=also) as answer:
                if answer.status in also:
                    raise await self._useless(client, answer)
                body = await answer.read(prompts.LARGEST)
            try:
                prompt, identity = await threads.run(prompts.made, body)
            except ValueError as error:
                raise client.faults.failed(f"sent {error}") from error
        if self._remembers:
            self._remembered.note(prompt, identity)
        return prompt

    async def _useless(self, client: Client, answer: Answer) -> StentorError:
        """Say why there is no prompt: the provider makes none, or none of this."""
        if answer.status in _NO_ROUTE:
            return NotOffered(f"The engine {self.name} makes no voice prompts ({answer.status}).")
        refused = client.faults.answered(answer.status, answer.headers, await answer.complaint())
        return InvalidRequest(refused.message, param="audio")

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[tuple[Client, Condition]]:
        """Enter what it takes to ask the provider, once it is known what it is; failures are noted."""
        client, condition = self._connected()
        try:
            if self._met is None:
                await self._look()
            yield client, condition
        except EngineError as error:
            condition.doubt(error)
            raise

    async def _spoken(
        self, client: Client, utterance: Utterance, tried: frozenset[str]
    ) -> AsyncGenerator[AudioChunk, None]:
        """Yield the sound; if it is refused, ask once more in each other way that may help."""
        prompt = utterance.prompt or self._prompts.get(utterance.voice.id)
        path, body = self._request(utterance, self._sent(prompt, whole=_WHOLE in tried))
        async with client.call("POST", path, body, accept=_ACCEPT, also=_EXPLAINED) as answer:
            if answer.status not in _EXPLAINED:
                if prompt and self._remembers:
                    self._remembered.note(prompt, answer.headers.get(_PROMPT_ID))
                async with aclosing(self._hearing(client, utterance).hear(answer)) as heard:
                    async for chunk in heard:
                        yield chunk
                        del chunk
                return
            other = await self._other_way(client, answer, tried)
        if other == _OTHERWISE:
            self._printed = not self._printed
        async with aclosing(self._spoken(client, utterance, tried | {other})) as spoken:
            async for chunk in spoken:
                yield chunk
                del chunk

    async def _other_way(self, client: Client, answer: Answer, tried: frozenset[str]) -> str:
        """Say how else to ask; raises what a refusal says if nothing else may help."""
        said = await answer.complaint()
        if _OTHERWISE not in tried and asking.asks_otherwise(answer.status, said):
            return _OTHERWISE
        if _WHOLE not in tried and asking.forgot(answer.status, said):
            return _WHOLE
        raise of_text(self.name, said) or client.faults.answered(answer.status, answer.headers, said)

    def _sent(self, prompt: Prompt | None, *, whole: bool) -> bytes | None:
        """Write a prompt as it is sent: by its id if that is known there."""
        if prompt is None:
            return None
        if whole:
            self._remembered.forget(prompt)
        return self._remembered.reference(prompt) or prompt.written

    def _request(self, utterance: Utterance, prompt: bytes | None) -> tuple[str, bytes]:
        path = self._config.path
        if self._met == _STENTOR:
            return path, asking.to_stentor(utterance, self._config.model, prompt)
        if self._printed:
            return asking.as_printed(path, utterance, prompt)
        return path, asking.to_provider(utterance, prompt)

    def _hearing(self, client: Client, utterance: Utterance) -> Hearing:
        seconds = longest(utterance)
        expected = Expected(self.capabilities.sample_rate, seconds)
        limit = min(round(seconds * _BYTES_PER_SECOND), _BYTES_AT_MOST)
        return Hearing(self.name, client.faults, utterance.text, expected, limit)

    async def _look(self) -> None:
        """Ask what the provider is, what it can do and who speaks there."""
        assert self._client is not None  # noqa: S101  nothing is looked at before it is opened
        try:
            health = await self._client.ask("GET", "/health", also=_NO_ROUTE)
            offers = offers_of(health)
            self._remembers = offers.get("prompt_ids") is True
            if is_stentor(health):
                await self._meet(self._client, health)
                return
        except EngineBusy:
            if self._met is None:
                raise
            return
        if health is None:
            await self._seek_route(self._client)
        self._met = _OTHER
        cloning = await self._clones(self._client, offers.get("cloning"))
        self.capabilities = replace(self.capabilities, seed=True, cloning=cloning)

    async def _seek_route(self, client: Client) -> None:
        """Look whether there is a provider at all, where `GET /health` is not known."""
        assert self._condition is not None  # noqa: S101  it looks
        with suppress(EngineError):
            async with client.call("OPTIONS", self._config.path, also=_ANY) as answer:
                if answer.status == _NOT_FOUND:
                    self._condition.suspect(
                        f"its server knows neither /health nor {self._config.path} (404); "
                        "its `url` must say where the routes begin"
                    )

    async def _clones(self, client: Client, told: object) -> Likeness:
        """Tell whether a provider makes voice prompts: by what it says, or by whether it has the route."""
        if self._config.cloning is not None:
            return self._as_set(told)
        if isinstance(told, bool):
            return told
        if told == _NEAR:
            return _NEAR
        with suppress(EngineError):
            async with client.call("GET", prompts.PATH, also=_ANY) as answer:
                return answer.status == _NO_SUCH_METHOD
        return self.capabilities.cloning

    def _as_set(self, told: object) -> Likeness:
        """Return what the settings say of cloning; they do not make an approximation any better."""
        return _NEAR if self._config.cloning and told == _NEAR else bool(self._config.cloning)

    async def _meet(self, client: Client, health: dict[str, Any]) -> None:
        model = await client.ask("GET", f"/v1/models/{quote(self._config.model, safe='')}")
        try:
            found = described(model)
        except ValueError as error:
            raise client.faults.failed(f"cannot be used: {error}") from error
        condition = health["engines"].get(found.owner)
        if isinstance(condition, dict) and condition.get("status", "ok") not in _CAN_SPEAK:
            raise client.faults.unavailable("its own engine is not ready")
        listing = await client.ask("GET", "/v1/audio/voices")
        # Whoever plans a request counts on the rate: once there can be requests, it stays.
        told = None if self._is_open else found.capabilities.sample_rate
        rate = self._config.sample_rate or told or self.capabilities.sample_rate
        licence = found.capabilities.licence or self._config.licence
        cloning = found.capabilities.cloning
        cloning = cloning if self._config.cloning is None else self._as_set(cloning)
        self.capabilities = replace(found.capabilities, sample_rate=rate, licence=licence, cloning=cloning)
        self._voices = voices_of(found.owner, self.name, listing, found.capabilities.languages)
        self._owner = found.owner
        self._unlisted = {}
        self._met = _STENTOR


def _kept(file: Path) -> dict[str, Prompt]:
    """Read the prompts of voices. Blocks."""
    try:
        kept = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The voice prompts {file} cannot be read: {error}.") from error
    if not isinstance(kept, dict) or not all(isinstance(prompt, dict) for prompt in kept.values()):
        raise SettingsError(f"The voice prompts {file} must be an object of voices and their prompts.")
    try:
        return {voice: Prompt.of(prompt) for voice, prompt in kept.items()}
    except ValueError as error:
        raise SettingsError(f"Of the voice prompts {file} one cannot be used: {error}.") from error

"""Any server that speaks OpenAI's speech API: OpenAI itself, vLLM-Omni, Kokoro-FastAPI, LocalAI and others.

Samples are asked for, since they need no decoder and come soonest. What a server sends instead is told by its
first bytes, and heard as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from stentor.engines import Capabilities
from stentor.engines.openai.events import audio_of
from stentor.engines.openai.styles import STYLES
from stentor.engines.openai.voices import OPENAI, listed, named
from stentor.engines.remote.client import Answer, Client
from stentor.engines.remote.config import RemoteConfig, Url
from stentor.engines.remote.engine import RemoteEngine
from stentor.engines.remote.sound import Expected, Sound, decoded, handed_on, longest, sound_of
from stentor.errors import EngineBusy, EngineError, UnknownVoice
from stentor.types import AudioChunk, Utterance, Voice

_SLOWEST, _FASTEST = 0.25, 4.0
_LONGEST_INSTRUCTIONS = 4096
_WITHOUT_INSTRUCTIONS = ("tts-1", "tts-1-hd")
_NO_LIST = (400, 404, 405, 406, 501)
# Failures that say nothing of the format that was asked for.
_NOT_OF_THE_FORMAT = (401, 402, 403, 408, 429, 503, 504)
_VOICES_LAST = 600.0  # seconds
_BYTES_PER_SECOND = 2**19  # stereo, floats, in base64
_OURS = ("model", "input", "voice", "response_format")


def _extra(fields: dict[str, Any]) -> dict[str, Any]:
    ours = next((name for name in _OURS if name in fields), None)
    if ours == "model":
        raise PydanticCustomError("extra", "`model` is a setting of its own")
    if ours:
        raise PydanticCustomError("extra", "`{ours}` cannot be set: each request has its own", {"ours": ours})
    return fields


class OpenAiEngine(RemoteEngine):
    """A server that speaks OpenAI's API."""

    class Config(RemoteConfig):
        """Settings of the openai engine."""

        url: Url = Field(
            default="https://api.openai.com/v1",
            description="Where the server is, up to the routes; `/v1` is added to a URL without a path.",
        )
        model: str = Field(default="gpt-4o-mini-tts", description="The server's own name for its model.")
        voices: tuple[str, ...] = Field(
            default=(),
            description="Its voices; otherwise it is asked for them, or has those of OpenAI.",
        )
        languages: tuple[str, ...] = Field(
            default=("und",), description="What its voices speak, as BCP-47 tags; `und` is any language."
        )
        format: Literal["pcm", "wav", "mp3", "flac", "opus", "aac"] = Field(
            default="pcm",
            description="The format that the server is asked for, unless its file is handed on.",
        )
        hand_on: tuple[Literal["pcm", "mp3", "opus", "aac", "flac"], ...] = Field(
            default=("pcm", "mp3", "opus", "aac", "flac"),
            description="Formats in which callers get the server's own file, if nothing is to be done to it.",
        )
        sample_rate: int = Field(
            default=24_000,
            ge=8000,
            le=48_000,
            description="Of its `pcm`, in hertz, if it does not say so itself.",
        )
        stream_format: Literal["audio", "sse"] = Field(
            default="audio", description="Whether it is asked for plain audio or for events."
        )
        instructions: bool = Field(
            default=True,
            description="Whether its model follows `instructions`; `tts-1` and `tts-1-hd` do not.",
        )
        speed: bool = Field(
            default=True, description="Whether it obeys `speed`; otherwise its audio is stretched here."
        )
        whole_text: bool = Field(
            default=True, description="Whether it gets as much text at once as it takes, or single sentences."
        )
        max_characters: int = Field(default=4096, ge=100, description="Most characters in one request.")
        send_language: bool = Field(
            default=False,
            description="Whether requests say their language, as `language`; OpenAI has no such field.",
        )
        extra: Annotated[dict[str, Any], AfterValidator(_extra)] = Field(
            default_factory=dict, description="Fields to add to each request, such as `lang_code`."
        )
        licence: str = Field(default="as its server says", description="Of the model and its voices.")

    name = "openai"

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or self.Config()
        takes_words = self._config.instructions and self._config.model not in _WITHOUT_INSTRUCTIONS
        self.capabilities = Capabilities(
            sample_rate=self._config.sample_rate,
            languages=self._config.languages,
            speed=(_SLOWEST, _FASTEST) if self._config.speed else (1.0, 1.0),
            longest_utterance=self._config.max_characters,
            whole_text=self._config.whole_text,
            instructions=takes_words,
            styles=tuple(STYLES) if takes_words else (),
            formats=self._config.hand_on,
            licence=self._config.licence,
            device="remote",
        )
        self._refused: set[str] = set()
        self._voices: list[Voice] = []
        self._named: list[Voice] = []  # for want of a list
        self._voices_until = 0.0

    async def open(self) -> None:
        """Get ready to ask the server; it may come and go."""
        config = self._config
        if not urlsplit(config.url).path:
            config = config.model_copy(update={"url": f"{config.url}/v1"})
        key = config.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"} if key else None
        await self._connect(config, headers, self._look)

    async def voices(self) -> Sequence[Voice]:
        """List the voices of the settings or of the server."""
        if not (self._voices or self._named):
            self._named = named(self.name, self._config.voices or OPENAI, self._config.languages)
        return self._voices or self._named

    async def synthesize(self, utterance: Utterance) -> AsyncGenerator[AudioChunk, None]:
        """Speak; the first chunk comes as soon as the server sends some."""
        async with aclosing(self._answered(utterance, self._config.format, is_file=False)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, AudioChunk):
                    yield chunk
                del chunk

    async def relay(self, utterance: Utterance, format_: str) -> AsyncGenerator[AudioChunk | bytes, None]:
        """Hand on the server's own file; a format with which the server fails is asked for once."""
        if format_ not in self._refused:
            try:
                async with aclosing(self._answered(utterance, format_, is_file=True)) as pieces:
                    async for piece in pieces:
                        yield piece
                        del piece
            except EngineError as error:
                status = error.answered or 0
                if (
                    status < HTTPStatus.BAD_REQUEST
                    or status in _NOT_OF_THE_FORMAT
                    or format_ == self._config.format
                ):
                    raise
            else:
                return
        async with aclosing(self.synthesize(utterance)) as chunks:
            async for chunk in chunks:
                self._refused.add(format_)  # for it is the format that was refused, and not the rest
                yield chunk
                del chunk

    async def _answered(
        self, utterance: Utterance, format_: str, *, is_file: bool
    ) -> AsyncGenerator[AudioChunk | bytes, None]:
        client, condition = self._connected()
        if not any(voice.id == utterance.voice.id for voice in await self.voices()):
            raise UnknownVoice(utterance.voice.id, [])
        seconds = longest(utterance)
        request = self._request(utterance, format_)
        try:
            async with client.call("POST", "/audio/speech", request) as answer:
                sound, pieces = await self._sound(client, answer, seconds)
                made = handed_on(sound, pieces, format_) if is_file else decoded(sound, pieces)
                async with aclosing(made):
                    async for piece in made:
                        condition.worked()
                        yield piece
                        del piece
        except EngineError as error:
            condition.doubt(error)
            raise

    async def _sound(
        self, client: Client, answer: Answer, seconds: float
    ) -> tuple[Sound, AsyncGenerator[bytes, None]]:
        """Return what understands an answer's audio, and the audio; of both, no more than so many seconds."""
        expected = Expected(self._config.sample_rate, seconds)
        limit = round(seconds * _BYTES_PER_SECOND)
        if answer.media_type == "text/event-stream":
            return Sound(self.name, client.faults, expected), audio_of(client, answer, limit)
        return await sound_of(self.name, answer, client.faults, expected), answer.pieces(limit)

    def _request(self, utterance: Utterance, format_: str) -> dict[str, Any]:
        config = self._config
        request: dict[str, Any] = {
            **config.extra,
            "model": config.model,
            "input": utterance.text,
            "voice": utterance.voice.id,
            "response_format": format_,
        }
        wanted = " ".join(
            words for words in (utterance.instructions, STYLES.get(utterance.style or "")) if words
        )
        if wanted:
            request["instructions"] = wanted[:_LONGEST_INSTRUCTIONS]
        if utterance.speed != 1:
            request["speed"] = utterance.speed
        if config.stream_format != "audio":
            request["stream_format"] = config.stream_format
        if config.send_language and utterance.language:
            request["language"] = utterance.language
        return request

    async def _look(self) -> None:
        """Ask whether the server is there and knows us, and now and then for its voices."""
        assert self._client is not None  # noqa: S101  nothing is looked at before it is opened
        with suppress(EngineBusy):
            await self._client.ask("GET", "/models", also=_NO_LIST)
        now = asyncio.get_running_loop().time()
        if not self._config.voices and now >= self._voices_until:
            with suppress(EngineError):
                listing = await self._client.ask("GET", "/audio/voices", also=_NO_LIST)
                self._voices = listed(self.name, listing, self._config.languages)
                self._voices_until = now + _VOICES_LAST

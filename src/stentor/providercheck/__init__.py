"""Ask a provider everything that the protocol has, and say line by line how it does.

Anyone's provider can be checked; `docs/reference/provider-protocol.md` says what is asked of it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from stentor.engines.provider import asking
from stentor.engines.provider.answers import Whole
from stentor.engines.provider.asking import as_printed, asks_otherwise, forgot
from stentor.engines.provider.described import offers_of
from stentor.engines.remote.client import Client, Part
from stentor.engines.remote.config import RemoteConfig
from stentor.errors import EngineError, InvalidRequest, printable
from stentor.providercheck.finding import AbsentError, Finding, Mark, WrongError
from stentor.providercheck.heard import (
    LARGEST,
    OK,
    TEXT,
    Said,
    judged,
    length_of,
    recording,
    streamed,
    type_name,
    whole,
)
from stentor.types import Utterance, Voice, VoiceId

GENERATE = "/v1/generate"
CREATE = "/v1/create_voice_prompt"
_PROMPT_ID = "x-voice-prompt-id"
_LONGER = f"{TEXT} Then it sits down in the sun, and nobody says a word for quite a while."
_ANY = range(200, 600)
_REFUSED = range(400, 500)
_NO_ROUTE = (404, 405, 501)
_NO_KEY = (401, 403)


class ProviderCheck:
    """The checks of one provider. `report` makes them, in order."""

    def __init__(self, url: str, key: str = "") -> None:
        """Take where the provider is. Raises InvalidRequest if that is no URL."""
        self._key = key
        try:
            self._config = RemoteConfig.model_validate({"url": asking.base_of(url), "api_key": key})
        except ValueError as error:
            raise InvalidRequest(f"{printable(url)!r} is no URL such as http://gpu-box:8000.") from error
        self._client = self._caller(key)
        self._answered = False
        self._printed = False
        self._first: Whole | None = None
        self._seconds = 0.0
        self._remembers = False
        self._prompt: dict[str, Any] | None = None

    def _caller(self, key: str) -> Client:
        return Client("provider", self._config, asking.headers_of(key))

    async def report(self) -> AsyncGenerator[Finding, None]:
        """Make one check after the other."""
        await self._client.open()
        try:
            async with aclosing(self._findings()) as findings:
                async for finding in findings:
                    yield finding
        finally:
            await self._client.close()

    async def _findings(self) -> AsyncGenerator[Finding, None]:
        yield await _checked("health", self._health)
        if not self._answered:
            return
        sound = await _checked("generate", self._generate)
        yield sound
        if sound.mark is not Mark.PASSED:
            return
        yield await _checked("samples", self._samples)
        yield await _checked("longer text", self._longer)
        yield await _checked("seed", self._seed)
        yield await _checked("language", self._language)
        yield await _checked("empty text", self._empty)
        yield await _checked("unknown voice", self._unknown_voice, required=False)
        yield await _checked("wrong body", self._wrong_body)
        yield await _checked("events", self._events)
        if self._key:
            yield await _checked("wrong key", self._wrong_key)
        yield await _checked("voice prompt", self._voice_prompt)
        if self._remembers and self._prompt:
            yield await _checked("prompt id", self._prompt_id)
        yield await _checked("transcription", self._transcription)
        yield await _checked("latency", self._latency, required=False)

    async def _health(self) -> str:
        said = await self._ask("GET", "/health")
        self._answered = True
        if said.status in _NO_ROUTE:
            raise WrongError(
                f"GET /health is answered with {said.status}", 'answer it with {"status", "model", "device"}'
            )
        told = said.json
        if said.status != OK or not isinstance(told, dict) or not isinstance(told.get("status"), str):
            raise WrongError(f"{said.shown}", "answer 200 with a JSON object that has `status`")
        self._remembers = offers_of(told).get("prompt_ids") is True
        shown = (f"{name} {told[name]}" for name in ("status", "model", "device") if name in told)
        return printable(", ".join(shown), 120)

    async def _generate(self) -> str:
        said = await self._speak(TEXT)
        if asks_otherwise(said.status, said.body):
            self._printed = True
            said = await self._speak(TEXT)
        self._first = whole(said)
        self._seconds = said.seconds
        form = ", asked by the query, as the printed sample servers are" if self._printed else ""
        return f"JSON with {len(self._first.content):,} bytes of {type_name(self._first)}{form}"

    async def _samples(self) -> str:
        assert self._first is not None  # noqa: S101  only asked once there is one
        return judged(self._first)

    async def _longer(self) -> str:
        assert self._first is not None  # noqa: S101  only asked once there is one
        longer = whole(await self._speak(_LONGER))
        one, two = length_of(self._first), length_of(longer)
        if two < 1.3 * one:
            raise WrongError(
                f"{len(TEXT)} characters last {one:.2f} s, {len(_LONGER)} last {two:.2f} s",
                "speak the whole text, and return the samples of all its sentences",
            )
        return f"{len(_LONGER)} characters last {two:.2f} s"

    async def _seed(self) -> str:
        one, two = [whole(await self._speak(TEXT, seed=7)) for _ in range(2)]
        if one.content != two.content:
            raise AbsentError("the same seed gave two different sounds")
        return "the same seed gives the same samples"

    async def _language(self) -> str:
        for language in ("en", None):
            whole(await self._speak(TEXT, language=language))
        return "`en`, and none"

    async def _empty(self) -> str:
        return _refusal(await self._speak(""), "refuse a text with nothing to say with 400 or 422")

    async def _unknown_voice(self) -> str:
        prompt = {"voice": "nobody-has-this-voice"}
        said = await self._speak(TEXT, prompt=prompt)
        if said.status == OK:
            raise AbsentError("prompts do not name voices here")
        return _refusal(said, "refuse a voice that is not known with 400 or 422")

    async def _wrong_body(self) -> str:
        said = await self._ask("POST", GENERATE, {"text": ["not", "a", "text"], "voice_prompt": 7})
        return _refusal(said, "refuse fields of a wrong type with 400 or 422")

    async def _events(self) -> str:
        path, body = self._request(TEXT)
        began = perf_counter()
        call = self._client.call("POST", path, body, accept="text/event-stream", also=_ANY)
        async with call as answer:
            if answer.media_type != "text/event-stream":
                raise AbsentError("it answers with JSON; the first sound then waits for the last")
            return await streamed(answer, began)

    async def _wrong_key(self) -> str:
        status = await self._asked_as("not-the-key")
        if status in _NO_KEY:
            return str(status)
        if await self._asked_as("") in _NO_KEY:
            raise WrongError(f"a wrong key is answered with {status}", "refuse it with 401")
        raise AbsentError("it asks for no key, and speaks for whoever reaches it")

    async def _asked_as(self, key: str) -> int:
        """Return the status that it answers with to somebody who has another key, or none."""
        stranger = self._caller(key)
        await stranger.open()
        try:
            path, body = self._request(TEXT)
            return (await _said(stranger, "POST", path, body)).status
        finally:
            await stranger.close()

    async def _voice_prompt(self) -> str:
        """Have a prompt made of the provider's own voice, and have it speak by that."""
        assert self._first is not None  # noqa: S101  only asked once there is one
        form = [recording(self._first), Part("reference_text", TEXT)]
        path = f"{CREATE}?{urlencode({'reference_text': TEXT})}" if self._printed else CREATE
        said = await self._ask("POST", path, form)
        told = _offered(said)
        prompt = told.get("voice_prompt") if isinstance(told, dict) else None
        if not isinstance(prompt, dict) or not prompt:
            raise WrongError(f"{said.shown}", 'answer 200 with {"voice_prompt": {…}}')
        seen = judged(whole(await self._speak(TEXT, prompt=prompt)))
        self._prompt = prompt
        return f"one of {len(json.dumps(prompt)):,} characters, and it speaks: {seen}"

    async def _prompt_id(self) -> str:
        """Have it speak by the id of that prompt, and by one that nobody has."""
        said = await self._speak(TEXT, prompt=self._prompt)
        identity = next((value for name, value in said.headers.items() if name.lower() == _PROMPT_ID), None)
        if identity is None:
            raise WrongError("no header X-Voice-Prompt-Id", "name a prompt in the answer to all of it")
        judged(whole(await self._speak(TEXT, prompt={"id": identity})))
        unknown = await self._speak(TEXT, prompt={"id": f"sha256:{'0' * 64}"})
        if not forgot(unknown.status, unknown.body):
            raise WrongError(
                f"an id that nobody has is answered with {unknown.shown}",
                "answer 404 with `error.code` prompt_unknown, so that the prompt is sent again",
            )
        return "it speaks by the id of a prompt, and says when it does not know one"

    async def _transcription(self) -> str:
        assert self._first is not None  # noqa: S101  only asked once there is one
        form = [recording(self._first), Part("language", "en")]
        said = await self._ask("POST", "/v1/transcribe", form)
        told = _offered(said)
        if not isinstance(told, dict) or not isinstance(told.get("text"), str):
            raise WrongError(f"{said.shown}", 'answer 200 with {"text": "…"}')
        return "JSON with `text`"

    async def _latency(self) -> str:
        taken = sorted([(await self._speak(TEXT)).seconds for _ in range(3)])
        assert self._first is not None  # noqa: S101  only asked once there is one
        length = length_of(self._first)
        if taken[1] > length:
            slow = f"{taken[1]:.2f} s for {length:.2f} s of speech"
            raise WrongError(slow, "find a faster machine or a smaller model: listeners will have to wait")
        return f"{1000 * taken[1]:.0f} ms for {length:.2f} s of speech"

    def _request(self, text: str, **changes: Any) -> tuple[str, object]:  # noqa: ANN401  any JSON
        asked = {"text": text, "voice_prompt": {}, "language": "en", "seed": 1, **changes}
        if self._printed:
            nobody = Voice(VoiceId(""), "", "")
            utterance = Utterance(text, nobody, language=asked["language"], seed=asked["seed"])
            return as_printed(GENERATE, utterance, json.dumps(asked["voice_prompt"]).encode())
        return GENERATE, {name: value for name, value in asked.items() if value is not None}

    async def _speak(self, text: str, *, prompt: dict[str, Any] | None = None, **changes: Any) -> Said:  # noqa: ANN401
        path, body = self._request(text, voice_prompt=prompt or {}, **changes)
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: object = None) -> Said:
        return await _said(self._client, method, path, body)


async def _checked(name: str, check: Callable[[], Awaitable[str]], *, required: bool = True) -> Finding:
    try:
        return Finding(name, Mark.PASSED, await check(), required=required)
    except WrongError as wrong:
        return Finding(name, Mark.FAILED, wrong.said, wrong.remedy, required)
    except AbsentError as absent:
        return Finding(name, Mark.NOT_OFFERED, str(absent), required=required)
    except EngineError as error:
        return Finding(name, Mark.FAILED, _why(error), "see that a provider runs at this URL", required)


def _why(error: EngineError) -> str:
    """Say what went wrong with the connection in words that stand alone."""
    said = error.message.removeprefix("The engine provider ").removesuffix(".")
    cause = said.removeprefix("is not available: ")
    return f"the server {said}" if cause == said else cause.replace("its server", "the server")


async def _said(client: Client, method: str, path: str, body: object) -> Said:
    began = perf_counter()
    async with client.call(method, path, body, accept="application/json", also=_ANY) as answer:
        content = await answer.read(LARGEST)
        headers = dict(answer.headers)
        return Said(answer.status, answer.media_type, headers, content, perf_counter() - began)


def _refusal(said: Said, remedy: str) -> str:
    if said.status not in _REFUSED:
        raise WrongError(f"answered with {said.status}", remedy)
    told = said.json
    if not isinstance(told, dict) or not (told.get("error") or told.get("detail")):
        raise WrongError(f"{said.status} without a reason", "say why, as `error.message` or `detail`")
    return f"{said.shown}"


def _offered(said: Said) -> Any:  # noqa: ANN401  any JSON
    if said.status in _NO_ROUTE:
        raise AbsentError(f"answered with {said.status}")
    return said.json if said.status == OK else None

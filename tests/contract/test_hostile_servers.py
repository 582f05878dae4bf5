"""Whatever a server on another machine answers: its engine fails in words, in time, and works afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
from tests.contract.hostile import SCRIPTS
from tests.engines.runpod.plane import KEY, Plane, serving, streaming
from tests.engines.upstream import Asked, Script, Upstream, Wire, gives_json, upstream, whole
from tests.fakes import tone
from tests.hearing import pitch

from stentor.audio.encode import FORMATS, to_int16
from stentor.engines import Engine, Relaying, load, make
from stentor.errors import EngineBusy, EngineError, EngineUnavailable
from stentor.types import AudioChunk, Utterance

_WITHIN = 8.0
PATIENCE = {"connect_seconds": 1.0, "answer_seconds": 0.4, "stalled_seconds": 0.4, "whole_seconds": 2.0}
KINDS = ("openai", "openai relay", "provider", "runpod /run", "runpod /stream", "runpod /runsync")
SETTINGS: Mapping[str, dict[str, Any]] = {
    "openai": {"model": "m"},
    "provider": {},
    "runpod": {"job_seconds": 5.0, "queue_seconds": 1.0},
}


@dataclass(frozen=True, slots=True)
class Place:
    """A server that behaves well until it is told otherwise, and its engine."""

    server: Upstream
    engine: Engine
    plane: Plane
    route: str
    relays: bool

    def answers(self, script: Script) -> None:
        """Answer so whenever it is asked to speak."""
        if self.route.startswith("/v1"):
            self.server.answers(self.route, script)
        else:
            self.plane.instead[self.route] = script

    def behaves(self) -> None:
        if self.route.startswith("/v1"):
            self.server.answers(self.route, _SOUND)
        else:
            self.plane.instead.clear()

    @property
    def asked(self) -> int:
        """How often it was asked to speak."""
        if self.route.startswith("/v1"):
            return sum(asked.path == self.route for asked in self.server.asked)
        return self.plane.count(self.route)


_SOUND = whole(to_int16(tone(0.5)), Content_Type="audio/pcm;rate=24000")


@asynccontextmanager
async def place(kind: str, **settings: Any) -> AsyncIterator[Place]:
    name, _, route = kind.partition(" ")
    relays = route == "relay"
    route = {"openai": "/v1/audio/speech", "provider": "/v1/generate"}.get(name, route.removeprefix("/"))
    async with upstream() as server, serving(Plane(server, streaming())) as made:
        url = made.url if name == "runpod" else server.url
        if name != "runpod":
            server.answers("*", gives_json({"detail": "Not Found"}, 404))
            server.answers("/health", gives_json({"status": "healthy"}))
            server.answers("/v1/models", gives_json({"data": []}))
            server.answers(route, _SOUND)
        elif route == "runsync":
            settings["mode"] = "batch"
        fields = {"kind": name, "url": url, "api_key": KEY, **PATIENCE, **SETTINGS[name], **settings}
        engine = make("cloud", load(name).Config.model_validate(fields))
        await engine.open()
        try:
            yield Place(server, engine, made, route, relays)
        finally:
            await engine.close()


async def listen(at: Place) -> Any:
    """Hear an utterance to its end, or the file that is handed on for it."""
    utterance = Utterance("Hello.", (await at.engine.voices())[0])
    if at.relays:
        pieces: AsyncGenerator[AudioChunk | bytes, None] = cast("Relaying", at.engine).relay(utterance, "pcm")
    else:
        pieces = at.engine.synthesize(utterance)
    file, sound = b"", [np.zeros(0, np.float32)]
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, bytes):
                file += piece
            else:
                sound.append(piece.samples)
    return np.concatenate([np.frombuffer(file, "<i2") / np.float32(32768), *sound])


async def failure(at: Place) -> EngineError | None:
    """Listen, for so long and no longer; returns how it failed."""
    async with asyncio.timeout(_WITHIN):
        try:
            await listen(at)
        except EngineError as error:
            return error
    return None


@pytest.mark.parametrize("how", SCRIPTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_harm_is_a_failure_in_words_and_soon_over(
    kind: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "stentor")
    async with place(kind) as at:
        at.answers(SCRIPTS[how])
        error = await failure(at)
        if error:
            assert error.message.startswith("The engine cloud ")
            assert error.message.isprintable()
            assert len(error.message) < 500
            assert KEY not in error.message + caplog.text
        if "runsync" not in kind:
            at.behaves()
            assert pitch(await listen(at)) == pytest.approx(440, rel=0.02)
            async with asyncio.timeout(_WITHIN):
                while at.engine.health().figures["busy"]:  # noqa: ASYNC110  it may be asked how it is
                    await asyncio.sleep(0.01)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_and_no_key_leaves(kind: str, status: int) -> None:
    async with upstream() as elsewhere, place(kind) as at:
        elsewhere.answers("*", _SOUND)
        at.answers(whole(b"", status, Location=f"{elsewhere.url}/v1/audio/speech"))
        error = await failure(at)
        assert error is not None
        assert f"redirect ({status}) to 127.0.0.1" in error.message
        assert elsewhere.asked == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_storm_of_refusals_is_busy_with_its_time_and_makes_no_storm(kind: str, status: int) -> None:
    async with place(kind) as at:
        at.answers(gives_json({"error": "Slow down"}, status, Retry_After=60))
        before = at.asked
        failures = await asyncio.gather(*(failure(at) for _ in range(50)))
        assert {type(error) for error in failures} == {EngineBusy}
        assert all(error and error.retry_after == 60 for error in failures if error)
        assert at.asked - before <= 50


@pytest.mark.parametrize("kind", KINDS)
async def test_a_time_that_makes_no_sense_is_no_time(kind: str) -> None:
    async with place(kind) as at:
        for written in ("-5", "NaN", "inf", "1e999", "tomorrow", "", "9" * 5000, "Fri, 99 Xyz 2026"):
            at.answers(gives_json({}, 429, Retry_After=written))
            if not kind.startswith("runpod"):  # which asks again, as far as it has time
                assert isinstance(await failure(at), EngineError)
        at.answers(gives_json({}, 429, Retry_After="1e6"))
        error = await failure(at)
        assert isinstance(error, EngineBusy)
        assert error.retry_after == 3600


@pytest.mark.parametrize("kind", ["openai", "provider"])
@pytest.mark.parametrize("format_", FORMATS)
async def test_another_format_than_was_announced_is_heard(kind: str, format_: str) -> None:
    encoder = FORMATS[format_].open(24_000, True)
    content = encoder.encode(tone(1.0)) + encoder.finish()
    async with place(kind) as at:
        types = [FORMATS[format_].media_type]
        if format_ in ("wav", "flac", "opus"):
            types += ["audio/mpeg", "audio/pcm", "application/octet-stream"]
        for media_type in types:
            at.answers(whole(content, Content_Type=media_type))
            sound = await listen(at)
            assert len(sound) / 24_000 == pytest.approx(1.0, abs=0.1)
            assert pitch(sound) == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("kind", ["openai", "provider"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
async def test_a_file_of_another_rate_is_heard_at_its_own(kind: str, rate: int) -> None:
    encoder = FORMATS["wav"].open(rate, True)
    content = encoder.encode(tone(1.0, rate)) + encoder.finish()
    async with place(kind) as at:
        at.answers(whole(content, Content_Type="audio/pcm;rate=24000"))
        sound = await listen(at)
    assert len(sound) / 24_000 == pytest.approx(1.0, abs=0.02)
    assert pitch(sound) == pytest.approx(440, rel=0.02)


async def test_what_follows_an_answer_is_not_taken_for_the_next() -> None:
    """A server that sends more than it announced must not speak for the request behind."""
    low, wrong = to_int16(tone(0.5)), to_int16(tone(0.5, hertz=900))

    async def more(_asked: Asked, wire: Wire) -> None:
        await wire.whole(low, Content_Type="audio/pcm")
        await wire.whole(wrong, Content_Type="audio/pcm")
        await wire.left()

    for kind in ("openai", "provider"):
        async with place(kind) as at:
            at.answers(more)
            for _ in range(3):
                error = await failure(at)
                assert error is None or isinstance(error, EngineError)
            at.behaves()
            assert pitch(await listen(at)) == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_is_gone_is_unavailable(kind: str) -> None:
    async with place(kind) as at:
        at.server.stop()
        error = await failure(at)
        assert type(error) is EngineUnavailable

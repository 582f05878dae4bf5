"""Files that a server sends, handed on as they come."""

from __future__ import annotations

import io
from contextlib import aclosing, suppress

import av
import numpy as np
import pytest
from tests.engines.openai.asking import (
    ALLOY,
    DONE,
    HUM,
    SPEECH,
    delta,
    engine_of,
    file_in,
    relayed,
    spoken,
)
from tests.engines.upstream import Asked, Upstream, Wire, chunked, gives_json, whole
from tests.fakes import tone
from tests.hearing import pitch

from stentor.audio.encode import FORMATS, to_int16
from stentor.engines.openai import OpenAiEngine
from stentor.errors import (
    EngineError,
    EngineFailed,
    RunawaySpeech,
)
from stentor.types import AudioChunk, Utterance


@pytest.mark.parametrize("format_", ["pcm", "mp3", "opus", "aac", "flac"])
@pytest.mark.parametrize("step", [1, 333, 10**6])
@pytest.mark.parametrize("is_sse", [False, True])
async def test_a_file_is_handed_on_byte_by_byte(
    server: Upstream, format_: str, step: int, *, is_sse: bool
) -> None:
    content = file_in(format_)[: 60 * step]
    parts = [content[at : at + step] for at in range(0, len(content), step)]
    if is_sse:
        server.answers(SPEECH, chunked([*map(delta, parts), DONE], Content_Type="text/event-stream"))
    else:
        server.answers(SPEECH, chunked(parts, Content_Type=FORMATS[format_].media_type))
    async with engine_of(server) as engine:
        pieces = await relayed(engine, format_)
    assert all(isinstance(piece, bytes) for piece in pieces)
    assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == content
    assert spoken(server).json["response_format"] == format_


@pytest.mark.parametrize("asked", ["pcm", "mp3", "opus", "aac", "flac"])
@pytest.mark.parametrize("sent", ["wav", "pcm", "mp3", "opus", "aac", "flac"])
async def test_another_file_than_was_asked_for_is_heard(server: Upstream, asked: str, sent: str) -> None:
    if asked == sent:
        return
    content = file_in(sent)
    server.answers(SPEECH, whole(content, Content_Type=FORMATS[sent].media_type))
    async with engine_of(server) as engine:
        pieces = await relayed(engine, asked)
    sound = np.concatenate([piece.samples for piece in pieces if isinstance(piece, AudioChunk)])
    assert len(sound) / 24_000 == pytest.approx(1, abs=0.15)
    assert pitch(sound) == pytest.approx(440, abs=2)


async def test_samples_at_another_rate_are_not_handed_on(server: Upstream) -> None:
    server.answers(SPEECH, whole(to_int16(tone(0.5, 48_000)), Content_Type="audio/pcm;rate=48000"))
    async with engine_of(server) as engine:
        pieces = await relayed(engine, "pcm")
    assert sum(piece.samples.size for piece in pieces if isinstance(piece, AudioChunk)) == 12_000


async def test_ogg_with_something_else_than_opus_is_not_handed_on(server: Upstream) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("flac", rate=24_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.frombuffer(HUM, np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = 24_000
        container.mux([packet for packet in (*stream.encode(frame), *stream.encode(None)) if packet.size])
    server.answers(SPEECH, whole(file.getvalue(), Content_Type="audio/ogg"))
    async with engine_of(server) as engine:
        pieces = await relayed(engine, "opus")
    size = sum(piece.samples.size for piece in pieces if isinstance(piece, AudioChunk))
    assert size == 12_000


@pytest.mark.parametrize("status", [400, 415, 422, 500, 501])
async def test_a_format_with_which_a_server_fails_is_asked_for_once(server: Upstream, status: int) -> None:
    async def script(asked: Asked, wire: Wire) -> None:
        if asked.json["response_format"] == "opus":
            await wire.json({"detail": "opus is not supported"}, status)
        else:
            await wire.whole(HUM, Content_Type="audio/pcm")

    server.answers(SPEECH, script)
    async with engine_of(server) as engine:
        for _ in range(2):
            pieces = await relayed(engine, "opus")
            assert sum(piece.samples.size for piece in pieces if isinstance(piece, AudioChunk)) == 12_000
    formats = [asked.json["response_format"] for asked in server.asked if asked.path == SPEECH]
    assert formats == ["opus", "pcm", "pcm"]


@pytest.mark.parametrize("status", [302, 401, 403, 429, 503])
async def test_a_failure_that_is_not_the_formats_is_told_at_once(server: Upstream, status: int) -> None:
    server.answers(SPEECH, gives_json({"error": {"message": "No"}}, status))
    async with engine_of(server) as engine:
        with pytest.raises(EngineError):
            await relayed(engine, "mp3")
    assert len([asked for asked in server.asked if asked.path == SPEECH]) == 1


@pytest.mark.parametrize("format_", ["pcm", "mp3", "opus", "aac", "flac"])
async def test_a_file_that_does_not_end_is_broken_off(server: Upstream, format_: str) -> None:
    """What a file lasts is told by its length: 16 s for a short text, at the highest rate of its format."""
    content = file_in(format_)

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked", Content_Type=FORMATS[format_].media_type)
        with suppress(ConnectionError):
            while True:
                await wire.chunk(content)

    async def take(engine: OpenAiEngine) -> None:
        async with aclosing(engine.relay(Utterance("H", ALLOY), format_)) as pieces:
            async for piece in pieces:
                assert isinstance(piece, bytes)
                lengths.append(len(piece))

    server.answers(SPEECH, script)
    lengths: list[int] = []
    async with engine_of(server) as engine:
        with pytest.raises(RunawaySpeech):
            await take(engine)
    most = {"pcm": 48_000, "mp3": 40_000, "opus": 64_000, "aac": 72_000, "flac": 200_000}[format_]
    assert 8 * most < sum(lengths) <= 16 * most  # as much may wait in the connection


async def test_a_request_that_is_refused_whatever_the_format_says_so(server: Upstream) -> None:
    server.answers(SPEECH, gives_json({"error": {"message": "No such voice"}}, 400))
    async with engine_of(server) as engine:
        for _ in range(2):
            with pytest.raises(EngineFailed, match="No such voice"):
                await relayed(engine, "mp3")
    formats = [asked.json["response_format"] for asked in server.asked if asked.path == SPEECH]
    assert formats == ["mp3", "pcm", "mp3", "pcm"]

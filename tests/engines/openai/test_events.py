"""Speech that comes in events."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engines.openai.asking import DONE, HUM, SPEECH, delta, engine_of, event, listen, spoken
from tests.engines.upstream import Upstream, chunked
from tests.fakes import tone

from stentor.audio.encode import FORMATS, to_int16
from stentor.errors import (
    EngineFailed,
)


@pytest.mark.parametrize("end", [DONE, b"data: [DONE]\n\n", DONE + b"data: [DONE]\n\n"])
@pytest.mark.parametrize("asked_for", ["audio", "sse"])
async def test_events_are_heard_whether_they_were_asked_for_or_not(
    server: Upstream, end: bytes, asked_for: str
) -> None:
    parts = [
        b": hello\n\n",
        delta(HUM[:1001]),
        event("speech.audio.other"),
        delta(b""),
        delta(HUM[1001:]),
        end,
    ]
    server.answers(SPEECH, chunked(parts, Content_Type="text/event-stream"))
    async with engine_of(server, stream_format=asked_for) as engine:
        np.testing.assert_array_equal(to_int16(await listen(engine)), HUM)
        np.testing.assert_array_equal(to_int16(await listen(engine)), HUM)
    assert spoken(server).json.get("stream_format", "audio") == asked_for
    assert server.connections == 1


async def test_events_may_hold_a_whole_file(server: Upstream) -> None:
    encoder = FORMATS["wav"].open(48_000, True)
    file = encoder.encode(tone(0.5, 48_000)) + encoder.finish()
    server.answers(SPEECH, chunked([delta(file), DONE], Content_Type="text/event-stream"))
    async with engine_of(server) as engine:
        sound = await listen(engine)
    assert len(sound) == pytest.approx(12_000, abs=2)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "its events have no end"),
        ([delta(HUM)], "its events have no end"),
        (
            [delta(HUM), b'data: {"error": {"message": "Out of memory", "code": "x"}}\n\n'],
            "failed: Out of memory.",
        ),
        ([event("speech.audio.error", error={"message": "Out of memory"})], "failed: Out of memory."),
        ([b"data: {\n\n"], "an event that cannot be read"),
        ([b"data: []\n\n"], "an event that cannot be read"),
        ([event("speech.audio.delta", audio=5)], "an event that cannot be read"),
        ([event("speech.audio.delta", audio="a")], "an event that cannot be read"),
        ([event("speech.audio.delta")], "an event that cannot be read"),
    ],
)
async def test_events_that_go_wrong_are_failures(server: Upstream, parts: list[bytes], said: str) -> None:
    server.answers(SPEECH, chunked(parts, Content_Type="text/event-stream"))
    async with engine_of(server) as engine:
        with pytest.raises(EngineFailed, match="The engine cloud") as failed:
            await listen(engine)
    assert said in failed.value.message

"""Whatever a server sends for sound, and how little of it is believed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.upstream import Script, Upstream, chunked, gives_json, whole
from tests.fakes import tone
from tests.hearing import pitch

from stentor.audio.encode import FORMATS, to_int16
from stentor.engines.remote.client import Client
from stentor.engines.remote.config import RemoteConfig
from stentor.engines.remote.faults import Faults, Patience
from stentor.engines.remote.sound import Expected, Sound, chunks, heard
from stentor.errors import EngineError, EngineFailed, RunawaySpeech

if TYPE_CHECKING:
    from stentor.types import AudioChunk, Samples

FAULTS = Faults("cloud", "", Patience(1, 1, 1))
LIMIT = 2**24


def written(format_: str, rate: int = 24_000, seconds: float = 1.0) -> bytes:
    encoder = FORMATS[format_].open(rate, True)
    return encoder.encode(tone(seconds, rate)) + encoder.finish()


async def listen(server: Upstream, script: Script, expected: Expected) -> list[AudioChunk]:
    server.answers("/", script)
    client = Client("cloud", RemoteConfig(url=server.url))
    await client.open()
    try:
        async with (
            client.call("GET", "/") as answer,
            aclosing(heard("cloud", answer, client.faults, expected, LIMIT)) as sound,
        ):
            return [chunk async for chunk in sound]
    finally:
        await client.close()


def joined(made: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in made])


ANNOUNCED = [(name, made.media_type) for name, made in FORMATS.items()]
# The frames of mp3 and aac look like samples, so these must be announced.
CALLED = [
    (name, wrong) for name in ("wav", "flac", "opus", "pcm") for wrong in ("audio/pcm", "audio/mpeg", "x/y")
]


@pytest.mark.parametrize(("format_", "media_type"), ANNOUNCED + CALLED)
async def test_every_format_is_heard_whatever_it_is_called(
    server: Upstream, format_: str, media_type: str
) -> None:
    content = written(format_)
    parts = [content[at : at + 997] for at in range(0, len(content), 997)]
    made = await listen(server, chunked(parts, Content_Type=media_type), Expected(24_000, 5))
    assert {chunk.rate for chunk in made} == {24_000}
    sound = joined(made)
    assert sound.dtype == np.float32
    assert len(sound) / 24_000 == pytest.approx(1, abs=0.15)
    assert pitch(sound) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("format_", ["wav", "mp3", "opus", "flac"])
@pytest.mark.parametrize("rate", [16_000, 48_000])
async def test_a_server_that_lies_about_its_rate_is_noticed(
    server: Upstream, format_: str, rate: int
) -> None:
    content = written(format_, rate)
    script = whole(content, Content_Type="audio/mpeg")
    sound = joined(await listen(server, script, Expected(24_000, 5)))
    assert len(sound) / 24_000 == pytest.approx(1, abs=0.15)
    assert pitch(sound) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "audio/pcm;rate=44100;channels=1"},
        {"Content_Type": 'audio/L16; Rate="44100"'},
        {"X_Audio_Sample_Rate": "44100"},
        {"X_Sample_Rate": "44100", "Content_Type": "audio/pcm;rate=fast"},
        {"X_Sample_Rate": "44100", "Content_Type": "audio/pcm;rate=1"},
    ],
)
async def test_samples_may_come_with_their_rate(server: Upstream, headers: dict[str, str]) -> None:
    content = to_int16(tone(1, 44_100))
    sound = joined(await listen(server, whole(content, **headers), Expected(24_000, 5)))
    assert len(sound) == pytest.approx(24_000, abs=2)
    assert pitch(sound) == pytest.approx(440, abs=2)


async def test_samples_at_the_right_rate_are_passed_on_to_the_bit(server: Upstream) -> None:
    content = to_int16(tone(1))
    made = await listen(server, chunked([content[:777], content[777:]]), Expected(24_000, 5))
    assert to_int16(joined(made)) == content


async def test_floats_are_heard_where_they_are_expected(server: Upstream) -> None:
    content = tone(1).tobytes()
    sound = joined(await listen(server, whole(content), Expected(24_000, 5, "<f4")))
    np.testing.assert_array_equal(sound, tone(1))


@pytest.mark.parametrize(
    ("script", "kind", "said"),
    [
        (gives_json({"error": {"message": "No GPU"}}), EngineFailed, "json instead of sound: No GPU."),
        (whole(b"<html>", Content_Type="Text/HTML; a=b"), EngineFailed, "text/html instead of sound."),
        (whole(b"RIFF____WAVEJUNKJUNK"), EngineFailed, "sent a WAV"),
        (whole(b"OggS" + b"x" * 1000), EngineFailed, "sent no audio of a format that is read"),
        (whole(bytes(48_000 * 3)), RunawaySpeech, "after 3 seconds"),
        (whole(written("flac", seconds=60)), RunawaySpeech, "cloud was stopped"),
        (whole(written("mp3", seconds=20), Content_Type="audio/mpeg"), RunawaySpeech, "cloud was stopped"),
        (chunked([bytes(LIMIT)] * 2), RunawaySpeech, "cloud was stopped"),
    ],
)  # fmt: skip
async def test_what_is_no_sound_or_too_much_is_an_error(
    server: Upstream, script: Script, kind: type[EngineError], said: str
) -> None:
    with pytest.raises(kind) as failed:
        await listen(server, script, Expected(24_000, 2))
    assert said in failed.value.message


async def test_nothing_is_no_sound_and_no_error(server: Upstream) -> None:
    assert await listen(server, whole(b""), Expected(24_000, 2)) == []


async def test_a_word_shorter_than_any_header_is_heard(server: Upstream) -> None:
    content = to_int16(tone(5 / 24_000))
    assert len(joined(await listen(server, whole(content), Expected(24_000, 2)))) == 5


@given(st.lists(st.integers(0, 3000), max_size=15), st.sampled_from(["pcm", "wav", "mp3"]))
def test_pieces_may_end_anywhere(steps: list[int], format_: str) -> None:
    content = written(format_, seconds=0.1)

    async def play(*sizes: int) -> Samples:
        sound, rest, parts = Sound("cloud", FAULTS, Expected(24_000, 2), "audio/mpeg"), content, []
        for size in sizes:
            parts.append(await sound.push(rest[:size]))
            rest = rest[size:]
        return np.concatenate([*parts, await sound.push(rest), await sound.finish()])

    np.testing.assert_array_equal(asyncio.run(play(*steps)), asyncio.run(play()))


def test_chunks_are_of_a_size_that_holds_nobody_up() -> None:
    made = list(chunks(np.arange(100_000, dtype=np.float32), 24_000))
    assert max(len(chunk.samples) for chunk in made) <= 2**15
    np.testing.assert_array_equal(joined(made), np.arange(100_000))

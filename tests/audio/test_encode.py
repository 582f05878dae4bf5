"""Every format, decoded again by FFmpeg or Python and compared with what went in."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loopwatch import LoopWatch

from stentor.audio.encode import FORMATS, SAMPLE_RATES, Format, encoded, to_int16
from stentor.types import AudioChunk

if TYPE_CHECKING:
    from stentor.types import Samples

LOSSLESS = ("wav", "pcm", "flac")
# Samples of silence that a decoder finds before the sound. A whole mp3 says so itself, and players skip them.
DELAY = {("mp3", False): 1105, ("aac", False): 1024, ("aac", True): 1024}
FRAME = {"mp3": 1152, "aac": 1024}

EVERY = [
    pytest.param(format_, rate, whole, id=f"{format_.name}-{rate}-{'whole' if whole else 'streamed'}")
    for format_ in FORMATS.values()
    for rate in format_.sample_rates
    for whole in (True, False)
]
EVERY_FORMAT = [
    pytest.param(format_, whole, id=f"{format_.name}-{'whole' if whole else 'streamed'}")
    for format_ in FORMATS.values()
    for whole in (True, False)
]


def sweep(rate: int, seconds: float = 0.5) -> Samples:
    """A tone that rises from 200 to 1400 Hz, so that a shift in time shows."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.4 * np.sin(2 * np.pi * (200 * time + 600 * time**2 / seconds))).astype(np.float32)


def encode(format_: Format, rate: int, samples: Samples, *, whole: bool, step: int = 1000) -> list[bytes]:
    encoder = format_.open(rate, whole)
    parts = [encoder.encode(samples[at : at + step]) for at in range(0, len(samples), step)]
    return [*parts, encoder.finish()]


def decode(format_: Format, rate: int, written: bytes) -> tuple[Samples, int]:
    """Return samples at full scale 1, and their rate."""
    if format_.name == "pcm":
        return np.frombuffer(written, "<i2").astype(np.float32) / np.float32(32768), rate
    with av.open(io.BytesIO(written), "r") as container:
        stream = container.streams.audio[0]
        assert stream.channels == 1
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(stream)]
        samples = np.concatenate(parts)
        scale = 32768 if samples.dtype == np.int16 else 1
        return samples.astype(np.float32) / np.float32(scale), stream.rate


def lag_and_likeness(original: Samples, decoded: Samples) -> tuple[int, float]:
    """Return by how many samples the decoded sound is late, and how well it then correlates (1 is equal)."""
    size = 1 << (len(original) + len(decoded)).bit_length()
    product = np.fft.irfft(np.fft.rfft(decoded, size) * np.conj(np.fft.rfft(original, size)), size)
    lag = int(np.argmax(product))
    found = decoded[lag : lag + len(original)]
    level = float(np.linalg.norm(original[: len(found)]) * np.linalg.norm(found))
    return lag, float(np.dot(original[: len(found)], found)) / level


@pytest.mark.parametrize(("format_", "rate", "whole"), EVERY)
def test_what_went_in_comes_out(format_: Format, rate: int, *, whole: bool) -> None:
    """At every rate of every format: the rate, the length, the place of the sound and the sound itself."""
    samples = sweep(rate)
    decoded, decoded_rate = decode(format_, rate, b"".join(encode(format_, rate, samples, whole=whole)))
    assert decoded_rate == (48_000 if format_.name == "opus" else rate)
    if format_.name in LOSSLESS:
        np.testing.assert_array_equal(decoded, np.rint(samples * 32768) / np.float32(32768))
        return
    samples = sweep(decoded_rate)
    delay = DELAY.get((format_.name, whole), 0)
    lag, likeness = lag_and_likeness(samples, decoded)
    assert lag == pytest.approx(delay, abs=2)
    assert likeness > 0.97
    surplus = len(decoded) - len(samples) - delay
    assert surplus == 0 if delay == 0 else 0 <= surplus < FRAME[format_.name]


@pytest.mark.parametrize(("format_", "whole"), EVERY_FORMAT)
def test_the_last_samples_are_not_cut(format_: Format, *, whole: bool) -> None:
    """A burst in the last 5 ms is where it belongs, and as loud as it was."""
    samples = np.zeros(12_345, np.float32)
    burst = 120
    samples[-burst:] = 0.8 * np.sin(2 * np.pi * 1500 * np.arange(burst) / 24_000)
    decoded, rate = decode(format_, 24_000, b"".join(encode(format_, 24_000, samples, whole=whole)))
    delay = DELAY.get((format_.name, whole), 0)
    end = len(samples) * rate // 24_000 + delay
    last = decoded[end - burst * rate // 24_000 : end]
    assert np.abs(last).max() > 0.5
    assert np.linalg.norm(last) > 0.8 * np.linalg.norm(decoded)


@pytest.mark.parametrize(("format_", "whole"), EVERY_FORMAT)
def test_how_the_samples_were_cut_into_chunks_leaves_no_trace(format_: Format, *, whole: bool) -> None:
    samples = sweep(24_000)
    once, cut = (
        decode(format_, 24_000, b"".join(encode(format_, 24_000, samples, whole=whole, step=step)))[0]
        for step in (len(samples), 701)
    )
    np.testing.assert_array_equal(cut, once)


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
def test_a_streamed_format_gives_sound_before_its_end(format_: Format) -> None:
    """Of one second, more than half is out before the last bit is in."""
    *parts, rest = encode(format_, 24_000, sweep(24_000, 1.0), whole=False)
    assert len(b"".join(parts)) > len(rest)


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
def test_a_streamed_format_gives_sound_within_a_fifth_of_a_second(format_: Format) -> None:
    encoder = format_.open(24_000, False)
    head = encoder.encode(np.zeros(1, np.float32))
    assert len(encoder.encode(sweep(24_000, 0.2))) + len(head) > 0


@pytest.mark.parametrize("format_", [FORMATS["wav"], FORMATS["mp3"], FORMATS["flac"]], ids=lambda f: f.name)
def test_a_whole_format_gives_all_at_the_end(format_: Format) -> None:
    *parts, rest = encode(format_, 24_000, sweep(24_000), whole=True)
    assert not b"".join(parts)
    assert rest


def test_a_whole_wav_says_its_exact_size() -> None:
    written = b"".join(encode(FORMATS["wav"], 22_050, sweep(22_050), whole=True))
    riff, data = struct.unpack_from("<I", written, 4)[0], struct.unpack_from("<I", written, 40)[0]
    assert (riff, data) == (len(written) - 8, len(written) - 44)
    with wave.open(io.BytesIO(written)) as file:
        assert file.getparams()[:4] == (1, 2, 22_050, 11_025)
        assert file.readframes(11_025) == to_int16(sweep(22_050))


def test_a_streamed_wav_says_that_its_end_is_open() -> None:
    """The sizes are SoX's mark for a stream, the one that every reader tried takes without complaint."""
    written = b"".join(encode(FORMATS["wav"], 22_050, sweep(22_050), whole=False))
    riff, data = struct.unpack_from("<I", written, 4)[0], struct.unpack_from("<I", written, 40)[0]
    assert (riff, data) == (0x7FFFF000 + 36, 0x7FFFF000)
    with wave.open(io.BytesIO(written)) as file:
        assert file.getparams()[:3] == (1, 2, 22_050)
        assert file.readframes(1_000_000) == to_int16(sweep(22_050))


@pytest.mark.parametrize("whole", [True, False])
def test_a_wav_of_nothing_is_an_empty_file_that_can_be_read(*, whole: bool) -> None:
    encoder = FORMATS["wav"].open(24_000, whole)
    with wave.open(io.BytesIO(encoder.finish())) as file:
        assert (file.getframerate(), file.getnframes()) == (24_000, 0)


@pytest.mark.parametrize("name", ["mp3", "opus", "flac"])
def test_a_whole_file_says_how_long_it_is(name: str) -> None:
    """A player shows the duration before it has read the file."""
    written = b"".join(encode(FORMATS[name], 24_000, sweep(24_000, 1.0), whole=True))
    with av.open(io.BytesIO(written), "r") as container:
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(1.0, abs=0.05)


def test_full_scale_is_32768_and_louder_is_clipped() -> None:
    samples = np.array([0, 0.5, -0.5, 1, -1, 1.5, -1.5, 1 / 32768, 0.4 / 32768, np.inf, -np.inf], np.float32)
    found = np.frombuffer(to_int16(samples), "<i2").tolist()
    assert found == [0, 16384, -16384, 32767, -32768, 32767, -32768, 1, 0, 32767, -32768]


@given(st.lists(st.integers(-32768, 32767), max_size=50))
def test_16_bits_survive_the_way_through_float(values: list[int]) -> None:
    samples = np.array(values, np.float32) / np.float32(32768)
    assert np.frombuffer(to_int16(samples), "<i2").tolist() == values


def test_the_samples_handed_in_are_left_alone() -> None:
    samples = np.full(100, 2.0, np.float32)
    for format_ in FORMATS.values():
        format_.open(24_000, False).encode(samples)
    assert (samples == 2.0).all()


def test_the_formats_are_openai_s_with_their_media_types() -> None:
    assert {name: format_.media_type for name, format_ in FORMATS.items()} == {
        "mp3": "audio/mpeg", "opus": "audio/opus", "aac": "audio/aac",
        "flac": "audio/flac", "wav": "audio/wav", "pcm": "audio/pcm",
    }  # fmt: skip
    assert all(name == format_.name for name, format_ in FORMATS.items())


def test_opus_offers_only_the_rates_it_has() -> None:
    assert FORMATS["opus"].sample_rates == (8000, 12000, 16000, 24000, 48000)
    assert all(set(format_.sample_rates) <= set(SAMPLE_RATES) for format_ in FORMATS.values())


class Source:
    """A stream of chunks that knows whether it was closed."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.given = 0
        self.closed = False

    async def chunks(self) -> AsyncGenerator[AudioChunk, None]:
        try:
            for part in self.parts():
                self.given += 1
                yield AudioChunk(part, 24_000)
        finally:
            self.closed = True

    def parts(self) -> Iterator[Samples]:
        return iter(np.array_split(sweep(24_000), self.count))


@pytest.mark.parametrize(("format_", "whole"), EVERY_FORMAT)
async def test_a_stream_of_chunks_becomes_the_file(format_: Format, *, whole: bool) -> None:
    source = Source(7)
    parts = [part async for part in encoded(source.chunks(), format_.open(24_000, whole))]
    once = b"".join(encode(format_, 24_000, sweep(24_000), whole=whole, step=12_000))
    streamed, _ = decode(format_, 24_000, b"".join(parts))
    np.testing.assert_array_equal(streamed, decode(format_, 24_000, once)[0])
    assert all(parts)
    assert source.closed


async def test_a_file_is_passed_on_part_by_part() -> None:
    async def parts() -> AsyncGenerator[bytes, None]:
        yield b"ID3"
        yield b"more"

    assert [part async for part in encoded(parts(), FORMATS["mp3"].open(24_000, False))] == [b"ID3", b"more"]


async def test_who_stops_listening_stops_the_source() -> None:
    source = Source(7)
    stream = encoded(source.chunks(), FORMATS["pcm"].open(24_000, False))
    await anext(stream)
    await stream.aclose()
    assert source.closed
    assert source.given == 1


async def test_a_failing_source_ends_the_stream_with_its_failure() -> None:
    async def chunks() -> AsyncGenerator[AudioChunk, None]:
        yield AudioChunk(sweep(24_000), 24_000)
        raise RuntimeError("the engine is gone")

    stream = encoded(chunks(), FORMATS["wav"].open(24_000, False))
    assert await anext(stream)
    with pytest.raises(RuntimeError, match="the engine is gone"):
        await anext(stream)


@pytest.mark.e2e
@pytest.mark.may_hold_loop
async def test_a_slow_encoder_does_not_hold_the_loop() -> None:
    """A minute in one chunk takes an mp3 encoder half a second."""

    async def chunks() -> AsyncGenerator[AudioChunk, None]:
        yield AudioChunk(minute, 24_000)

    minute = np.tile(sweep(24_000, 1.0), 60)
    with LoopWatch(longest=0.1) as watch:
        size = sum([len(part) async for part in encoded(chunks(), FORMATS["mp3"].open(24_000, False))])
    assert size > 400_000
    assert not watch.holds

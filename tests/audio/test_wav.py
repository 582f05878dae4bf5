"""WAV as it arrives, from those who write it well and those who do not."""

from __future__ import annotations

import io
import struct
import wave
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.fakes import tone

from stentor.audio.encode import FORMATS
from stentor.audio.wav import WavDecoder

if TYPE_CHECKING:
    from stentor.types import Samples

HUM = tone(0.2)
INTEGERS = np.rint(HUM * 32768).astype("<i2").tobytes()


def read(stream: bytes, *cuts: int) -> Samples:
    """Read a stream in pieces that end at these places."""
    decoder = WavDecoder()
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    parts = [decoder.decode(stream[begin:end]) for begin, end in pairwise(places)]
    return np.concatenate([*parts, decoder.finish()])


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return (
        name
        + struct.pack("<I", len(content) if size is None else size)
        + content
        + b"\0" * (len(content) % 2)
    )


def form(code: int = 1, channels: int = 1, rate: int = 24_000, bits: int = 16, more: bytes = b"") -> bytes:
    frame = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits) + more)


def file(*chunks: bytes, name: bytes = b"RIFF") -> bytes:
    return name + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + b"".join(chunks)


@given(st.lists(st.integers(0, 10_000), max_size=20))
@example(list(range(60)))
def test_pieces_may_end_anywhere(cuts: list[int]) -> None:
    stream = file(form(), chunk(b"LIST", b"odd"), chunk(b"data", INTEGERS), chunk(b"LIST", b"even"))
    np.testing.assert_allclose(read(stream, *cuts), HUM, atol=1 / 32768)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("rate", [8000, 24_000, 48_000])
def test_our_own_files_are_read(rate: int, *, whole: bool) -> None:
    encoder = FORMATS["wav"].open(rate, whole)
    stream = encoder.encode(HUM) + encoder.finish()
    np.testing.assert_allclose(read(stream), HUM, atol=1 / 32768)
    decoder = WavDecoder()
    decoder.decode(stream)
    assert decoder.rate == rate


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_every_encoding_that_ffmpeg_writes_is_read(codec: str, layout: str) -> None:
    written = io.BytesIO()
    with av.open(written, "w", format="wav") as container:
        stream: Any = container.add_stream(codec, rate=24_000)
        stream.layout = layout
        channels = stream.codec_context.layout.nb_channels
        frame = av.AudioFrame.from_ndarray(
            np.tile(HUM, (channels, 1)).astype(np.float32), format="fltp", layout=layout
        )
        frame.sample_rate = 24_000
        plain = av.AudioResampler(stream.codec_context.format, layout, 24_000)
        for part in [*plain.resample(frame), *plain.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    tolerance = 1 / 100 if codec == "pcm_u8" else 1 / 30_000
    np.testing.assert_allclose(read(written.getvalue(), 7, 1001), HUM, atol=tolerance)


def test_pythons_own_files_are_read() -> None:
    written = io.BytesIO()
    with wave.open(written, "wb") as file_:
        file_.setnchannels(1)
        file_.setsampwidth(2)
        file_.setframerate(24_000)
        file_.writeframes(INTEGERS)
    np.testing.assert_allclose(read(written.getvalue()), HUM, atol=1 / 32768)


@pytest.mark.parametrize("size", [0, 0x7FFF0000, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2 * 10**6])
@pytest.mark.parametrize("name", [b"RIFF", b"RF64"])
def test_a_stream_that_does_not_know_its_size_is_read_to_its_end(size: int, name: bytes) -> None:
    stream = file(form(), chunk(b"data", INTEGERS, size), name=name)
    np.testing.assert_allclose(read(stream, 100, 3000), HUM, atol=1 / 32768)


@pytest.mark.parametrize("size", [2, 100, 4096, 4097])
def test_audio_that_the_size_did_not_count_is_heard(size: int) -> None:
    noise = np.random.default_rng(size).integers(-20_000, 20_000, 5000).astype("<i2")
    stream = file(form(), chunk(b"data", noise.tobytes(), size))
    heard = read(stream, 50, 5000)
    if size % 2 == 0:
        np.testing.assert_allclose(heard, noise / 32768, atol=1e-6)
    else:
        assert abs(len(heard) - len(noise)) <= 1


def test_files_that_are_joined_are_one_sound() -> None:
    one = file(form(), chunk(b"data", INTEGERS), chunk(b"LIST", b"INFOISFT"))
    np.testing.assert_allclose(read(one * 3, 9, 9999), np.tile(HUM, 3), atol=1 / 32768)


def test_what_is_cut_is_read_as_far_as_it_goes() -> None:
    whole = file(form(), chunk(b"data", INTEGERS))
    assert len(read(whole[:1001])) == (1001 - 44) // 2


def test_the_extensible_form_says_what_it_is_further_on() -> None:
    more = struct.pack("<HHIH", 22, 32, 0, 3) + bytes(14)
    stream = file(form(0xFFFE, bits=32, more=more), chunk(b"data", HUM.tobytes()))
    np.testing.assert_array_equal(read(stream), HUM)


def test_floats_become_samples() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 5, -5, 0.5], "<f4").tobytes()
    assert read(file(form(3, bits=32), chunk(b"data", odd))).tolist() == [0, 1, -1, 1, -1, 0.5]


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"", "without a header"),
        (b"RIFF", "without a header"),
        (b"RIFX\0\0\0\0WAVE", "no WAV"),
        (b"\0" * 100, "no WAV"),
        (file(chunk(b"data", INTEGERS)), "does not say"),
        (file(chunk(b"fmt ", b"short")), "broken header"),
        (file(form(7, bits=8)), r"not read \(7, 8 bits\)"),
        (file(form(1, bits=12)), r"not read \(1, 12 bits\)"),
        (file(form(1, channels=0)), "0 channels"),
        (file(form(1, channels=9)), "9 channels"),
        (file(form(rate=3999)), "3999 Hz"),
        (file(form(rate=2**31 - 1, bits=8)), "2147483647 Hz"),
        (file(chunk(b"JUNK", b"", 2**31)), "has no end"),
        (file(*[chunk(b"JUNK", bytes(1000))] * 1100), "has no end"),
        (file(chunk(b"fmt ", b"", 2**20)), "has no end"),
        (file(form(), chunk(b"data", INTEGERS)) + file(form(rate=8000)), "changes its sample rate"),
    ],
)
def test_what_cannot_be_read_is_said_in_few_words(stream: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(stream)


@given(st.binary(max_size=200), st.binary(max_size=60), st.lists(st.integers(0, 400), max_size=9))
def test_no_bytes_do_harm(first: bytes, more: bytes, cuts: list[int]) -> None:
    for stream in (first, file(first), file(form(), first), file(form(), chunk(b"data", first, 20), more)):
        heard = []
        for pieces in ((), cuts):
            try:
                heard.append(read(stream, *pieces).tolist())
            except ValueError as error:
                heard.append([str(error)])
        assert heard[0] == heard[1]

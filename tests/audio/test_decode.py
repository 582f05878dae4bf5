"""Audio of others: decoded as it comes or whole, and none of it believed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import tone
from tests.hearing import likeness, pitch

from stentor.audio.decode import (
    CodecDecoder,
    Decoder,
    PcmDecoder,
    WholeDecoder,
    decode,
    decoder_for,
    is_frame,
    kind_of,
)
from stentor.audio.encode import FORMATS

if TYPE_CHECKING:
    from stentor.types import Samples

HUM = tone(2.0)
KINDS = {"mp3": "mp3", "aac": "aac", "flac": "flac", "opus": "ogg", "wav": "wav"}


def written(format_: str, samples: Samples = HUM, rate: int = 24_000, *, whole: bool = True) -> bytes:
    encoder = FORMATS[format_].open(rate, whole)
    return encoder.encode(samples) + encoder.finish()


def container(name: str, codec: str, rate: int = 48_000, layout: str = "stereo") -> bytes:
    """Write two seconds of 440 Hz into a container of FFmpeg's."""
    file = io.BytesIO()
    with av.open(file, "w", format=name) as made:
        stream: Any = made.add_stream(codec, rate=rate)
        stream.layout = layout
        both = np.tile(tone(2.0, rate), (stream.codec_context.layout.nb_channels, 1))
        frame = av.AudioFrame.from_ndarray(both, format="fltp", layout=layout)
        frame.sample_rate = rate
        fitting = av.AudioResampler(
            stream.codec_context.format, layout, rate, stream.codec_context.frame_size or 1024
        )
        for part in [*fitting.resample(frame), *fitting.resample(None)]:
            made.mux(stream.encode(part))
        made.mux(stream.encode(None))
    return file.getvalue()


def heard(decoder: Decoder, content: bytes, step: int = 500) -> Samples:
    parts = [decoder.decode(content[at : at + step]) for at in range(0, len(content), step)]
    return np.concatenate([*parts, decoder.finish()])


@pytest.mark.parametrize("format_", KINDS)
@pytest.mark.parametrize("whole", [True, False])
def test_a_format_is_told_by_its_beginning(format_: str, *, whole: bool) -> None:
    head = written(format_, whole=whole)[:12]
    assert (kind_of(head) or is_frame(head)) == KINDS[format_]


@pytest.mark.parametrize(("name", "codec", "kind"), [("webm", "libopus", "webm"), ("mp4", "aac", "mp4")])
def test_containers_are_told_too(name: str, codec: str, kind: str) -> None:
    assert kind_of(container(name, codec)[:12]) == kind


def test_samples_are_no_format() -> None:
    for samples in (np.zeros(100), np.arange(100), np.full(100, -1), np.full(100, -1025)):
        assert kind_of(samples.astype("<i2").tobytes()[:12]) is None
    assert kind_of(b"") is None
    assert kind_of(b"ID3") is None
    assert is_frame(b"\xff") is None
    assert is_frame(b"ID3\x04\x00") is None
    for samples in (np.full(100, -1), np.full(100, -1025), np.full(100, -257)):
        assert is_frame(samples.astype("<i2").tobytes()[:12]) is None


@given(st.binary(max_size=12))
def test_hardly_any_bytes_are_taken_for_a_format(head: bytes) -> None:
    assert kind_of(head) in (None, "wav", "mp3", "ogg", "flac", "webm", "mp4")
    assert is_frame(head) in (None, "mp3", "aac")


@pytest.mark.parametrize("format_", KINDS)
@pytest.mark.parametrize("step", [1, 500, 10**6])
@pytest.mark.parametrize("whole", [True, False])
def test_every_format_is_heard_in_pieces_of_any_size(format_: str, step: int, *, whole: bool) -> None:
    samples = tone(0.5)
    decoder = decoder_for(KINDS[format_], 60)
    sound = heard(decoder, written(format_, samples, whole=whole), step)
    assert decoder.rate
    seconds = len(sound) / decoder.rate
    assert 0.5 - 0.001 <= seconds <= 0.5 + 0.15  # codecs add silence to the ends
    assert pitch(sound, decoder.rate) == pytest.approx(440, abs=4)
    assert np.abs(sound).max() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("format_", ["mp3", "aac"])
def test_what_is_streamed_is_heard_before_its_end(format_: str) -> None:
    content = written(format_, whole=False)
    decoder = decoder_for(format_, 60)
    half = decoder.decode(content[: len(content) // 2])
    assert decoder.rate == 24_000
    assert 0.5 < len(half) / 24_000 < 1.2


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [("webm", "libopus", "stereo"), ("mp4", "aac", "stereo"), ("ogg", "libopus", "mono"),
     ("wav", "pcm_s24le", "5.1"), ("aiff", "pcm_s16be", "mono"), ("caf", "alac", "stereo"),
     ("matroska", "aac", "mono")],
)  # fmt: skip
def test_a_whole_file_of_any_listed_format_is_read(name: str, codec: str, layout: str) -> None:
    samples, rate = decode(container(name, codec, layout=layout), 60)
    assert rate == 48_000
    assert len(samples) / rate == pytest.approx(2, abs=0.1)
    assert pitch(samples, rate) == pytest.approx(440, abs=2)
    assert samples.dtype == np.float32
    assert samples.ndim == 1


@pytest.mark.parametrize("sample", ["s16", "flt"])
def test_channels_that_cancel_each_other_out_are_heard(sample: str) -> None:
    file = io.BytesIO()
    both = np.stack([tone(1.0), -tone(1.0)], axis=1).reshape(1, -1)
    with av.open(file, "w", format="wav") as made:
        stream: Any = made.add_stream("pcm_s16le" if sample == "s16" else "pcm_f32le", rate=24_000)
        stream.layout = "stereo"
        written_ = np.rint(both * 32767).astype(np.int16) if sample == "s16" else both
        frame = av.AudioFrame.from_ndarray(written_, sample, "stereo")
        frame.sample_rate = 24_000
        made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    samples, _ = decode(file.getvalue(), 10)
    assert np.abs(samples - tone(1.0)).max() < 1e-4


def test_a_flac_is_read_to_the_bit() -> None:
    exact = np.rint(HUM * 32768).astype(np.float32) / np.float32(32768)
    np.testing.assert_array_equal(heard(decoder_for("flac", 60), written("flac")), exact)


def test_a_small_file_does_not_become_a_huge_sound() -> None:
    content = written("flac", np.zeros(24_000 * 600, np.float32))
    assert len(content) < 500_000
    samples, rate = decode(content, 10)
    assert 10 <= len(samples) / rate < 11


@pytest.mark.parametrize("kind", ["mp3", "aac", "flac", "ogg", "mp4", "webm"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"<html>" * 1000, b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"a" * 100]
)
def test_what_is_no_audio_is_said_in_few_words(kind: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(no|nothing|a|too) "):
        heard(decoder_for(kind, 10), content)


@given(st.sampled_from(["mp3", "aac"]), st.binary(max_size=3000), st.integers(1, 700))
def test_no_bytes_do_harm(kind: str, content: bytes, step: int) -> None:
    try:
        sound = heard(decoder_for(kind, 10), content, step)
    except ValueError:
        return
    assert np.isfinite(sound).all()


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_broken_files_are_heard_in_part_or_refused(format_: str, draw: st.DataObject) -> None:
    content = bytearray(written(format_, tone(0.3)))
    for _ in range(draw.draw(st.integers(1, 30))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    for decoder in (decoder_for(KINDS[format_], 10), WholeDecoder(10)):
        try:
            sound = heard(decoder, bytes(content))
        except ValueError:
            continue
        assert np.isfinite(sound).all()
        assert len(sound) < 24_000 * 60


def test_an_mp3_with_a_picture_is_heard_without_it() -> None:
    picture = b"\xff\xfb\x90\x00" + bytes(300)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, (len(picture) >> 7) & 0x7F, len(picture) & 0x7F]) + picture
    plain = heard(CodecDecoder("mp3"), written("mp3", whole=False))
    for step in (3, 10_000):
        np.testing.assert_array_equal(
            heard(CodecDecoder("mp3"), tag + written("mp3", whole=False), step), plain
        )


def test_what_a_file_says_of_itself_may_be_in_any_script() -> None:
    """Many recorders write names in the code page of their country."""
    title = "Größe".encode("latin-1")
    info = b"INFOINAM" + len(title).to_bytes(4, "little") + title + b"\0"
    content = bytearray(written("wav", whole=True))
    content[12:12] = b"LIST" + len(info).to_bytes(4, "little") + info
    samples, rate = decode(bytes(content), 10)
    assert len(samples) / rate == pytest.approx(2.0, abs=0.01)


def test_a_sound_that_changes_its_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="changes its sample rate"):
        heard(CodecDecoder("mp3"), written("mp3", whole=False) + written("mp3", rate=44_100, whole=False))


def test_a_playlist_opens_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(written("wav"))
    for playlist in (
        f"ffconcat version 1.0\nfile '{tmp_path}/secret.wav'\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n",
    ):
        with pytest.raises(ValueError, match="no audio of a format"):
            decode(playlist.encode(), 10)


@given(st.lists(st.integers(0, 9), max_size=30), st.sampled_from(["<i2", "<i4", "<f4"]))
def test_samples_alone_may_be_cut_anywhere(steps: list[int], sample: str) -> None:
    values = np.array([0, 0.5, -0.5, 0.25, -1])
    content = (values * (1 if sample == "<f4" else 2.0 ** (8 * int(sample[2]) - 1))).astype(sample).tobytes()
    decoder = PcmDecoder(24_000, sample)
    parts, at = [], 0
    for step in steps:
        parts.append(decoder.decode(content[at : at + step]))
        at += step
    parts += [decoder.decode(content[at:] + b"\0"), decoder.finish()]
    together = np.concatenate(parts)
    assert together.dtype == np.float32
    assert together.tolist() == values.tolist()
    assert decoder.rate == 24_000


def test_pcm_of_our_own_is_read_to_the_bit() -> None:
    exact = np.rint(HUM * 32768).astype(np.float32) / np.float32(32768)
    np.testing.assert_array_equal(heard(PcmDecoder(24_000), written("pcm")), exact)


def test_floats_from_outside_are_tamed() -> None:
    content = np.array([np.nan, np.inf, -np.inf, 3, 0.5], "<f4").tobytes()
    assert PcmDecoder(24_000, "<f4").decode(content).tolist() == [0, 1, -1, 1, 0.5]


def test_two_voices_are_alike_whole_and_streamed() -> None:
    content = written("mp3", whole=False)
    streamed = heard(CodecDecoder("mp3"), content)
    whole, rate = decode(content, 60)
    assert rate == 24_000
    assert likeness(streamed, whole) > 0.99


@pytest.mark.e2e
def test_the_module_alone_does_not_load_ffmpeg() -> None:
    code = "import stentor.audio.decode, sys; print('av' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"

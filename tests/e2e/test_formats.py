"""Every format at every sample rate, streamed and whole, as independent decoders hear it.

The tone engine speaks, because it says the same thing twice with the same samples; espeak does not.
"""

from __future__ import annotations

import io
import json
import subprocess
import wave
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from stentor.audio.encode import FORMATS, SAMPLE_RATES
from tests.e2e.server import Server
from tests.hearing import decode, likeness, pcm, rms
from tests.tools import need

TEXT = "Every decoder hears the same words. There are two sentences."
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
LOSSLESS = {"wav", "flac"}
CASES = [
    pytest.param(format_, rate, stream, id=f"{format_}-{rate}-{'streamed' if stream else 'whole'}")
    for format_, described in FORMATS.items()
    for rate in described.sample_rates
    for stream in (True, False)
]


def ask(server: Server, format_: str, rate: int, *, stream: bool) -> bytes:
    answer = server.speak(
        TEXT, model="tone", voice="middle", response_format=format_, sample_rate=rate, stream=stream
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[format_]
    if stream:
        assert answer.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in answer.headers
    else:
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert "transfer-encoding" not in answer.headers
    return answer.content


@cache
def reference(server: Server, rate: int) -> bytes:
    """Return the speech as bare samples."""
    return ask(server, "pcm", rate, stream=True)


@pytest.mark.parametrize(("format_", "rate", "stream"), CASES)
def test_each_file_holds_the_speech_and_every_decoder_reads_it(
    server: Server,
    tmp_path: Path,
    format_: str,
    rate: int,
    stream: bool,  # noqa: FBT001  a case of the table
) -> None:
    expected = reference(server, rate)
    seconds = len(expected) / 2 / rate
    file = tmp_path / f"speech.{format_}"
    file.write_bytes(ask(server, format_, rate, stream=stream))
    if format_ == "pcm":
        assert file.read_bytes() == expected
        return
    heard = by_ffmpeg(file, rate)
    if format_ in LOSSLESS:
        assert heard == expected
        assert by_sox(file) == expected
        return
    original = pcm(expected)
    most_frames = 2 * 1152 / rate  # lossy encoders begin and end with up to a frame of their own
    for sound in (pcm(heard), *([pcm(by_sox(file))] if format_ == "mp3" else [])):
        assert sound.size / rate == pytest.approx(seconds, abs=0.01 + most_frames)
        assert likeness(sound, original) > 0.9
        assert rms(sound) * sound.size**0.5 == pytest.approx(rms(original) * original.size**0.5, rel=0.15)
    assert likeness(decode(file.read_bytes(), format_, rate), original) > 0.9


def by_ffmpeg(file: Path, rate: int) -> bytes:
    """Decode with the program ffmpeg, which must have nothing to say."""
    need("ffmpeg")
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-ac", "1", "-ar", str(rate), "-f", "s16le", "-"]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 0
    assert ran.stderr == b""
    return ran.stdout


def by_sox(file: Path) -> bytes:
    """Decode with SoX, which knows nothing of FFmpeg."""
    need("sox")
    command = ["sox", "-D", str(file), "-t", "s16", "-"]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 0
    assert ran.stderr == b""
    return ran.stdout


@pytest.mark.parametrize("format_", ["mp3", "opus", "flac", "wav"])
def test_a_whole_file_says_exactly_how_long_it_is(server: Server, tmp_path: Path, format_: str) -> None:
    need("ffprobe")
    seconds = len(reference(server, 24_000)) / 2 / 24_000
    file = tmp_path / f"speech.{format_}"
    file.write_bytes(ask(server, format_, 24_000, stream=False))
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", str(file)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    exactness = {"wav": 1e-4, "flac": 1e-4, "opus": 0.03, "mp3": 0.1}[format_]
    assert float(told["format"]["duration"]) == pytest.approx(seconds, abs=exactness)


def test_a_whole_mp3_is_gapless(server: Server) -> None:
    """Its header says what the encoder added at both ends, and decoders take it off."""
    original = pcm(reference(server, 24_000))
    sound = decode(ask(server, "mp3", 24_000, stream=False), "mp3")
    assert abs(sound.size - original.size) <= 1
    overlap = min(sound.size, original.size)
    assert float(np.corrcoef(sound[:overlap], original[:overlap])[0, 1]) > 0.95


def test_a_streamed_wav_is_read_by_pythons_own_reader(server: Server) -> None:
    with wave.open(io.BytesIO(ask(server, "wav", 22_050, stream=True))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (22_050, 1, 2)
        assert file.readframes(1 << 30) == reference(server, 22_050)


@pytest.mark.parametrize("rate", SAMPLE_RATES)
def test_a_sample_rate_changes_nothing_but_the_rate(server: Server, rate: int) -> None:
    expected = len(reference(server, 24_000)) / 24_000
    assert len(reference(server, rate)) / rate == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("rate", [11025, 22050, 32000, 44100])
def test_opus_refuses_the_rates_it_does_not_have(server: Server, rate: int) -> None:
    answer = server.speak(TEXT, response_format="opus", sample_rate=rate)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "sample_rate"
    assert "48000" in answer.json()["detail"]

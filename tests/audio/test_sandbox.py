"""Recordings of strangers: decoded in a process of their own, refused with a reason, never to our harm."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import silence, tone
from tests.hearing import pitch, rms
from tests.recordings import BOMBS, FORMATS, NO_RECORDINGS, liar, opus_bomb, polyglot, wide, written

from stentor.audio import sandbox as module
from stentor.audio.decode import Source
from stentor.audio.sandbox import Decoded, Limits, Sandbox
from stentor.errors import DecoderUnavailable

FIT = 48_000  # hertz, which every format here can have


def decoders() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "sandboxed" in " ".join(child.cmdline())]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def decode(content: bytes, seconds: float = 10.0, rate: int | None = None) -> Decoded:
    return await Sandbox().decode(content, seconds, rate)


@asynccontextmanager
async def warmed(limits: Limits | None = None) -> AsyncIterator[tuple[Sandbox, psutil.Process]]:
    """Open a sandbox and wait for its spare process."""
    sandbox = Sandbox(limits)
    async with sandbox.opened():
        sandbox.warm()
        await until(decoders)
        yield sandbox, decoders()[0]


@pytest.mark.parametrize("format_", FORMATS)
async def test_every_format_is_heard(format_: str) -> None:
    decoded = await decode(written(tone(2.0, FIT), FIT, format_))
    assert decoded.rate == FIT
    assert decoded.samples.dtype == np.float32
    assert decoded.samples.shape == (decoded.samples.size,)
    assert decoded.samples.size / FIT == pytest.approx(2.0, abs=0.1)
    assert pitch(decoded.samples, FIT) == pytest.approx(440, abs=2)
    assert rms(decoded.samples) == pytest.approx(0.25 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize(
    ("format_", "source"),
    [
        ("wav", Source("wav", "pcm_s16le", FIT, 2)),
        ("m4a", Source("mp4", "aac", FIT, 2)),
        ("webm", Source("webm", "opus", FIT, 2)),
        ("mp3", Source("mp3", "mp3", FIT, 2)),
    ],
)
async def test_what_it_was_is_told(format_: str, source: Source) -> None:
    assert (await decode(written(tone(1.0, FIT), FIT, format_, "stereo"))).source == source


async def test_a_recording_keeps_its_rate_unless_another_is_wanted() -> None:
    content = written(tone(1.0, 22_050), 22_050, "flac")
    own, other = await asyncio.gather(decode(content), decode(content, rate=24_000))
    assert (own.rate, own.samples.size) == (22_050, 22_050)
    exact = np.rint(tone(1.0, 22_050) * 32768) / 32768
    assert np.abs(own.samples - exact).max() < 2**-14
    assert (other.rate, other.source.rate) == (24_000, 22_050)
    assert other.samples.size == pytest.approx(24_000, abs=2)
    assert pitch(other.samples, 24_000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("format_", ["flac", "wav"])
async def test_eight_channels_at_192_khz_become_one_at_48(format_: str) -> None:
    decoded = await decode(wide(2.0, format_))
    assert (decoded.rate, decoded.source.rate, decoded.source.channels) == (48_000, 192_000, 8)
    assert decoded.samples.size == pytest.approx(96_000, abs=10)
    assert pitch(decoded.samples, 48_000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("content", NO_RECORDINGS)
async def test_what_is_no_recording_is_refused_in_a_few_words(content: str) -> None:
    with pytest.raises(ValueError, match=r"^(no audio of a format|a file without|\d+ channels at)"):
        await decode(NO_RECORDINGS[content]())


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_by_its_reason(bomb: str) -> None:
    with pytest.raises(ValueError, match=r"longer than 120 s|no audio of a format|without audio"):
        await decode(BOMBS[bomb](), 120)


@pytest.mark.parametrize("format_", ["wav", "mp3", "flac", "opus", "webm", "aac"])
async def test_what_broke_off_is_heard_up_to_there(format_: str) -> None:
    content = written(tone(4.0, FIT), FIT, format_)
    decoded = await decode(content[: len(content) // 2])
    assert 1.5 < decoded.samples.size / decoded.rate < 2.5
    assert pitch(decoded.samples, decoded.rate) == pytest.approx(440, abs=3)


async def test_a_recording_that_is_an_archive_as_well_is_heard_as_what_it_sounds_like() -> None:
    for format_ in ("mp3", "wav", "flac"):
        decoded = await decode(polyglot(written(tone(2.0, FIT), FIT, format_)))
        assert decoded.samples.size / FIT == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(
    "lies", [{"size": 2**32 - 1}, {"riff": 0}, {"size": 0}, {"block": 4}, {"riff": 2**31}]
)
async def test_a_header_that_lies_of_sizes_is_not_believed(lies: dict[str, int]) -> None:
    try:
        decoded = await decode(liar(**lies))
    except ValueError:
        assert lies != {"size": 2**32 - 1}  # which is how streams say that they do not know
        return
    assert 0.4 < decoded.samples.size / decoded.rate <= 1.05


async def test_an_empty_file_costs_no_process() -> None:
    with pytest.raises(ValueError, match="an empty file"):
        await decode(b"")


async def test_the_longest_sound_is_taken_and_no_longer() -> None:
    content = written(tone(3.0, 8000), 8000, "wav")
    assert (await decode(content, 3.0)).samples.size == 24_000
    with pytest.raises(ValueError, match=r"it is longer than 2\.9 seconds"):
        await decode(content, 2.9)


async def test_what_takes_too_long_is_ended() -> None:
    sandbox = Sandbox(Limits(wall_seconds=0.0))
    with pytest.raises(ValueError, match="takes too long to decode"):
        await sandbox.decode(opus_bomb(10_000), 3600)
    assert not decoders()


STOLEN = (
    "import os, socket, struct, sys; s = socket.socket(fileno=int(sys.argv[-1])); "
    "s.sendall(struct.pack('<BI', 0, 0)); s.recv(100000); "
)


@pytest.mark.parametrize(
    ("ending", "words"), [("SIGSEGV", "cannot stand"), ("SIGXCPU", "too long"), ("SIGKILL", "too long")]
)
async def test_a_decoder_that_dies_is_the_recording_s_fault(
    ending: str, words: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = f"import signal; os.kill(os.getpid(), signal.{ending})"
    monkeypatch.setattr(module, "_PROGRAM", STOLEN + program)
    with caplog.at_level(logging.WARNING), pytest.raises(ValueError, match=words):
        await decode(BOMBS["25 MB of zeros"]())
    assert ending in caplog.text


async def test_a_decoder_that_does_not_start_is_this_machine_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROGRAM", "raise SystemExit(3)")
    with pytest.raises(DecoderUnavailable):
        await decode(written(tone(0.1), 24_000, "wav"))
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(DecoderUnavailable):
        await decode(written(tone(0.1), 24_000, "wav"))


async def test_a_process_that_was_started_ahead_is_used_and_ends() -> None:
    async with warmed() as (sandbox, process):
        sandbox.warm()
        assert decoders() == [process]
        await sandbox.decode(written(tone(0.1), 24_000, "wav"), 10)
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        assert not decoders()


async def test_a_process_that_nobody_used_ends_by_itself() -> None:
    async with warmed(Limits(spare_seconds=0.3)) as (_, process):
        await until(lambda: not process.is_running())


async def test_a_closed_sandbox_leaves_nothing() -> None:
    async with warmed():
        pass
    assert not decoders()
    sandbox = Sandbox()
    sandbox.warm()
    assert not decoders()


async def test_who_leaves_takes_the_process_along() -> None:
    sandbox = Sandbox()
    decoding = asyncio.create_task(sandbox.decode(BOMBS["25 MB of noise"](), 10))
    await until(decoders)
    decoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decoding
    assert not decoders()


async def test_no_more_than_some_are_decoded_at_once() -> None:
    sandbox = Sandbox(Limits(at_once=2))
    most = 0

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, len(decoders()))
            await asyncio.sleep(0.01)

    looking = asyncio.create_task(look())
    content = written(tone(0.1), 24_000, "wav")
    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(sandbox.decode(content, 10))
    looking.cancel()
    assert 1 <= most <= 2


async def test_the_process_knows_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with warmed() as (_, process):
        assert "OPENAI_API_KEY" not in process.environ()


async def test_a_stolen_process_cannot_harm_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it says instead of its part ends in the same words."""
    for part in (
        "s.sendall(struct.pack('<BI', 1, 2**32 - 1) + b'x')",
        "s.sendall(struct.pack('<BI', 9, 1) + b'x')",
        "s.sendall(struct.pack('<BI', 2, 2) + b'[]')",
        "s.sendall(struct.pack('<BI', 2, 5) + b'{\"a\":')",
        "s.sendall(struct.pack('<BI', 1, 3) + b'abc' + struct.pack('<BI', 2, 2) + b'{}')",
        "[s.sendall(struct.pack('<BI', 1, 2**18) + bytes(2**18)) for _ in range(10**6)]",
    ):
        monkeypatch.setattr(module, "_PROGRAM", STOLEN + part)
        with pytest.raises(ValueError, match=r"cannot stand|too long"):
            await decode(b"RIFF", 1)


async def test_floats_that_are_no_numbers_become_silence() -> None:
    samples = silence(1.0)
    samples[100:200] = np.nan
    content = bytearray(written(silence(1.0), 24_000, "wav, floats"))
    at = content.index(b"data") + 8
    content[at : at + samples.nbytes] = samples.tobytes()
    assert np.isfinite((await decode(bytes(content))).samples).all()


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_broken_files_never_harm(format_: str, draw: st.DataObject) -> None:
    content = bytearray(written(tone(0.3, FIT), FIT, format_))
    for _ in range(draw.draw(st.integers(1, 40))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    try:
        decoded = asyncio.run(decode(bytes(content)))
    except ValueError:
        return
    assert np.isfinite(decoded.samples).all()
    assert np.abs(decoded.samples).max(initial=0) <= 1
    assert decoded.samples.size / decoded.rate <= 10.1

"""The process in which a recording is decoded: what it may do, and what it sends."""

from __future__ import annotations

import io
import json
import os
import resource
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.fakes import tone
from tests.recordings import written

from stentor.audio.sandboxed import (
    DONE,
    FRAME,
    HIGHEST_RATE,
    LARGEST_FRAME,
    READY,
    REFUSED,
    SAMPLES,
    Order,
    rehearse,
    serve,
    target_rate,
)

ORDER = Order(size=0, seconds=10.0, rate=0, cpu_seconds=1, memory=32 * 2**20)


def served(content: bytes, order: Order = ORDER) -> list[tuple[int, bytes]]:
    """Decode in this process, and return the frames."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
            serve(theirs, io.BytesIO(content), order)
        with ours.makefile("rb") as frames:
            found = []
            while head := frames.read(FRAME.size):
                kind, length = FRAME.unpack(head)
                found.append((kind, frames.read(length)))
    return found


def confined(attempt: str, memory: int = 32 * 2**20) -> subprocess.CompletedProcess[str]:
    """Try something in a process that has given up what decoding does not need."""
    program = (
        "import ctypes, socket, subprocess, sys; from stentor.audio.sandboxed import Order, confine; "
        f"made = socket.socket; confine(Order(0, 1.0, 0, 1, {memory}))\n{attempt}\nprint('done')"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )


def test_samples_come_in_frames_and_then_what_they_were() -> None:
    content = written(tone(1.5, 48_000), 48_000, "wav")
    *samples, (kind, told) = served(content)
    assert {kind for kind, _ in samples} == {SAMPLES}
    assert max(len(part) for _, part in samples) <= LARGEST_FRAME
    sound = np.frombuffer(b"".join(part for _, part in samples), "<f4")
    assert np.abs(sound - tone(1.5, 48_000)).max() < 2**-14
    assert kind == DONE
    assert json.loads(told) == {"container": "wav", "codec": "pcm_s16le", "rate": 48_000, "channels": 1}


def test_a_refusal_says_why() -> None:
    content = written(tone(1.0, 48_000), 48_000, "wav")
    for content_, order, words in (
        (b"", ORDER, "no audio of a format that is read"),
        (content, replace(ORDER, seconds=0.5), "it is longer than 0.5 seconds"),
    ):
        kind, reason = served(content_, order)[-1]
        assert (kind, reason.decode()) == (REFUSED, words)


def test_a_rate_is_its_own_up_to_that_of_a_voice() -> None:
    assert target_rate(22_050, 0) == 22_050
    assert target_rate(96_000, 0) == HIGHEST_RATE
    assert target_rate(22_050, 24_000) == 24_000
    assert target_rate(96_000, 16_000) == 16_000


def test_what_may_be_done_is_still_done() -> None:
    assert confined("x = bytes(2**20); sum(range(1000))").stdout == "done\n"


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('evil', 'w')",
        "made(socket.AF_INET)",
        "made(socket.AF_UNIX)",
        "subprocess.run(['/bin/true'])",
        "import wave",
        "bytes(64 * 2**20)",
        "[bytes(2**20) for _ in range(64)] and [bytearray(2**20) for _ in range(64)]",
        "while True: pass",
    ],
)
def test_what_decoding_does_not_need_is_out_of_reach(attempt: str) -> None:
    ran = confined(attempt)
    assert ran.returncode != 0
    assert not ran.stdout


def test_a_rehearsal_imports_all_that_decoding_takes() -> None:
    program = (
        "import io, sys; from stentor.audio.sandboxed import rehearse, pieces; rehearse(); "
        "before = set(sys.modules); list(pieces(io.BytesIO(sys.stdin.buffer.read()))); "
        "print(*set(sys.modules) - before)"
    )
    for format_ in ("wav", "mp3", "flac", "opus", "m4a", "webm", "aac"):
        content = written(tone(0.3, 48_000), 48_000, format_)
        ran = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)
        assert ran.stdout.split() == []


def test_a_rehearsal_needs_nothing_and_leaves_nothing() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    rehearse()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_the_process_ends_with_its_socket() -> None:
    program = "import sys; from stentor.audio.sandboxed import main; main(sys.argv[1:])"
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            command = [sys.executable, "-c", program, str(os.getpid()), str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        assert FRAME.unpack(ours.recv(FRAME.size))[0] == READY
    assert process.wait(30) == 0


def test_a_process_whose_parent_is_gone_already_ends() -> None:
    program = "from stentor.audio.sandboxed import main; main(['1', '0'])"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=30).returncode == 0

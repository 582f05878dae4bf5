"""What an upload costs: decoding, judging and writing it anew; and what a bomb does to who decodes it."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.recordings import BOMBS, FORMATS, written

from bench.encoding import speech
from bench.measure import cpu_seconds
from stentor.audio.recording import cleaned, judge
from stentor.audio.recording import written as kept
from stentor.audio.resample import Resampler
from stentor.audio.sandbox import Limits
from stentor.audio.sandboxed import DONE, FRAME, READY, REFUSED, SAMPLES, Order

SECONDS, RATE, ROUNDS = 30, 48_000, 5
MOST_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Cost:
    """What decoding one recording cost."""

    start: float
    cpu: float
    memory: float
    """Its peak above that of a process that waits, in MiB."""
    wall: float
    sound: bytes
    end: str


def main() -> None:
    resampler = Resampler(24_000, RATE)
    once = np.concatenate([resampler.push(speech().astype(np.float32)), resampler.flush()])
    samples = np.tile(once, 2)[: SECONDS * RATE]
    print(
        f"a clip of {SECONDS} s: CPU of the process, its memory, and CPU of the checks and of writing it anew"
    )
    for name in FORMATS:
        content = written(samples, RATE, name, "stereo")
        costs = [decoded(content) for _ in range(ROUNDS)]
        start = statistics.median(cost.start for cost in costs)
        cpu = statistics.median(cost.cpu for cost in costs)
        sound = np.frombuffer(costs[0].sound, "<f4")
        began = time.process_time()
        judge(sound, RATE)
        kept(cleaned(sound, RATE), RATE)
        after = time.process_time() - began
        print(
            f"{name:14} start {start:.2f} + {cpu:.2f} s, {costs[0].memory:4.1f} MiB, then {after:.2f} s; "
            f"in all {start + cpu + after:.2f} s"
        )
    for name, make in BOMBS.items():
        content = make()
        cost = decoded(content)
        print(
            f"{name:32} {len(content) / 2**20:5.2f} MiB: {cost.start + cost.cpu:.2f} s CPU, "
            f"{cost.wall:.2f} s, {cost.memory:4.1f} MiB: {cost.end}"
        )


def decoded(content: bytes) -> Cost:
    """Decode a recording as the server does, and look on."""
    ours, theirs = socket.socketpair()
    program = "from stentor.audio.sandboxed import main; import sys; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, str(os.getpid()), str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env={"OPENBLAS_NUM_THREADS": "1"})
    theirs.close()
    if ours.recv(FRAME.size)[0] != READY:
        raise SystemExit("the process did not start")
    idle, start = peak(process.pid), cpu_seconds(process.pid)
    most = [idle]
    watch = threading.Thread(target=watching, args=(process.pid, most), daemon=True)
    watch.start()
    began = time.perf_counter()
    limits = Limits()
    order = Order(len(content), MOST_SECONDS, 0, limits.cpu_seconds, limits.memory)
    ours.sendall(order.packed())
    ours.sendall(content)
    sound, end = heard(ours)
    wall = time.perf_counter() - began
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0  # it was waited for
    watch.join()
    cpu = used.ru_utime + used.ru_stime - start
    return Cost(start, cpu, (most[0] - idle) / 1024, wall, sound, end)


def heard(connection: socket.socket) -> tuple[bytes, str]:
    """Read what a recording becomes, and what the last frame says of it."""
    parts = []
    with connection, connection.makefile("rb") as frames:
        while head := frames.read(FRAME.size):
            kind, length = FRAME.unpack(head)
            payload = frames.read(length)
            if kind == SAMPLES:
                parts.append(payload)
            if kind in (DONE, REFUSED):
                return b"".join(parts), payload.decode()
    return b"", "the process died"


def peak(pid: int) -> float:
    """Return the most memory that a process held so far, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return float(next((line.split()[1] for line in lines if line.startswith("VmHWM")), 0))


def watching(pid: int, most: list[float]) -> None:
    """Note the highest figure of a process until it ends."""
    try:
        while True:
            most[0] = max(most[0], peak(pid))
            time.sleep(0.002)
    except OSError:
        return

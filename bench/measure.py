"""Starting what is measured, and reading its CPU time and memory from Linux."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank."
_BENCH = Path(__file__).parent


@dataclass
class Running:
    """A server under measurement."""

    process: subprocess.Popen[str]
    port: int
    folder: Path
    exec_seconds: float = 0.0
    """From exec to the first 200 of /health/ready."""

    def pids(self) -> list[int]:
        return [self.process.pid, *children(self.process.pid)]

    def cpu(self) -> float:
        """Return the CPU seconds of the server and its children."""
        return sum(cpu_seconds(pid) for pid in self.pids())

    def pss(self) -> float:
        """Return the proportional memory of the gateway in KiB."""
        return pss_kib(self.process.pid)


def cpu_seconds(pid: int) -> float:
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            nanoseconds += int((task / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def pss_kib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise LookupError(pid)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


@contextlib.contextmanager
def stentor(settings: str = "", environ: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run `stentor serve` with the benchmark's engines installed beside it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "stentor.toml").write_text(settings)
        install_engines(folder)
        path = os.pathsep.join([str(folder), str(_BENCH.parent)])
        command = [sys.executable, "-m", "stentor", "serve", "--port", "0", "--log-level", "error"]
        with _running(command, folder, {"PYTHONPATH": path, **(environ or {})}) as running:
            yield running


def bare(*arguments: str) -> contextlib.AbstractContextManager[Running]:
    """Run one of the servers of `bench.bare`."""
    return module("bench.bare", *arguments)


@contextlib.contextmanager
def module(*arguments: str) -> Iterator[Running]:
    """Run a module that serves, by its name and what it is given."""
    command = [sys.executable, "-m", *arguments]
    with tempfile.TemporaryDirectory() as temporary:
        environ = {"PYTHONPATH": str(_BENCH.parent)}
        with _running(command, Path(temporary), environ) as running:
            yield running


@contextlib.contextmanager
def _running(command: list[str], folder: Path, environ: Mapping[str, str]) -> Iterator[Running]:
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        announced = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        if announced is None:
            raise SystemExit("the server did not start")
        running = Running(process, int(announced[1]), folder)
        while not answers(running.port):
            if process.poll() is not None:
                raise SystemExit("the server ended as it started")
            time.sleep(0.005)
        running.exec_seconds = time.perf_counter() - began
        yield running
    finally:
        process.kill()  # streams that are still open would be waited for
        process.wait()


def answers(port: int, path: str = "/health/ready") -> bool:
    with contextlib.suppress(OSError), Connection(port) as connection:
        return connection.get(path) == 200
    return False


def install_engines(folder: Path) -> None:
    """Make the engines of `bench.engines` known as any third party's are: by an entry point."""
    about = folder / "stentor_bench-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stentor-bench\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[stentor.engines]\npaced = bench.engines:PacedEngine\nprobe = bench.engines:ProbeEngine\n"
    )


@dataclass
class Answer:
    """An answer, and when its parts came, in seconds after the request was sent."""

    status: int
    body: bytes
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    """When, and how many bytes of body there were by then."""


class Connection:
    """A keep-alive HTTP/1.1 connection that costs the client little."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()
        self._socket.close()

    def get(self, path: str) -> int:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())
        return self._answer(time.perf_counter()).status

    def speak(self, **fields: object) -> Answer:
        self.send(**fields)
        return self._answer(time.perf_counter())

    def send(self, **fields: object) -> None:
        body = json.dumps({"model": "tts-1", "voice": "alloy", **fields}).encode()
        self._socket.sendall(
            b"POST /v1/audio/speech HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body) + body
        )

    def first_bytes(self, count: int) -> bytes:
        """Read the beginning of an answer, whatever it is."""
        return self._reader.read(count)

    def _answer(self, sent: float) -> Answer:
        status = int(self._reader.readline().split()[1])
        length = None
        while (line := self._reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is not None:
            if length:
                self._reader.peek(1)
            began = time.perf_counter() - sent
            body = self._reader.read(length)
            return Answer(status, body, [(began, 1), (time.perf_counter() - sent, length)])
        answer = Answer(status, b"")
        parts: list[bytes] = []
        total = 0
        while size := int(self._reader.readline(), 16):
            parts.append(self._reader.read(size))
            total += size
            answer.arrivals.append((time.perf_counter() - sent, total))
            self._reader.readline()
        self._reader.readline()
        answer.body = b"".join(parts)
        return answer


def spread(values: list[float]) -> str:
    """Write median, and the quarter and three-quarter points."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"

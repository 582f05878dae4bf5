"""A thousand clients that leave after the first chunk: what is wasted, and what is left over."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from bench.first_sound import LONG
from bench.measure import Connection, Running, stentor

TIMES = 1000


def main() -> None:
    with stentor() as server, Connection(server.port) as healthy:
        text = LONG[:4000]
        for _ in range(5):
            leave(server.port, text)
        time.sleep(0.5)
        before = counts(server)
        began = server.cpu()
        healthy.speak(input=text, response_format="pcm")
        whole = server.cpu() - began
        began = server.cpu()
        for _ in range(TIMES):
            leave(server.port, text)
        time.sleep(0.5)
        wasted = (server.cpu() - began) / TIMES
        after = counts(server)
        print(
            f"{TIMES} clients left after the first chunk: {1000 * wasted:.2f} ms of CPU each, "
            f"{100 * wasted / whole:.1f} % of the whole text's {1000 * whole:.0f} ms"
        )
        for name, was in before.items():
            print(f"  {name}: {was} before, {after[name]} after")


def leave(port: int, text: str) -> None:
    with Connection(port) as connection:
        connection.send(input=text, response_format="pcm")
        connection.first_bytes(2000)


def counts(server: Running) -> dict[str, int]:
    process = psutil.Process(server.process.pid)
    return {
        "threads": process.num_threads(),
        "descriptors": process.num_fds(),
        "processes": len(process.children(recursive=True)),
        "KiB": int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4,
    }

"""CPU of the whole server for one sentence, against the library called in a loop."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.measure import SENTENCE, Connection, spread, stentor

ROUNDS, REPEATS = 9, 100


def main() -> None:
    command = [sys.executable, "-m", "bench.bare", "engine", SENTENCE, "gmw/en-US+f3"]
    loop = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert loop.stdin is not None
    assert loop.stdout is not None
    with stentor() as server, Connection(server.port) as connection:
        for format_ in ("pcm", "mp3", "opus"):
            request = {"input": SENTENCE, "response_format": format_}
            for _ in range(20):
                connection.speak(**request)
            theirs, ours = [], []
            for _ in range(ROUNDS):
                loop.stdin.write(f"{REPEATS}\n")
                loop.stdin.flush()
                theirs.append(1000 * float(loop.stdout.readline()) / REPEATS)
                before = server.cpu()
                for _ in range(REPEATS):
                    connection.speak(**request)
                ours.append(1000 * (server.cpu() - before) / REPEATS)
            ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
            print(
                f"{format_:5} library {statistics.median(theirs):.2f} ms, "
                f"server {statistics.median(ours):.2f} ms, ratio {spread(ratios)}"
            )
    loop.kill()
    loop.wait()

"""How late the event loop wakes while long texts are spoken flat out."""

from __future__ import annotations

import json
import statistics
import threading
import time

from bench.first_sound import LONG
from bench.measure import Connection, stentor

SPEAKERS, ROUNDS = 8, 3


def main() -> None:
    for format_ in ("pcm", "mp3"):
        with stentor("[engines.probe]\n") as server:
            time.sleep(1)
            began = time.time()
            threads = [threading.Thread(target=speak, args=(server.port, format_)) for _ in range(SPEAKERS)]
            for thread in threads:
                thread.start()
            health = []
            with Connection(server.port) as connection:
                while any(thread.is_alive() for thread in threads):
                    asked = time.perf_counter()
                    connection.get("/health/live")
                    health.append(1000 * (time.perf_counter() - asked))
                    time.sleep(0.02)
            busy = time.time() - began
            time.sleep(1)
            lags = json.loads((server.folder / "lags.json").read_text())["lags"]
        # The probe looks each 5 ms; what it saw while all spoke is in the middle.
        during = sorted(1000 * lag for lag in lags)[-int(busy / 0.006) :]
        print(
            f"{format_:4} {SPEAKERS} x 4,000 characters in {busy:.1f} s: loop lag p50 "
            f"{statistics.median(during):.2f} ms, p99 {_percentile(during, 99):.2f} ms; /health/live p99 "
            f"{_percentile(health, 99):.2f} ms"
        )


def speak(port: int, format_: str) -> None:
    with Connection(port) as connection:
        for _ in range(ROUNDS):
            connection.speak(input=LONG[:4000], response_format=format_)


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]

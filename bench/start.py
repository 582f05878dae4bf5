"""From the command to the first answer, and how much memory that takes."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.measure import Connection, children, pss_kib, stentor

ROUNDS = 7
SETTINGS = "[engines.espeak]\nreplicas = 1\nspares = 0\n"


def main() -> None:
    ready, cpu, gateway, worker, after = [], [], [], [], []
    for _ in range(ROUNDS):
        with stentor(SETTINGS) as server:
            ready.append(server.exec_seconds)
            cpu.append(server.cpu())
            gateway.append(server.pss() / 1024)
            worker.append(sum(pss_kib(pid) for pid in children(server.process.pid)) / 1024)
            with Connection(server.port) as connection:
                connection.speak(input="Hello.", response_format="mp3")
            after.append(server.pss() / 1024)
    print(
        f"ready after {statistics.median(ready):.2f} s (CPU {statistics.median(cpu):.2f} s); "
        f"gateway {statistics.median(gateway):.1f} MiB, espeak worker {statistics.median(worker):.1f} MiB; "
        f"gateway after the first mp3 {statistics.median(after):.1f} MiB"
    )
    code = "import stentor, sys; print(len(sys.modules), 'torch' in sys.modules, 'numpy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    print(f"import stentor: modules, torch, numpy = {shown.strip()}")

"""`python -m bench [NAME ...]`: run the benchmarks, each printing its ratios."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time

NAMES = (
    "start",
    "cost",
    "first_sound",
    "planning",
    "word_times",
    "joins",
    "encoding",
    "loop_lag",
    "leaving",
    "passing",
    "fallback",
    "memory",
    "streams",
    "adaptation",
    "uploads",
)


def main() -> None:
    names = sys.argv[1:] or NAMES
    if unknown := set(names) - set(NAMES):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    load = os.getloadavg()[0]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    for name in names:
        began = time.perf_counter()
        print(f"\n{name}", flush=True)
        importlib.import_module(f"bench.{name}").main()
        print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()

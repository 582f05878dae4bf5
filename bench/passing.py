"""What it adds to hand on a stream of another server: Stentor, a bare aiohttp forwarder, and LiteLLM's proxy.

`python -m bench.passing install` puts LiteLLM into an environment of its own, `.venv/litellm`; it brings more
than a hundred packages. Without it the others are measured.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.measure import SENTENCE, Answer, Connection, Running, answers, bare, module, stentor

ROUNDS, STREAMS, WARM = 30, 20, 60
LITELLM_EACH = 4  # it takes so long that it gets fewer
STARTS_WITHIN = 120.0
_HERE = Path(__file__).parent
_LITELLM = _HERE.parent / ".venv" / "litellm"
_SETTINGS = """\
[speech]
default_engine = "upstream"
[engines.upstream]
kind = "openai"
url = "{url}/v1"
[engines.espeak]
enabled = false
"""
_CONFIG = """\
model_list:
  - model_name: tts-1
    litellm_params: {{model: openai/tts-1, api_base: "{url}/v1", api_key: none}}
litellm_settings: {{telemetry: false}}
general_settings: {{dangerously_permit_weak_or_unset_master_key: true}}
"""


@dataclass
class Side:
    """One of those that are compared, and what was seen of it."""

    name: str
    server: Running
    connection: Connection
    each: int = 1
    """It gets one stream of so many."""
    firsts: list[float] = field(default_factory=list)
    """Milliseconds that it added to the first byte, by stream."""
    lasts: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Microseconds for a stream, by round."""
    is_unchanged: bool = True


def main() -> None:
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(module("bench.upstream"))
        url = f"http://127.0.0.1:{upstream.port}"
        servers = {
            "direct, again": upstream,
            "aiohttp": stack.enter_context(bare("forward", url)),
            "Stentor": stack.enter_context(stentor(_SETTINGS.format(url=url))),
        }
        if (_LITELLM / "bin" / "litellm").exists():
            servers["LiteLLM"] = stack.enter_context(litellm(_CONFIG.format(url=url)))
        else:
            print("LiteLLM is not installed: `python -m bench.passing install`")
        for voice, said in (("alloy", "20 chunks at once"), ("paced", "20 chunks, 1 ms apart")):
            connections = {name: stack.enter_context(Connection(one.port)) for name, one in servers.items()}
            sides = [
                Side(name, server, connections[name], LITELLM_EACH if name == "LiteLLM" else 1)
                for name, server in servers.items()
            ]
            direct = compared(stack.enter_context(Connection(upstream.port)), sides, voice)
            print(f"{said}: direct, first byte {direct[0]:.2f} ms, last {direct[1]:.2f} ms; added to it:")
            for side in sides:
                print(told(side))
            if sides[-1].name == "LiteLLM":
                print(against(*sides[-2:]))


def compared(direct: Connection, sides: Sequence[Side], voice: str) -> tuple[float, float]:
    """Stream from all, round by round; returns the medians of first and last byte with none between."""
    for side in sides:
        for _ in range(WARM // side.each):
            heard(side.connection, voice)
    seen = []
    for number in range(ROUNDS):
        alone = [heard(direct, voice) for _ in range(STREAMS)]
        seen += [(first, last) for first, last, _ in alone]
        turn = number % len(sides)
        for side in (*sides[turn:], *sides[:turn]):
            _compare(side, voice, alone[:: side.each])
    firsts, lasts = zip(*seen, strict=True)
    return statistics.median(firsts), statistics.median(lasts)


def _compare(side: Side, voice: str, alone: Sequence[tuple[float, float, Answer]]) -> None:
    """Take as many streams from one as from the server itself just before."""
    before = side.server.cpu()
    for first_alone, last_alone, expected in alone:
        first, last, answer = heard(side.connection, voice)
        side.firsts.append(first - first_alone)
        side.lasts.append(last - last_alone)
        side.is_unchanged &= answer.body == expected.body
    side.cpu.append(1e6 * (side.server.cpu() - before) / len(alone))


def heard(connection: Connection, voice: str) -> tuple[float, float, Answer]:
    """Take one stream; returns the milliseconds until its first byte and until its end."""
    began = time.perf_counter()
    answer = connection.speak(input=SENTENCE, voice=voice, response_format="mp3")
    assert answer.status == 200, answer.body
    return 1000 * answer.arrivals[0][0], 1000 * (time.perf_counter() - began), answer


def told(side: Side) -> str:
    if side.name == "direct, again":
        return f"  {side.name:13} {_added(side)}"
    size = sum(psutil.Process(pid).memory_info().rss for pid in side.server.pids()) / 2**20
    form = "the same bytes" if side.is_unchanged else "other bytes"
    cpu = f"{statistics.median(side.cpu):.0f} µs of CPU"
    return f"  {side.name:13} {_added(side)}; {cpu}, {size:.0f} MiB, {form}"


def _added(side: Side) -> str:
    return ", ".join(
        f"{name} byte p50 {statistics.median(values):.2f} p99 {_percentile(values, 99):.2f} ms"
        for name, values in (("first", side.firsts), ("last", side.lasts))
    )


def against(ours: Side, theirs: Side) -> str:
    ratios = {
        "first byte": statistics.median(theirs.firsts) / statistics.median(ours.firsts),
        "last byte": statistics.median(theirs.lasts) / statistics.median(ours.lasts),
        "CPU": statistics.median(theirs.cpu) / statistics.median(ours.cpu),
    }
    said = ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items())
    return f"  {theirs.name} over {ours.name}: {said}"


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


@contextlib.contextmanager
def litellm(config: str) -> Iterator[Running]:
    """Run LiteLLM's proxy with one worker, without a database, and without calls home."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        folder = Path(temporary)
        (folder / "config.yaml").write_text(config)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [
            str(_LITELLM / "bin" / "litellm"),
            *("--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)),
            *("--num_workers", "1", "--telemetry", "False"),
        ]
        environ = {
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PATH": f"{_LITELLM / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        log = stack.enter_context((folder / "log").open("w"))
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environ}, stdout=log, stderr=log, text=True
        )
        try:
            while not answers(port, "/health/liveliness"):
                if process.poll() is not None or time.perf_counter() > began + STARTS_WITHIN:
                    raise SystemExit(f"LiteLLM did not start: {(folder / 'log').read_text()[-2000:]}")
                time.sleep(0.1)
            yield Running(process, port, folder, time.perf_counter() - began)
        finally:
            process.kill()
            process.wait()


def install() -> None:
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, _LITELLM], check=True)
    requirements = _HERE / "litellm-requirements.txt"
    python = _LITELLM / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, "-r", requirements], check=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["install"]:
            install()
        case _:
            main()

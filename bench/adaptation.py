"""How near an adapted voice comes to the recording that it follows, and what that costs.

With `BENCH_JUDGE`, the Python of an environment with Resemblyzer, a network that tells speakers apart is
asked as well; see `bench/judge.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tests.engines.espeak.references import (
    FLITE,
    VARIANTS,
    distance,
    pitch,
    recorded,
    recorded_from_flite,
    spoken,
)

from stentor.audio.encode import encode_whole
from stentor.engines.espeak import SAMPLE_RATE, EspeakEngine
from stentor.engines.espeak.adaptation import Adaptation
from stentor.types import Sample

from .measure import children, cpu_seconds

if TYPE_CHECKING:
    from stentor.types import Samples

_JUDGE = os.environ.get("BENCH_JUDGE")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_all(Path(folder)))
        if _JUDGE:
            _judge(folder)


async def _all(folder: Path) -> None:
    engine = EspeakEngine(EspeakEngine.Config(replicas=1, spares=0))
    await engine.open()
    try:
        references = {name: await recorded(engine, voice) for name, voice in VARIANTS.items()}
        if shutil.which("flite"):
            references |= {f"flite {name}": recorded_from_flite(name) for name in FLITE}
        else:
            print("flite is not installed")
        plain = await spoken(engine)
        nearer = [await _one(engine, name, heard, plain, folder) for name, heard in references.items()]
        print(f"the spectral distance is {statistics.mean(nearer):.2f} of the plain voice's, on average")
        await _cost(engine, list(references.values())[-1])
    finally:
        await engine.close()


async def _one(engine: EspeakEngine, name: str, reference: Sample, plain: Samples, folder: Path) -> float:
    prompt = await engine.prepare([reference])
    adapted = await spoken(engine, prompt=prompt)
    wanted, found = pitch(reference.samples, reference.rate), pitch(adapted)
    before, after = (distance(reference, Sample(said, SAMPLE_RATE)) for said in (plain, adapted))
    print(
        f"{name:12}{wanted:6.1f} Hz, adapted {found:6.1f} Hz ({100 * (found / wanted - 1):+.1f} %); "
        f"spectrum {before:.1f} dB away, adapted {after:.1f} dB; formants {Adaptation.of(prompt).formants} %"
    )
    for kind, samples, rate in (
        ("reference", reference.samples, reference.rate),
        ("plain", plain, SAMPLE_RATE),
        ("adapted", adapted, SAMPLE_RATE),
    ):
        (folder / f"{name}@{kind}.wav").write_bytes(encode_whole("wav", samples, rate))
    return after / before


async def _cost(engine: EspeakEngine, reference: Sample) -> None:
    seconds = 30
    long = Sample(np.resize(reference.samples, seconds * reference.rate), reference.rate)
    rounds = []
    for _ in range(5):
        before, began = _cpu(), time.perf_counter()
        prompt = await engine.prepare([long])
        rounds.append((_cpu() - before, time.perf_counter() - began))
    cpu, wall = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"a prompt of {seconds} s: {cpu:.2f} s of CPU, {wall:.2f} s; {len(prompt.written)} bytes")
    for kind, asked in (("plain", None), ("adapted", prompt)):
        await spoken(engine, prompt=asked)
        before = _cpu()
        made = sum([(await spoken(engine, prompt=asked)).size for _ in range(10)])
        print(f"{kind} speech: {1000 * (_cpu() - before) / (made / SAMPLE_RATE):.2f} ms of CPU a second")


def _cpu() -> float:
    return sum(cpu_seconds(pid) for pid in (os.getpid(), *children(os.getpid())))


def _judge(folder: str) -> None:
    assert _JUDGE is not None
    judge = [_JUDGE, str(Path(__file__).with_name("judge.py")), folder]
    told = json.loads(subprocess.run(judge, check=True, capture_output=True, text=True).stdout)
    for name, likeness in told.items():
        print(f"{name:12}similarity of speakers {likeness['plain']:.3f}, adapted {likeness['adapted']:.3f}")
    for kind in ("plain", "adapted"):
        print(f"{kind}: {statistics.mean(row[kind] for row in told.values()):.3f} on average")

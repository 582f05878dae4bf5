"""A command that is told to stop tidies up, whatever tells it and how often."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stentor.stopping import Stop
from tests.engines.runpod.plane import KEY, plane, streaming
from tests.engines.upstream import Asked, Wire, upstream

pytestmark = pytest.mark.e2e  # it starts processes

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, how in before.items():
        signal.signal(number, how)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_cancels_the_work_and_is_the_status(number: signal.Signals) -> None:
    tidied = []

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
        try:
            await asyncio.sleep(10)
        finally:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.01)
            tidied.append(True)

    stop = Stop()
    with pytest.raises(SystemExit) as raised, stop.heeded():
        asyncio.run(stop.over(work()))
    assert raised.value.code == 128 + number
    assert tidied == [True]


def test_what_blocks_is_cancelled_as_well() -> None:
    reading, writing = os.pipe()
    stop = Stop()

    async def work() -> None:
        with stop.blocking():
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            os.read(reading, 1)  # of which nothing comes

    alarm = signal.signal(signal.SIGALRM, lambda _number, _frame: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with pytest.raises(SystemExit), stop.heeded():
            asyncio.run(stop.over(work()))
    finally:
        signal.signal(signal.SIGALRM, alarm)
        os.close(reading)
        os.close(writing)
    assert stop.status == 128 + signal.SIGTERM


def test_a_signal_that_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Stop().heeded():
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_without_a_signal_everything_is_as_before() -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    with pytest.raises(ValueError, match="of its own"), Stop().heeded():
        raise ValueError("of its own")
    assert [signal.getsignal(number) for number in NUMBERS] == before


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_job_that_waits_for_a_worker_is_cancelled(tmp_path: Path, number: signal.Signals) -> None:
    async with plane(streaming(3), cold=asyncio.Event()) as endpoint:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stentor", "say", "-m", "runpod", "-o", "x.wav", "Hello."),
            cwd=tmp_path,
            env={**os.environ, "RUNPOD_ENDPOINT": endpoint.url, "RUNPOD_API_KEY": KEY},
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            while not endpoint.jobs:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.01)
        for _ in range(2):
            process.send_signal(number)
            await asyncio.sleep(0.01)
        _, said = await process.communicate()
        assert endpoint.count("cancel") == 1
    assert process.returncode == 128 + number
    assert said == b""
    assert left(tmp_path) == []


async def test_a_look_at_a_server_is_given_up(tmp_path: Path) -> None:
    async def sleeps(_asked: Asked, wire: Wire) -> None:
        await wire.left()

    async with upstream() as server:
        server.answers("/v1/models", sleeps)
        settings = tmp_path / "mine.toml"
        settings.write_text(f'[engines.far]\nkind = "openai"\nurl = "{server.url}"\n')
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stentor", "doctor", "--config", str(settings)),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            while not server.asked:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert await process.communicate() == (b"", b"")
    assert process.returncode == 128 + signal.SIGINT


def test_text_that_does_not_come_is_waited_for_until_then(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "stentor", "say", "-o", "x.wav"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            process.wait(3)  # it has to start first
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(10) == 128 + signal.SIGINT


def test_a_reader_who_takes_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "stentor", "say", "-m", "tone", "-v", "low", "-f", "pcm", "x" * 40_000],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1)
        try:
            process.wait(1)  # until the pipe is full
        except subprocess.TimeoutExpired:
            process.terminate()
        assert process.wait(10) == 128 + signal.SIGTERM
        assert process.stderr.read() == b""

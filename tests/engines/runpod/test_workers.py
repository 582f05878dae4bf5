"""What the endpoint says of its workers is counted, and it is asked when that matters."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.engines.runpod.plane import KEY, Plane, plane, working
from tests.engines.runpod.speaking import config

from stentor.engines.remote.client import Client
from stentor.engines.runpod.workers import Workers
from stentor.errors import EngineFailed

COLD = {
    "jobs": {"completed": 7, "failed": 1, "inProgress": 0, "inQueue": 2, "retried": 0},
    "workers": {"idle": 0, "initializing": 1, "ready": 0, "running": 0, "throttled": 3, "unhealthy": 0},
}


@asynccontextmanager
async def workers_of(told: Any, *, is_runpod: bool = False) -> AsyncIterator[tuple[Workers, Plane]]:
    async with plane(working, condition=told) as made:
        client = Client("cloud", config(made), {"Authorization": f"Bearer {KEY}"})
        await client.open()
        try:
            yield Workers(client, "cloud", is_runpod=is_runpod), made
        finally:
            await client.close()


async def test_the_queue_and_the_workers_are_counted_and_a_wait_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with workers_of(COLD) as (workers, _):
        assert workers.figures == {}
        await workers.look()
        assert workers.figures == {
            "endpoint_queue": 2,
            "endpoint_jobs": 0,
            "workers_idle": 0,
            "workers_ready": 0,
            "workers_running": 0,
            "workers_starting": 1,
            "workers_throttled": 3,
            "workers_unhealthy": 0,
        }
        assert workers.said() == "0 ready, 1 starting, 3 throttled"
    assert "jobs of cloud that wait for a worker: 2 (0 ready, 1 starting, 3 throttled)" in caplog.text


async def test_an_endpoint_that_says_little_of_its_workers_is_quoted_with_that() -> None:
    async with workers_of({"workers": {"idle": 2, "running": 1}}) as (workers, _):
        assert workers.said() == ""
        await workers.look()
        assert workers.said() == "2 ready"


@pytest.mark.parametrize(
    "told", [None, [], 7, {}, {"jobs": [], "workers": None}, {"jobs": {"inQueue": "2", "inProgress": -1}},
             {"workers": {"idle": True, "running": 10**30, "sleeping": 1}}]
)  # fmt: skip
async def test_what_makes_no_sense_is_left_out(told: Any) -> None:
    async with workers_of(told) as (workers, _):
        await workers.look()
        assert workers.figures == {}


async def test_only_a_job_that_waits_long_is_a_reason_to_look_and_not_all_the_time() -> None:
    async with workers_of(COLD) as (workers, _):
        assert not workers.is_due(1.0)
        assert workers.is_due(2.5)
        await workers.look()
        assert not workers.is_due(9.0)
        workers._looked -= 11
        assert workers.is_due(17.0)


async def test_a_server_that_has_jobs_alone_is_there_all_the_same_but_runpod_has_both() -> None:
    async with workers_of(COLD) as (workers, made):
        made.refuse("health", 1, 404)
        await workers.look()
        assert workers.figures == {}
    async with workers_of(COLD, is_runpod=True) as (workers, made):
        made.refuse("health", 1, 404)
        with pytest.raises(EngineFailed, match="404"):
            await workers.look()


async def test_an_endpoint_that_is_asked_too_often_is_there() -> None:
    async with workers_of(COLD) as (workers, made):
        await workers.look()
        made.refuse("health", 1, 429)
        await workers.look()
        assert workers.figures["workers_starting"] == 1


async def test_a_key_that_is_refused_is_a_problem() -> None:
    async with workers_of(COLD) as (workers, made):
        made.refuse("health", 1, 401)
        with pytest.raises(EngineFailed, match="refused the key"):
            await workers.look()

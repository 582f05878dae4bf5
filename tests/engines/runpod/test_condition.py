"""The endpoint's own figures are known, and it is not asked for them all the time."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.engines.runpod.plane import KEY, Plane, plane, working
from tests.engines.runpod.speaking import config, until

from stentor.engines.remote.client import Client
from stentor.engines.runpod.condition import Condition


@asynccontextmanager
async def condition_of(told: Any) -> AsyncIterator[tuple[Condition, Plane]]:
    async with plane(working, condition=told) as made:
        client = Client("cloud", config(made), {"Authorization": f"Bearer {KEY}"})
        await client.open()
        condition = Condition(client, "cloud")
        try:
            yield condition, made
        finally:
            await condition.close()
            await client.close()


COLD = {
    "jobs": {"completed": 7, "failed": 1, "inProgress": 0, "inQueue": 2, "retried": 0},
    "workers": {"idle": 0, "initializing": 1, "ready": 0, "running": 0, "throttled": 3, "unhealthy": 0},
}


async def test_its_queue_and_its_workers_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with condition_of(COLD) as (condition, _):
        assert condition.figures == {}
        condition.refresh()
        await until(lambda: condition.figures)
        assert condition.figures == {
            "endpoint_queue": 2,
            "endpoint_jobs": 0,
            "workers_idle": 0,
            "workers_ready": 0,
            "workers_running": 0,
            "workers_starting": 1,
            "workers_throttled": 3,
            "workers_unhealthy": 0,
        }
    assert "cloud: 2 jobs wait for a worker; workers: idle 0" in caplog.text


@pytest.mark.parametrize(
    "told", [None, [], 7, {}, {"jobs": [], "workers": None}, {"jobs": {"inQueue": "2", "inProgress": -1}},
             {"workers": {"idle": True, "running": 10**30, "sleeping": 1}}]
)  # fmt: skip
async def test_what_makes_no_sense_is_left_out(told: Any) -> None:
    async with condition_of(told) as (condition, made):
        condition.refresh()
        await until(lambda: made.count("health") and condition._looking is None)
        assert condition.figures == {}
        assert condition.problem is None


async def test_it_is_asked_once_however_often_somebody_wants_to_know() -> None:
    async with condition_of(COLD) as (condition, made):
        for _ in range(50):
            condition.refresh()
        await until(lambda: condition.figures)
        for _ in range(50):
            condition.refresh()
            condition.queued(8.0)
        await until(lambda: condition._looking is None)
        assert made.count("health") == 1


async def test_a_job_that_waits_long_has_it_asked_again() -> None:
    async with condition_of(COLD) as (condition, made):
        condition.queued(1.0)
        assert condition._looking is None
        condition.queued(6.0)
        await until(lambda: condition.figures)
        assert made.count("health") == 1
        condition._looked = (condition._looked or 0) - 11
        condition.refresh()
        assert condition._looking is None
        condition.queued(17.0)
        await until(lambda: made.count("health") == 2)


async def test_an_endpoint_that_does_not_answer_is_a_problem_until_it_does() -> None:
    async with condition_of(COLD) as (condition, made):
        made.refuse("health", 1, 404)
        condition.refresh()
        await until(lambda: condition.problem)
        assert condition.problem == "The engine cloud refused the request (404): told to."
        condition.refresh(0)
        await until(lambda: condition.figures)
        assert condition.problem is None

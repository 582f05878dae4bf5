"""Whoever leaves leaves no job behind."""

from __future__ import annotations

import asyncio
from time import perf_counter

import pytest
from tests.engines.runpod.plane import Job, plane, working
from tests.engines.runpod.running import endpoint_at
from tests.engines.runpod.speaking import until
from tests.engines.upstream import Asked, Wire


async def test_leaving_cancels_the_job_at_once() -> None:
    async with plane(working) as made, endpoint_at(made) as endpoint:
        first = asyncio.ensure_future(anext(endpoint.run({})))
        await until(lambda: made.jobs and made.jobs[0].state == "IN_PROGRESS" and made.count("stream"))
        left = perf_counter()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await until(lambda: made.cancelled_at)
        assert made.jobs[0].state == "CANCELLED"
        assert made.cancelled_at[0] - left < 0.5
        assert endpoint.queued == 0


async def test_leaving_between_two_parts_cancels_the_job() -> None:
    async def work(job: Job) -> None:
        job.put("first")
        await working(job)

    async with plane(work) as made, endpoint_at(made) as endpoint:
        outputs = endpoint.run({})
        await anext(outputs)
        await outputs.aclose()
        await until(lambda: made.cancelled_at)
        assert made.jobs[0].state == "CANCELLED"


@pytest.mark.parametrize(("mode", "route"), [("auto", "run"), ("batch", "runsync")])
async def test_leaving_before_the_id_is_known_cancels_once_it_is(mode: str, route: str) -> None:
    answer_now = asyncio.Event()

    async def take_long(asked: Asked, wire: Wire) -> None:
        told = await made._take(asked, "run", {})
        await answer_now.wait()
        await wire.json(told)

    async with plane(working, instead={route: take_long}) as made, endpoint_at(made, mode=mode) as endpoint:
        first = asyncio.ensure_future(anext(endpoint.run({})))
        await until(lambda: made.jobs)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert not made.cancelled_at
        answer_now.set()
        await until(lambda: made.cancelled_at)
        assert made.jobs[0].state == "CANCELLED"


async def test_a_cancellation_that_is_refused_is_tried_again() -> None:
    async with plane(working) as made, endpoint_at(made) as endpoint:
        made.refuse("cancel", 2, 429)
        first = asyncio.ensure_future(anext(endpoint.run({})))
        await until(lambda: made.count("stream"))
        first.cancel()
        await until(lambda: made.cancelled_at)
        assert made.count("cancel") == 3


async def test_closing_cancels_every_job_and_waits_until_that_is_known() -> None:
    async with plane(working) as made:
        async with endpoint_at(made) as endpoint:
            tasks = [asyncio.ensure_future(anext(endpoint.run({}))) for _ in range(5)]
            await until(lambda: made.count("stream") >= 5)
        assert [job.state for job in made.jobs] == ["CANCELLED"] * 5
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert made.count("cancel") == 5

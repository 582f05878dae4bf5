"""Jobs run to their end, whatever that is, and none is left behind."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from tests.engines.runpod.plane import Job, Plane, Worker, WorkerFailed, batch, failing, plane, working
from tests.engines.runpod.running import counting, endpoint_at
from tests.engines.runpod.speaking import config, until
from tests.engines.upstream import Asked, Wire, gives_json

from stentor.engines.remote.client import Client
from stentor.engines.runpod.endpoint import Endpoint
from stentor.engines.runpod.waits import Waits
from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable


async def run(worker: Worker, told: dict[str, Any] | None = None, **settings: Any) -> tuple[list[Any], Plane]:
    """Run one job to its end; return what it put out."""
    async with plane(worker, **told or {}) as made, endpoint_at(made, **settings) as endpoint:
        async with asyncio.timeout(20):
            return [output async for output in endpoint.run({"text": "Hello."})], made


async def failure(worker: Worker, told: dict[str, Any] | None = None, **settings: Any) -> EngineError:
    with pytest.raises(EngineError) as raised:
        await run(worker, told, **settings)
    return raised.value


# Both forms of worker


@pytest.mark.parametrize("mode", ["auto", "stream"])
async def test_the_parts_of_a_stream_come_in_their_order_and_none_twice(mode: str) -> None:
    outputs, made = await run(counting(7, 0.05), mode=mode)
    assert outputs == list(range(7))
    assert [route for route, _ in made.calls if route != "stream"] == ["run"]


async def test_parts_come_before_the_job_is_over() -> None:
    go_on = asyncio.Event()

    async def work(job: Job) -> None:
        job.put("first")
        await go_on.wait()
        job.put("last")

    async with plane(work) as made, endpoint_at(made) as endpoint:
        outputs = endpoint.run({})
        assert await anext(outputs) == "first"
        go_on.set()
        assert [output async for output in outputs] == ["last"]


@pytest.mark.parametrize("mode", ["auto", "stream"])
async def test_a_worker_that_does_not_stream_is_heard_all_the_same(mode: str) -> None:
    outputs, made = await run(batch({"url": "x"}, 0.2), mode=mode)
    assert outputs == [{"url": "x"}]
    assert made.count("status") == 1


async def test_a_batch_is_done_in_one_call_if_it_is_quick() -> None:
    outputs, made = await run(batch({"url": "x"}, 0.1), mode="batch")
    assert outputs == [{"url": "x"}]
    assert [route for route, _ in made.calls] == ["runsync"]


async def test_a_batch_that_takes_longer_is_looked_at() -> None:
    outputs, made = await run(batch({"url": "x"}, 1.4), mode="batch")
    assert outputs == [{"url": "x"}]
    assert {route for route, _ in made.calls} == {"runsync", "status"}


async def test_a_job_that_gives_nothing_is_no_failure_here() -> None:
    assert (await run(batch(None)))[0] == []


async def test_a_job_says_how_long_it_may_live() -> None:
    _, made = await run(batch("x"), queue_seconds=60, job_seconds=30)
    assert made.jobs[0].policy == {"executionTimeout": 30_000, "ttl": 90_000}
    assert made.inputs == [{"text": "Hello."}]


async def test_running_is_another_word_for_in_progress() -> None:
    states = iter(["IN_QUEUE", "RUNNING", "RUNNING", "COMPLETED"])

    async def status(asked: Asked, wire: Wire) -> None:
        await wire.json({"id": "1", "status": next(states), "output": "x"})

    told = {"instead": {"runsync": gives_json({"id": "1", "status": "IN_QUEUE"}), "status": status}}
    assert (await run(working, told, mode="batch"))[0] == ["x"]


# Final states


RAISED = json.dumps({
    "error_type": "<class 'ValueError'>",
    "error_message": "no such voice",
    "error_traceback": 'Traceback (most recent call last):\n  File "handler.py"\nValueError: no such voice',
    "hostname": "pod-1",
    "worker_id": "w",
    "runpod_version": "1.12.0",
})


@pytest.mark.parametrize("mode", ["auto", "stream", "batch"])
@pytest.mark.parametrize("error", [RAISED, "no such voice"])
async def test_an_error_of_the_worker_is_one_sentence(mode: str, error: str) -> None:
    failed = await failure(failing(error), mode=mode)
    assert type(failed) is EngineFailed
    assert failed.message == "The engine cloud failed: no such voice."


@pytest.mark.parametrize("mode", ["auto", "batch"])
async def test_an_error_that_is_returned_is_one_too(mode: str) -> None:
    failed = await failure(batch({"error": "no such voice", "traceback": "…"}), mode=mode)
    assert failed.message == "The engine cloud failed: no such voice."


async def test_parts_come_before_the_error_behind_them() -> None:
    async def work(job: Job) -> None:
        await counting(2)(job)
        raise WorkerFailed("out of memory")

    async with plane(work) as made, endpoint_at(made) as endpoint:
        outputs = endpoint.run({})
        assert [await anext(outputs) for _ in range(2)] == [0, 1]
        with pytest.raises(EngineFailed, match="failed: out of memory"):
            await anext(outputs)


def ending(state: str, *, running: bool = True) -> dict[str, Any]:
    """Let the plane say that a job ran and then ended so."""
    states = iter(["IN_PROGRESS", "IN_PROGRESS", state] if running else ["IN_QUEUE", state])
    last = [state]

    async def tell(asked: Asked, wire: Wire) -> None:
        await wire.json({"id": "1", "status": next(states, last[0]), "stream": []})

    return {"instead": {"run": gives_json({"id": "1", "status": "IN_QUEUE"}), "stream": tell, "status": tell}}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("FAILED", "The engine cloud failed."),
        ("CANCELLED", "The engine cloud did not finish: the job was cancelled at the endpoint."),
        ("TIMED_OUT", "The engine cloud was not done with the job within 300 s."),
        ("PAUSED\x1b", "The engine cloud ended in the state PAUSED\N{REPLACEMENT CHARACTER}."),
    ],
)
async def test_every_other_end_is_a_failure_by_its_name(state: str, said: str) -> None:
    failed = await failure(working, ending(state))
    assert type(failed) is EngineFailed
    assert failed.message == said


async def test_a_job_that_expired_in_the_queue_may_be_tried_again() -> None:
    failed = await failure(working, ending("TIMED_OUT", running=False))
    assert type(failed) is EngineUnavailable
    assert "no worker took the job before it expired" in failed.message


async def test_no_job_that_is_over_is_cancelled() -> None:
    for worker in (counting(2), batch("x"), failing("x")):
        async with plane(worker) as made, endpoint_at(made) as endpoint:
            try:
                async for _ in endpoint.run({}):
                    pass
            except EngineFailed:
                pass
            await asyncio.sleep(0.1)
            assert made.count("cancel") == 0


# An endpoint that misbehaves


async def test_a_job_that_was_lost_is_a_failure_that_says_so() -> None:
    told = {"instead": {"run": gives_json({"id": "nobody-knows", "status": "IN_QUEUE"})}}
    failed = await failure(working, told)
    assert failed.message == "The engine cloud has lost the job that it took."


@pytest.mark.parametrize("route", ["run", "stream"])
async def test_a_storm_of_refusals_passes(route: str) -> None:
    async with plane(counting(3)) as made, endpoint_at(made) as endpoint:
        made.refuse(route, 3, 429)
        assert [output async for output in endpoint.run({})] == [0, 1, 2]
        asked = [at for name, at in made.calls if name == route]
        gaps = [later - before for before, later in pairwise(asked)]
        assert min(gaps[:3]) > 0.2
        assert gaps[2] > 2 * gaps[0]
        assert len(made.jobs) == 1


async def test_a_refusal_that_lasts_is_busy_with_its_time() -> None:
    async with plane(counting(1)) as made, endpoint_at(made) as endpoint:
        made.refuse("run", 1, 429, Retry_After=30)
        with pytest.raises(EngineBusy) as raised:
            await anext(endpoint.run({}))
        assert raised.value.retry_after == 30
        assert made.count("cancel") == 0


async def test_a_server_that_stumbles_is_asked_again_about_a_job_but_not_given_it_twice() -> None:
    async with plane(counting(2, 0.3)) as made, endpoint_at(made) as endpoint:
        made.refuse("stream", 2, 502)
        assert [output async for output in endpoint.run({})] == [0, 1]
        made.refuse("run", 1, 500)
        with pytest.raises(EngineUnavailable):
            await anext(endpoint.run({}))
        assert len(made.jobs) == 1


async def test_a_key_that_is_refused_says_so() -> None:
    async with plane(working) as made:
        told = config(made)
        client = Client("cloud", told, {"Authorization": "Bearer wrong"})
        await client.open()
        with pytest.raises(EngineFailed, match=r"refused the key \(401\)"):
            await anext(Endpoint(client, told, Waits("cloud")).run({}))
        await client.close()


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"id": "1"}, {"id": "1", "status": 7}, {"status": "IN_QUEUE"}, {"id": 7, "status": "IN_QUEUE"},
     {"id": "", "status": "IN_QUEUE"}, {"id": "x" * 1000, "status": "IN_QUEUE"}, None, "COMPLETED"],
)  # fmt: skip
async def test_an_answer_that_says_nothing_of_a_job_is_a_failure(answer: Any) -> None:
    failed = await failure(working, {"instead": {"run": gives_json(answer)}})
    assert type(failed) is EngineFailed


@pytest.mark.parametrize("identity", ["a/b", "../health", "a?b#c", "é", "a b", "%2F"])
async def test_an_id_of_any_form_is_an_id_and_no_path(identity: str) -> None:
    told: dict[str, Any] = {"instead": {"run": gives_json({"id": identity, "status": "IN_QUEUE"})}}
    async with plane(working, **told) as made, endpoint_at(made) as endpoint:
        with pytest.raises(EngineFailed, match="lost the job"):
            await anext(endpoint.run({}))
        asked = made.server.asked[-1].path
        assert asked.startswith("/v2/echo/stream/")
        assert unquote(asked.removeprefix("/v2/echo/stream/")) == identity


async def test_output_without_end_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stentor.engines.runpod.endpoint._MOST_DRAINS", 20)
    more = gives_json({"id": "1", "status": "COMPLETED", "stream": [{"output": {"status": "more"}}]})
    told = {"instead": {"run": gives_json({"id": "1", "status": "IN_QUEUE"}), "stream": more}}
    failed = await failure(working, told)
    assert failed.message == "The engine cloud came to no end of its output."


# Deadlines


async def test_a_job_that_no_worker_takes_is_given_up_and_cancelled() -> None:
    async with plane(counting(1), cold=asyncio.Event()) as made:
        async with endpoint_at(made, queue_seconds=1) as endpoint:
            with pytest.raises(EngineUnavailable, match="no worker took the job within 1 s"):
                await anext(endpoint.run({}))
            await until(lambda: made.count("cancel"))
        assert made.jobs[0].state == "CANCELLED"


async def test_a_worker_that_is_never_done_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stentor.engines.runpod.endpoint._OVERDUE", -4.5)
    failed = await failure(working, job_seconds=5)
    assert failed.message == "The engine cloud was not done with the job within 5 s."


async def test_a_stream_that_stalls_is_given_up() -> None:
    async def work(job: Job) -> None:
        job.put("first")
        await working(job)

    failed = await failure(work, stalled_seconds=0.5)
    assert failed.message == ("The engine cloud broke off in the middle of its job: nothing came for 0.5 s.")


async def test_whoever_takes_the_parts_may_take_long() -> None:
    async with plane(counting(4, 0.2)) as made, endpoint_at(made, stalled_seconds=0.5) as endpoint:
        taken = []
        async for output in endpoint.run({}):
            taken.append(output)
            await asyncio.sleep(0.7)
        assert taken == [0, 1, 2, 3]


# Politeness


async def test_a_job_that_waits_is_looked_at_less_and_less_often() -> None:
    async with plane(counting(1), cold=asyncio.Event()) as made, endpoint_at(made) as endpoint:
        first = asyncio.ensure_future(anext(endpoint.run({})))
        await asyncio.sleep(3)
        looks = [at for route, at in made.calls if route == "stream"]
        assert 4 <= len(looks) <= 12
        assert looks[-1] - looks[-2] > 2 * (looks[1] - looks[0])
        assert endpoint.queued == 1
        assert made.cold
        made.cold.set()
        assert await first == 0
        assert endpoint.queued == 0


async def test_many_jobs_share_the_looks_that_are_allowed() -> None:
    async with plane(working) as made, endpoint_at(made) as endpoint:
        tasks = [asyncio.ensure_future(anext(endpoint.run({}))) for _ in range(60)]
        await until(lambda: made.count("stream") >= 60)
        before = made.count("stream")
        await asyncio.sleep(1)
        assert made.count("stream") - before < 150
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""If one engine cannot speak text that arrives in pieces, the next does."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import LoadedEngine, ScriptedEngine, silence, tone

from stentor.engines import Capabilities, Price
from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable, StentorError
from stentor.pipeline.cast import Casting
from stentor.pipeline.circuit import Circuit, CircuitConfig
from stentor.pipeline.lines import Line, Step
from stentor.pipeline.live import LiveAnswer
from stentor.pipeline.plan import Planner
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

GONE = EngineUnavailable("It is gone.")


def broken(name: str, error: EngineError = GONE, **how: Any) -> ScriptedEngine:
    return ScriptedEngine(name=name, fail_at=0, error=error, **how)


async def live(
    *engines: ScriptedEngine, routed: bool = True, eager: bool = False, **asked: Any
) -> tuple[LiveAnswer, Router]:
    deadlines = asked.pop("deadlines", None)
    catalog = Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))
    routes = [RouteConfig(engines=tuple(engine.name for engine in engines))] if routed else []
    prices = {engine.name: Price(per_request=1.0) for engine in engines}
    router = Router(catalog, routes, deadlines=deadlines, prices=prices)
    planner = Planner(Casting(catalog), router=router)
    plan = await planner.plan_session(SpeechRequest("", "tts-1", "one", **asked))
    return await LiveAnswer.to(planner, plan, eager=eager), router


async def said(answer: LiveAnswer, steps: list[Step]) -> float:
    """Have lines spoken by who can; returns for how many seconds there is sound."""
    while True:
        try:
            async with aclosing(answer.speak(steps, None)) as chunks:
                return sum([np.count_nonzero(chunk.samples) / chunk.rate async for chunk in chunks])
        except StentorError as error:
            steps = await answer.instead(error)


def shown(steps: list[Step]) -> list[str | float]:
    return [step.utterance.text if isinstance(step, Line) else step.seconds for step in steps]


@pytest.mark.parametrize("error", [GONE, EngineBusy("first"), EngineFailed("Broken.")])
async def test_the_next_engine_says_what_was_fed_before_it_was_asked(error: EngineError) -> None:
    first, second = broken("first", error), ScriptedEngine(name="second")
    answer, router = await live(first, second)
    steps = [step for piece in ("One. ", "Two. Th", "ree") for step in await answer.feed(piece)]
    assert await said(answer, steps) > 0
    assert answer.plan.engine is second
    assert answer.failures == [("first", error)]
    assert answer.fallback == [("first", error.code)]
    assert router.ledger.fallbacks == {("first", error.code): 1}
    assert [asked.text for asked in second.asked] == ["One.", "Two."]
    assert shown(await answer.feed(". Four")) == ["Three."]
    assert shown(await answer.finish()) == ["Four"]
    assert (len(first.asked), first.closed) == (1, 1)
    assert {circuit.load for circuit in router.circuits.values()} == {0}


async def test_silence_is_a_failure_too() -> None:
    answer, _ = await live(ScriptedEngine([silence(0.3)], name="mute"), ScriptedEngine(name="second"))
    assert await said(answer, [*await answer.feed("One."), *await answer.finish()]) > 0
    assert [name for name, _ in answer.failures] == ["mute"]


async def test_after_the_first_sound_nobody_takes_over() -> None:
    first = ScriptedEngine([tone(0.2)], name="first", fail_at=1, error=GONE)
    second = ScriptedEngine(name="second")
    answer, _ = await live(first, second)
    steps = await answer.feed("One. Two.")
    with pytest.raises(EngineUnavailable, match="gone"):
        await said(answer, steps)
    assert second.asked == []
    with pytest.raises(EngineUnavailable, match="gone"):
        await answer.instead(GONE)


async def test_without_a_route_nobody_takes_over() -> None:
    answer, _ = await live(broken("first"), ScriptedEngine(name="second"), routed=False)
    with pytest.raises(EngineUnavailable):
        await said(answer, await answer.feed("One. Two."))
    assert answer.failures == []


async def test_if_all_fail_the_first_failure_is_told_and_then_each_its_own() -> None:
    answer, _ = await live(broken("a", EngineBusy("a")), broken("b"), broken("c", EngineFailed("No.")))
    steps = await answer.feed("One. Two. Three")
    with pytest.raises(EngineBusy):
        await said(answer, steps)
    assert [name for name, _ in answer.failures] == ["a", "b"]
    third = await answer.finish()
    with pytest.raises(EngineFailed):
        await said(answer, third)


async def test_an_engine_that_takes_too_long_is_given_up() -> None:
    slow = ScriptedEngine(name="slow", gate=asyncio.Event())
    answer, router = await live(slow, ScriptedEngine(name="second"), deadlines={"slow": 0.02})
    assert await said(answer, await answer.feed("One. Two")) > 0
    [(name, error)] = answer.failures
    assert (name, "within 0.02 seconds" in error.message, slow.closed) == ("slow", True, 1)
    assert router.circuits["slow"].load == 0


async def test_a_deadline_is_for_the_first_sound() -> None:
    gate = asyncio.Event()
    gate.set()
    slow = ScriptedEngine(name="slow", gate=gate)
    answer, _ = await live(slow, deadlines={"slow": 0.05})
    steps = await answer.feed("One. Two. Three")
    assert await said(answer, steps[:1]) > 0
    gate.clear()
    asyncio.get_running_loop().call_later(0.1, gate.set)
    assert await said(answer, steps[1:]) > 0


async def test_a_text_is_one_request_to_each_engine_that_was_asked() -> None:
    answer, router = await live(broken("first"), ScriptedEngine(name="second"))
    for piece in ("One. Two. Thr", "ee. Fo"):
        await said(answer, await answer.feed(piece))
    answer.close()
    answer.close()
    totals = router.ledger.totals
    assert (totals["first"].requests, totals["first"].seconds, totals["first"].cost) == (1, 0.0, 0.0)
    assert (totals["second"].requests, totals["second"].cost) == (1, 1.0)
    assert totals["second"].characters == len("One.Two.Three.")
    assert totals["second"].seconds > 0


async def test_the_next_engine_speaks_in_its_own_way() -> None:
    abilities = Capabilities(sample_rate=8000, languages=("en",), speed=(0.5, 3.0), longest_utterance=10)
    second = ScriptedEngine([tone(0.4, 8000)], name="second", capabilities=abilities)
    answer, _ = await live(broken("first"), second, speed=2.0)
    await said(answer, await answer.feed("One and two and three. Four"))
    assert second.asked == []  # it cuts later, since it takes less at once
    assert await said(answer, await answer.finish()) > 0
    assert " ".join(asked.text for asked in second.asked) == "One and two and three. Four"
    assert {asked.speed for asked in second.asked} == {2.0}
    assert max(len(asked.text) for asked in second.asked) <= 10


async def test_closing_stops_the_engine() -> None:
    engine = ScriptedEngine([tone(0.2)] * 50, name="first")
    answer, router = await live(engine)
    chunks = answer.speak(await answer.feed("One. Two"), None)
    assert (await anext(chunks)).samples.any()
    await chunks.aclose()
    assert (engine.closed, engine.finished, router.circuits["first"].load) == (1, 0, 0)


async def test_a_text_has_a_place_with_its_engine_from_its_beginning_until_it_is_spoken_or_closed() -> None:
    first, second = ScriptedEngine(name="first"), ScriptedEngine(name="second")
    answer, router = await live(first, second)
    circuit = router.circuits["first"]
    assert circuit.load == 1
    await said(answer, await answer.feed("One. Two"))
    assert circuit.load == 0
    for end in ("close", "instead"):
        answer, router = await live(first, second)
        circuit = router.circuits["first"]
        assert circuit.load == 1
        await answer.feed("One.")
        if end == "instead":
            await answer.instead(GONE)
        answer.close()
        assert circuit.load == 0
    answer, router = await live(first, second)
    del answer
    gc.collect()
    assert router.circuits["first"].load == 0


async def test_texts_that_are_begun_together_are_shared_by_replicas() -> None:
    catalog = Catalog({name: ScriptedEngine(name=name) for name in "ab"}, "a", VoiceMap({}, None))
    made = Planner(Casting(catalog), router=Router(catalog, [RouteConfig(engines=(("a", "b"),))]))
    plan = await made.plan_session(SpeechRequest("", "tts-1", "one"))
    assert {circuit.load for circuit in made.router.circuits.values()} == {0}
    begun = await asyncio.gather(*[LiveAnswer.to(made, plan, eager=False) for _ in range(20)])
    assert Counter(answer.plan.engine.name for answer in begun) == {"a": 10, "b": 10}


async def test_of_texts_that_are_begun_together_one_tries_an_engine_that_failed() -> None:
    catalog = Catalog({name: ScriptedEngine(name=name) for name in "ab"}, "a", VoiceMap({}, None))
    made = Planner(Casting(catalog), router=Router(catalog, [RouteConfig(engines=("a", "b"))]))
    plan = await made.plan_session(SpeechRequest("", "tts-1", "one"))
    clock = iter([0.0, *[60.0] * 10_000])
    made.router.circuits["a"] = circuit = Circuit(CircuitConfig(open_after=1), lambda: next(clock))
    circuit.failed()
    begun = await asyncio.gather(*[LiveAnswer.to(made, plan, eager=False) for _ in range(30)])
    assert Counter(answer.plan.engine.name for answer in begun) == {"a": 1, "b": 29}


async def test_who_says_when_to_ask_again_is_not_asked_before() -> None:
    error = EngineBusy("first", 30)
    error.answered = 429
    first = broken("first", error)
    answer, _ = await live(first, routed=False)
    for _ in range(3):
        with pytest.raises(EngineBusy):
            await said(answer, await answer.feed("One. Two. "))
    assert len(first.asked) == 1


async def test_a_file_ends_with_the_pause_of_its_last_line() -> None:
    answer, _ = await live(ScriptedEngine())
    steps = await answer.feed("One. Two")
    last = [chunk async for chunk in answer.speak(steps, None)][-1]
    assert last.samples.size == round(0.3 * 24_000)
    assert not last.samples.any()


@given(st.text("ab. ,*()[]pause:1s\n", max_size=30), st.data())
async def test_however_it_was_cut_the_next_engine_says_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    answer, _ = await live(ScriptedEngine(name="first"), ScriptedEngine(name="second"))
    steps = [step for piece in pieces for step in await answer.feed(piece)]
    steps += await answer.finish()
    assert shown(await answer.instead(GONE)) == shown(steps)


async def test_the_engine_is_in_use_until_the_text_is_whole() -> None:
    """The next sentence may be written a while later."""
    engine = LoadedEngine(name="first")
    answer, _ = await live(engine)
    for piece in ("One. ", "Two. ", "Three. "):
        if steps := await answer.feed(piece):
            await said(answer, steps)
            assert engine.users == 1
    await said(answer, await answer.finish())
    answer.close()
    answer.close()
    assert (engine.users, len(engine.asked)) == (0, 3)

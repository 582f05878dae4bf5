"""Which engines, in which order."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError
from tests.fakes import ScriptedEngine
from tests.pipeline.chains import answer, broken, heard, listen, planner

from stentor.engines import Price
from stentor.errors import (
    EngineBusy,
    InvalidRequest,
    UnknownModel,
)
from stentor.pipeline.circuit import Circuit, CircuitConfig
from stentor.pipeline.ledger import Totals
from stentor.pipeline.plan import Planner
from stentor.pipeline.request import SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.types import Voice
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

NAMES = ("local", "a", "b", "cloud")


def router(*routes: RouteConfig) -> Router:
    engines = {name: ScriptedEngine(name=name) for name in NAMES}
    catalog = Catalog(engines, "local", VoiceMap({}, None))
    return Router(catalog, routes, CircuitConfig(open_after=1, open_seconds=60))


def order(router: Router, **asked: Any) -> list[str]:
    request = SpeechRequest(**{"text": "Hi.", "model": "tts-1", "voice": "one", **asked})
    return [engine.name for engine in router.choice(request).engines]


def test_without_a_route_the_default_engine_comes_first_and_nobody_takes_over() -> None:
    choice = router().choice(SpeechRequest("Hi.", "tts-1", "one"))
    assert [engine.name for engine in choice.engines] == ["local", "a", "b", "cloud"]
    assert choice.behind(choice.engines[0]) == ()


def test_a_chain_is_tried_in_its_order() -> None:
    made = router(RouteConfig(engines=("cloud", "local")))
    choice = made.choice(SpeechRequest("Hi.", "tts-1", "one"))
    assert [engine.name for engine in choice.engines] == ["cloud", "local"]
    assert [engine.name for engine in choice.behind(choice.engines[0])] == ["local"]
    assert choice.behind(choice.engines[1]) == ()


def test_an_engine_asked_for_by_name_is_that_engine() -> None:
    made = router(RouteConfig(engines=("cloud", "local")))
    assert order(made, model="a") == ["a"]
    with pytest.raises(UnknownModel):
        order(made, model="nothing")


def test_who_may_speak_for_a_model_is_its_first_route_that_holds_for_every_voice_and_language() -> None:
    made = router(
        RouteConfig(engines=("a", "b"), voices=("narrator",)),
        RouteConfig(engines=("b", "a"), languages=("de",)),
        RouteConfig(engines=("a",), models=("fast",)),
        RouteConfig(engines=(("cloud", "b"), "local")),
        RouteConfig(engines=("local",)),
    )
    assert [engine.name for engine in made.speakers("tts-1")] == ["cloud", "b", "local"]
    assert [engine.name for engine in made.speakers("fast")] == ["a"]
    assert [engine.name for engine in router().speakers("tts-1")] == ["local"]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ({"voice": "NARRATOR"}, "cloud"),
        ({"language": "de-AT"}, "a"),
        ({"model": "fast"}, "b"),
        ({"model": "fast", "voice": "narrator"}, "b"),
        ({}, "local"),
    ],
)
def test_the_first_route_that_fits_is_taken(asked: dict[str, str], first: str) -> None:
    made = router(
        RouteConfig(engines=("cloud",), voices=("narrator",)),
        RouteConfig(engines=("a",), languages=("de",)),
        RouteConfig(engines=("b",), models=("fast",)),
    )
    assert order(made, **asked)[0] == first


def test_the_least_loaded_replica_comes_first() -> None:
    made = router(RouteConfig(engines=(("a", "b"), "cloud")))
    assert order(made) == ["a", "b", "cloud"]
    with made.circuits["a"].request():
        assert order(made) == ["b", "a", "cloud"]


def test_a_choice_counts_for_the_next_one() -> None:
    made = router(RouteConfig(engines=(("a", "b"), "cloud")))
    places = [made.place(made.choice(SpeechRequest("Hi.", "tts-1", "one"))) for _ in range(20)]
    assert Counter(id(place.circuit) for place in places) == {id(made.circuits[name]): 10 for name in "ab"}


def test_who_takes_over_is_chosen_by_the_load_of_then() -> None:
    made = router(RouteConfig(engines=("cloud", ("a", "b"))))
    request = SpeechRequest("Hi.", "tts-1", "one")
    choice = made.choice(request)
    left = choice.behind(choice.engines[0])
    places = []
    for first, second in ("ab", "ba", "ab"):
        rest = made.next_choice(choice, request, left)
        assert [engine.name for engine in rest.engines] == [first, second]
        places.append(made.place(rest))


def test_weights_say_what_a_load_is() -> None:
    made = router(RouteConfig(engines=(("a", "b"),), weights={"a": 3.0}))
    with made.circuits["a"].request():
        assert order(made)[0] == "a"
        with made.circuits["a"].request(), made.circuits["a"].request():
            assert order(made)[0] == "b"


def test_chance_follows_the_weights() -> None:
    made = router(RouteConfig(engines=(("a", "b"),), balance="weighted", weights={"a": 3.0}))
    count = Counter(order(made)[0] for _ in range(2000))
    assert 1350 < count["a"] < 1650


def test_a_voice_sticks_to_its_replica() -> None:
    made = router(RouteConfig(engines=(("a", "b"),), balance="sticky"))
    firsts = {voice: order(made, voice=voice)[0] for voice in map(str, range(200))}
    assert firsts == {voice: order(made, voice=voice)[0] for voice in firsts}
    assert 60 < Counter(firsts.values())["a"] < 140


def test_a_voice_keeps_its_replica_when_another_comes() -> None:
    two = router(RouteConfig(engines=(("a", "b"),), balance="sticky"))
    three = router(RouteConfig(engines=(("a", "b", "cloud"),), balance="sticky"))
    for voice in map(str, range(100)):
        moved = order(three, voice=voice)[0]
        assert moved in (order(two, voice=voice)[0], "cloud")


def test_an_engine_that_fails_comes_last() -> None:
    made = router(RouteConfig(engines=("cloud", ("a", "b"), "local")))
    made.circuits["cloud"].failed()
    made.circuits["a"].failed()
    assert order(made) == ["b", "local", "cloud", "a"]


def test_an_engine_that_wants_to_be_left_alone_comes_last_and_the_one_soonest_ready_before_it() -> None:
    made = router(RouteConfig(engines=("cloud", ("a", "b"), "local")))
    made.circuits["local"].failed()
    for name, seconds in (("cloud", 30.0), ("a", 5.0)):
        error = EngineBusy(name, seconds)
        error.answered = 429
        made.circuits[name].refused(error)
    assert order(made) == ["b", "local", "a", "cloud"]


@pytest.mark.parametrize(
    "route",
    [
        {"engines": ()},
        {"engines": ("a", ())},
        {"engines": ("a", "a")},
        {"engines": ("a", ("b", "a"))},
        {"engines": (("a", "b"), "cloud"), "weights": {"a": 2, "c": 1}},
    ],
)
def test_a_route_is_of_engines_that_are_each_there_once(route: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RouteConfig(**route)


def test_engines_that_are_replaced_begin_afresh_and_the_others_do_not() -> None:
    engines = {name: ScriptedEngine(name=name) for name in NAMES}
    catalog = Catalog(engines, "local", VoiceMap({}, None))
    made = Router(
        catalog, [RouteConfig(engines=("a", "b"))], CircuitConfig(open_after=1), {"a": 1.0}, {"a": Price()}
    )
    for name in NAMES:
        made.circuits[name].failed()
    made.ledger.totals["a"] = Totals(requests=3)
    kept = made.circuits["b"]
    catalog.use({"local": engines["local"], "a": ScriptedEngine(name="a"), "b": engines["b"]}, "local")
    made.use([RouteConfig(engines=("b", "a"))], {"b": 2.0}, {"b": Price(per_request=1)})
    assert order(made) == ["a", "b"]  # the circuit of the other is open still
    assert made.circuits["b"] is kept
    assert (made.circuits["a"].state, made.circuits["b"].state) == ("closed", "open")
    assert made.circuits["cloud"].state == "open"  # a request may have been given it
    assert made.deadlines == {"b": 2.0}
    assert made.ledger.totals["a"].requests == 3
    catalog.use({"local": engines["local"], "cloud": ScriptedEngine(name="cloud")}, "local")
    made.use()
    assert made.circuits["cloud"].state == "closed"
    assert order(made) == ["local", "cloud"]


def test_who_comes_behind_an_engine_is_the_same_if_it_was_replaced() -> None:
    choice = router(RouteConfig(engines=("a", "b", "cloud"))).choice(SpeechRequest("Hi.", "tts-1", "one"))
    assert [engine.name for engine in choice.behind(ScriptedEngine(name="a"))] == ["b", "cloud"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("klingonish!", "such as 'en' or 'pt-BR', and is 'klingonish!'"),
        ("english", "such as 'en', and is 'english'"),
        ("German", "such as 'de', and is 'German'"),
        ("", "such as 'en'"),
        ("en-", "such as 'en'"),
        ("{x}", "and is '{x}'"),
    ],
)
def test_a_route_names_languages_by_their_tags(written: str, said: str) -> None:
    with pytest.raises(ValidationError, match="a language tag") as refused:
        RouteConfig.model_validate({"engines": ["a"], "languages": [written]})
    assert said in refused.value.errors()[0]["msg"]
    tags = ["en", "pt-BR", "zh_Hant_TW", "yue", "und"]
    assert RouteConfig.model_validate({"engines": ["a"], "languages": tags}).languages == tuple(tags)


def loads(made: Planner) -> set[int]:
    gc.collect()
    return {circuit.load for circuit in made.router.circuits.values()}


@pytest.mark.parametrize("fails", [False, True])
async def test_a_burst_is_shared_by_replicas(*, fails: bool) -> None:
    """Also if all of it comes at once from an engine that failed."""
    gate = asyncio.Event()
    a, b = (ScriptedEngine(name=name, gate=gate) for name in ("a", "b"))
    first = broken("first") if fails else ScriptedEngine(name="first")
    engines = ("first", ("a", "b")) if fails else (("a", "b"), "first")
    made = planner(first, a, b, engines=engines)
    await made.prepare("en")
    burst = asyncio.gather(*[heard(made) for _ in range(20)])
    await asyncio.sleep(0.2)
    assert (len(a.asked), len(b.asked)) == (10, 10)
    gate.set()
    assert all(await burst)
    assert loads(made) == {0}


async def test_nothing_is_counted_of_what_was_refused_looked_at_cancelled_or_never_begun() -> None:
    slow = SlowToTell(name="a")
    made = planner(slow, ScriptedEngine(name="b"), engines=(("a", "b"),))
    with pytest.raises(InvalidRequest):
        await answer(made, voice="nobody")
    with pytest.raises(InvalidRequest):
        await answer(made, text="...")
    assert loads(made) == {0}
    plan = await made.plan(SpeechRequest("One.", "tts-1", "one"))
    assert loads(made) == {0}
    assert plan.engine is slow
    answered = await answer(made)
    assert loads(made) == {0, 1}
    del answered
    assert loads(made) == {0}
    pieces = (await answer(made)).pieces()
    await pieces.aclose()
    del pieces
    assert loads(made) == {0}
    slow.tells.clear()
    planning = asyncio.create_task(answer(made))
    await asyncio.sleep(0.01)
    assert loads(made) == {0, 1}
    planning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await planning
    assert loads(made) == {0}


def half_open() -> Circuit:
    """Make a circuit that has been open for long enough."""
    clock = iter([0.0, *[60.0] * 10_000])
    circuit = Circuit(CircuitConfig(open_after=1), lambda: next(clock))
    circuit.failed()
    return circuit


async def test_of_a_burst_one_request_tries_an_engine_that_failed() -> None:
    doubtful, second = (ScriptedEngine(name=name, gate=asyncio.Event()) for name in ("doubtful", "second"))
    made = planner(doubtful, second)
    await made.prepare("en")
    made.router.circuits["doubtful"] = half_open()
    burst = asyncio.gather(*[heard(made) for _ in range(30)])
    await asyncio.sleep(0.2)
    assert (len(doubtful.asked), len(second.asked)) == (1, 29)
    for engine in (doubtful, second):
        assert engine.gate
        engine.gate.set()
    assert all(await burst)
    assert made.router.circuits["doubtful"].state == "closed"


class SlowToTell(ScriptedEngine):
    """Does not tell its voices while it may not."""

    def __init__(self, **script: Any) -> None:
        super().__init__(**script)
        self.tells = asyncio.Event()
        self.tells.set()

    async def voices(self) -> Sequence[Voice]:
        await self.tells.wait()
        return await super().voices()


async def test_a_preferred_engine_that_lacks_the_voice_has_no_place_kept() -> None:
    made = planner(ScriptedEngine(name="stranger", voices=("other",)), ScriptedEngine(name="second"))
    answered = await answer(made)
    assert [made.router.circuits[name].load for name in ("stranger", "second")] == [0, 1]
    await listen(answered)
    assert loads(made) == {0}

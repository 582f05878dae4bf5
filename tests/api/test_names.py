"""What the headers say: who spoke, who did not, what it cost."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from stentor.engines import Capabilities, Price
from stentor.errors import EngineBusy, EngineUnavailable
from stentor.pipeline.routes import RouteConfig
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine, tone

SPEECH = "/v1/audio/speech"


async def test_every_engine_that_speaks_is_named() -> None:
    engines = ScriptedEngine(name="first"), ScriptedEngine(name="second", voices=("deep",))
    async with client_of(make_api(*engines)) as client:
        answer = await client.post(SPEECH, json=speech("Hello. [voice:deep] Hi.", voice="one"))
    assert answer.headers["x-stentor-engine"] == "first, second"
    assert answer.headers["x-stentor-voice"] == "one"


async def test_the_seed_is_named_and_repeats() -> None:
    engine = ScriptedEngine(capabilities=Capabilities(24_000, ("en",), seed=True))
    async with client_of(make_api(engine)) as client:
        first = await client.post(SPEECH, json=speech())
        again = await client.post(SPEECH, json=speech(seed=int(first.headers["x-stentor-seed"])))
    assert first.headers["x-stentor-seed"] == again.headers["x-stentor-seed"]
    assert engine.asked[0].seed == engine.asked[1].seed


async def test_no_seed_is_named_where_there_is_no_chance(client: httpx.AsyncClient) -> None:
    assert "x-stentor-seed" not in (await client.post(SPEECH, json=speech())).headers


async def test_the_language_is_named() -> None:
    async with client_of(make_api(ScriptedEngine(languages=("en", "de")))) as client:
        assert (await client.post(SPEECH, json=speech())).headers["x-stentor-language"] == "en"
        german = await client.post(SPEECH, json=speech(language="de"))
    assert german.headers["x-stentor-language"] == "de"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (SPEECH, {}),
        (SPEECH, {"stream": False}),
        (SPEECH, {"stream_format": "sse"}),
        (f"{SPEECH}/base64", {}),
        (f"{SPEECH}/captions", {"format": "json"}),
        (f"{SPEECH}/captions", {"format": "srt"}),
        ("/v1/text/plan", {}),
    ],
)
async def test_names_in_any_script_are_told_as_far_as_a_header_can(path: str, fields: dict[str, Any]) -> None:
    async with client_of(make_api(ScriptedEngine(voices=("小艺",), name="ключ"))) as client:
        answer = await client.post(path, json=speech("Hello.", voice="小艺", **fields))
    assert answer.status_code == 200
    named = [answer.headers[name] for name in ("x-voice", "x-stentor-voice", "x-stentor-engine")]
    assert named == ["??", "??", "????"]


@pytest.mark.parametrize("fields", [{}, {"stream": False}, {"stream_format": "sse"}])
async def test_every_answer_tells_its_cost_where_the_text_says_it(fields: dict[str, Any]) -> None:
    engine = ScriptedEngine(name="cloud")
    api = make_api(engine, prices={"cloud": Price(per_request=0.5, per_character=0.01)})
    async with client_of(api) as client:
        answer = await client.post(SPEECH, json=speech("Hello. It is me.", **fields))
    assert answer.headers["x-stentor-cost"] == "0.65"
    totals = api.state.context.planner.router.ledger.totals["cloud"]
    assert (totals.requests, totals.characters, round(totals.cost, 9)) == (1, 15, 0.65)


async def test_what_is_paid_by_the_second_is_known_at_the_end() -> None:
    engine = ScriptedEngine([tone(0.5)], name="cloud")
    api = make_api(engine, prices={"cloud": Price(per_second=2.0)})
    async with client_of(api) as client:
        streamed = await client.post(SPEECH, json=speech("Hello."))
        whole = await client.post(SPEECH, json=speech("Hello.", stream=False))
        events = await client.post(SPEECH, json=speech("Hello.", stream_format="sse"))
    assert "x-stentor-cost" not in streamed.headers
    assert "x-stentor-cost" not in events.headers
    cost = float(whole.headers["x-stentor-cost"])
    assert 0.9 < cost < 1.1
    assert json.loads(events.text.splitlines()[-2][6:])["usage"]["cost"] == cost
    assert abs(api.state.context.planner.router.ledger.totals["cloud"].cost - 3 * cost) < 1e-6


async def test_with_progress_the_cost_is_told_at_the_end() -> None:
    api = make_api(ScriptedEngine(name="cloud"), prices={"cloud": Price(per_request=0.5)})
    async with client_of(api) as client:
        answer = await client.post(SPEECH, json=speech("Hello.", stream_format="sse", progress=True))
    assert "x-stentor-cost" not in answer.headers
    assert '"cost":0.5}' in answer.text


async def test_the_cost_is_that_of_who_is_heard_and_who_failed_is_counted_and_free() -> None:
    prices = {"first": Price(per_request=1.0, per_character=0.1), "second": Price(per_character=0.001)}
    api = make_api(gone(), ScriptedEngine(name="second"), routes=CHAIN, prices=prices)
    async with client_of(api) as client:
        answer = await client.post(SPEECH, json=speech("One. Two."))
    assert answer.headers["x-stentor-cost"] == "0.008"
    totals = api.state.context.planner.router.ledger.totals
    assert (totals["first"].requests, totals["first"].characters) == (1, 4)  # it failed at the first sentence
    assert totals["first"].cost == 0.0
    assert round(totals["second"].cost, 9) == 0.008


async def test_what_has_no_price_tells_no_cost(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech(stream=False))
    assert "x-stentor-cost" not in answer.headers


CHAIN = [RouteConfig(engines=("first", "second"))]


def gone(fail_at: int = 0) -> ScriptedEngine:
    error = EngineUnavailable("The engine first is gone.")
    return ScriptedEngine([tone(0.5)] * 4, name="first", fail_at=fail_at, error=error)


@pytest.mark.parametrize(
    ("route", "fields"),
    [
        (SPEECH, {}),
        (SPEECH, {"stream": False}),
        (SPEECH, {"stream_format": "sse"}),
        (f"{SPEECH}/base64", {"timestamps": ["sentence"]}),
        (f"{SPEECH}/captions", {"format": "srt"}),
    ],
)
async def test_every_face_names_who_spoke_and_who_did_not(route: str, fields: dict[str, Any]) -> None:
    async with client_of(make_api(gone(), ScriptedEngine(name="second"), routes=CHAIN)) as client:
        answer = await client.post(route, json=speech(**fields))
    assert answer.status_code == 200
    assert answer.headers["x-stentor-engine"] == "second"
    assert answer.headers["x-stentor-fallback"] == "first: engine_unavailable"


async def test_no_fallback_is_named_where_there_was_none() -> None:
    async with client_of(make_api(ScriptedEngine(name="first"), gone(), routes=CHAIN[:0])) as client:
        assert "x-stentor-fallback" not in (await client.post(SPEECH, json=speech())).headers


async def test_if_nobody_can_speak_the_first_failure_is_the_answer() -> None:
    busy = ScriptedEngine(name="second", fail_at=0, error=EngineBusy("second"))
    async with client_of(make_api(gone(), busy, routes=CHAIN)) as client:
        answer = await client.post(SPEECH, json=speech())
    assert_envelope(answer, 503, "engine_unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_after_the_first_sound_nobody_takes_over() -> None:
    second = ScriptedEngine(name="second")
    async with client_of(make_api(gone(fail_at=2), second, routes=CHAIN)) as client:
        answer = await client.post(SPEECH, json=speech(stream_format="sse", response_format="pcm"))
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
    assert events[0]["type"] == "speech.audio.delta"
    assert (events[-1]["type"], events[-1]["error"]["code"]) == ("speech.audio.error", "engine_unavailable")
    assert second.asked == []


async def test_each_item_of_a_batch_falls_back_for_itself() -> None:
    async with client_of(make_api(gone(), ScriptedEngine(name="second"), routes=CHAIN)) as client:
        answer = await client.post(f"{SPEECH}/batch", json={"items": [{"input": "One."}, {"input": "Two."}]})
    assert answer.json()["succeeded"] == 2

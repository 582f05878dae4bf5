"""What the headers say."""

from __future__ import annotations

import httpx

from stentor.engines import Capabilities, Price
from tests.api.inprocess import client_of, make_api, speech
from tests.fakes import ScriptedEngine

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


async def test_a_whole_answer_tells_its_cost_and_events_at_their_end() -> None:
    engine = ScriptedEngine(name="cloud")
    api = make_api(engine, prices={"cloud": Price(per_request=0.5, per_character=0.01)})
    async with client_of(api) as client:
        whole = await client.post(SPEECH, json=speech("Hello.", stream=False))
        events = await client.post(SPEECH, json=speech("Hello.", stream_format="sse"))
        streamed = await client.post(SPEECH, json=speech("Hello."))
    assert whole.headers["x-stentor-cost"] == "0.56"
    assert '"cost":0.56' in events.text.splitlines()[-2]
    assert "x-stentor-cost" not in streamed.headers
    totals = api.state.context.planner.router.ledger.totals["cloud"]
    assert (totals.requests, totals.characters) == (3, 18)
    assert abs(totals.cost - 1.68) < 1e-9


async def test_what_has_no_price_tells_no_cost(client: httpx.AsyncClient) -> None:
    answer = await client.post(SPEECH, json=speech(stream=False))
    assert "x-stentor-cost" not in answer.headers

"""What the headers say."""

from __future__ import annotations

import httpx

from stentor.engines import Capabilities
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

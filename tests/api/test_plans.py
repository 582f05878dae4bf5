"""The dry run."""

from __future__ import annotations

from typing import Any

import httpx

from stentor.engines import Capabilities
from tests.api.inprocess import assert_envelope, client_of, make_api, speech
from tests.fakes import ScriptedEngine

PLAN = "/v1/text/plan"


async def test_a_plan_shows_what_would_be_said_and_makes_no_sound() -> None:
    engine = ScriptedEngine()
    async with client_of(make_api(engine)) as client:
        answer = await client.post(PLAN, json=speech("It costs $25. Yes!", voice="two", speed=2))
    assert answer.status_code == 200
    assert answer.json() == {
        "language": "en",
        "model": "tts-1",
        "engine": "scripted",
        "voice": "two",
        "text": "It costs twenty-five dollars. Yes!",
        "steps": [
            {
                "text": "It costs twenty-five dollars.", "char_start": 0, "char_end": 13,
                "engine": "scripted", "voice": "two", "language": "en", "speed": 2.0, "pitch": 0.0,
                "volume": 0.0, "style": None, "emphasis": None, "pronunciations": [], "pause_after": 0.15,
            },
            {
                "text": "Yes!", "char_start": 14, "char_end": 18,
                "engine": "scripted", "voice": "two", "language": "en", "speed": 2.0, "pitch": 0.0,
                "volume": 0.0, "style": None, "emphasis": None, "pronunciations": [], "pause_after": 0.15,
            },
        ],
        "warnings": [],
    }  # fmt: skip
    assert engine.asked == []


async def test_pauses_and_manners_are_shown() -> None:
    able = Capabilities(24_000, ("en",), styles=("happy",), emphasis=True, pitch=(-6, 6), phonemes=True)
    text = """<speak>One<break time="1.5s"/><prosody volume="-6dB" pitch="+2st"><emphasis>two</emphasis>
        <phoneme ph="təˈmɑːtəʊ">tomato</phoneme></prosody></speak>"""
    async with client_of(make_api(ScriptedEngine(capabilities=able))) as client:
        found: dict[str, Any] = (await client.post(PLAN, json=speech(text, style="happy"))).json()
    steps = found["steps"]
    assert [step.get("text", step.get("pause")) for step in steps] == ["One", 1.5, "two", "tomato"]
    assert (steps[2]["volume"], steps[2]["pitch"], steps[2]["emphasis"]) == (-6.0, 2.0, "moderate")
    assert steps[3]["pronunciations"] == [{"text": "tomato", "ipa": "təˈmɑːtəʊ"}]
    assert {step["style"] for step in steps if "text" in step} == {"happy"}


async def test_warnings_are_in_the_answer_and_its_header(client: httpx.AsyncClient) -> None:
    answer = await client.post(PLAN, json=speech("(happy) Hello."))
    [warning] = answer.json()["warnings"]
    assert "the style happy was ignored" in warning
    assert answer.headers["x-stentor-warning"] == warning


async def test_what_cannot_be_spoken_has_no_plan(client: httpx.AsyncClient) -> None:
    assert_envelope(await client.post(PLAN, json=speech("...")), 400, "nothing_to_speak", "input")
    assert_envelope(
        await client.post(PLAN, json=speech("[voice:nobody] Hi.")), 400, "voice_not_found", "input"
    )
    broken = await client.post(PLAN, json=speech("<speak>Hi."))
    sentence = assert_envelope(broken, 400, "invalid_markup", "input")
    assert "line 1, column" in sentence

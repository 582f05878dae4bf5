"""A file that comes from elsewhere is handed on as it is, if nothing has to be done to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.fakes import ScriptedEngine, tone

from stentor.engines import Capabilities, Price
from stentor.errors import EngineFailed, EngineUnavailable, NothingSpoken
from stentor.pipeline.answer import Answer
from stentor.pipeline.cast import Casting
from stentor.pipeline.plan import Planner
from stentor.pipeline.request import Part, SpeechRequest
from stentor.pipeline.routes import RouteConfig, Router
from stentor.types import AudioChunk, Utterance
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog

FILE = [b"\1\2", b"\3\4\5\6\7\x08"]
RATE = 24_000


class FileEngine(ScriptedEngine):
    """Gets files from elsewhere, or from `pieces`, which may be chunks of sound too."""

    def __init__(self, pieces: list[bytes | AudioChunk | Exception] | None = None, **how: Any) -> None:
        abilities = Capabilities(
            RATE, ("en",), speed=(0.5, 2.0), whole_text=True, formats=("mp3", "pcm"), longest_utterance=100
        )
        super().__init__(**{"capabilities": abilities, "name": "far", **how})
        self.pieces = FILE if pieces is None else pieces
        self.relayed: list[tuple[str, str]] = []

    async def relay(self, utterance: Utterance, format_: str) -> AsyncGenerator[AudioChunk | bytes, None]:
        self.relayed.append((utterance.text, format_))
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1


def planner(*engines: ScriptedEngine, price: Price | None = None) -> Planner:
    catalog = Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))
    routes = [RouteConfig(engines=tuple(engine.name for engine in engines))]
    prices = {engines[0].name: price} if price else None
    return Planner(Casting(catalog), router=Router(catalog, routes, prices=prices))


async def answer(made: Planner, *, relays: bool = True, **asked: Any) -> Answer:
    fields = {"text": "One. Two.", "model": "tts-1", "voice": "one", "format": "mp3", **asked}
    return await Answer.to(made, SpeechRequest(**fields), relays=relays)


async def heard(answered: Answer) -> list[AudioChunk | bytes]:
    return [piece async for piece in answered.pieces()]


async def test_the_parts_of_a_file_are_handed_on_as_they_are() -> None:
    engine = FileEngine()
    answered = await answer(planner(engine))
    assert await heard(answered) == FILE
    assert engine.relayed == [("One. Two.", "mp3")]
    assert not engine.asked
    assert answered.attempt.usage.characters == len("One. Two.")


@pytest.mark.parametrize("format_", ["mp3", "pcm"])
async def test_only_of_samples_it_is_known_how_long_they_last(format_: str) -> None:
    engine = FileEngine([b"\1\2\3", b"\4\5\6\7\x08"])
    made = planner(engine)
    answered = await answer(made, format=format_)
    await heard(answered)
    samples = 4 if format_ == "pcm" else 0
    assert answered.attempt.usage.samples == samples
    assert made.router.ledger.totals["far"].seconds == samples / RATE
    assert made.router.ledger.totals["far"].characters == len("One. Two.")


async def test_no_sample_is_parted() -> None:
    engine = FileEngine([b"\1\2\3", b"\4", b"\5", b"\6\7\x08\x09"])
    assert await heard(await answer(planner(engine), format="pcm")) == [b"\1\2", b"\3\4", b"\5\6\7\x08"]


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "[pause:1s] One."},
        {"text": "One.[pause:1s]"},
        {"text": "<speak><prosody volume='+6dB'>One.</prosody></speak>"},
        {"text": "<speak>One <mark name='here'/> two.</speak>"},
        {"text": "[voice:two] One. [voice:one] Two."},
        {"text": "A very long sentence that goes on and on. " * 6},
        {"text": "One. Two.", "parts": [Part(0, 4, None), Part(5, 9, "two")]},
        {"speed": 2.5},
        {"sample_rate": 44_100},
        {"times": ("word",)},
        {"times": ("sentence",)},
        {"format": "opus"},
        {"format": "pcm", "sample_rate": 16_000},
        {"relays": False},
    ],
)
async def test_what_needs_work_is_spoken_in_samples(asked: dict[str, Any]) -> None:
    engine = FileEngine()
    pieces = await heard(await answer(planner(engine), **asked))
    assert all(isinstance(piece, AudioChunk) for piece in pieces)
    assert engine.asked
    assert not engine.relayed


@pytest.mark.parametrize(
    "asked",
    [
        {"speed": 2.0},
        {"format": "pcm", "sample_rate": RATE},
        {"text": "[voice:two] One."},
        {"text": "It costs $5."},
        {"text": "<speak>One</speak>"},
    ],
)
async def test_what_the_engine_does_itself_keeps_no_file_from_being_handed_on(asked: dict[str, Any]) -> None:
    engine = FileEngine()
    assert await heard(await answer(planner(engine), **asked)) == FILE


async def test_what_was_read_to_find_out_is_spoken_once_and_whole() -> None:
    engine = FileEngine()
    await heard(await answer(planner(engine), text="One. [pause:1s] Two. [pause:1s] Three. [pause:1s] Four."))
    assert [utterance.text for utterance in engine.asked] == ["One.", "Two.", "Three.", "Four."]


@pytest.mark.parametrize(("format_", "is_file"), [("mp3", False), ("pcm", True)])
async def test_a_price_by_the_second_wants_samples(format_: str, *, is_file: bool) -> None:
    engine = FileEngine([b"\1\2" * RATE])
    made = planner(engine, price=Price(per_second=2))
    answered = await answer(made, format=format_)
    await heard(answered)
    assert bool(engine.relayed) == is_file
    assert answered.attempt.cost == pytest.approx(2.0 if is_file else 0.4)


@pytest.mark.parametrize(("parts", "cost"), [([], 0.0), ([b"ID3"], 1.0)])
async def test_a_file_is_paid_for_once_a_part_of_it_came(parts: list[Any], cost: float) -> None:
    made = planner(FileEngine([*parts, EngineUnavailable("Gone.")]), price=Price(per_request=1))
    answered = await answer(made)
    with pytest.raises(EngineUnavailable):
        await heard(answered)
    assert answered.attempt.cost == cost
    assert [totals.cost for totals in made.router.ledger.totals.values()] == [cost]


async def test_another_file_than_was_asked_for_is_heard() -> None:
    """It is trimmed and resampled as any sound."""
    sound = np.concatenate([np.zeros(12_000, np.float32), tone(0.5)])
    engine = FileEngine([AudioChunk(part, RATE) for part in np.array_split(sound, 5)])
    answered = await answer(planner(engine))
    pieces = await heard(answered)
    assert all(isinstance(piece, AudioChunk) for piece in pieces)
    size = sum(piece.samples.size for piece in pieces if isinstance(piece, AudioChunk))
    assert size == pytest.approx(0.5 * RATE, rel=0.05)
    assert answered.attempt.usage.samples == size
    assert answered.attempt.usage.characters == len("One. Two.")


@pytest.mark.parametrize("error", [EngineUnavailable("It is gone."), ValueError("oops")])
async def test_a_file_that_does_not_begin_is_anothers_to_speak(error: Exception) -> None:
    made = planner(FileEngine([error]), FileEngine(name="next"))
    answered = await answer(made)
    assert await heard(answered) == FILE
    assert answered.plan.engine.name == "next"
    assert [name for name, _ in answered.failures] == ["far"]


async def test_the_next_engine_may_have_no_files() -> None:
    made = planner(FileEngine([EngineUnavailable("It is gone.")]), ScriptedEngine(name="next"))
    answered = await answer(made)
    assert all(isinstance(piece, AudioChunk) for piece in await heard(answered))


async def test_a_file_that_breaks_off_is_a_failure() -> None:
    answered = await answer(planner(FileEngine([b"\1", ValueError("oops")]), FileEngine(name="next")))
    pieces = answered.pieces()
    assert await anext(pieces) == b"\1"
    with pytest.raises(EngineFailed):
        await anext(pieces)


@pytest.mark.parametrize("pieces", [[], [AudioChunk(np.zeros(RATE, np.float32), RATE)]])
async def test_a_file_without_a_sound_is_no_answer(pieces: list[Any]) -> None:
    with pytest.raises(NothingSpoken):
        await heard(await answer(planner(FileEngine(pieces))))


async def test_a_chunk_that_breaks_the_contract_is_named() -> None:
    chunk = AudioChunk(tone(0.1), RATE)
    with pytest.raises(EngineFailed, match="48000 Hz"):
        await heard(await answer(planner(FileEngine([replace(chunk, rate=48_000)]))))


async def test_who_stops_listening_stops_the_file() -> None:
    engine = FileEngine()
    pieces = (await answer(planner(engine))).pieces()
    await anext(pieces)
    await pieces.aclose()
    assert engine.closed == 1

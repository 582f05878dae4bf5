"""What is made of providers' answers."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.upstream import Script, Upstream, chunked, gives_json, upstream, whole
from tests.fakes import tone
from tests.hearing import pitch

from stentor.engines.provider.answers import TYPES, Hearing, of_text, whole_sound
from stentor.engines.remote.client import Client
from stentor.engines.remote.config import RemoteConfig
from stentor.engines.remote.sound import Expected
from stentor.errors import EngineCrashed, EngineFailed, NothingSpoken, RunawaySpeech, StentorError
from stentor.types import AudioChunk, WordMark

if TYPE_CHECKING:
    from stentor.types import Samples

RATE = 24_000
TEXT = "One two three."
HUM = tone(0.5)
EVENTS = {"Content_Type": "text/event-stream"}
DONE = {"type": "speech.audio.done", "usage": {}}


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        yield made


def in_base64(samples: Samples, name: str) -> str:
    scale = 1 if "float" in name else np.iinfo(name).max
    return base64.b64encode((samples.astype(np.float64) * scale).astype(TYPES[name]).tobytes()).decode()


def delta(content: bytes) -> dict[str, str]:
    return {"type": "speech.audio.delta", "audio": base64.b64encode(content).decode()}


def events(*fields: object) -> bytes:
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in fields)


async def chunks_of(server: Upstream, script: Script, seconds: float = 20.0) -> list[AudioChunk]:
    server.answers("/v1/generate", script)
    client = Client("remote", RemoteConfig(url=server.url))
    await client.open()
    try:
        async with client.call("POST", "/v1/generate", {}) as answer:
            hearing = Hearing("remote", client.faults, TEXT, Expected(RATE, seconds), 2**22)
            return [chunk async for chunk in hearing.hear(answer)]
    finally:
        await client.close()


def joined(chunks: Sequence[AudioChunk]) -> Samples:
    assert all(chunk.rate == RATE for chunk in chunks)
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.mark.parametrize("name", TYPES)
async def test_samples_of_every_type_are_heard(server: Upstream, name: str) -> None:
    told = {"audio": in_base64(HUM, name), "sample_rate": RATE, "dtype": name}
    heard = joined(await chunks_of(server, gives_json(told)))
    np.testing.assert_allclose(heard, HUM, atol=1e-3)


@pytest.mark.parametrize("nested", [False, True])
async def test_a_list_of_numbers_is_samples(server: Upstream, *, nested: bool) -> None:
    numbers = HUM.tolist()
    told = {"audio": [numbers] if nested else numbers, "sample_rate": RATE}
    np.testing.assert_allclose(joined(await chunks_of(server, gives_json(told))), HUM, atol=1e-6)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
async def test_floats_beyond_all_measure_are_full_scale(server: Upstream, name: str) -> None:
    wild = np.array([np.inf, -np.inf, np.nan, 60_000], TYPES[name]).tobytes()
    wild += np.array([1e300], TYPES["float64"]).tobytes() if name == "float64" else b""
    told = {"audio": base64.b64encode(wild).decode(), "sample_rate": RATE, "dtype": name}
    heard = joined(await chunks_of(server, gives_json(told)))
    np.testing.assert_array_equal(heard[:4], [1, -1, 0, 1])
    assert (heard[4:] == 1).all()


async def test_samples_at_another_rate_keep_their_length_and_height(server: Upstream) -> None:
    told = {"audio": in_base64(HUM, "float32"), "sample_rate": 48_000, "dtype": "float32"}
    heard = joined(await chunks_of(server, gives_json(told)))
    assert len(heard) == pytest.approx(len(HUM) / 2, abs=2)
    assert pitch(heard, RATE) == pytest.approx(2 * pitch(HUM, RATE), rel=0.01)


async def test_events_may_end_within_a_sample_and_lines_within_a_piece(server: Upstream) -> None:
    content = (HUM * 32767).astype("<i2").tobytes()
    cut = [content[:1], content[1:1000], content[1000:1007], content[1007:]]
    body = events(*map(delta, cut), DONE)
    pieces = [body[at : at + 777] for at in range(0, len(body), 777)]
    script = chunked(pieces, X_Sample_Rate=RATE, X_Sample_Type="int16", Content_Type=EVENTS["Content_Type"])
    np.testing.assert_allclose(joined(await chunks_of(server, script)), HUM, atol=1e-3)


async def test_events_without_headers_are_floats_at_the_expected_rate(server: Upstream) -> None:
    body = events(delta(HUM.astype("<f4").tobytes()), {"type": "something.new"}, DONE)
    np.testing.assert_allclose(joined(await chunks_of(server, whole(body, **EVENTS))), HUM, atol=1e-6)


async def test_words_have_their_times(server: Upstream) -> None:
    words = [
        {"word": "One", "start": 0.0, "end": 0.1, "char_start": 0, "char_end": 3},
        {"word": "two", "start": 0.125, "end": 0.3, "char_start": 4, "char_end": 7},
    ]
    third = {"word": "three", "start": 0.25, "end": 0.5, "char_start": 8, "char_end": 13}
    body = events(
        delta(HUM.astype("<f4").tobytes()),
        {"type": "speech.audio.timestamps", "words": words},
        {"type": "speech.audio.timestamps", "words": [third]},
        DONE,
    )
    expected = [WordMark(0, 3, 0), WordMark(4, 7, 3000), WordMark(8, 13, 6000)]
    told = {"audio": HUM.tolist(), "sample_rate": RATE, "words": [*words, third]}
    for script in (whole(body, **EVENTS), gives_json(told)):
        assert [mark for chunk in await chunks_of(server, script) for mark in chunk.marks] == expected


async def test_times_that_make_no_sense_are_left_out(server: Upstream) -> None:
    good = {"word": "two", "start": 0.125, "end": 0.3, "char_start": 4, "char_end": 7}
    wrong: list[Any] = [
        None, "two", {}, good | {"start": "0"}, good | {"start": -1}, good | {"start": 1e300},
        good | {"char_start": 5, "char_end": 5}, good | {"char_end": 99},
        good | {"char_start": 1, "char_end": 3},
        good | {"char_start": 8, "char_end": 9, "start": 0.05},
    ]  # fmt: skip
    told = {"audio": HUM.tolist(), "sample_rate": RATE, "words": [good, *wrong]}
    marks = [mark for chunk in await chunks_of(server, gives_json(told)) for mark in chunk.marks]
    assert marks == [WordMark(4, 7, 3000)]


@pytest.mark.parametrize(
    ("script", "because"),
    [
        (gives_json({"sample_rate": RATE}), "JSON without `audio`"),
        (gives_json([]), "JSON without `audio`"),
        (gives_json({"audio": "", "sample_rate": 1}), "no `sample_rate` that is one"),
        (gives_json({"audio": "", "sample_rate": RATE, "dtype": "bfloat16"}), "samples of a `dtype`"),
        (gives_json({"audio": "?", "sample_rate": RATE}), "`audio` that is neither"),
        (gives_json({"audio": ["a"], "sample_rate": RATE}), "`audio` that is neither"),
        (gives_json({"audio": [[1, 2], [3, 4]], "sample_rate": RATE}), "more than one channel"),
        (gives_json({"error": "CUDA is out of memory."}), "failed: CUDA is out of memory"),
        (whole(b"{", Content_Type="application/json"), "what is not JSON"),
        (whole(b"<html>", Content_Type="text/html"), "sent text/html instead of sound"),
        (whole(events(delta(b"\0" * 9600)), **EVENTS), "its events have no end"),
        (whole(events(5), **EVENTS), "an event that cannot be read"),
        (whole(b"data: {\n\n", **EVENTS), "an event that cannot be read"),
        (whole(events({"type": "speech.audio.delta"}), **EVENTS), "whose audio cannot be read"),
        (whole(events({"type": "speech.audio.error", "error": {"message": "The GPU fell off."}}), **EVENTS),
         "failed: The GPU fell off"),
        (whole(events(DONE), X_Sample_Type="opus", **EVENTS), "a type that is not known: opus"),
    ],
)  # fmt: skip
async def test_a_wrong_answer_is_a_failure_in_words(server: Upstream, script: Script, because: str) -> None:
    with pytest.raises(EngineFailed, match=because) as caught:
        await chunks_of(server, script)
    assert caught.value.message.startswith("The engine remote ")


async def test_more_sound_than_the_text_explains_is_refused(server: Upstream) -> None:
    told = {"audio": in_base64(tone(3), "int16"), "sample_rate": RATE, "dtype": "int16"}
    with pytest.raises(RunawaySpeech):
        await chunks_of(server, gives_json(told), seconds=2)


async def test_an_error_amid_events_may_be_of_the_text(server: Upstream) -> None:
    error = {"type": "speech.audio.error", "error": {"message": "Silence.", "code": "nothing_spoken"}}
    with pytest.raises(NothingSpoken):
        await chunks_of(server, whole(events(error), **EVENTS))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("nothing_spoken", NothingSpoken),
        ("nothing_to_speak", NothingSpoken),
        ("engine_crashed", EngineCrashed),
    ],
)
def test_what_is_wrong_with_the_text_is_no_fault_of_the_engine(code: str, kind: type[StentorError]) -> None:
    assert isinstance(of_text("remote", json.dumps({"error": {"code": code}}).encode()), kind)


def test_any_other_error_is_not_of_the_text() -> None:
    for body in (
        b"",
        b"[]",
        b'"no"',
        b'{"error": "no"}',
        b'{"error": {"code": 7}}',
        b'{"error": {"code": []}}',
    ):
        assert of_text("remote", body) is None


@given(
    st.fixed_dictionaries(
        {
            "audio": st.text(max_size=9) | st.lists(st.floats() | st.none(), max_size=3) | st.integers(),
            "sample_rate": st.just(RATE) | st.integers() | st.floats() | st.booleans(),
        },
        optional={"dtype": st.sampled_from([*TYPES, "", None, []])},
    )
)
def test_no_json_does_harm(told: dict[str, Any]) -> None:
    with suppress(ValueError):
        found = whole_sound(told)
        assert found.rate == told["sample_rate"]
        assert found.sample in TYPES.values()

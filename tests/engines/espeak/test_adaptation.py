"""An adaptation as JSON: small, and nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.espeak.adaptation import COLOUR, FORMANTS, GAIN, HIGHEST, LOWEST, PACE, Adaptation
from stentor.engines.espeak.hearing import BANDS
from stentor.errors import InvalidRequest
from stentor.types import Prompt

WRITTEN: dict[str, Any] = {
    "adaptation": 1,
    "pitch": [150, 210],
    "formants": 108,
    "pace": 1.1,
    "gain": -3.5,
    "colour": [1.5] * BANDS,
}


@given(
    st.builds(
        Adaptation,
        low=st.integers(LOWEST, 200),
        high=st.integers(200, HIGHEST),
        formants=st.integers(*FORMANTS),
        pace=st.floats(*PACE),
        gain=st.floats(-GAIN, GAIN),
        colour=st.tuples(*[st.floats(-COLOUR, COLOUR)] * BANDS),
    )
)
def test_what_is_written_is_read_again(adaptation: Adaptation) -> None:
    prompt = adaptation.prompt()
    assert Adaptation.of(prompt) == adaptation
    assert len(prompt.written) < 1000


def test_what_it_is_made_of_is_numbers() -> None:
    read = Adaptation.of(Prompt.of(WRITTEN))
    assert read.file == {"pitch": [150, 210], "formants": 108}
    assert read.prompt().content == WRITTEN


@pytest.mark.parametrize(
    "changes",
    [
        {"adaptation": 2},
        {"adaptation": "1"},
        {"pitch": [150]},
        {"pitch": [150, 210, 220]},
        {"pitch": ["150", "210"]},
        {"pitch": [150.5, 210]},
        {"pitch": ["150\nvoicing 0", 210]},
        {"pitch": [0, 210]},
        {"pitch": [150, 10**40]},
        {"pitch": {"low": 150}},
        {"pitch": True},
        {"formants": "100\nmbrola ../../x"},
        {"formants": 1000},
        {"formants": True},
        {"pace": 0},
        {"pace": None},
        {"pace": "fast"},
        {"gain": 200},
        {"colour": []},
        {"colour": [0.0] * (BANDS - 1)},
        {"colour": [0.0] * 100_000},
        {"colour": [13.0] * BANDS},
        {"colour": [None] * BANDS},
        {"dictrules": "1 2"},
        {"safetensors": "A" * 1_000_000},
    ],
    ids=lambda changes: f"{changes}"[:40],
)
def test_what_this_engine_did_not_make_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="none that this version of the engine espeak made") as raised:
        Adaptation.of(Prompt.of(WRITTEN | changes))
    assert raised.value.param == "voice_prompt"


@pytest.mark.parametrize("missing", sorted(WRITTEN))
def test_nothing_may_be_missing(missing: str) -> None:
    with pytest.raises(InvalidRequest):
        Adaptation.of(Prompt.of({name: value for name, value in WRITTEN.items() if name != missing}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_other_json_is_refused(anything: Any) -> None:
    for content in ({"adaptation": anything}, WRITTEN | {"pitch": anything}):
        with pytest.raises(InvalidRequest):
            Adaptation.of(Prompt("", json.dumps(content).encode()))


def test_tones_in_the_wrong_order_are_one_tone() -> None:
    read = Adaptation.of(Prompt.of(WRITTEN | {"pitch": [210, 150]}))
    assert (read.low, read.high) == (210, 210)

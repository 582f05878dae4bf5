"""What the caller hears of one utterance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.fakes import ScriptedEngine, silence, tone
from tests.pipeline.lines import line

from stentor.pipeline.shape import Shaper

if TYPE_CHECKING:
    from stentor.types import Samples


async def shaped(*chunks: Samples, rate: int = 24_000, **changes: Any) -> tuple[Shaper, Samples]:
    shaper = Shaper(line(ScriptedEngine(), "a", **changes), rate)
    parts = [await shaper.push(chunk) for chunk in chunks]
    return shaper, np.concatenate([*parts, await shaper.finish()])


async def test_an_engine_s_sound_comes_through_as_it_is() -> None:
    _, heard = await shaped(tone(0.5))
    np.testing.assert_array_equal(heard[200:-200], tone(0.5)[200:-200])


async def test_what_was_made_is_counted() -> None:
    for changes in ({}, {"stretch": 2.0}, {"rate": 8000}, {"stretch": 0.5, "rate": 48_000}):
        shaper, heard = await shaped(tone(0.5), silence(0.1), tone(0.2), **changes)
        assert shaper.made == len(heard)


@pytest.mark.parametrize("rate", [8000, 24_000, 44_100])
async def test_a_sample_is_heard_where_it_went(rate: int) -> None:
    click = silence(1.0)
    click[[6000, 18_000]] = 0.9
    shaper, heard = await shaped(click, rate=rate)
    first, second = (int(np.argmax(np.abs(half))) for half in np.array_split(heard, 2))
    assert shaper.seconds(6000) == pytest.approx(first / rate, abs=0.001)
    assert shaper.seconds(18_000) == pytest.approx((second + len(heard) - len(heard) // 2) / rate, abs=0.001)


async def test_a_sample_outside_the_sound_is_at_its_edge() -> None:
    shaper, _ = await shaped(silence(0.5), tone(0.5), silence(0.5))
    assert shaper.seconds(0) == 0.0
    assert shaper.seconds(10**9) == pytest.approx(0.52, abs=0.001)


async def test_silence_has_no_times() -> None:
    shaper, heard = await shaped(silence(0.5))
    assert heard.size == 0
    assert shaper.seconds(100) == 0.0


async def test_volume_is_in_decibels() -> None:
    _, heard = await shaped(tone(0.5, level=0.2), volume=6.0206)
    assert np.abs(heard).max() == pytest.approx(0.4, rel=0.01)
    _, heard = await shaped(tone(0.5), volume=-np.inf)
    assert not heard.any()


@pytest.mark.parametrize("stretch", [0.3, 0.7, 1.0, 1.4, 2.5, 4.0])
async def test_the_edges_are_soft_whatever_the_pace(stretch: float) -> None:
    _, heard = await shaped(tone(0.51), tone(0.37), stretch=stretch)
    assert np.abs(heard[[0, -1]]).max() < 0.002
    assert np.abs(heard[:12]).max() < np.abs(heard).max() / 4
    assert np.abs(heard[-12:]).max() < np.abs(heard).max() / 4

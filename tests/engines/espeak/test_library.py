"""The library itself, in a worker as always: what it is asked for, and what comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import espeakng_loader
import pytest

from stentor.engines.espeak import library
from stentor.engines.lane import Part
from stentor.engines.process import WorkerPool, WorkerSpec
from stentor.errors import EngineFailed, EngineUnavailable
from stentor.types import WordMark

pytestmark = pytest.mark.e2e  # it starts processes

TABLE = json.loads(files("stentor.engines.espeak").joinpath("voices.json").read_text("utf-8"))
OPTIONS = {
    "library": espeakng_loader.get_library_path(),
    "data": str(espeakng_loader.get_data_path()),
    "sample_rate": 22_050,
}


class Library:
    """One worker with the library in it."""

    def __init__(self, **options: Any) -> None:
        file = Path(library.__file__)
        spec = WorkerSpec("espeak", file, "Espeak", OPTIONS | options, 44_100, spares=0, site_packages=False)
        self.pool = WorkerPool(spec)
        self.pool.open()

    async def parts(self, text: str, voice: str = "gmw/en-US", rate: int = 175, **asked: Any) -> list[Part]:
        plain = {"rate": rate, "pitch": 50, "range": 50, "volume": 100, "marks": False}
        request = plain | {"voice": voice, "text": text} | asked
        return [part async for part in self.pool.call(request, 1000)]

    async def speak(self, text: str, voice: str = "gmw/en-US", rate: int = 175, **asked: Any) -> bytes:
        return b"".join(part.samples for part in await self.parts(text, voice, rate, **asked))

    async def words(self, text: str, voice: str = "gmw/en-US", rate: int = 175) -> list[WordMark]:
        parts = await self.parts(text, voice, rate, marks=True)
        return [mark for part in parts for mark in part.marks]


@pytest.fixture
async def espeak() -> AsyncIterator[Library]:
    made = Library()
    yield made
    await made.pool.close()


async def test_every_voice_of_the_table_is_one_the_library_has(espeak: Library) -> None:
    """Each makes a sound, and none is the last voice kept by mistake."""
    for row in TABLE["voices"]:
        assert any(await espeak.speak("a 1", row["identifier"], 449)), row
    assert espeak.pool.status().restarts == 0


async def test_every_variant_of_the_table_changes_the_sound(espeak: Library) -> None:
    plain = await espeak.speak("banana", "gmw/en-US", 449)
    same = [
        variant
        for variant in TABLE["variants"]
        if await espeak.speak("banana", f"gmw/en-US+{variant}", 449) == plain
    ]
    assert same == []


async def test_languages_sound_different(espeak: Library) -> None:
    identifiers = ["gmw/en", "gmw/en-US", "gmw/de", "roa/fr", "sit/cmn", "zle/ru"]
    assert len({await espeak.speak("radio 7", identifier) for identifier in identifiers}) == 6


async def test_an_unknown_voice_is_an_error_and_keeps_no_voice(espeak: Library) -> None:
    with pytest.raises(EngineFailed, match="has no voice xx/none"):
        await espeak.speak("Hello.", "xx/none")
    assert any(await espeak.speak("Hello."))


async def test_nothing_is_left_over_from_the_request_before(espeak: Library) -> None:
    """But for 1%: the library's noise is never twice the same."""
    first = await espeak.speak("Hello there.")
    await espeak.speak("<prosody rate='slow'><voice name='de'>Guten Tag", "gmw/de+f2", 80)
    assert len(await espeak.speak("Hello there.")) == pytest.approx(len(first), rel=0.01)


async def test_slower_is_longer_in_proportion(espeak: Library) -> None:
    text = "The quick brown fox jumps over the lazy dog, and again."
    lengths = {rate: len(await espeak.speak(text, rate=rate)) for rate in (80, 175, 350, 449)}
    for rate, length in lengths.items():
        assert length * rate == pytest.approx(lengths[175] * 175, rel=0.12)


async def test_the_first_chunk_is_100_ms_and_none_is_longer_than_about_a_second(espeak: Library) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 6
    sizes = [len(part.samples) for part in await espeak.parts(text)]
    assert sizes[0] == pytest.approx(4410, rel=0.1)
    assert max(sizes) < 60_000
    assert all(sizes)


async def test_no_pause_is_added_at_the_end(espeak: Library) -> None:
    """The pipeline makes the pauses; the library's own would be 300 ms."""
    spoken = await espeak.speak("Hello there.")
    silent = len(spoken) - len(spoken.rstrip(b"\0"))
    assert silent < 44_100 * 0.05


async def test_without_its_data_it_says_so_and_stays_alive_to_say_it(tmp_path: Path) -> None:
    broken = Library(data=str(tmp_path))
    try:
        with pytest.raises(EngineUnavailable, match="did not start from"):
            await broken.pool.ready()
    finally:
        await broken.pool.close()

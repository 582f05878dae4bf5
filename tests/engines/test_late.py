"""An engine that is opened when it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from stentor.engines import Capabilities, EngineHealth
from stentor.engines.late import Late, make_late
from stentor.engines.tone import ToneEngine
from stentor.errors import EngineUnavailable
from stentor.types import Utterance, Voice, VoiceId

_FAR = Capabilities(24_000, ("und",), device="remote")
_HERE = ToneEngine.capabilities


class Noting(ToneEngine):
    """Notes when it is opened and closed; knows another voice once it is open."""

    def __init__(self, capabilities: Capabilities, error: Exception | None = None) -> None:
        super().__init__()
        self.capabilities = capabilities
        self.error = error
        self.noted: list[str] = []
        self.may_open = asyncio.Event()
        self.may_open.set()

    async def open(self) -> None:
        self.noted.append("opened")
        await self.may_open.wait()
        if self.error:
            raise self.error

    async def voices(self) -> Sequence[Voice]:
        own = await super().voices()
        return [*own, Voice(VoiceId("far"), "Far", self.name)] if self.noted else own

    def health(self) -> EngineHealth:
        return EngineHealth(ready=False, problem="it rests")

    async def close(self) -> None:
        self.noted.append("closed")


async def spoken(engine: Late) -> int:
    (voice, *_) = await engine.voices()
    return len([chunk async for chunk in engine.synthesize(Utterance("Hello.", voice))])


async def test_one_of_this_machine_is_opened_to_speak_and_only_once() -> None:
    engine = Noting(_HERE)
    late = Late(engine)
    assert len(await late.voices()) == 3
    assert late.trouble is None
    assert engine.noted == []
    assert await spoken(late)
    assert await spoken(late)
    await late.close()
    assert engine.noted == ["opened", "closed"]


async def test_one_elsewhere_is_opened_to_say_who_speaks() -> None:
    engine = Noting(_FAR)
    late = Late(engine)
    assert await late.find_voice("far", None)
    assert engine.noted == ["opened"]
    assert late.trouble == "it rests"
    assert late.health().problem == "it rests"


@pytest.mark.parametrize(
    ("error", "trouble"),
    [(EngineUnavailable("It is not set."), "It is not set"), (OSError("x"), "OSError: x")],
)
async def test_one_that_does_not_open_fails_when_it_is_to_speak(error: Exception, trouble: str) -> None:
    late = Late(Noting(_FAR, error))
    assert await late.find_voice("low", None)
    assert late.trouble == trouble
    for _ in range(2):
        with pytest.raises(type(error)):
            await spoken(late)
    await late.close()


async def test_one_that_was_not_needed_is_not_closed() -> None:
    engine = Noting(_HERE)
    await Late(engine).close()
    assert engine.noted == []


@pytest.mark.parametrize(
    ("abilities", "waits"), [(_FAR, "it has not answered yet"), (_HERE, "it is starting")]
)
async def test_one_that_opens_says_so_and_can_be_closed(abilities: Capabilities, waits: str) -> None:
    engine = Noting(abilities)
    engine.may_open.clear()
    late = Late(engine)
    opening = asyncio.create_task(late.open())
    await asyncio.sleep(0.01)
    assert late.is_opening
    assert late.trouble is None
    assert late.health() == EngineHealth(ready=False, problem=waits)
    await late.close()
    assert engine.noted == ["opened", "closed"]
    assert late.trouble is None
    with pytest.raises(asyncio.CancelledError):
        await opening


def test_it_has_the_name_and_all_that_its_engine_has() -> None:
    late = make_late("hum", ToneEngine.Config(kind="tone"))
    assert late.name == "hum"
    assert late.capabilities is ToneEngine.capabilities
    assert late.openai_voices == ToneEngine.openai_voices
    assert not hasattr(late, "in_use")

"""Hand on a file that an engine gets from elsewhere, part by part, if nothing has to be done to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from stentor.errors import NothingSpoken
from stentor.pipeline.lines import Line, Step
from stentor.pipeline.shape import Shaper
from stentor.pipeline.speak import blamed, check
from stentor.types import AudioChunk

if TYPE_CHECKING:
    from stentor.engines import Engine, Relaying
    from stentor.pipeline.ledger import Ledger
    from stentor.pipeline.plan import Plan
    from stentor.pipeline.speak import Spent, Usage
    from stentor.types import Samples

_BYTES = 2  # of a sample


def may_relay(plan: Plan, ledger: Ledger) -> bool:
    """Whether a plan leaves nothing to do but to speak, as far as that is known before its text is read.

    A sample rate is made here. Samples do not say their rate, so theirs must be the plan's;
    but only they say how many seconds they last, which may have a price.
    """
    abilities, format_ = plan.engine.capabilities, plan.format.name
    if format_ not in abilities.formats:
        return False
    if format_ == "pcm":
        return abilities.sample_rate == plan.sample_rate
    return plan.request.sample_rate is None and not ledger.is_by_the_second(plan.engine)


def only_line(steps: Sequence[Step], engine: Engine) -> Line | None:
    """Return the line that is all of a text, if its sound is left as it is; `steps` are the first two."""
    match steps:
        case [Line(stretch=1.0, volume=0.0) as line] if line.engine is engine:
            return line
    return None


async def relay(line: Line, plan: Plan, usage: Usage) -> AsyncGenerator[AudioChunk | bytes, None]:
    """Yield the parts of a file; or chunks, at the plan's rate, if the engine got another than it should.

    How long a file lasts is not counted, unless it is `pcm`. Raises EngineError.
    """
    engine = line.engine
    spent = usage.asked(line)
    rate, is_pcm = plan.sample_rate, plan.format.name == "pcm"
    shaper: Shaper | None = None
    held = b""
    with blamed(engine):
        async with aclosing(cast("Relaying", engine).relay(line.utterance, plan.format.name)) as pieces:
            async for piece in pieces:
                if isinstance(piece, bytes):
                    if is_pcm:
                        piece, held = _whole(held + piece)  # noqa: PLW2901
                        usage.samples += len(piece) // _BYTES
                    if piece:
                        spent.heard = True
                        yield piece
                else:
                    check(engine, piece)
                    shaper = shaper or Shaper(line, rate)
                    samples = await shaper.push(piece.samples)
                    if samples.size:
                        yield _chunk(samples, rate, usage, spent)
                    del samples
                del piece
    if shaper and (rest := await shaper.finish()).size:
        yield _chunk(rest, rate, usage, spent)
    spent.seconds += usage.samples / rate
    if not spent.heard:
        raise NothingSpoken(engine.name)


def _chunk(samples: Samples, rate: int, usage: Usage, spent: Spent) -> AudioChunk:
    usage.samples += samples.size
    spent.heard = True
    return AudioChunk(samples, rate)


def _whole(content: bytes) -> tuple[bytes, bytes]:
    """Part bytes into whole samples and the rest: nobody can play half a sample."""
    at = len(content) // _BYTES * _BYTES
    return content[:at], content[at:]

"""Voice prompts: who makes them and speaks by them, and how a request says which one it means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from stentor import threads
from stentor.audio.sandbox import READ
from stentor.engines import Cloning, Engine, Likeness, in_use
from stentor.engines.fleet import hold
from stentor.errors import (
    EngineFailed,
    EngineUnavailable,
    InvalidRequest,
    StentorError,
    UnknownPrompt,
    UnusableRecording,
    quoted,
)
from stentor.types import Prompt, Sample

if TYPE_CHECKING:
    from stentor.api.context import Context
    from stentor.types import Samples

_ID = "sha256:"
_SHORTEST = 0.5  # seconds
_SILENT = 0.001  # of full scale, which 60 dB are below
_LONGEST_NAME = 1000  # of a prompt that is only a name, as JSON, in bytes


def can_clone(engine: Engine) -> bool:
    """Tell whether an engine speaks by voice prompts."""
    return bool(engine.capabilities.cloning) and isinstance(engine, Cloning)


def likeness(engines: Iterable[Engine]) -> Likeness:
    """Tell how well the best of some engines speaks like whom it heard."""
    found = {engine.capabilities.cloning for engine in engines if can_clone(engine)}
    return True if True in found else "approximate" if found else False


def warnings(engine: Engine) -> dict[str, str]:
    """Say in a header that an engine only comes near to whom it heard, if that is so."""
    is_near = engine.capabilities.cloning == "approximate"
    return {"X-Stentor-Warning": "the voice is adapted, not cloned"} if is_near else {}


def find_cloning(context: Context, model: str, otherwise: type[StentorError]) -> Engine:
    """Return the first engine behind a model's name that clones, or else one that approximates.

    Raises UnknownModel; EngineUnavailable if there may be one that clones and cannot tell now; `otherwise` if
    none is.
    """
    engines = context.catalog.candidates(model)
    able = [engine for engine in engines if can_clone(engine)]
    true = [engine for engine in able if engine.capabilities.cloning is True]
    for engine in () if true else engines:
        health = context.health(engine)
        if isinstance(engine, Cloning) and not engine.capabilities.cloning and not health.ready:
            raise EngineUnavailable(f"The engine {engine.name} is not ready: {health.problem or 'starting'}.")
    best = next(iter(true + able), None)
    if best:
        hold(best)
        return best
    others = [engine.name for engine in context.catalog.engines.values() if can_clone(engine)]
    instead = f"the model {' or '.join(others)} does" if others else "no engine of this server does"
    said = f"The model {quoted(model)} neither makes voice prompts nor speaks by them; {instead}."
    raise otherwise(said, param="voice_prompt")


async def prepare(engine: Engine, sample: Sample) -> Prompt:
    """Have an engine make a prompt; raises EngineFailed for one that would not be taken for a prompt."""
    assert isinstance(engine, Cloning)  # noqa: S101  `find_cloning` found it
    with in_use(engine):
        prompt = await engine.prepare([sample])
    if len(prompt.written) <= _LONGEST_NAME and (_names_voice(prompt.content) or _is_id(prompt.content)):
        raise EngineFailed(f"The engine {engine.name} made a voice prompt that names another.")
    return prompt


async def find_prompt(context: Context, told: dict[str, Any] | None) -> Prompt | str | None:
    """Return what `voice_prompt` stands for: a prompt, a voice's name, or nothing.

    Raises UnknownPrompt for an id that is not remembered, InvalidRequest for what cannot be a prompt.
    """
    if not told:
        return None
    if _names_voice(told):
        return str(told["voice"])
    if _is_id(told):
        found = context.prompts.find(told["id"])
        if found is None:
            raise UnknownPrompt(told["id"])
        return found
    try:
        return await threads.run(Prompt.of, told)
    except ValueError as error:
        raise InvalidRequest(f"`voice_prompt` cannot be used: {error}.", param="voice_prompt") from error


def _names_voice(told: dict[str, Any]) -> bool:
    return told.keys() == {"voice"} and isinstance(told["voice"], str)


def _is_id(told: dict[str, Any]) -> bool:
    return told.keys() == {"id"} and isinstance(told["id"], str) and told["id"].startswith(_ID)


async def sample_of(context: Context, recording: bytes, transcript: str) -> Sample:
    """Decode a recording of which a prompt is to be made; raises UnusableRecording or DecoderUnavailable.

    Whether it is a good one, its engine decides; none hears a voice in silence or in less than a word.
    """
    longest = context.config.max_recording_seconds
    try:
        decoded = await context.sandbox.decode(recording, longest)
    except ValueError as error:
        raise UnusableRecording(f"`audio` cannot be used: {error}. {READ}", param="audio") from error
    seconds = decoded.samples.size / decoded.rate
    if seconds < _SHORTEST:
        said = f"`audio` is {seconds:.2f} s long; record at least {_SHORTEST:g} s, and better 10 s."
        raise UnusableRecording(said, param="audio")
    if await threads.run(_peak, decoded.samples) < _SILENT:
        said = "`audio` is silent; check that the right microphone is on."
        raise UnusableRecording(said, param="audio")
    return Sample(decoded.samples, decoded.rate, transcript.strip() or None)


def _peak(samples: Samples) -> float:
    return float(np.abs(samples).max())

"""A dry run: what would be said of a text, by whom and with what pauses, without a sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from stentor import threads
from stentor.api.body import read_body
from stentor.api.context import context_of
from stentor.api.documented import PLAN
from stentor.api.names import names_of
from stentor.api.operations import Operation
from stentor.api.respond import json_parts
from stentor.api.wire import SpeechBody
from stentor.pipeline.lines import Line

if TYPE_CHECKING:
    from stentor.pipeline.plan import Plan


async def text_plan(request: Request) -> Response:
    """Show how a text would be spoken, without speaking it.

    The body is that of `/v1/audio/speech`. The answer has the language, what each voice would be given to
    say, where that stands in the input, and the pauses between.
    """
    context = context_of(request)
    body = await read_body(request, SpeechBody, context.config.max_body_bytes, context.config.body_seconds)
    plan = await context.planner.plan(body.request())
    answer = await threads.run(_described, plan)
    return json_parts(answer, names_of(plan))


def _described(plan: Plan) -> dict[str, Any]:
    lead = plan.cast.lead
    steps = list(_steps(plan))
    return {
        "language": lead.rules.language,
        "model": plan.request.model,
        "engine": lead.engine.name,
        "voice": lead.voice.id,
        "text": " ".join(step["text"] for step in steps if "text" in step),
        "steps": steps,
        "warnings": plan.warnings,
    }


def _steps(plan: Plan) -> Iterator[dict[str, Any]]:
    for step in plan.lines():
        if isinstance(step, Line):
            yield _line(step)
        else:
            yield {"pause": step.seconds}


def _line(line: Line) -> dict[str, Any]:
    said = line.utterance
    start, end = line.place
    return {
        "text": said.text,
        "char_start": start,
        "char_end": end,
        "engine": line.engine.name,
        "voice": said.voice.id,
        "language": said.language or next(iter(said.voice.languages), "und"),
        "speed": round(said.speed * line.stretch, 4),
        "pitch": said.pitch,
        "volume": line.volume,
        "style": said.style,
        "emphasis": said.emphasis,
        "pronunciations": [
            {"text": said.text[found.start : found.end], "ipa": found.ipa} for found in said.pronunciations
        ],
        "pause_after": round(line.pause, 3),
    }


OPERATIONS = (
    Operation(
        "/v1/text/plan",
        text_plan,
        SpeechBody,
        {"model": "tts-1", "voice": "alloy", "input": "It costs $25."},
        PLAN,
        (400, 408, 413, 415),
    ),
)

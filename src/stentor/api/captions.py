"""The times of a speech as a file of captions, or as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stentor.api.names import named
from stentor.api.respond import Parts, json_parts
from stentor.api.timed import TimesWriter
from stentor.text.captions import cues, srt, vtt

if TYPE_CHECKING:
    from starlette.responses import Response

    from stentor.pipeline.answer import Answer
    from stentor.types import Timed

MEDIA_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt"}
_WRITERS = {"srt": srt, "vtt": vtt}


def captions(answer: Answer, form: str, delay: float) -> Response:
    """Write what is known of a speech that is over; `delay` is that of its format."""
    plan, usage, times = answer.plan, answer.attempt.usage, answer.attempt.times
    if form == "json":
        duration = round(usage.samples / plan.sample_rate, 3)
        return json_parts({"duration": duration, **TimesWriter(plan, delay).all(times)}, named(answer))
    assert times is not None  # noqa: S101  captions are asked for with times
    shown = cues([_later(timed, delay) for timed in times.sentences], [_later(w, delay) for w in times.words])
    headers = {**named(answer), "Content-Disposition": f'attachment; filename="speech.{form}"'}
    return Parts([_WRITERS[form](shown).encode()], f"{MEDIA_TYPES[form]}; charset=utf-8", headers)


def _later(timed: Timed, delay: float) -> Timed:
    return replace(timed, start=timed.start + delay, end=timed.end + delay)

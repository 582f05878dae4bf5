"""The times of a speech as a file of captions, or as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from stentor.api.names import named
from stentor.api.timed import TimesWriter
from stentor.text.captions import cues, srt, vtt

if TYPE_CHECKING:
    from stentor.pipeline.plan import Plan
    from stentor.pipeline.times import Times
    from stentor.types import Timed

MEDIA_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt"}
_WRITERS = {"srt": srt, "vtt": vtt}


def captions(plan: Plan, times: Times, form: str, delay: float, duration: float) -> Response:
    """Write what is known of a speech of so many seconds; `delay` is that of its format."""
    if form == "json":
        answer = {"duration": round(duration, 3), **TimesWriter(plan, times, delay).all()}
        return JSONResponse(answer, headers=named(plan))
    shown = cues([_later(timed, delay) for timed in times.sentences], [_later(w, delay) for w in times.words])
    headers = {**named(plan), "Content-Disposition": f'attachment; filename="speech.{form}"'}
    return Response(_WRITERS[form](shown), media_type=f"{MEDIA_TYPES[form]}; charset=utf-8", headers=headers)


def _later(timed: Timed, delay: float) -> Timed:
    return replace(timed, start=timed.start + delay, end=timed.end + delay)

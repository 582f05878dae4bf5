"""Speech over HTTP: one text or many, streamed, whole, as events or in JSON."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stentor import threads
from stentor.api.allowance import Allowance
from stentor.api.body import Body, read_body, validate
from stentor.api.captions import captions
from stentor.api.context import Context, context_of
from stentor.api.documented import AUDIO, BASE64, BATCH, CAPTIONS
from stentor.api.names import counted, foretold, named, priced
from stentor.api.operations import Operation
from stentor.api.progress import with_progress
from stentor.api.respond import (
    InBase64,
    Parts,
    Streamed,
    Worked,
    error_event,
    error_object,
    json_parts,
    server_sent_events,
)
from stentor.api.timed import TimesWriter
from stentor.api.wire import BatchBody, CaptionsBody, SpeechBody
from stentor.audio.encode import Encoder, encoded
from stentor.errors import InvalidRequest, ServerEnding, StentorError
from stentor.pipeline.answer import Answer

_BATCH_AT_ONCE = 4


async def speech(request: Request) -> Response:
    """Speak a text.

    The audio is sent as it is made. `stream_format: "sse"` sends it as events, `stream: false` whole.
    HTTP/1.0 has no way to send what has no length yet: its callers get files whole.
    """
    context = context_of(request)
    body = await _asked(request, SpeechBody)
    is_sse = body.stream_format == "sse"
    is_streamed = body.stream and request.scope.get("http_version") != "1.0"
    # Events end with how long the speech was, which only samples tell; a whole file gets exact headers here.
    relays = body.response_format == "pcm" if is_sse else is_streamed
    # With progress, the headers are sent before it is known who is heard.
    foretells = not body.progress if is_sse else is_streamed
    answer = await Answer.to(context.planner, body.request(), relays=relays, foretells=foretells)
    if is_sse:
        return _events(context, answer, tells_progress=body.progress)
    if is_streamed:
        parts = encoded(answer.pieces(), answer.plan.encoder(whole=False))
        return Streamed(parts, answer.plan.format.media_type, partial(_headers, answer))
    return whole(context, answer)


def whole(context: Context, answer: Answer) -> Response:
    """Answer with a whole file."""
    return Worked(partial(_whole, answer, Allowance(context.config.max_whole_seconds)))


async def speech_base64(request: Request) -> Response:
    """Speak a text and answer with JSON that holds the whole file in base64."""
    context = context_of(request)
    body = await _asked(request, SpeechBody)
    answer = await Answer.to(context.planner, body.request())

    async def make() -> Response:
        encoder = answer.plan.encoder(whole=True)
        audio = await _file(answer, encoder, Allowance(context.config.max_whole_seconds))
        plan, usage = answer.plan, answer.attempt.usage
        told = {
            "audio": InBase64(audio),
            "format": plan.format.name,
            "sample_rate": plan.sample_rate,
            "duration_ms": round(1000 * usage.samples / plan.sample_rate),
            **_times(answer, encoder),
        }
        return json_parts(told, {**named(answer), **priced(answer)})

    return Worked(make)


async def speech_captions(request: Request) -> Response:
    """Tell when the words of a text are heard.

    The text is spoken to find out. The times are those of the audio that the same body gets from
    `/v1/audio/speech`, with its delay if the format has one.
    """
    context = context_of(request)
    body = await _asked(request, CaptionsBody)
    asked = body.request()
    answer = await Answer.to(context.planner, replace(asked, times=asked.times or ("word", "sentence")))
    encoder = answer.plan.encoder(whole=not body.stream)

    async def make() -> Response:
        allowance = Allowance(context.config.max_whole_seconds)
        async with aclosing(allowance.bound(answer.chunks())) as chunks:
            async for _ in chunks:
                pass
        return await threads.run(captions, answer, body.format, encoder.delay / answer.plan.sample_rate)

    return Worked(make)


async def speech_batch(request: Request) -> Response:
    """Speak several texts; each is a result or an error of its own, in the order they were given."""
    context = context_of(request)
    body = await _asked(request, BatchBody)
    if len(body.items) > context.config.max_batch_items:
        raise InvalidRequest(
            f"`items` must hold at most {context.config.max_batch_items} items.", param="items"
        )
    shared = body.model_dump(exclude={"items"})
    requests = [shared | item.model_dump() for item in body.items]
    return Worked(partial(_batch, context, requests))


async def _asked(request: Request, model: type[Body]) -> Body:
    config = context_of(request).config
    return await read_body(request, model, config.max_body_bytes, config.body_seconds)


async def _batch(context: Context, requests: list[dict[str, Any]]) -> Response:
    at_once = asyncio.Semaphore(_BATCH_AT_ONCE)
    allowance = Allowance(context.config.max_whole_seconds)

    async def one(index: int, fields: dict[str, Any]) -> dict[str, Any]:
        async with at_once:
            try:
                asked = validate(fields, SpeechBody, f"items.{index}.").request()
                answer = await Answer.to(context.planner, asked)
                return {"index": index, "status": "success", **await _batch_item(answer, allowance)}
            except StentorError as error:
                return {"index": index, "status": "error", "error": error_object(error)}

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(*numbered)) for numbered in enumerate(requests)]
    results = [task.result() for task in tasks]
    succeeded = sum(result["status"] == "success" for result in results)
    return json_parts({
        "id": f"speech-batch-{uuid.uuid4().hex}",
        "results": results,
        "total": len(results),
        "succeeded": succeeded,
        "failed": len(results) - succeeded,
    })


async def _batch_item(answer: Answer, allowance: Allowance) -> dict[str, Any]:
    encoder = answer.plan.encoder(whole=True)
    audio = await _file(answer, encoder, allowance)
    return {
        "audio_data": InBase64(audio),
        "media_type": answer.plan.format.media_type,
        "usage": _tokens(answer),
        **_times(answer, encoder),
        **({"warnings": answer.plan.warnings} if answer.plan.warnings else {}),
    }


def _events(context: Context, answer: Answer, *, tells_progress: bool) -> Response:
    encoder = answer.plan.encoder(whole=False)
    writer = TimesWriter(answer.plan, encoder.delay / answer.plan.sample_rate)
    parts = encoded(answer.pieces(), encoder)
    events = server_sent_events(parts, partial(_tokens, answer), lambda: writer.new(answer.attempt.times))
    return Streamed(
        with_progress(events, partial(_progress, context, answer)) if tells_progress else events,
        "text/event-stream; charset=utf-8",
        lambda: {**named(answer), **foretold(answer), "Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        error_event(ServerEnding()),
    )


def _progress(context: Context, answer: Answer) -> dict[str, Any]:
    engine = answer.plan.engine
    condition = context.health(engine)
    return {"engine": engine.name, "activity": condition.activity or condition.problem}


async def _whole(answer: Answer, allowance: Allowance) -> Response:
    audio = await _file(answer, answer.plan.encoder(whole=True), allowance)
    headers = {**_headers(answer), **priced(answer)}
    return Parts([audio], answer.plan.format.media_type, headers)


async def _file(answer: Answer, encoder: Encoder, allowance: Allowance) -> bytes:
    encoder.blocking = True  # whatever the format, a long file takes long to put together
    async with aclosing(encoded(allowance.bound(answer.chunks()), encoder)) as parts:
        return await threads.run(b"".join, [part async for part in parts])


def _times(answer: Answer, encoder: Encoder) -> dict[str, Any]:
    return TimesWriter(answer.plan, encoder.delay / answer.plan.sample_rate).all(answer.attempt.times)


def _tokens(answer: Answer) -> dict[str, Any]:
    usage = answer.attempt.usage
    return counted(usage.characters, usage.samples, answer.plan.sample_rate, answer.attempt.cost)


def _headers(answer: Answer) -> dict[str, str]:
    name = f"speech.{answer.plan.format.name}"
    return {**named(answer), **foretold(answer), "Content-Disposition": f'attachment; filename="{name}"'}


_EXAMPLE = {"model": "tts-1", "voice": "alloy", "input": "Hello, world!"}
_BATCH_EXAMPLE = {"voice": "alloy", "items": [{"input": "First."}, {"input": "Second.", "voice": "nova"}]}

OPERATIONS = (
    Operation("/v1/audio/speech", speech, SpeechBody, _EXAMPLE, AUDIO, (400, 408, 413, 415, 422, 500, 503)),
    Operation(
        "/v1/audio/speech/base64",
        speech_base64,
        SpeechBody,
        _EXAMPLE,
        BASE64,
        (400, 408, 413, 415, 422, 500, 503),
    ),
    Operation(
        "/v1/audio/speech/captions",
        speech_captions,
        CaptionsBody,
        {**_EXAMPLE, "format": "srt"},
        CAPTIONS,
        (400, 408, 413, 415, 422, 500, 503),
    ),
    Operation("/v1/audio/speech/batch", speech_batch, BatchBody, _BATCH_EXAMPLE, BATCH, (400, 408, 413, 415)),
)

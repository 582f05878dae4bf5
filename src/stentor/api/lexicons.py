"""Lexicons over HTTP: kept, changed, taken elsewhere, and heard."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stentor import threads
from stentor.api.answers import LexiconList, LexiconObject, LexiconSummary
from stentor.api.body import is_json, media_type_of, parse, read_body, read_bytes
from stentor.api.context import Context, ContextDep, context_of
from stentor.api.documented import AUDIO, answers, failures, json_body
from stentor.api.operations import Operation
from stentor.api.speech import whole
from stentor.audio.encode import FORMATS
from stentor.errors import (
    InvalidLexicon,
    InvalidRequest,
    NotFound,
    UnknownLexicon,
    UnsupportedMediaType,
    quoted,
)
from stentor.lexicons.form import (
    EntryForm,
    LexiconForm,
    LexiconPatch,
    checked_identity,
    count_words,
    identity_from,
    json_from_lexicon,
)
from stentor.pipeline.answer import Answer
from stentor.pipeline.request import SpeechRequest
from stentor.text.language import language_tag
from stentor.text.lexicon import Entry, Lexicon, Matcher
from stentor.text.pls import MEDIA_TYPE, lexicon_from_pls, pls_from_lexicon

router = APIRouter(prefix="/v1/lexicons", tags=["lexicons"])

_XML = (MEDIA_TYPE, "application/xml", "text/xml")
_LONGEST_NAME = 200
_READ = (400, 408, 413, 415, 507)


def _described(model: type[BaseModel], example: dict[str, Any], *, pls: bool = False) -> dict[str, Any]:
    body = json_body(model, example)
    if pls:
        body["content"][MEDIA_TYPE] = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": body}


_LEXICON = _described(
    LexiconForm, {"name": "Our products", "entries": [{"word": "SQL", "alias": "sequel"}]}, pls=True
)
_PATCH = _described(LexiconPatch, {"add": [{"word": "GIF", "alias": "jif"}], "enabled": True})
_KEPT = answers(LexiconSummary, "The lexicon is kept.")[200]
_CREATED = {
    **_KEPT,
    "headers": {"Location": {"description": "The path of the lexicon.", "schema": {"type": "string"}}},
}
_HELD = answers(LexiconObject, "The lexicon.", 400, 404)
_HELD[200]["content"][MEDIA_TYPE] = {"schema": {"type": "string"}}

Identity = Annotated[str | None, Query(alias="id", description="Its id, if the body has none.")]
Name = Annotated[str | None, Query(description="Its name, if the body has none.")]
Form = Annotated[
    str | None,
    Query(
        alias="format",
        description="`json` or `pls`: a file to keep. Without it, the header `Accept` says which.",
        json_schema_extra={"enum": ["json", "pls"]},
    ),
]


@router.get(
    "", summary="List the lexicons", response_model=None, responses=answers(LexiconList, "The lexicons.")
)
async def lexicons(context: ContextDep) -> dict[str, Any]:
    """List the lexicons, without their entries."""
    return {"object": "list", "data": [_summary(found) for found in await context.lexicons.all()]}


@router.post(
    "",
    summary="Keep a new lexicon",
    status_code=201,
    response_model=None,
    responses={201: _CREATED, **failures(409, *_READ)},
    openapi_extra=_LEXICON,
)
async def create(
    request: Request, context: ContextDep, identity: Identity = None, name: Name = None
) -> Response:
    """Keep a new lexicon: in JSON, or as a PLS document of the W3C with the type `application/pls+xml`.

    JSON may also be a plain object of words and aliases.
    """
    sent = await _sent(request, context)
    made = await threads.run(_lexicon, sent, is_xml=_is_xml(request), identity=identity, name=name)
    await context.lexicons.create(made)
    return _kept(made, is_new=True)


@router.get("/{lexicon_id}", summary="Take a lexicon", response_model=None, responses=_HELD)
async def lexicon(lexicon_id: str, request: Request, context: ContextDep, form: Form = None) -> Response:
    """Return a lexicon with its entries: in JSON, or as a PLS document."""
    if form not in (None, "json", "pls"):
        raise InvalidRequest(f"`format` {quoted(form)} is not known; it may be json or pls.", param="format")
    found = await context.lexicons.get(lexicon_id)
    is_pls = form == "pls" or (form is None and MEDIA_TYPE in request.headers.get("accept", ""))
    content = await threads.run(pls_from_lexicon if is_pls else json_from_lexicon, found)
    headers = {"Vary": "Accept"}
    if form:
        headers["Content-Disposition"] = f'attachment; filename="{found.id}.{form}"'
    return Response(content, media_type=MEDIA_TYPE if is_pls else "application/json", headers=headers)


@router.put(
    "/{lexicon_id}",
    summary="Replace a lexicon",
    response_model=None,
    responses={200: _KEPT, 201: _CREATED, **failures(*_READ)},
    openapi_extra=_LEXICON,
)
async def put(lexicon_id: str, request: Request, context: ContextDep) -> Response:
    """Keep a lexicon under this id, whether or not there is one.

    A PLS document has only a language and entries; the rest of a lexicon that is there stays as it is.
    """
    is_xml = _is_xml(request)
    sent = await _sent(request, context)
    read = await threads.run(_lexicon, sent, is_xml=is_xml, identity=lexicon_id)

    def make(held: Lexicon | None) -> Lexicon:
        return replace(held, entries=read.entries, language=read.language) if held and is_xml else read

    kept, is_new = await context.lexicons.put(lexicon_id, make)
    return _kept(kept, is_new=is_new)


@router.patch(
    "/{lexicon_id}",
    summary="Change a lexicon",
    response_model=None,
    responses={200: _KEPT, **failures(404, *_READ)},
    openapi_extra=_PATCH,
)
async def patch(lexicon_id: str, request: Request, context: ContextDep) -> Response:
    """Change what is given of a lexicon: `add` and `remove` are for entries, other fields are replaced."""
    if not is_json(media_type_of(request)):
        raise UnsupportedMediaType(media_type_of(request))
    changes = await threads.run(parse, await _sent(request, context), LexiconPatch)
    return _kept(await context.lexicons.change(lexicon_id, changes.applied))


@router.delete(
    "/{lexicon_id}",
    summary="Remove a lexicon",
    status_code=204,
    response_model=None,
    responses={204: {"description": "It is gone."}, **failures(404, 507)},
)
async def delete(lexicon_id: str, context: ContextDep) -> Response:
    """Remove a lexicon."""
    await context.lexicons.delete(lexicon_id)
    return Response(status_code=204)


def _is_xml(request: Request) -> bool:
    # A page of another origin can have a browser send a body without a type, but none with one of these.
    media_type = media_type_of(request) if "content-type" in request.headers else ""
    if media_type not in _XML and not is_json(media_type):
        raise UnsupportedMediaType(media_type, MEDIA_TYPE)
    return media_type in _XML


async def _sent(request: Request, context: Context) -> bytes:
    return await read_bytes(request, context.config.max_body_bytes, context.config.body_seconds)


def _lexicon(sent: bytes, *, is_xml: bool, identity: str | None, name: str | None = None) -> Lexicon:
    """Read a lexicon whose id and name may be given beside it."""
    if name is not None and not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidRequest(f"`name` must have 1 to {_LONGEST_NAME} characters.", param="name")
    if is_xml:
        identity = _identity(identity, name)
        return lexicon_from_pls(sent, identity, name or identity)
    form = parse(sent, LexiconForm)
    if form.id is not None and identity not in (None, form.id):
        raise InvalidLexicon(f"`id` is {quoted(form.id)} in the body, and another beside it.", param="id")
    form.name = form.name or name
    return form.lexicon(_identity(identity if form.id is None else form.id, form.name))


def _identity(given: str | None, name: str | None) -> str:
    if given is not None:
        return checked_identity(given)
    if name is None:
        raise InvalidLexicon(
            "A new lexicon must have a `name` or an `id`, in the body or the query.", param="name"
        )
    return identity_from(name)


def _kept(kept: Lexicon, *, is_new: bool = False) -> Response:
    headers = {"Location": f"/v1/lexicons/{kept.id}"} if is_new else {}
    return JSONResponse(_summary(kept), 201 if is_new else 200, headers=headers)


def _summary(held: Lexicon) -> dict[str, Any]:
    return {
        "id": held.id,
        "object": "lexicon",
        "name": held.name,
        "language": held.language,
        "voices": held.voices,
        "enabled": held.enabled,
        "word_count": count_words(held.entries),
    }


class LexiconTest(BaseModel):
    """A word, and how it is to be said: by an `alias`, an `ipa`, or as a `lexicon` has it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    word: str = Field(description="The word or phrase.", examples=["SQL"])
    alias: str | None = Field(default=None, description="What is said instead.", examples=["sequel"])
    ipa: str | None = Field(
        default=None, description="How it is pronounced, in the International Phonetic Alphabet."
    )
    lexicon: str | None = Field(default=None, description="The id of a lexicon that has the word.")
    text: str | None = Field(default=None, description="What to speak instead of the word alone.")
    language: str | None = Field(default=None, max_length=64, description="As for speech.")
    model: str = Field(default="tts-1", min_length=1, max_length=256, description="As for speech.")
    voice: str = Field(default="alloy", min_length=1, max_length=256, description="As for speech.")
    response_format: str = Field(
        default="mp3", description="As for speech.", json_schema_extra={"enum": list(FORMATS)}
    )


async def lexicon_test(request: Request) -> Response:
    """Hear how a word is said.

    An entry is heard before it is kept, or one of a lexicon; the word alone, or in a text.
    """
    context = context_of(request)
    body = await read_body(request, LexiconTest, context.config.max_body_bytes, context.config.body_seconds)
    entry = await _tested(context, body)
    text = body.word if body.text is None else body.text
    if not Matcher([replace(entry, language=None)]).edits(text):
        raise InvalidRequest(
            f"`text` does not have {quoted(body.word)} as a word of its own. A word with a capital after its "
            "first letter is found only as it is written.",
            param="text",
        )
    asked = SpeechRequest(
        text=text,
        model=body.model,
        voice=body.voice,
        format=body.response_format,
        language=language_tag(body.language or "") or entry.language,
        ssml=False,
        tags=False,
        lexicon=(replace(entry, language=None),),
    )
    answer = await Answer.to(context.planner, asked)
    engine = answer.plan.cast.lead.engine
    if entry.ipa and entry.alias and not engine.capabilities.phonemes:
        answer.plan.cast.warn(f"`ipa` was ignored: the engine {engine.name} takes no pronunciations")
    return whole(context, answer)


async def _tested(context: Context, body: LexiconTest) -> Entry:
    """Return the entry to be heard; raises InvalidLexicon, UnknownLexicon."""
    if body.lexicon is None:
        return EntryForm(word=body.word, alias=body.alias, ipa=body.ipa).entry()
    if body.alias is not None or body.ipa is not None:
        raise InvalidLexicon(
            "A word is said by a `lexicon`, or by `alias` and `ipa`; not both.", param="lexicon"
        )
    try:
        held = await context.lexicons.get(body.lexicon)
    except NotFound:
        raise UnknownLexicon(body.lexicon, "lexicon") from None
    for entry in held.effective():
        if body.word in entry.graphemes:
            return entry
    raise InvalidLexicon(
        f"There is no word {quoted(body.word)} in the lexicon {quoted(held.id)}.", param="word"
    )


BODIES = (LexiconForm, LexiconPatch)
OPERATIONS = (
    Operation(
        "/v1/lexicons/test",
        lexicon_test,
        LexiconTest,
        {"word": "SQL", "alias": "sequel", "text": "I know SQL."},
        {**AUDIO, "description": "The audio."},
        (400, 408, 413, 415, 422, 500, 503),
    ),
)

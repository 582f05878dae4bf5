"""How JSON bodies are read: what is wrong with one is said in a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from stentor.errors import (
    BodyTooLarge,
    BodyTooSlow,
    InvalidRequest,
    UnreadableBody,
    UnsupportedMediaType,
    printable,
    quoted,
)

Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: Request, model: type[Body], limit: int, seconds: float) -> Body:
    """Read and check a JSON body of at most `limit` bytes that arrives within `seconds`.

    Raises UnsupportedMediaType, BodyTooLarge, BodyTooSlow, UnreadableBody or InvalidRequest.
    """
    media_type = media_type_of(request)
    if not is_json(media_type):
        raise UnsupportedMediaType(media_type)
    return parse(await read_bytes(request, limit, seconds), model)


def media_type_of(request: Request) -> str:
    """Return what a body is said to be; JSON if nothing is said."""
    return request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Tell whether a media type is JSON, or something written in it."""
    return media_type == "application/json" or media_type.endswith("+json")


async def read_bytes(request: Request, limit: int, seconds: float) -> bytes:
    """Read at most `limit` bytes that arrive within `seconds`; raises BodyTooLarge or BodyTooSlow."""
    try:
        async with asyncio.timeout(seconds):
            return b"".join([part async for part in pieces(request, limit)])
    except TimeoutError as error:
        raise BodyTooSlow(seconds) from error


def parse(raw: bytes | str, model: type[Body]) -> Body:
    """Check JSON text against a model; raises UnreadableBody or InvalidRequest."""
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"The body is not UTF-8: byte {error.start} begins no character.") from error
    except json.JSONDecodeError as error:
        raise UnreadableBody(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise UnreadableBody("The body is nested too deeply.") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise UnreadableBody("The body holds a number that is too long.") from error
    return validate(value, model)


def validate(value: Any, model: type[Body], prefix: str = "") -> Body:  # noqa: ANN401  any JSON value
    """Check a JSON value against a model; raises InvalidRequest for the first thing that is wrong."""
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _sentence(error, prefix) from error


async def pieces(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield a body of at most `limit` bytes as it arrives; raises BodyTooLarge."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLarge(limit)
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)
        yield part


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise UnreadableBody(f"The field {quoted(name)} is given twice.", param=printable(name))
        members[name] = value
    return members


def _no_constant(name: str) -> None:
    raise UnreadableBody(f"{name} is not valid JSON.")


_SENTENCES = {
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters long",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must hold at least {min_length} item",
    "too_long": "must hold at most {max_length} items",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": "must be an object",
    "extra_forbidden": "is not known here",
}


_BRANCHES = ("constrained-str", "VoiceReference", "<one>", "<many>")


def _sentence(error: ValidationError, prefix: str) -> InvalidRequest:
    first = error.errors(include_url=False, include_input=False)[0]
    # pydantic names the tried branch of a union in the path; a caller knows no branches.
    path = [str(part) for part in first["loc"] if part not in _BRANCHES]
    name = printable(prefix + ".".join(path), 80)
    if first["type"] == "string_unicode":
        place = f"`{name}`" if path else "A field's name"
        return UnreadableBody(
            f"{place} holds half of a surrogate pair, which is no character.", param=name or None
        )
    rule = _SENTENCES.get(first["type"])
    if path[-1:] in (["voice"], ["speaker"]) and first["type"] in ("string_type", "model_type"):
        rule = 'must be a name or an object like {{"id": "alloy"}}'
    context = {key: _plain(value) for key, value in first.get("ctx", {}).items()}
    said = rule.format(**context) if rule else first["msg"]
    return InvalidRequest(f"`{name}` {said}.", param=name)


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever bound a constraint has
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""How forms with files are read: `multipart/form-data`, all of it in memory.

Source: RFC 7578.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from stentor.api.body import media_type_of, pieces
from stentor.errors import BodyTooSlow, InvalidRequest, UnreadableBody, UnsupportedMediaType, printable

if TYPE_CHECKING:
    from starlette.requests import Request

FORM = "multipart/form-data"
_MOST_PARTS = 32


@dataclass(frozen=True, slots=True)
class Form:
    """A form that arrived: its parts by name."""

    parts: Mapping[str, bytes]

    def file(self, name: str) -> bytes:
        """Return the content of a file; raises InvalidRequest if there is none."""
        content = self.parts.get(name)
        if not content:
            raise InvalidRequest(f"`{name}` is required: a file.", param=name)
        return content

    def text(self, name: str, longest: int) -> str:
        """Return a text, which is empty if it was not given; raises InvalidRequest."""
        try:
            text = self.parts.get(name, b"").decode()
        except UnicodeDecodeError as error:
            raise UnreadableBody(f"`{name}` is not UTF-8.", param=name) from error
        if len(text) > longest:
            raise InvalidRequest(f"`{name}` must be at most {longest:,} characters long.", param=name)
        return text


async def read_form(request: Request, limit: int, seconds: float) -> Form:
    """Read a form of at most `limit` bytes that arrives within `seconds`.

    Raises UnsupportedMediaType, BodyTooLarge, BodyTooSlow, UnreadableBody or InvalidRequest.
    """
    media_type = media_type_of(request)
    if media_type != FORM:
        raise UnsupportedMediaType(media_type, wanted=FORM)
    _, options = parse_options_header(request.headers["content-type"])
    reader = _Reader(options.get(b"boundary", b""))
    try:
        async with asyncio.timeout(seconds):
            async for piece in pieces(request, limit):
                reader.push(piece)
    except TimeoutError as error:
        raise BodyTooSlow(seconds) from error
    return reader.finish()


class _Reader:
    """Gathers the parts of a form from its pieces."""

    def __init__(self, boundary: bytes) -> None:
        if not boundary:
            raise UnreadableBody("The header `Content-Type` does not say the form's boundary.")
        self._parts: dict[str, bytearray] = {}
        self._header = [b"", b""]
        self._name: str | None = None
        self._count = 0
        self._is_whole = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._on_name,
                    "on_header_value": self._on_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._on_content,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise UnreadableBody("The form's boundary is too long.") from error

    def push(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise UnreadableBody("The body is no form with the boundary that its header says.") from error

    def finish(self) -> Form:
        if not self._is_whole:
            raise UnreadableBody("The form breaks off before its end.")
        return Form({name: bytes(content) for name, content in self._parts.items()})

    def _begin(self) -> None:
        self._name = None
        self._count += 1
        if self._count > _MOST_PARTS:
            raise UnreadableBody(f"The form has more than {_MOST_PARTS} parts.")

    def _on_name(self, content: bytes, start: int, end: int) -> None:
        self._header[0] += content[start:end]

    def _on_value(self, content: bytes, start: int, end: int) -> None:
        self._header[1] += content[start:end]

    def _end_header(self) -> None:
        name, value = self._header
        self._header = [b"", b""]
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace") or None

    def _end_headers(self) -> None:
        if self._name is None:
            raise UnreadableBody("A part of the form has no name.")
        if self._name in self._parts:
            shown = printable(self._name)
            raise UnreadableBody(f"The field '{shown}' is given twice.", param=shown)
        self._parts[self._name] = bytearray()

    def _on_content(self, content: bytes, start: int, end: int) -> None:
        self._parts[self._name or ""] += memoryview(content)[start:end]

    def _end(self) -> None:
        self._is_whole = True

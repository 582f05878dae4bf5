"""What is wrong with a markup, in plain words, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.entities import name2codepoint
from typing import NoReturn
from xml.parsers import expat

from stentor.errors import InvalidMarkup, quoted

_MOST_NAMED = 10  # warnings, which have to fit into a header
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)(?P<name>[^\s;&<#][^\s;&<]{0,40});")

_CODES = expat.errors.codes
_SYNTAX = _CODES[expat.errors.XML_ERROR_SYNTAX]
_INVALID_TOKEN = _CODES[expat.errors.XML_ERROR_INVALID_TOKEN]
_UNDEFINED_ENTITY = _CODES[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
_TAG_MISMATCH = _CODES[expat.errors.XML_ERROR_TAG_MISMATCH]
_NO_ELEMENTS = _CODES[expat.errors.XML_ERROR_NO_ELEMENTS]
_REASONS = {
    _SYNTAX: "SSML begins with <speak>, and this does not.",
    _NO_ELEMENTS: "SSML begins with <speak>, and this does not.",
    _CODES[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "This tag, comment or instruction is never closed.",
    _CODES[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "This element has the same attribute twice.",
    _CODES[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "Nothing may follow </speak>.",
    _CODES[expat.errors.XML_ERROR_BAD_CHAR_REF]: "XML has no such character.",
    _CODES[expat.errors.XML_ERROR_MISPLACED_XML_PI]: "An XML declaration stands at the very beginning.",
    _CODES[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION]: "A CDATA section is never closed by ]]>.",
    _CODES[expat.errors.XML_ERROR_XML_DECL]: "The XML declaration is not well-formed.",
}


@dataclass(slots=True)
class _Seen:
    """Where something was left out first, and how many times it was."""

    line: int
    column: int
    times: int = 1

    def __str__(self) -> str:
        times = f"{self.times} times, first at " if self.times > 1 else ""
        return f"{times}line {self.line}, column {self.column}"


class Faults:
    """Refuses what cannot be read, and keeps the first few warnings of what is left out, each once."""

    def __init__(self, source: str, *, strict: bool) -> None:
        self._source = source
        self._strict = strict
        self._warnings: dict[str, _Seen] = {}
        self._more = 0

    def warnings(self) -> tuple[str, ...]:
        """Return a phrase for each thing that was left out; behind ten, how many more there were."""
        named = [f"{said} ({seen})" for said, seen in self._warnings.items()]
        return (*named, *([f"and {self._more} more"] if self._more else []))

    def complain(self, at: int, phrase: str, written: str = "") -> None:
        """Warn of what stands at an offset, or refuse it; `{}` in the phrase stands for `written`."""
        said = phrase.replace("{}", quoted(written))
        if self._strict:
            self.refuse(at, f"With `strict`, nothing may be left out, but {said}.")
        if said in self._warnings:
            self._warnings[said].times += 1
        elif len(self._warnings) == _MOST_NAMED:
            self._more += 1
        else:
            self._warnings[said] = _Seen(*line_and_column(self._source, at))

    def refuse(self, at: int, sentence: str) -> NoReturn:
        """Refuse the markup for what stands at an offset."""
        raise InvalidMarkup(sentence, *line_and_column(self._source, at))

    def explain(self, code: int, at: int, unclosed: tuple[str, int] | None) -> NoReturn:
        """Refuse the markup by a code of expat's; `unclosed` is the innermost open element and its offset."""
        tag, opened = (quoted(f"<{unclosed[0]}>"), unclosed[1]) if unclosed else ("", at)
        if code == _INVALID_TOKEN:
            self._explain_token(at)
        elif code == _UNDEFINED_ENTITY:
            self._explain_entity(at)
        elif code == _TAG_MISMATCH:
            self.refuse(at - 2, f"{tag} has to be closed before this.")
        elif code == _NO_ELEMENTS and unclosed:
            self.refuse(opened, f"{tag} is never closed.")
        self.refuse(at, _REASONS.get(code, f"This is not well-formed XML: {expat.ErrorString(code)}."))

    def _explain_token(self, at: int) -> NoReturn:
        before, found = self._source[max(at - 1, 0) : at], self._source[at : at + 1]
        if before in {"&", "<"}:
            name = "amp" if before == "&" else "lt"
            self.refuse(at - 1, f"This is not well-formed XML: {before} as text is written &{name};.")
        if before == "=":
            self.refuse(at, "This is not well-formed XML: an attribute's value stands in quotation marks.")
        self.refuse(at, f"This is not well-formed XML: {quoted(found)} cannot stand here.")

    def _explain_entity(self, at: int) -> NoReturn:
        entity = _ENTITY.search(self._source, at)
        name = entity["name"] if entity else "…"
        instead = "& as text is written &amp;"
        if name in name2codepoint:
            instead = f"write &#{name2codepoint[name]}; or the character itself"
        self.refuse(entity.start() if entity else at, f"XML has no entity {quoted(f'&{name};')}: {instead}.")


def line_and_column(source: str, at: int) -> tuple[int, int]:
    """Return where an offset stands, both counted from 1, in characters."""
    lines = source.count("\n", 0, at) + source.count("\r", 0, at) - source.count("\r\n", 0, at)
    return lines + 1, at - max(source.rfind("\n", 0, at), source.rfind("\r", 0, at))

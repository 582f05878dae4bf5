"""Lexicons as the W3C writes them: https://www.w3.org/TR/pronunciation-lexicon/, version 1.0.

Of several pronunciations of a word the preferred one is kept, or else the first; nothing could choose later.
A `lexeme` may have an `xml:lang` of its own, which is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from stentor.errors import InvalidLexicon, printable, quoted
from stentor.text.lexicon import (
    MOST_WORDS,
    Entry,
    Lexicon,
    checked_alias,
    checked_language,
    checked_word,
)
from stentor.text.phonemes import checked_ipa, ipa_from_xsampa

T = TypeVar("T")

MEDIA_TYPE = "application/pls+xml"
_NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_DEEPEST = 32
_CHILDREN: Mapping[str, frozenset[str]] = {
    "": frozenset({"lexicon"}),
    "lexicon": frozenset({"meta", "metadata", "lexeme"}),
    "lexeme": frozenset({"grapheme", "phoneme", "alias", "example"}),
}
_IGNORED = frozenset({"meta", "metadata", "example"})
_ALPHABETS: Mapping[str, Callable[[str], str]] = {"ipa": checked_ipa, "x-sampa": ipa_from_xsampa}


def lexicon_from_pls(document: bytes, identity: str, name: str) -> Lexicon:
    """Read a PLS document; raises InvalidLexicon with a sentence that begins with line and column."""
    reader = _Reader(document)
    return Lexicon(identity, name, tuple(reader.entries), reader.language)


def pls_from_lexicon(lexicon: Lexicon) -> str:
    """Write a PLS document of a lexicon's language and entries."""
    return "\n".join(_lines(lexicon))


def _lines(lexicon: Lexicon) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    language = quoteattr(lexicon.language or "und")
    yield f'<lexicon version="1.0" xmlns="{_NAMESPACE}" alphabet="ipa" xml:lang={language}>'
    for entry in lexicon.entries:
        own = f" xml:lang={quoteattr(entry.language)}" if entry.language else ""
        yield f"  <lexeme{own}>"
        for word in entry.graphemes:
            yield f"    <grapheme>{escape(word)}</grapheme>"
        if entry.ipa:
            yield f"    <phoneme>{escape(entry.ipa)}</phoneme>"
        if entry.alias:
            yield f"    <alias>{escape(entry.alias)}</alias>"
        yield "  </lexeme>"
    yield "</lexicon>\n"


@dataclass(slots=True)
class _Lexeme:
    """A lexeme as it is read; `line` and `column` are where it begins."""

    line: int
    column: int
    language: str | None
    graphemes: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """The alias and the pronunciation, by the name of their element."""
    preferred: set[str] = field(default_factory=set)


class _Reader:
    """Reads a document with expat, which makes no tree; a DOCTYPE, and so any entity, is refused."""

    def __init__(self, document: bytes) -> None:
        self.entries: list[Entry] = []
        self.language: str | None = None
        self._words = 0
        self._alphabet = "ipa"
        self._lexeme: _Lexeme | None = None
        self._path: list[str] = []
        self._ignored = 0  # how deep in what is not read
        self._text: list[str] = []
        self._attributes: Mapping[str, str] = {}
        self._place = (1, 1)
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        try:
            self._parser.Parse(document, True)
        except expat.ExpatError as error:
            self._place = (error.lineno, error.offset + 1)
            self._refuse(f"The document is not well-formed XML: {expat.ErrorString(error.code)}.")
        except (LookupError, ValueError):  # from Python's codecs, which expat asks for what it does not know
            self._refuse("The document's encoding cannot be read; UTF-8 can.")

    def _refuse(self, sentence: str) -> NoReturn:
        line, column = self._place
        raise InvalidLexicon(f"Line {line}, column {column}: {sentence}")

    def _doctype(self, *_: object) -> None:
        self._place = self._here()
        self._refuse("A DOCTYPE is not read here.")

    def _here(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._place = self._here()
        namespace, _, local = name.rpartition(" ")
        if len(self._path) + self._ignored >= _DEEPEST:
            self._refuse(f"Elements are nested more than {_DEEPEST} deep.")
        if self._ignored or (namespace not in ("", _NAMESPACE) and self._path):
            self._ignored += 1
            return
        above = self._path[-1] if self._path else ""
        if local not in _CHILDREN.get(above, ()) or namespace not in ("", _NAMESPACE):
            self._misplaced(local, above)
        if local in _IGNORED:
            self._ignored = 1
            return
        self._path.append(local)
        self._text.clear()
        self._attributes = attributes
        self._begin(local, attributes)

    def _misplaced(self, local: str, above: str) -> NoReturn:
        if above:
            self._refuse(f"<{printable(local)}> cannot stand in <{above}>.")
        self._refuse(f"This is no lexicon: it must begin with <lexicon xmlns={quoteattr(_NAMESPACE)}>.")

    def _begin(self, local: str, attributes: Mapping[str, str]) -> None:
        if local == "lexicon":
            self._alphabet = attributes.get("alphabet", "ipa")
            self.language = self._checked(checked_language, attributes.get(_LANGUAGE, ""))
        elif local == "lexeme":
            language = self._checked(checked_language, attributes.get(_LANGUAGE, ""))
            self._lexeme = _Lexeme(*self._place, language)

    def _characters(self, text: str) -> None:
        if not self._ignored:
            self._text.append(text)

    def _end(self, _: str) -> None:
        if self._ignored:
            self._ignored -= 1
            return
        local = self._path.pop()
        if self._lexeme and local == "lexeme":
            self._entry(self._lexeme)
        elif self._lexeme and local != "lexicon":
            self._word(self._lexeme, local, "".join(self._text))
        self._text.clear()

    def _word(self, lexeme: _Lexeme, local: str, text: str) -> None:
        if local == "grapheme":
            self._words += 1
            if self._words > MOST_WORDS:
                self._refuse(f"A lexicon may have at most {MOST_WORDS:,} words.")
            lexeme.graphemes.append(self._checked(checked_word, text))
            return
        said = self._checked(checked_alias if local == "alias" else self._alphabet_here(), text)
        is_preferred = self._attributes.get("prefer", "").strip() in ("true", "1")
        if local not in lexeme.said or (is_preferred and local not in lexeme.preferred):
            lexeme.said[local] = said
        if is_preferred:
            lexeme.preferred.add(local)

    def _alphabet_here(self) -> Callable[[str], str]:
        alphabet = self._attributes.get("alphabet", self._alphabet)
        if alphabet not in _ALPHABETS:
            self._refuse(f"The alphabet {quoted(alphabet)} is not known; {' and '.join(_ALPHABETS)} are.")
        return _ALPHABETS[alphabet]

    def _entry(self, lexeme: _Lexeme) -> None:
        self._place = (lexeme.line, lexeme.column)
        if not lexeme.graphemes:
            self._refuse("A <lexeme> must have a <grapheme>.")
        if not lexeme.said:
            self._refuse("A <lexeme> must have a <phoneme> or an <alias>.")
        words = tuple(dict.fromkeys(lexeme.graphemes))
        said = lexeme.said
        self.entries.append(Entry(words, said.get("alias"), said.get("phoneme"), lexeme.language))
        self._lexeme = None

    def _checked(self, check: Callable[[str], T], text: str) -> T:
        try:
            return check(text)
        except ValueError as error:
            self._refuse(str(error))

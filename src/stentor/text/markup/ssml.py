"""SSML 1.1, as much of it as speech can follow, read by expat.

No document type is read, so there are no entities to expand, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn
from xml.parsers import expat

from stentor.text.clean import remove_controls
from stentor.text.markup.compose import Composer
from stentor.text.markup.elements import NAMESPACE, SILENT, TRANSPARENT, Element, Meaning, meaning
from stentor.text.markup.faults import Faults
from stentor.text.markup.values import MOST_MARKS, MOST_PAUSES, ROUNDING
from stentor.text.script import Alias, Manner, Reading, Script, Words

_DEEPEST = 64
_BYTE_ORDER_MARK = "\ufeff"
# A line's end means nothing in SSML; the splitter would take two for a paragraph's.
_SPACES = str.maketrans("\r\n", "  ")
_NOTHING = Meaning(Manner())


def read_ssml(source: str, *, max_pause: float, strict: bool = False) -> Script:
    """Read SSML that was cleaned of control characters; a `break` may last `max_pause` seconds.

    Raises InvalidMarkup where it is not well-formed or asks for what is refused; with `strict`,
    also for the first element, attribute or value that would be left out with a warning.
    """
    return _Reader(source, max_pause, strict=strict).read()


class _Reader:
    def __init__(self, source: str, max_pause: float, *, strict: bool) -> None:
        self._source = source
        self._max_pause = max_pause
        self._paused = 0.0
        self._marks = 0
        self._faults = Faults(source, strict=strict)
        self._composer = Composer()
        self._base = len(source) - len(source.lstrip().lstrip(_BYTE_ORDER_MARK).lstrip())
        self._bytes = source[self._base :].rstrip().encode("utf-8", "replace")
        self._is_ascii = self._bytes.isascii()
        self._has_references = "&#" in source
        self._placed = (0, 0)  # the last place that was asked for, in bytes and in characters
        self._open: list[tuple[str, Meaning, int]] = []
        self._prefix = ""  # by which the root names SSML's namespace
        self._in_cdata = False
        self._start = self._end = 0  # of text that is not yet made words
        self._pieces: list[Words] = []  # in an element that has a reading
        self._expat = expat.ParserCreate("utf-8")

    def read(self) -> Script:
        parser = self._expat
        parser.StartElementHandler = self._start_element
        parser.EndElementHandler = self._end_element
        parser.CharacterDataHandler = self._text
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        try:
            parser.Parse(self._bytes, True)
        except expat.ExpatError as error:
            failed = self._bytes[: max(parser.ErrorByteIndex, 0)].decode("utf-8", "ignore")
            unclosed = (self._open[-1][0], self._open[-1][2]) if self._open else None
            self._faults.explain(error.code, self._base + len(failed), unclosed)
        return Script(self._composer.items(), self._faults.warnings())

    # What expat reports

    def _start_element(self, written: str, attributes: dict[str, str]) -> None:
        self._end_words()
        at = self._place()
        if not self._open:
            self._prefix = _prefix(written, attributes)
        name = written.removeprefix(self._prefix)
        if not self._open and name != "speak":
            self._faults.refuse(at, "SSML begins with <speak>, and this does not.")
        if len(self._open) == _DEEPEST:
            self._faults.refuse(at, f"Elements may be nested {_DEEPEST} deep, and these are deeper.")
        if self._has_references:
            attributes = {key: _cleaned(value) for key, value in attributes.items()}
        outer = self._outer
        found = self._meaning(name, attributes, at)
        self._open.append((name, found, at))
        if found is not outer:
            self._begin(found, at)

    def _end_element(self, _: str) -> None:
        self._end_words()
        name, closed, start = self._open.pop()
        if closed is self._outer:
            return
        if closed.reading:
            self._end_reading(name, closed.reading, start)
        if closed.follows:
            self._composer.boundary(closed.follows, self._place())

    def _text(self, text: str) -> None:
        if not self._outer.is_spoken:
            return
        at = self._place()
        if self._source[at] == "&" and not self._in_cdata:
            self._end_words()
            self._say(Words(_cleaned(text), at, self._source.index(";", at) + 1, self._outer.manner))
            return
        if at != self._end:
            self._end_words()
            self._start = at
        self._end = at + len(text)
        if text == "\n" and self._source.startswith("\r\n", at):
            self._end += 1

    def _start_cdata(self) -> None:
        self._in_cdata = True

    def _end_cdata(self) -> None:
        self._in_cdata = False

    def _refuse_doctype(self, *_: object) -> NoReturn:
        at = self._source.rfind("<!DOCTYPE", 0, self._place() + len("<!DOCTYPE"))
        self._faults.refuse(at, "A document type is not read; leave <!DOCTYPE …> out.")

    def _place(self) -> int:
        """Return the offset in the source of what expat reports; it never goes back."""
        index = self._expat.CurrentByteIndex
        if self._is_ascii:
            return self._base + index
        seen, count = self._placed
        count += len(self._bytes[seen:index].decode())
        self._placed = (index, count)
        return self._base + count

    # What it becomes

    @property
    def _outer(self) -> Meaning:
        """What the innermost open element means."""
        return self._open[-1][1] if self._open else _NOTHING

    def _meaning(self, name: str, attributes: dict[str, str], at: int) -> Meaning:
        """Return what an element means; that of the element it stands in, if it changes nothing."""
        outer = self._outer
        if not outer.is_spoken or name in TRANSPARENT:
            return outer

        def complain(phrase: str, written: str = "") -> None:
            self._faults.complain(at, phrase, written)

        if name == "audio":
            self._faults.refuse(at, "`audio` is not done: this server speaks, and plays no files.")
        if name in SILENT:
            complain(f"`{name}` was ignored")
            return Meaning(outer.manner, is_spoken=False)
        found = None
        if not outer.reading and (name != "speak" or not self._open):
            found = meaning(Element(name, attributes, complain), outer.manner)
        if found is None:
            inside = f" inside `{self._open[-1][0]}`" if outer.reading else ""
            complain(f"the element {{}} was ignored{inside}", name)
        return found or outer

    def _begin(self, found: Meaning, at: int) -> None:
        if found.follows:
            self._composer.boundary(found.follows, at)
        if found.pause is not None:
            self._pause(found.pause, at)
        if found.mark:
            self._marks += 1
            if self._marks > MOST_MARKS:
                self._faults.refuse(at, f"A text may have {MOST_MARKS:,} marks, and this one has more.")
            self._composer.mark(found.mark, at)

    def _pause(self, seconds: float, at: int) -> None:
        self._paused += seconds
        most = self._max_pause * MOST_PAUSES
        if seconds > self._max_pause:
            self._faults.refuse(
                at, f"This break is longer than the {self._max_pause:g} seconds this server takes."
            )
        if self._paused > most + ROUNDING:
            self._faults.refuse(at, f"All breaks together may last {most:g} seconds, and these last longer.")
        self._composer.pause(seconds, at)

    def _end_words(self) -> None:
        """Make words of the text that was read."""
        if self._end > self._start:
            text = self._source[self._start : self._end].translate(_SPACES)
            self._say(Words(text, self._start, self._end, self._outer.manner))
        self._start = self._end = 0

    def _say(self, words: Words) -> None:
        if self._outer.reading:
            self._pieces.append(words)
        else:
            self._composer.say(words)

    def _end_reading(self, name: str, reading: Reading, start: int) -> None:
        pieces, self._pieces = self._pieces, []
        if self._composer.say_as(pieces, reading):
            return
        if isinstance(reading, Alias):
            self._composer.say(Words(reading.text, start, self._place(), self._outer.manner))
        else:
            self._faults.complain(start, f"`{name}` was ignored: there is no text in it")


def _prefix(root: str, attributes: Mapping[str, str]) -> str:
    """Return the prefix that the root's attributes bind to the namespace of SSML, if it has one."""
    prefix, colon, _ = root.partition(":")
    return prefix + colon if colon and attributes.get(f"xmlns:{prefix}") == NAMESPACE else ""


def _cleaned(text: str) -> str:
    """Make spaces of control characters, which references to characters can bring in, and of line ends."""
    return remove_controls(text)[0].translate(_SPACES)

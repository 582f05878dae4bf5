"""Light tags in plain text: `(happy) Hello`, `[pause:1s]`, `[voice:nova]`, `*emphasis*`.

The same text gives the same items whether it comes whole or character by character,
but for words that are parted where a piece of it ended.
"""

from __future__ import annotations

import re
from dataclasses import replace

from stentor.errors import InvalidRequest, quoted
from stentor.text.markup import values
from stentor.text.markup.values import MOST_PAUSES, ROUNDING
from stentor.text.script import Emphasis, Item, Manner, Pause, Words

_PAUSE = 0.5  # seconds, of [pause]
_BACK = "default"
_LONGEST_TAG = 80
_LONGEST_EMPHASIS = 200
_MOST_STARS = 3

_STYLES = "|".join(values.STYLE_NAMES)
_TAG = re.compile(
    rf"\((?P<style>{_STYLES})\)"
    rf"|\[(?P<mood>{_STYLES})\](?!\()"  # a link's text is no tag
    r"|\[pause(?:[:= ] ?(?P<pause>[0-9.]{1,18} ?(?:m?s)?))?\]"
    r"|\[voice[:=] ?(?P<voice>[^\[\]\s][^\[\]\n\r]{0,63})\]"
    r"|\[lang[:=] ?(?P<lang>[a-z0-9_-]{2,35})\]"
    r"|\[rate[:=] ?(?P<rate>[a-z0-9.%+-]{1,18})\]"
    r"|\[/(?P<end>voice|lang|rate)\]",
    re.IGNORECASE | re.ASCII,
)
_COMMANDS = ("pause", "voice", "lang", "rate")
_BEGUN_TAG = re.compile(
    r"\((?P<style>[a-z]{0,12}+)|\[/?(?P<word>[a-z]{0,12}+)(?P<rest>[:= ][^\[\]\n\r]*+|\])?",
    re.IGNORECASE | re.ASCII,
)
# A pattern that begins with a class is searched for much faster than one that begins with a choice.
_SIGN = re.compile(r"[(\[*](?>(?:(?<=\*)\*++)?)")
_SIGN_OR_LINE = re.compile(r"[(\[*\n](?>(?:(?<=\*)\*++|(?<=\n)[ \t\r]++)?)")
_STARS_OR_LINE = re.compile(r"\*++|\n")
_BLANKS = re.compile(r"[ \t\r]*+")
# Thai, Burmese, Khmer, Chinese, Japanese and Korean letters may touch a star: no space parts their words.
_JOINED = re.compile(
    r"(?![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3])[^\W_]"
)
_EMPHASES: dict[int, Emphasis] = {1: "moderate", 2: "strong", 3: "strong"}
_NOWHERE, _UNKNOWN = -1, -2  # where an emphasis ends

_ENDS = ".!?…।॥؟۔።"
_WIDE_ENDS = "。！？｡"
_BEHIND_ENDS = " \t\r\n\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\"'“”‘’„«»‹›)]}）」』】》"


class TagReader:
    """Reads tagged text as it arrives. Offsets count from the beginning of all text.

    A style lasts until the next one or the end of its paragraph, which a blank line is; a voice, language or
    rate until it is changed. No more is held back than a tag or an emphasis may be long.
    """

    def __init__(self, max_pause: float) -> None:
        self._max_pause = max_pause
        self._paused = 0.0
        self._manner = Manner()
        self._plain = self._manner  # the last that was made emphatic
        self._emphatic: dict[Emphasis, Manner] = {}
        self._items: list[Item] = []
        self._buffer = ""
        self._base = 0  # of the buffer in the whole text
        self._at = 0  # up to where the buffer is read
        self._said = self._noted = 0  # up to where it is among the items, and known to `_opening`
        self._before = ""  # the character before the buffer
        self._is_line_begun = False  # by nothing but blanks, where a style may end
        self._opening = _Opening()

    def feed(self, text: str) -> list[Item]:
        """Return what `text` completes. Raises InvalidRequest for a value out of range."""
        return self._read(text, settled=False)

    def finish(self, text: str = "") -> list[Item]:
        """Return what is left, where `text` is the last of it."""
        return self._read(text, settled=True)

    def _read(self, text: str, *, settled: bool) -> list[Item]:
        self._buffer += text
        if self._is_line_begun:
            self._go_on_with_line()
        self._scan(len(self._buffer), settled=settled)
        self._say(self._at)
        if self._at:
            self._before = self._buffer[self._at - 1]
        self._buffer = self._buffer[self._at :]
        self._base += self._at
        self._skip(0)
        items, self._items = self._items, []
        return items

    def _scan(self, end: int, *, settled: bool) -> None:
        """Read up to `end`, or to a sign that can be told only by more text."""
        while found := (_SIGN_OR_LINE if self._manner.style else _SIGN).search(self._buffer, self._at, end):
            self._at = found.start()
            if found[0][0] == "\n":
                self._end_line(found.end(), end)
                continue
            is_read = (
                self._read_stars(found.end(), end, settled=settled)
                if found[0][0] == "*"
                else self._read_bracket(end, settled=settled)
            )
            if not is_read:
                return
        self._at = end

    def _say(self, until: int) -> None:
        if until > self._said:
            text = self._buffer[self._said : until]
            self._items.append(Words(text, self._base + self._said, self._base + until, self._manner))
            self._note(until)
            self._said = until

    def _note(self, until: int) -> None:
        if until > self._noted:
            self._opening.note(self._buffer[self._noted : until])
            self._noted = until

    def _skip(self, until: int) -> None:
        self._at = self._said = self._noted = until

    # Blank lines, which end a style

    def _end_line(self, next_word: int, end: int) -> None:
        self._at = next_word
        if next_word == end:
            self._is_line_begun = True
        elif self._buffer[next_word] == "\n":
            self._end_paragraph(next_word + 1)

    def _go_on_with_line(self) -> None:
        blanks = _BLANKS.match(self._buffer)
        next_word = blanks.end() if blanks else 0
        if next_word == len(self._buffer):
            return
        self._is_line_begun = False
        if self._buffer[next_word] == "\n":
            self._end_paragraph(next_word + 1)

    def _end_paragraph(self, at: int) -> None:
        self._say(at)
        self._at = at
        self._manner = replace(self._manner, style=None)

    # Stars

    def _read_stars(self, begin: int, end: int, *, settled: bool) -> bool:
        """Read the stars that end at `begin`; return False if it takes more text to tell what they are."""
        at, size = self._at, begin - self._at
        if size > _MOST_STARS:
            self._at = begin
            return True
        if begin == end and not settled:
            return False
        close = _NOWHERE
        before = self._buffer[at - 1] if at else self._before
        if before not in {"*", "\\"} and not _JOINED.match(before) and not self._is_blank(begin):
            close = self._closing_stars(size, begin, end, settled=settled)
        if close == _UNKNOWN:
            return False
        self._at = begin
        if close != _NOWHERE:
            self._say(at)
            self._skip(begin)
            outer = self._manner
            self._manner = emphatic = self._with_emphasis(_EMPHASES[size])
            self._scan(close, settled=True)
            self._say(close)
            is_same = self._manner is emphatic
            self._manner = outer if is_same else replace(self._manner, emphasis=outer.emphasis)
            self._skip(close + size)
        return True

    def _with_emphasis(self, emphasis: Emphasis) -> Manner:
        if self._plain is not self._manner:
            self._plain, self._emphatic = self._manner, {}
        if emphasis not in self._emphatic:
            self._emphatic[emphasis] = replace(self._manner, emphasis=emphasis)
        return self._emphatic[emphasis]

    def _closing_stars(self, size: int, begin: int, end: int, *, settled: bool) -> int:
        """Return where the stars stand that end what so many stars began.

        Only the next ones of the same number may, so that no character is looked at often.
        """
        latest = begin + _LONGEST_EMPHASIS
        window = latest + _MOST_STARS + 1
        for found in _STARS_OR_LINE.finditer(self._buffer, begin, min(end, window)):
            at, behind = found.span()
            if found[0] == "\n" or at > latest:
                return _NOWHERE
            if behind == end and not settled:
                return _UNKNOWN
            if behind - at == size:
                can_end = self._buffer[at - 1] != "\\" and not self._is_blank(at - 1)
                return at if can_end and not _JOINED.match(self._buffer, behind) else _NOWHERE
        return _NOWHERE if settled or end >= window else _UNKNOWN

    def _is_blank(self, at: int) -> bool:
        return not self._buffer[at : at + 1].strip()

    # Brackets

    def _read_bracket(self, end: int, *, settled: bool) -> bool:
        """Read a bracket, or the tag it begins; return False if it takes more text to tell which."""
        found = _TAG.match(self._buffer, self._at, end)
        if not settled and self._is_cut(found, end):
            return False
        if found and self._obey(found):
            self._skip(found.end())
            self._opening = _Opening()
        else:
            self._at += 1
        return True

    def _is_cut(self, found: re.Match[str] | None, end: int) -> bool:
        if found:
            return found.end() == end and found["mood"] is not None
        begun = _BEGUN_TAG.fullmatch(self._buffer, self._at) if end - self._at <= _LONGEST_TAG else None
        if not begun:
            return False
        word, rest = (begun["style"] or begun["word"] or "").lower(), begun["rest"]
        if rest:
            return word in _COMMANDS
        return any(known.startswith(word) for known in (*values.STYLE_NAMES, *_COMMANDS))

    def _obey(self, tag: re.Match[str]) -> bool:
        """Do what a tag says; return False if it is none."""
        kind = tag.lastgroup or "pause"
        written = (tag[kind] or "").strip()
        if kind == "pause":
            return self._pause(written, tag[0])
        manner = self._changed(kind, written, tag[0])
        if manner is None:
            return False
        self._say(tag.start())
        self._manner = manner
        return True

    def _changed(self, kind: str, written: str, tag: str) -> Manner | None:
        """Return the manner after a tag; None if it is no tag."""
        if kind in {"style", "mood"}:
            self._note(self._at)
            return replace(self._manner, style=values.style(written)) if self._opening.is_here else None
        if kind == "end":
            kind, written = written.lower(), _BACK
        is_back = written.lower() == _BACK
        if kind == "voice":
            return replace(self._manner, voice=None if is_back else written)
        if kind == "lang":
            language = None if is_back else values.language(written)
            return replace(self._manner, language=language) if is_back or language else None
        return self._at_rate(written, tag)

    def _at_rate(self, written: str, tag: str) -> Manner | None:
        rate = values.rate(written)
        slowest, fastest = values.RATES
        if rate is not None and not slowest <= rate <= fastest:
            raise InvalidRequest(
                f"The rate in {quoted(tag)} is not between {slowest:g} and {fastest:g}.", param="input"
            )
        return None if rate is None else replace(self._manner, rate=rate)

    def _pause(self, written: str, tag: str) -> bool:
        seconds = values.seconds(written if written[-1:].isalpha() else f"{written}s") if written else _PAUSE
        if seconds is None:
            return False
        self._paused += seconds
        most = self._max_pause * MOST_PAUSES
        if seconds > self._max_pause:
            raise InvalidRequest(
                f"The pause {quoted(tag)} is longer than the {self._max_pause:g} seconds this server takes.",
                param="input",
            )
        if self._paused > most + ROUNDING:
            raise InvalidRequest(
                f"All pauses together may last {most:g} seconds, and those up to {quoted(tag)} last longer.",
                param="input",
            )
        self._say(self._at)
        self._items.append(Pause(seconds, self._base + self._at))
        return True


class _Opening:
    """Whether a style may be named here: where a text, a line or a sentence begins, or behind a tag."""

    def __init__(self) -> None:
        self._last = ""  # character, but for what may stand behind the end of a sentence
        self._is_parted = self._is_new_line = False  # from it

    def note(self, text: str) -> None:
        """Go on behind a text."""
        core = text.rstrip(_BEHIND_ENDS)
        if core:
            self._last = core[-1]
            self._is_parted = self._is_new_line = False
        if len(core) < len(text):
            self._is_parted = True
            self._is_new_line = self._is_new_line or "\n" in text[len(core) :]

    @property
    def is_here(self) -> bool:
        """Whether it is here."""
        if not self._last or self._is_new_line or self._last in _WIDE_ENDS:
            return True
        return self._is_parted and self._last in _ENDS

"""Markdown without its marks: headings, lists, emphasis, code, links by their text, images by theirs.

The marks are those of CommonMark with GitHub's tables, tasks and strikethrough, and simple HTML. A mark need
not be closed: a sentence may hold the beginning of what another ends.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from stentor.text.edits import Edit
from stentor.text.normalize.rules import Settled

_MAY_HOLD_MARKS = re.compile(r"[*_`#>|~\[\\<&]|^[ \t]*+(?:[-+•◦▪‣=]|\d{1,9}[.)]\s)", re.MULTILINE)

_LINE = re.compile(r"[^\n]*+")
_DROPPED = re.compile(
    r"[ \t]*+(?:"
    r"(?P<fence>`{3,}+[^`\n]*+|~{3,}+[^~\n]*+)"
    r"|(?>(?:[-][ \t]*+){3,})|(?>(?:[*][ \t]*+){3,})|(?>(?:[_][ \t]*+){3,})|=++[ \t]*+"
    r"|\|?+[ \t]*+:?+-{3,}+:?+[ \t]*+(?>(?:\|[ \t]*+:?+-++:?+[ \t]*+)+)(?>(?:\|[ \t]*+)?)"
    r"|\[[^\[\]\n]{1,100}+\]:[ \t]*+(?:https?:|www\.|[#/.<])[^\n]*+"
    r")\r?"
)
_PREFIX = re.compile(
    r"[ \t]*+(?>(?:>[ \t]?+){0,9})[ \t]*+"
    r"(?:(?P<heading>#{1,6}+(?:[ \t]++|\Z))"
    r"|(?P<item>(?:[-+*•◦▪‣](?:[ \t]++|\Z))(?:\[[ xX]\][ \t]++)?|(?=\d{1,9}[.)][ \t])))?"
)
_ROW = re.compile(r"[ \t]*+\|.*\|[ \t]*+\r?")
_TAGS = "a|b|big|br|center|code|del|details|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul|var"  # noqa: E501
_INLINE = re.compile(
    r"(?P<address>(?:https?://|www\.)[^\s<>()\[\]*`]++)"
    r"|(?P<escape>\\)(?=[\\`*_{}\[\]()#+.!|~<>-])."
    r"|(?P<code>(?<![^\W_])`{1,3}+|`{1,3}+(?![^\W_]))"
    r"|(?P<link>\[(?=!\[)|!?\[(?=[^\[\]\n]{0,500}+\](?:\((?!\))|\[)))"
    r"|(?P<target>\]\((?>(?:[^()\s]++|\([^()\s]{0,200}+\)){1,99})(?>(?:\s++(?:\"[^\"\n]{0,300}+\"|'[^'\n]{0,300}+'))?)\s?+\))"
    r"|(?P<label>\]\[[^\[\]\n]{0,100}+\])"
    r"|(?P<note>\[\^[^\[\]\s]{1,50}+\]:?)"
    rf"|(?P<tag></?(?:{_TAGS})(?>(?:\s[^\s<>=\"']{{1,50}}+=(?:\"[^\"<>\n]{{0,500}}+\"|'[^'<>\n]{{0,500}}+')){{0,9}})\s?+/?>)"
    r"|<(?P<angled>(?:https?://|mailto:)?[^\s<>@]{0,200}+(?:@[^\s<>@]{1,200}+)?)>"
    r"|(?P<comment><!--[^<>]*+(?<=--)>)"
    r"|(?P<entity>&(?:\#\d{1,6}|\#x[0-9a-f]{1,6}|[a-z]{2,8});)"
    r"|(?P<mark>(?<![\w*])\*{1,3}+(?=[^\s*])|(?<=[^\s*])\*{1,3}+(?![\w*])"
    r"|(?<=[^\W\d_])\*{1,3}+(?=\w)|(?<=\d)\*{2,3}+(?=[^\W\d_])"
    r"|(?<!\w)_{1,3}+(?=[^\s_])|(?<=[^\s_])_{1,3}+(?!\w)"
    r"|~~(?=[^\s~])|(?<=[^\s~])~~)"
    r"|(?P<pipe>[ \t]*+(?<!\\)\|[ \t]*+)",
    re.IGNORECASE,
)
_ENDS_ITSELF = re.compile(r"[.!?:;,…。！？।][\"'”’)\]*_`]{0,3}\s*\Z")


def strip_markdown(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Edit]:
    """Return the edits that take the marks out of a text, in order. None touches what is taken."""
    if not _MAY_HOLD_MARKS.search(text):
        return []
    edits = [edit for line in _LINE.finditer(text) if line[0] for edit in _line(text, line)]
    settled = Settled(taken)
    return [edit for edit in edits if not settled.reaches(edit.start, edit.end)]


def _line(text: str, line: re.Match[str]) -> Iterator[Edit]:
    start, end = line.span()
    if _DROPPED.fullmatch(line[0]):
        yield Edit(start, end, "")
        return
    prefix = _PREFIX.match(line[0])
    begin = start + (prefix.end() if prefix else 0)
    if begin > start:
        yield Edit(start, begin, "")
    is_row = _ROW.fullmatch(line[0], begin - start) is not None
    for match in _INLINE.finditer(text, begin, end):
        yield from _pipe(match, begin, end) if match["pipe"] and is_row else _unmarked(match)
    if end < len(text) and prefix and not _ENDS_ITSELF.search(line[0][-6:]):
        if prefix["heading"] or is_row:
            yield Edit(end, end + 1, ".\n")
        elif prefix["item"] is not None:
            yield Edit(end, end + 1, ",\n")


def _pipe(match: re.Match[str], begin: int, end: int) -> Iterator[Edit]:
    is_outer = match.start() == begin or not match.string[match.end() : end].strip()
    yield Edit(*match.span(), "" if is_outer else ", ")


def _unmarked(match: re.Match[str]) -> Iterator[Edit]:
    """Yield what takes a mark out of its line, if it is to go."""
    kind = match.lastgroup
    if kind in ("mark", "code", "link", "target", "label", "note", "comment"):
        yield Edit(*match.span(), "")
    elif kind == "tag":
        yield Edit(*match.span(), " " if match[0][1:3].lower() == "br" else "")
    elif kind == "escape":
        yield Edit(match.start(), match.start() + 1, "")
    elif kind == "entity":
        character = html.unescape(match[0])
        yield from [] if character == match[0] else [Edit(*match.span(), character.replace("\u00a0", " "))]
    elif kind == "angled" and ("://" in match[0] or "@" in match[0]):
        yield Edit(match.start(), match.start("angled"), "")
        yield Edit(match.end("angled"), match.end(), "")

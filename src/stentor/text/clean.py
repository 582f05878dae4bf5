"""What may reach an engine: real Unicode, nothing that is not seen, something that can be said.

Two ways lead there. What stands between words becomes a space, so that offsets stay. What stands within words
has to vanish, or the word would fall apart: that takes edits.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection
from functools import cache

from stentor.text.edits import Edit

# An engine's C library ends the text at NUL, takes other control characters as commands, and cannot encode a
# lone surrogate. Nobody agreed on how private characters sound; the rest are no characters at all.
_UNSPEAKABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff"
    r"\U000f0000-\U0010ffff]"
)
# Hangul fillers are letters to Unicode, and blank.
_WORD = re.compile(r"[^\W_\u115f\u1160\u3164\uffa0]")
_SPEAKABLE_SYMBOLS = frozenset({"Sc", "Sm", "So"})

# Not seen and not heard: soft hyphens, spaces and joiners without width, signs of direction, fillers,
# variation selectors, tags. Some engines read a word with one inside as two, and an emoji as another one.
_TAGS = "\U000e0000-\U000e007f"
_HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    f"\u3164\ufe00-\ufe0f\ufeff\uffa0\U0001d173-\U0001d17a{_TAGS}\U000e0100-\U000e01ef"
)
# These have a meaning between letters of such scripts, and the second one between emoji.
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_JOINERS = _NON_JOINER + _JOINER
_JOINING = (
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1700-\u18af\u1900-\u1aff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc"
)
_EMOJI = "\u2190-\u2bff\u3030\u303d\ufe0f\U0001f000-\U0001faff"
# What a variation selector makes an emoji or not; their names are looked up with it.
_PICTURES = "0-9#*©®™\u203c-\u303d\u3297\u3299\U0001f000-\U0001faff"
_CHOOSERS = re.compile(f"[\ufe0e\ufe0f{_TAGS}]")
# Letters and digits in fancy dress, which engines spell out by their numbers.
_STYLED = (
    "\u2102\u210a-\u210e\u2110-\u2112\u2115\u2119-\u211d\u2124\u2128\u212c-\u2131\u2133\u2134\u24b6-\u24e9"
    "\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\U0001f130-\U0001f149"
)
# Marks of no script's own, with which letters are flooded; no writing needs more than this many on one.
_MARKS = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MOST_MARKS = 4
# Marks of scripts that stack them, such as Burmese.
_MOST_STACKED = 8


def remove_controls(text: str) -> tuple[str, int]:
    """Return the text with what cannot be said made spaces, and how many there were.

    These are control characters, lone surrogates, private characters and those that are none.
    The length stays, so offsets into the result are offsets into the original.
    """
    return _UNSPEAKABLE.subn(" ", text)


def controls_left_out(count: int, name: str) -> str:
    """Say that so many of them were left out of a field."""
    them = "control character was" if count == 1 else "control characters were"
    return f"{count} {them} left out of `{name}`"


def tidy(text: str) -> list[Edit]:
    """Return what an engine sees otherwise than it is written, in order; nothing that is heard is lost.

    Characters without width vanish, but for those that Persian, Indic scripts and emoji need; of a flood of
    marks on one letter some stay; letters in fancy dress become plain ones.
    """
    if text.isascii():
        return []
    return [
        Edit(match.start(), match.end(), _plain(match))
        for match in _untidy().finditer(text)
        if match["kept"] is None
    ]


def unpictured(text: str, read: Collection[tuple[int, int]]) -> list[Edit]:
    """Return the edits that take away what only chooses a picture, but for the stretches that are read.

    `tidy` keeps it, since the names of emoji are looked up with it.
    """
    if text.isascii():
        return []
    taken = sorted(read)
    starts = [start for start, _ in taken]
    edits = []
    for match in _CHOOSERS.finditer(text):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or taken[before][1] <= match.start():
            edits.append(Edit(match.start(), match.end(), ""))
    return edits


def _plain(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0]) if match.lastgroup == "styled" else ""


@cache
def _untidy() -> re.Pattern[str]:
    stacked = "".join(
        chr(code)
        for block in (range(0x0300, 0x1E00), range(0xA66F, 0xABFF))
        for code in block
        if unicodedata.category(chr(code))[0] == "M"
    )
    # A pattern that begins with a class is searched for much faster than one that begins with a choice.
    return re.compile(
        rf"[{_HIDDEN}{_JOINERS}{_STYLED}{_MARKS}{stacked}](?:"
        rf"(?P<kept>(?<=\U0001f3f4[{_TAGS}])[{_TAGS}]{{1,6}}(?<=\U000e007f)"
        rf"|(?<=[\ufe0e\ufe0f])(?<=[{_PICTURES}].))"
        rf"|(?<=[{_HIDDEN}])[{_HIDDEN}]*+"
        rf"|(?P<styled>(?<=[{_STYLED}])[{_STYLED}]*+)"
        rf"|(?<=[{_JOINERS}]{{2}})[{_JOINERS}]*+"
        rf"|(?<={_JOINER})(?<![{_JOINING}].)(?!(?<=[{_EMOJI}].)[{_EMOJI}])"
        rf"|(?<={_NON_JOINER})(?!(?<=[{_JOINING}].)[{_JOINERS}]*+[{_JOINING}])"
        rf"|(?<=[{_MARKS}]{{{_MOST_MARKS + 1}}})[{_MARKS}]*+"
        rf"|(?<=[{stacked}]{{{_MOST_STACKED + 1}}})[{stacked}]*+)"
    )


def is_speakable(text: str) -> bool:
    """Tell whether there is a letter, digit or symbol to say; punctuation alone is silence."""
    if _WORD.search(text):
        return True
    return any(unicodedata.category(character) in _SPEAKABLE_SYMBOLS for character in set(text))

"""When each word of the original is heard, from what an engine says of the text it was given."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress, pairwise
from typing import TypeAlias

from stentor.text.clean import is_speakable
from stentor.types import Timed

Origin: TypeAlias = Callable[[int], tuple[int, int]]
"""From a position in a text to the stretch of another that it came from, such as `Edited.origin`."""

# Scripts that put no space between words, without their digits; small kana go with what they follow.
_KANA_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
)
_SOUTH_EAST = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf"
    "\u1000-\u103f\u1050-\u109f\ua9e0-\ua9ef\uaa60-\uaa7f\u1780-\u17d3\u17d7\u17dc\u17dd"
)
_ALONE = _KANA_HAN + _SOUTH_EAST
_VOWEL_AHEAD = "\u0e40-\u0e44\u0ec0-\u0ec4"
_STACKER = "\u1039\u17d2"  # puts the next consonant under the last
_ATTACHED = (
    "\u0300-\u036f\u200b-\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u3095\u3096\u3099-\u309e"
    "\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6\u30fc-\u30fe\u31f0-\u31ff"
    "\uff67-\uff70\uff9e\uff9f"
    "\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec6-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f"
    "\u109a-\u109d\u17b4-\u17d3\u17d7\u17dd"
)
_OPENER = "(\\[{<¿¡“„‘‚«‹（［｛＜「『｢〈《【〔〖〘〚〝"
_CLOSER = "!\"'),\\-.:;?\\]}>%…‥—–~·”’»›）］｝＞，．：；？！％～、。〃」』｣〉》】〕〗〙〛〞〟・｡､･ๆฯ។៕၊။"
_BLANK = " \u00a0\u202f"
_CHARACTER = (
    rf"(?>(?:[{_VOWEL_AHEAD}](?=[{_ALONE}]))?)[{_ALONE}](?>(?:[{_STACKER}][{_ALONE}]|[{_ATTACHED}])*)"
)
_RUN = rf"(?>(?:[^\s{_ALONE}{_OPENER}]|[{_OPENER}]++(?![{_ALONE}]))+)"
_WORD = re.compile(
    rf"(?>(?:«[{_BLANK}])?)(?:[{_OPENER}]*+{_CHARACTER}[{_CLOSER}]*+|{_RUN})"
    rf"(?>(?:[{_BLANK}][!?:;»…–—-]++(?!\S)){{0,3}})"
)
_DIGRAPH = re.compile(r"[cgkprstwz]h", re.IGNORECASE)  # two letters for one sound, in many languages
_SAID = frozenset("&%@#*/\\§¶†‡‰＆％＠＃")  # punctuation that has a name


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance as it was heard, in seconds of the audio.

    `marks` are the engine's: where in `text` a word begins and ends, in characters, and when it is heard.
    """

    text: str
    begin: float
    end: float
    marks: Sequence[tuple[int, int, float]] = ()


def tokens(text: str) -> list[tuple[int, int]]:
    """Find the words of a text, each with the punctuation that is written at it.

    What stands between spaces is a word; where a script has no spaces, each character with its marks is one.
    A dash that stands alone, or a mark that French sets apart, goes with the word before it.
    """
    return [match.span() for match in _WORD.finditer(text) if _has_name(match[0])]


def timed_words(original: str, heard: Heard, origin: Origin, source: Origin | None = None) -> list[Timed]:
    """Say when each word of the original is heard, in order; each ends where the next begins.

    `origin` leads from the utterance's text to `original`, and `source` from there to what the offsets
    of the result count in; without it they count in `original`.

    A word begins at the first of its marks. Words without one share the time from the last word that has
    one up to the next, by their length. The text of a word is what was kept of it, with its punctuation;
    a word of which nothing is said is left out. Marks that stand nowhere are passed over, and times are kept
    in order and within the utterance, whatever an engine says.
    """
    origins = [origin(position) for position in range(len(heard.text))]
    first = min((start for start, _ in origins), default=0)
    last = max((end for _, end in origins), default=0)
    spans = [(first + start, first + end) for start, end in tokens(original[first:last])]
    begins = _begins(heard, origins, spans)
    kept, spoken = _traces(heard.text, origins, first, last)
    words: list[_Word] = []
    for index, (start, end) in enumerate(spans):
        weight = sum(spoken[start - first : end - first])
        shown = list(compress(range(start, end), kept[start - first : end - first]))
        if shown and (weight or index in begins):
            text = "".join(original[at] for at in shown).strip()
            weight = max(weight - len(_DIGRAPH.findall(text)), 1)
            words.append(_Word(text, shown[0], shown[-1], weight, begins.get(index)))
    return _timed(words, heard, source or _itself)


def spread(sentence: Timed) -> list[Timed]:
    """Guess when each word of a sentence is heard, by their length."""
    text = sentence.text
    is_whole = len(text) == sentence.source_end - sentence.source_start

    def source(position: int) -> tuple[int, int]:
        at = sentence.source_start + position
        return (at, at + 1) if is_whole else (sentence.source_start, sentence.source_end)

    return timed_words(text, Heard(text, sentence.start, sentence.end), _itself, source)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    first: int
    last: int
    """Where its first and its last character stand in the original."""
    weight: int
    begin: float | None


def _itself(position: int) -> tuple[int, int]:
    return position, position + 1


def _has_name(word: str) -> bool:
    return is_speakable(word) or not _SAID.isdisjoint(word)


def _begins(
    heard: Heard, origins: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> dict[int, float]:
    """Find the first mark of each word, by the word's place in `spans`."""
    ends = [end for _, end in spans]
    ahead: list[tuple[int, int]] = []  # for each position, where a word's next character stands, and whose
    following = (len(origins), -1)
    for position in range(len(origins) - 1, -1, -1):
        start, end = origins[position]
        index = bisect_right(ends, start)
        if index < len(spans) and spans[index][0] < max(end, start + 1):
            following = (position, index)
        ahead.append(following)
    ahead.reverse()
    begins: dict[int, float] = {}
    for start, end, time in heard.marks:
        position, index = ahead[start] if 0 <= start < len(ahead) else (end, -1)
        if index >= 0 and position < max(end, start + 1):
            begins[index] = min(time, begins.get(index, time))
    return begins


def _traces(
    text: str, origins: Sequence[tuple[int, int]], first: int, last: int
) -> tuple[bytearray, bytearray]:
    """Tell which characters of the original, from `first` up to `last`, were kept, and which are said."""
    kept, said = bytearray(last - first), bytearray(last - first)
    for character, (start, end) in zip(text, origins, strict=True):
        trace = slice(start - first, end - first)
        if start < end and not kept[trace.start]:
            kept[trace] = b"\1" * (end - start)
        if start < end and not said[trace.start] and is_speakable(character):
            said[trace] = b"\1" * (end - start)
    return kept, said


def _timed(words: Sequence[_Word], heard: Heard, source: Origin) -> list[Timed]:
    """Turn weights and the begins that are known into times."""
    if not words:
        return []
    known = [(index, word.begin) for index, word in enumerate(words) if word.begin is not None]
    if not known or known[0][0]:
        known.insert(0, (0, heard.begin))
    known.append((len(words), heard.end))
    starts: list[float] = []
    floor = heard.begin
    for (index, begin), (until, end) in pairwise(known):
        floor = min(max(begin, floor), heard.end)
        room = max(min(end, heard.end) - floor, 0.0)
        weights = [word.weight for word in words[index:until]]
        total = sum(weights)
        starts += [floor + room * done / total for done in accumulate(weights[:-1], initial=0)]
    return [
        Timed(word.text, start, end, source(word.first)[0], source(word.last)[1])
        for word, (start, end) in zip(words, pairwise([*starts, max(heard.end, floor)]), strict=True)
    ]

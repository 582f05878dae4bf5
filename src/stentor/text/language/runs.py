"""Text in several scripts, cut into what each language is written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from stentor.text.language.scripts import LATIN, LETTERS, letters, scripts_of, suggested
from stentor.text.language.votes import vote

_CJK = ("kana", "han")
_KANA = re.compile(f"[{letters(('kana',))}]++")
_NOT_LATIN = re.compile(f"[{letters(tuple(name for name in LETTERS if name != LATIN))}]")
# One letter of these is more likely a symbol, of ohms or of an angle.
_SYMBOLIC = frozenset({"greek", "cyrillic", "hebrew"})
_NEAR = 16  # a Han run is Japanese if there are kana no further away
_LETTER = re.compile(r"[^\W\d_]")
_OPENERS = "([{«“„‘‚『「《〈¿¡#@"
_LEADING = re.compile(rf"[^\w{re.escape(_OPENERS)}]*+")
_SENTENCE = re.compile(r"[^.!?…。！？؟।\n]++")
_WORD = re.compile(rf"[{letters((LATIN,))}]{{2,}}+")
_FEWEST_WORDS = 3


def script_runs(text: str, language: str) -> list[tuple[int, int, str]]:
    """Cut a text where it leaves the scripts that its language is written in: `(start, end, language)`.

    What is in another script is in the language that script suggests; the rest is in `language`, a BCP-47
    tag. Together the runs are the whole text. Digits, signs and spaces go with what stands beside them.
    Latin letters in a language without them stay, but for whole sentences whose words tell their language.
    """
    if not text:
        return []
    home = scripts_of(language)
    found: list[tuple[int, int, str]] = []
    if LATIN not in home:
        found += _latin_sentences(text)
    if not text.isascii() and _away(home).search(text):
        found = sorted(found + list(_foreign(text, home)))
    return _filled(text, _joined(text, found), language) if found else [(0, len(text), language)]


@cache
def _away(home: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds a letter of another script."""
    return re.compile(f"[{letters(tuple(name for name in LETTERS if name not in (LATIN, *home)))}]")


@cache
def _runs(home: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds a run of another script, by its name; Han and kana are one here."""
    names = [name for name in LETTERS if name not in (LATIN, *home, *_CJK)]
    kinds = {name: letters((name,)) for name in names}
    if "kana" not in home:
        kinds["cjk"] = letters(_CJK)
    groups = "|".join(f"(?P<{name}>(?<=[{signs}])[{signs}]*+)" for name, signs in kinds.items())
    return re.compile(f"[{''.join(kinds.values())}](?:{groups})")


def _foreign(text: str, home: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    signs = set(text)
    for match in _runs(home).finditer(text):
        script = match.lastgroup or ""
        start, end = match.span()
        if script != "cjk":
            if end - start > 1 or script not in _SYMBOLIC:
                yield start, end, suggested(script, signs)
        elif "han" in home:
            yield from _japanese(text, start, end)
        else:
            is_japanese = _KANA.search(text, max(start - _NEAR, 0), end + _NEAR)
            yield start, end, "ja" if is_japanese else "zh"


def _japanese(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Find what is Japanese in a run of Chinese or Korean; one kana alone, such as の, is decoration."""
    kana = [match.span() for match in _KANA.finditer(text, start, end)]
    if 2 * sum(stop - begin for begin, stop in kana) > end - start > 1:
        yield start, end, "ja"
        return
    for begin, stop in kana:
        if stop - begin > 1:
            yield begin, stop, "ja"


def _latin_sentences(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _SENTENCE.finditer(text):
        if len(_WORD.findall(match[0])) < _FEWEST_WORDS or _NOT_LATIN.search(match[0]):
            continue
        if tag := vote(match[0]):
            start = match.end() - len(match[0].lstrip())
            yield start, match.start() + len(match[0].rstrip()), tag


def _joined(text: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Join runs of one language between which no word stands."""
    joined: list[tuple[int, int, str]] = []
    for start, end, tag in found:
        if joined and joined[-1][2] == tag and not _LETTER.search(text, joined[-1][1], start):
            joined[-1] = (joined[-1][0], end, tag)
        else:
            joined.append((start, end, tag))
    return joined


def _filled(text: str, found: list[tuple[int, int, str]], language: str) -> list[tuple[int, int, str]]:
    """Give what stands between the runs to them or to the text's own language."""
    runs: list[tuple[int, int, str]] = []
    at = 0  # up to where everything is given
    for start, end, tag in found:
        first = _opened(text, at, start)
        if not _LETTER.search(text, at, first):
            first = at
        elif first > at:
            runs.append((at, first, language))
        match = _LEADING.match(text, end)
        at = match.end() if match else end
        runs.append((first, at, tag))
    if not _LETTER.search(text, at):
        runs[-1] = (runs[-1][0], len(text), runs[-1][2])
    else:
        runs.append((at, len(text), language))
    return runs


def _opened(text: str, begin: int, end: int) -> int:
    """Return where the brackets and quotes that open what begins at `end` begin."""
    while end > begin and text[end - 1] in _OPENERS:
        end -= 1
    return end

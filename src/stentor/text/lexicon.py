"""Words that are said otherwise than they are written, and where they stand in a text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from operator import attrgetter

from stentor.errors import quoted
from stentor.text.clean import is_speakable, remove_controls
from stentor.text.edits import Edit
from stentor.text.language import language_tag

MOST_WORDS = 10_000
"""Of a lexicon."""
LONGEST_WORD = 100
"""In characters."""
MOST_PARTS = 30
"""Of a phrase: words, signs, and each letter of a script that puts no space between words."""
LONGEST_ALIAS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """Words or phrases, and what is said for any of them: an alias, a pronunciation in IPA, or both.

    With both, the pronunciation is for engines that can take one and the alias for the others.
    With a language, a BCP-47 tag, it holds for text in that language only.
    """

    graphemes: tuple[str, ...]
    alias: str | None = None
    ipa: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries under a name. Where two of them have the same word, the first one holds.

    `language` is that of the entries without one of their own. `voices` names the voices it is for; None is
    all of them. One that is not `enabled` is used only by requests that name it.
    """

    id: str
    name: str
    entries: tuple[Entry, ...] = ()
    language: str | None = None
    voices: tuple[str, ...] | None = None
    enabled: bool = True

    def effective(self) -> Iterator[Entry]:
        """Give the entries, each with the language it holds for."""
        if self.language is None:
            return iter(self.entries)
        return (e if e.language else replace(e, language=self.language) for e in self.entries)


def checked_word(written: str) -> str:
    """Return a word or phrase as it is looked for; raises ValueError with a sentence."""
    word = _line(written, "A word", LONGEST_WORD)
    parts = _tokens(word)
    if not any(parts):
        raise ValueError("A word must not be empty.")
    if len(parts) > MOST_PARTS:
        raise ValueError(f"A word may have at most {MOST_PARTS} parts; this one has {len(parts)}.")
    return word


def checked_alias(written: str) -> str:
    """Return what is said instead; raises ValueError with a sentence."""
    alias = _line(written, "An alias", LONGEST_ALIAS)
    if not is_speakable(alias):
        raise ValueError("An alias must have something to say: a letter, digit or symbol.")
    return alias


_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")


def checked_language(written: str) -> str | None:
    """Return a BCP-47 tag, None for `und` and `auto`; raises ValueError with a sentence."""
    tag = (language_tag(written) or "und").replace("_", "-")
    if not _TAG.fullmatch(tag):
        raise ValueError(f"{quoted(written)} is no language tag, such as en or pt-BR.")
    return None if tag.casefold() == "und" else tag


def _line(written: str, what: str, longest: int) -> str:
    if len(written) > longest:
        raise ValueError(f"{what} may have at most {longest} characters; this one has {len(written):,}.")
    if remove_controls(written)[1]:
        raise ValueError(f"{what} must not hold control characters.")
    return unicodedata.normalize("NFC", " ".join(written.split()))


# Marks belong to the letter before them, and joiners to the word they stand in; `\w` has neither.
_MARKS = "\u200c\u200d" + "".join(
    chr(code)
    for begin, end in (
        (0x300, 0x1E00),
        (0x20D0, 0x20F1),
        (0x3099, 0x309B),
        (0xA66F, 0xABEE),
        (0xFE00, 0xFE30),
    )
    for code in range(begin, end)
    if unicodedata.category(chr(code))[0] == "M"
)
# Scripts without spaces between words, and Korean, which writes particles on them: each letter stands alone.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u312f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
)
_TOKEN = re.compile(rf"(?>(?:[^\W{_UNSPACED}]++[{_MARKS}]*+)+)|\S[{_MARKS}]*+")
_SAME = str.maketrans({
    "\u2019": "'",
    "\u02bc": "'",
    "\u2010": "-",
    "\u2011": "-",
    "\ufe0e": None,
    "\ufe0f": None,
})
_MOST_SUBTAGS = 5
# What English writes behind an apostrophe is no word of its own.
_CLITICS = frozenset({"t", "s", "d", "m", "ll", "re", "ve"})


def _tokens(text: str) -> list[str]:
    """Return the tokens of a text as they are compared, whatever their case."""
    if text.isascii():
        return _TOKEN.findall(text.lower())
    return [_exact(unicodedata.normalize("NFC", token).casefold()) for token in _TOKEN.findall(text)]


def _exact(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_SAME)


class _Tokens:
    """A text's tokens: `bare` to begin a phrase with, and `keys` to go on, with a space if one is there."""

    def __init__(self, text: str, bare: list[str]) -> None:
        self.text = text
        self.spans = [found.span() for found in _TOKEN.finditer(text)]
        self.bare = bare
        ends = [0, *(end for _, end in self.spans)]
        self.keys = [
            f" {token}" if start > end else token
            for token, (start, _), end in zip(bare, self.spans, ends, strict=False)
        ]

    def spelt(self, first: int, last: int) -> str:
        """Return what the tokens from one to another are in their own case."""
        return " ".join(_exact(self.text[self.spans[first][0] : self.spans[last][1]]).split())

    def is_clitic(self, index: int) -> bool:
        """Tell whether a token is the `ll` of "we'll"."""
        return (
            index > 1
            and self.keys[index] in _CLITICS
            and self.keys[index - 1] == "'"
            and self.keys[index - 2][-1:].isalnum()
        )

    def is_cut(self, index: int) -> bool:
        """Tell whether a token ends where the `'t` of "don't" begins, whose word is not the one before it."""
        return self.keys[index + 2 : index + 3] == ["t"] and self.is_clitic(index + 2)


@dataclass(slots=True)
class _Node:
    """A place in a trie of tokens, and what ends there."""

    after: dict[str, _Node] = field(default_factory=dict)
    rules: dict[tuple[str, str], _Rule] = field(default_factory=dict)
    """By the spelling, if it is one that must be kept, and the language."""
    keeps_case: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    entry: Entry
    strength: tuple[int, bool]
    """The rank of its lexicon, and whether its case is kept."""


class Matcher:
    """Finds the words of lexicons in text.

    Lexicons are given in order: the later one wins where two have the same word. A longer phrase wins over a
    shorter one, whoever has it. Making a matcher takes time for each entry; finding takes time for each word
    of the text, however many entries there are.

    Words are found whole, in any case: `sql` in "SQL" and in "Sql's", not in "MySQL". A word with a capital
    after its first letter is found only as it is written: `SQL` not in "sql", but `New York` in "NEW YORK".
    In scripts without spaces between words, and in Korean, a word is found anywhere.
    """

    def __init__(self, *lexicons: Iterable[Entry]) -> None:
        root = _Node()
        self.has_sounds_alone = False
        """Whether a word has a pronunciation and no alias, which is nothing to an engine that takes none."""
        for rank, entries in enumerate(lexicons):
            for entry in entries:
                self.has_sounds_alone |= entry.ipa is not None and entry.alias is None
                for word in entry.graphemes:
                    _add(root, word, entry, rank)
        self._tries: tuple[_Node, ...] = (root,)

    @classmethod
    def stack(cls, matchers: Iterable[Matcher]) -> Matcher:
        """Put matchers over each other as if their lexicons were; takes time for each matcher only."""
        matchers, stacked = tuple(matchers), cls()
        stacked.has_sounds_alone = any(matcher.has_sounds_alone for matcher in matchers)
        stacked._tries = tuple(trie for matcher in matchers for trie in matcher._tries)  # noqa: SLF001
        return stacked

    def edits(
        self, text: str, language: str | None = None, taken: Iterable[tuple[int, int]] = ()
    ) -> list[Edit]:
        """Return what to read instead, in order and apart from each other.

        `taken` are stretches of the text, from start up to end and apart from each other, to be left alone.
        An entry without a language holds in every `language`; one for `en` in `en-GB` also, and one for
        `en-GB` in `en`, which may be it.
        """
        bare = _tokens(text)
        if all(trie.after.keys().isdisjoint(bare) for trie in self._tries):
            return []
        tokens = _Tokens(text, bare)
        wanted = _wanted(language)
        free = _Free(taken)
        edits: list[Edit] = []
        done = 0
        for index, (start, _) in enumerate(tokens.spans):
            if start < done or tokens.is_clitic(index):
                continue
            found = self._longest(tokens, index, wanted, free.until(start))
            if found:
                done, entry = found
                edits.append(Edit(start, done, entry.alias or text[start:done], entry.ipa))
        return edits

    def _longest(
        self, tokens: _Tokens, index: int, wanted: Sequence[str], limit: float
    ) -> tuple[int, Entry] | None:
        """Return where the longest phrase that begins at a token ends, and the strongest entry for it."""
        longest, strongest = -1, None
        for trie in self._tries:
            node = trie.after.get(tokens.bare[index])
            at = index
            while node and tokens.spans[at][1] <= limit:
                rule = _strongest(node, tokens, index, at, wanted) if node.rules else None
                if rule and at >= longest:
                    longest, strongest = at, rule
                at += 1
                node = node.after.get(tokens.keys[at]) if at < len(tokens.keys) else None
        return (tokens.spans[longest][1], strongest.entry) if strongest else None


def _add(root: _Node, word: str, entry: Entry, rank: int) -> None:
    tokens = _Tokens(word, _tokens(word))
    node = root
    for key in tokens.keys:
        node = node.after.setdefault(key, _Node())
    kept = any(any(map(str.isupper, word[start + 1 : end])) for start, end in tokens.spans)
    node.keeps_case |= kept
    rule = _Rule(entry, (rank, kept))
    for language in _languages(entry.language):
        place = (tokens.spelt(0, len(tokens.spans) - 1) if kept else "", language)
        if place not in node.rules or node.rules[place].strength < rule.strength:
            node.rules[place] = rule


def _strongest(node: _Node, tokens: _Tokens, first: int, last: int, wanted: Sequence[str]) -> _Rule | None:
    if tokens.is_cut(last):
        return None
    spellings = (tokens.spelt(first, last), "") if node.keeps_case else ("",)
    places = ((spelling, language) for spelling in spellings for language in wanted)
    rules = (node.rules[place] for place in places if place in node.rules)
    return max(rules, key=attrgetter("strength"), default=None)


def _languages(language: str | None) -> list[str]:
    """Name what the rules of an entry are held under: its language, and every wider one that may be it."""
    if language is None:
        return [""]
    tag = language.casefold()
    return [tag, *(f"{wider}-*" for wider in _wider(tag))]


def _wanted(language: str | None) -> list[str]:
    """Name what the rules for a text's language are held under, the nearest first."""
    tag = (language or "").replace("_", "-").casefold()
    return [tag, f"{tag}-*", *_wider(tag), ""] if tag else [""]


def _wider(tag: str) -> list[str]:
    parts = tag.split("-")[:_MOST_SUBTAGS]
    return ["-".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


class _Free:
    """The places between stretches of text that are taken."""

    def __init__(self, taken: Iterable[tuple[int, int]]) -> None:
        self._taken = sorted(taken)
        self._starts = [start for start, _ in self._taken]

    def until(self, start: int) -> float:
        """Return how far a phrase may reach that begins at a place: nowhere if that is taken."""
        following = bisect_right(self._starts, start)
        if following and self._taken[following - 1][1] > start:
            return start
        return self._starts[following] if following < len(self._starts) else inf

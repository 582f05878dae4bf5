"""The language of a text by its small words and the letters that few languages have."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from itertools import islice

_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0981-\u0dff"
_WORD = re.compile(rf"[^\W\d_](?>(?:[^\W\d_]|[{_MARKS}]|['’](?=[^\W\d_]))*)|[¿¡]")
# What looks like words and is none: addresses, names of files, code.
_NO_WORDS = re.compile(r"(?:\b[a-z]{2,9}://|\bwww\.)\S++|(?<!\S)[^\s@]++@\S++|`[^`\n]*+`")
_SIGNS = ("://", "www.", "@", "`")  # one of which is in each of them
_FEWEST_VOTES = 1.0
_FEWEST_RARE_VOTES = 2.0
_MOST_WORDS = 80
_FEW_WORDS = 3  # among more than these, one known word is chance
_LEAD = 2.0  # how many times as many votes as the second
_LEAST_SHARE = 0.12  # of the words must be known, or the text is in a language that has no list
_LETTER_WEIGHT = 0.7

COMMON = frozenset(
    """
    en de fr es it pt nl sv da nb fi pl cs sk hu ro tr id vi hr el ru uk bg sr ar fa ur hi mr bn ne zh ja ko
    """.split()
)
"""Languages that a text is more likely to be in than its words alone tell."""


def vote(text: str, among: Collection[str] | None = None) -> str | None:
    """Return the language whose words a text has by far the most of, None where none leads.

    Only languages with a list of words can be found; `among` says which of them, by their primary subtags.
    """
    small = text.lower()
    if any(sign in small for sign in _SIGNS):
        small = _NO_WORDS.sub(" ", small)
    words = [match[0].replace("’", "'") for match in islice(_WORD.finditer(small), _MOST_WORDS)]
    known, letters = _tables()
    votes: defaultdict[str, float] = defaultdict(float)
    hits: Counter[str] = Counter()
    share = _count(votes, hits, words, known, among) / max(len(words), 1)
    letter_votes: defaultdict[str, float] = defaultdict(float)
    _count(letter_votes, hits, sorted(letters.keys() & set("".join(words))), letters, among)
    for tag, count in letter_votes.items():
        votes[tag] += _LETTER_WEIGHT * count
    if not votes:
        return None
    best, *rest = sorted(votes, key=lambda tag: (-votes[tag], tag))
    second = votes[rest[0]] if rest else 0.0
    enough = _FEWEST_VOTES if best in COMMON else _FEWEST_RARE_VOTES
    is_chance = share < _LEAST_SHARE or (hits[best] == 1 and len(words) > _FEW_WORDS)
    return best if votes[best] >= max(enough, _LEAD * second) and not is_chance else None


def _count(
    votes: defaultdict[str, float],
    hits: Counter[str],
    signs: Collection[str],
    table: dict[str, tuple[str, ...]],
    among: Collection[str] | None,
) -> int:
    """Let each sign vote for the languages that have it, the more the fewer; return how many did."""
    voted = 0
    for sign in signs:
        tags = table.get(sign, ())
        if among is not None:
            tags = tuple([tag for tag in tags if tag in among])
        voted += bool(tags)
        for tag in tags:
            hits[tag] += 1
            votes[tag] += 1 / len(tags)
    return voted


@cache
def _tables() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return the languages of each word, and those of each letter."""
    tables = json.loads(files(__package__).joinpath("words.json").read_text("utf-8"))
    words: defaultdict[str, list[str]] = defaultdict(list)
    for tag, listed in tables["words"].items():
        for word in listed.split():
            words[word].append(tag)
    letters = {letter: tuple(tags.split()) for letter, tags in tables["letters"].items()}
    return {word: tuple(tags) for word, tags in words.items()}, letters

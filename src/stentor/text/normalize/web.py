"""Addresses: URLs, names of hosts and files, e-mail, network cards."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from stentor.text.normalize.rules import DIGIT, LETTER, Rule

_LONGEST_HOST = 253
_LONGEST_PATH = 1000
_MOST_PARTS = 4
_LONGEST_PART = 40
_MOST_NUMBERS = 3  # in a part that is not an identifier

_DOMAINS = frozenset(
    """
    com org net edu gov mil int info biz dev app io ai co uk de fr es pt nl eu ch cn jp kr ru br pl se
    dk fi ie nz ca au tv xyz cloud online site tech blog shop wiki news store page link gg fm
    """.split()
)
_FILES = frozenset(
    """
    py js ts json html css md txt csv pdf doc docx xls xlsx ppt pptx zip tar gz exe dll jpg jpeg png gif
    svg webp mp3 mp4 wav ogg flac mov avi mkv sh bat ps1 rs go cpp hpp java rb php sql xml yaml yml toml
    ini cfg conf log
    """.split()
)
_SAID_AS_WORDS = frozenset({"co", "me", "py", "go", "so"})
_WITHOUT_VOWEL = re.compile(r"[^\W\d_aeiouy]{2,4}")
_PIECES = re.compile(r"\d+|[^\W\d_]+|[._+@~%-]+")

_MARK = r".,;:!?'*)\]"
_EAST_ASIAN_MARK = r"\u3001-\u301f\uff01-\uff0f\uff1a-\uff20"
_PLAIN = rf"[^\s<>\"“”{_MARK}{_EAST_ASIAN_MARK}]"
_REST = rf"(?>(?:{_PLAIN}++|[{_MARK}]++(?={_PLAIN}))+)"
_URL = re.compile(rf"(?i:https?|ftp)://(?:www\.)?(?P<url>{_REST})|(?i:www)\.(?P<www>{_REST})")
_LABEL = r"[^\W_](?:[\w-]{0,62})"
_ENDING = "|".join(sorted(_DOMAINS | _FILES, key=len, reverse=True))
_HOST = re.compile(
    rf"(?P<host>{_LABEL}(?:\.{_LABEL}){{0,4}}?\.(?:{_ENDING}))"
    rf"(?![\w@]|[.-]\w)(?>(?P<path>/{_REST})?)"
)
_EMAIL = re.compile(
    rf"(?:mailto:)?(?P<local>[\w.+%-]{{1,64}}+)@(?P<domain>{_LABEL}(?>(?:\.{_LABEL}){{1,5}}))(?![\w@])"
)
_OCTET = "[0-9A-Fa-f]{2}"
_MAC = re.compile(rf"{_OCTET}(?P<mark>[:-])(?:{_OCTET}(?P=mark)){{4}}{_OCTET}(?![\w:]|-\w)")


@dataclass(frozen=True, slots=True)
class Words:
    """What the signs in addresses are called."""

    dot: str
    slash: str
    at: str
    dash: str
    underscore: str
    plus: str


def web_rules(words: Words, number: Callable[[str], str]) -> tuple[Rule, ...]:
    """Return the rules for addresses; `number` says the digits of a number that stands in one.

    Of a URL the scheme, `www`, the query and parts that are mere identifiers are not said.
    """
    reader = _Reader(words, number)
    first = f"{DIGIT}|{LETTER}"
    return (
        Rule("urls", LETTER, _URL, reader.url),
        Rule("numbers", "[0-9A-Fa-f]", _MAC, reader.card, re.compile(r"\d[A-Fa-f]|\d\d[:-]\w\w")),
        Rule("emails", first, _EMAIL, reader.email, re.compile(r"\d+(?:@|[\w.+%-][\w.+%@-])")),
        Rule("urls", first, _HOST, reader.bare, re.compile(r"\d+(?:[\w-]|\.[^\W_])")),
    )


class _Reader:
    def __init__(self, words: Words, number: Callable[[str], str]) -> None:
        self._words = words
        self._number = number
        self._signs = {"_": words.underscore, "-": words.dash, "+": words.plus}

    def url(self, match: re.Match[str]) -> str:
        whole = match["url"] or match["www"]
        place = re.split("[/?#]", whole, maxsplit=1)[0]
        name = place.rpartition("@")[2].partition(":")[0]
        spoken = self._host(name) + self._path(whole[len(place) :])
        return spoken or self._said(whole[:_LONGEST_HOST])

    def bare(self, match: re.Match[str]) -> str:
        return self._host(match["host"]) + self._path(match["path"] or "")

    def email(self, match: re.Match[str]) -> str:
        return f"{self._said(match['local'])} {self._words.at} {self._host(match['domain'])}"

    def card(self, match: re.Match[str]) -> str | None:
        """Say each sign of a network card's address; with hyphens it may be a number, or syllables."""
        octets = match[0].upper().split(match["mark"])
        signs = "".join(octets)
        if match["mark"] == "-" and (signs.isdecimal() or signs.isalpha()):
            return None
        return ", ".join(
            " ".join(self._number(sign) if sign.isdecimal() else sign for sign in octet) for octet in octets
        )

    def _host(self, text: str) -> str:
        name, dot, ending = text[:_LONGEST_HOST].rpartition(".")
        if not dot:
            return self._said(ending)
        ending = ending.lower()
        if (len(ending) == 2 and ending not in _SAID_AS_WORDS) or _WITHOUT_VOWEL.fullmatch(ending):  # noqa: PLR2004
            ending = ending.upper()
        return f"{self._said(name)} {self._words.dot} {self._said(ending)}"

    def _path(self, text: str) -> str:
        parts = re.split("[?#]", text[:_LONGEST_PATH], maxsplit=1)[0].split("/")
        spoken = [self._said(part, with_signs=False) for part in map(unquote, parts) if _can_be_told(part)]
        return "".join(f" {self._words.slash} {part}" for part in list(filter(None, spoken))[:_MOST_PARTS])

    def _said(self, text: str, *, with_signs: bool = True) -> str:
        spoken = []
        for piece in _PIECES.findall(text):
            if piece[0].isdecimal():
                spoken.append(self._number(piece))
            elif piece[0].isalpha():
                spoken.append(piece)
            elif "." in piece:
                spoken.append(self._words.dot)
            elif with_signs:
                spoken.append(self._signs.get(piece[0], ""))
        return " ".join(filter(None, spoken))


def _can_be_told(part: str) -> bool:
    """Tell whether a part of a path is words, and not a long identifier."""
    return len(part) <= _LONGEST_PART and len(re.findall(r"\d+", part)) <= _MOST_NUMBERS

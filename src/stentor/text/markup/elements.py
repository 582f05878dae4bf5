"""What each element of SSML means.

The elements are those of SSML 1.1 (W3C, 2010), and those by which others' SSML asks for a style.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from stentor.text.markup import values
from stentor.text.phonemes import checked_ipa, ipa_from_xsampa
from stentor.text.script import Alias, Break, Emphasis, Manner, Phonemes, Reading, SayAs

NAMESPACE = "http://www.w3.org/2001/10/synthesis"
TRANSPARENT = frozenset({"w", "token"})
SILENT = frozenset({"desc", "lexicon", "meta", "metadata"})
"""Their content is not speech."""

_WITHOUT_EFFECT = re.compile(r"xmlns(?::.*)?|xml:(?:base|id|space)|xsi:schemaLocation", re.DOTALL)
_ALPHABETS = {"ipa": checked_ipa, "x-sampa": ipa_from_xsampa, "xsampa": ipa_from_xsampa}
_KINDS = {
    **dict.fromkeys(("cardinal", "number"), "cardinal"),
    **dict.fromkeys(("characters", "spell-out"), "characters"),
    **{kind: kind for kind in "ordinal digits date time telephone currency unit fraction verbatim".split()},
}
_DATE = re.compile(r"(?:(?P<field>[dmy])(?>(?P=field)*)[^a-z]?){1,3}")
_TIMES = frozenset({"hms12", "hms24"})
_COUNTRY = re.compile(r"\+?[0-9]{1,4}")
_EMPHASES: dict[str, Emphasis | None] = {
    "strong": "strong", "moderate": "moderate", "reduced": "reduced", "none": None,
}  # fmt: skip


class Complain(Protocol):
    """Says what is left out, in a phrase; `{}` in it stands for what the caller wrote."""

    def __call__(self, phrase: str, written: str = "") -> None:
        """Warn or refuse."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an element makes of its content, and what it adds."""

    manner: Manner
    reading: Reading | None = None
    """Of its content as a whole."""
    follows: Break | None = None
    """What stands behind its content."""
    pause: float | None = None
    """Seconds of silence in its place."""
    mark: str = ""
    """The name of its place."""
    is_spoken: bool = True


@dataclass(frozen=True, slots=True)
class Element:
    """An element as it is written. An attribute that is understood is taken out."""

    name: str
    attributes: dict[str, str]
    complain: Complain

    def take(self, attribute: str) -> str | None:
        """Return what an attribute says."""
        return self.attributes.pop(attribute, None)

    def bad(self, attribute: str, written: str) -> None:
        """Complain of a value."""
        self.complain(f"`{attribute}` of `{self.name}` was ignored: {{}} is not understood", written)

    def read(self, attribute: str, reader: Callable[[str], float | None]) -> float | None:
        """Return an attribute's value; complain of one that is not understood."""
        written = self.take(attribute)
        value = None if written is None else reader(written)
        if written is not None and value is None:
            self.bad(attribute, written)
        return value


Understand: TypeAlias = Callable[[Element, Manner], Meaning]


def meaning(element: Element, manner: Manner) -> Meaning | None:
    """Return what an element means where words are said in a manner; None if it is not known.

    Complains of each attribute that has no effect.
    """
    understand = _ELEMENTS.get(element.name)
    found = understand(element, manner) if understand else None
    if found:
        for attribute in element.attributes:
            if not _WITHOUT_EFFECT.fullmatch(attribute):
                element.complain(f"the attribute {{}} of `{element.name}` was ignored", attribute)
    return found


def _speak(element: Element, manner: Manner) -> Meaning:
    version = element.take("version")
    if version not in {None, "1.0", "1.1"}:
        element.bad("version", str(version))
    return Meaning(_in_language(element, manner, "xml:lang"))


def _paragraph(element: Element, manner: Manner) -> Meaning:
    return Meaning(_in_language(element, manner, "xml:lang"), follows=Break.PARAGRAPH)


def _sentence(element: Element, manner: Manner) -> Meaning:
    return Meaning(_in_language(element, manner, "xml:lang"), follows=Break.SENTENCE)


def _break(element: Element, manner: Manner) -> Meaning:
    by_strength = element.read("strength", values.strength)
    pause = element.read("time", values.seconds)
    if pause is None:
        pause = values.strength("medium") if by_strength is None else by_strength
    return Meaning(manner, pause=pause)


def _emphasis(element: Element, manner: Manner) -> Meaning:
    level = element.take("level")
    if level is not None and level not in _EMPHASES:
        element.bad("level", level)
        return Meaning(manner)
    return Meaning(replace(manner, emphasis=_EMPHASES[level or "moderate"]))


def _prosody(element: Element, manner: Manner) -> Meaning:
    rate = element.read("rate", values.rate)
    pitch = element.read("pitch", values.semitones)
    volume = element.read("volume", values.decibels)
    loudness = manner.volume + (volume or 0.0)
    is_silent = math.isinf(loudness)
    return Meaning(
        replace(
            manner,
            rate=_within(element, "rate", manner.rate * (1.0 if rate is None else rate), values.RATES),
            pitch=_within(element, "pitch", manner.pitch + (pitch or 0.0), values.PITCHES),
            volume=loudness if is_silent else _within(element, "volume", loudness, values.VOLUMES),
        )
    )


def _within(element: Element, attribute: str, value: float, limits: tuple[float, float]) -> float:
    bounded = min(max(value, limits[0]), limits[1])
    if bounded != value:
        element.complain(f"`{attribute}` of `{element.name}` was bounded at {bounded:g}")
    return bounded


def _say_as(element: Element, manner: Manner) -> Meaning:
    written = element.take("interpret-as") or ""
    kind = _KINDS.get(written)
    if kind is None:
        element.bad("interpret-as", written)
        element.take("format")
        return Meaning(manner)
    format_ = element.take("format") or ""
    read = _format(kind, format_)
    if format_ and not read:
        element.bad("format", format_)
    return Meaning(manner, reading=SayAs(kind, read))


def _format(kind: str, written: str) -> str:
    """Return a format in its one spelling, `dmy` for `dd.mm.yyyy`; empty if it is not known."""
    written = written.strip().lower()
    if kind == "date" and len(written) <= len("yyyy.mm.dd") and _DATE.fullmatch(written):
        letters = dict.fromkeys(filter(str.isalpha, written))
        return "".join(letters)
    known = (kind == "time" and written in _TIMES) or (kind == "telephone" and _COUNTRY.fullmatch(written))
    return written if known else ""


def _sub(element: Element, manner: Manner) -> Meaning:
    alias = element.take("alias")
    if not alias or alias.isspace():
        element.complain("`sub` was ignored: it has no `alias`")
        return Meaning(manner)
    return Meaning(manner, reading=Alias(alias))


def _phoneme(element: Element, manner: Manner) -> Meaning:
    alphabet = (element.take("alphabet") or "ipa").strip()
    written = element.take("ph") or ""
    convert = _ALPHABETS.get(alphabet.lower())
    if convert is None:
        element.bad("alphabet", alphabet)
        return Meaning(manner)
    try:
        return Meaning(manner, reading=Phonemes(convert(written)))
    except ValueError as reason:
        element.complain(f"`ph` of `phoneme` was ignored: {str(reason).rstrip('.')}")
        return Meaning(manner)


def _voice(element: Element, manner: Manner) -> Meaning:
    name = (element.take("name") or "").strip()
    for attribute in ("xml:lang", "language", "languages"):
        manner = _in_language(element, manner, attribute)
    return Meaning(replace(manner, voice=name) if name else manner)


def _lang(element: Element, manner: Manner) -> Meaning:
    return Meaning(_in_language(element, manner, "xml:lang"))


def _in_language(element: Element, manner: Manner, attribute: str) -> Manner:
    written = element.take(attribute)
    if written is None:
        return manner
    language = values.language(written)
    if language is None:
        element.bad(attribute, written)
        return manner
    return replace(manner, language=language)


def _mark(element: Element, manner: Manner) -> Meaning:
    name = (element.take("name") or "").strip()
    if not name:
        element.complain("`mark` was ignored: it has no `name`")
    return Meaning(manner, mark=name)


def _styled(attribute: str) -> Understand:
    def understand(element: Element, manner: Manner) -> Meaning:
        written = element.take(attribute) or ""
        style = values.style(written)
        if style is None:
            element.bad(attribute, written)
            return Meaning(manner)
        return Meaning(replace(manner, style=style))

    return understand


_ELEMENTS: Mapping[str, Understand] = {
    "speak": _speak,
    "p": _paragraph,
    "s": _sentence,
    "break": _break,
    "emphasis": _emphasis,
    "prosody": _prosody,
    "say-as": _say_as,
    "sub": _sub,
    "phoneme": _phoneme,
    "voice": _voice,
    "lang": _lang,
    "mark": _mark,
    "mstts:express-as": _styled("style"),
    "amazon:emotion": _styled("name"),
    "amazon:effect": _styled("name"),
    "google:style": _styled("name"),
}

"""The values of markup's attributes, as SSML 1.1 (W3C, 2010) and callers write them.

Each function returns None for what it does not understand.
"""

from __future__ import annotations

import math
import re

from stentor.text.language import language_tag
from stentor.text.script import STYLES

RATES = (0.1, 10.0)
"""Least and most, times as fast."""
PITCHES = (-24.0, 24.0)
"""Least and most, in semitones."""
VOLUMES = (-60.0, 12.0)
"""Least and most, in decibels; silence lies below."""
MOST_MARKS = 1000
"""Places in one text whose time may be wanted."""
MOST_PAUSES = 10
"""All pauses together may last this many times the longest."""
ROUNDING = 1e-6
"""What their sum may be beyond it, in seconds."""

_HERTZ = 160.0  # a voice's own pitch, where a change in hertz needs one: between most men's and most women's
_NUMBER = r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})"
_DURATION = re.compile(rf"(?P<number>{_NUMBER})\s?(?P<unit>ms|s)", re.ASCII | re.IGNORECASE)
_QUANTITY = re.compile(rf"(?P<number>{_NUMBER})\s?(?P<unit>%|st|hz|db|)", re.ASCII | re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,10}(?:[-_][a-z0-9]{1,8}){0,5}", re.ASCII | re.IGNORECASE)

_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.3, "x-fast": 1.7}
_PITCHES = {"x-low": -6.0, "low": -3.0, "medium": 0.0, "default": 0.0, "high": 3.0, "x-high": 6.0}
_VOLUMES = {
    "silent": -math.inf, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0,
    "loud": 3.0, "x-loud": 6.0,
}  # fmt: skip
_STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.0}
_STYLES = {
    **{style: style for style in STYLES},
    **dict(
        pair.split(":")
        for pair in """
        normal:neutral cheerful:happy joyful:happy lively:happy depressed:sad disappointed:sad gentle:calm
        whisper:whispering whispers:whispering whispered:whispering
        scared:fearful afraid:fearful terrified:fearful shocked:surprised
        """.split()
    ),
}
STYLE_NAMES = tuple(_STYLES)
"""Every name that `style` knows."""


def seconds(written: str) -> float | None:
    """Read a length of time, such as `1.5s` or `500ms`."""
    found = _DURATION.fullmatch(written.strip())
    if not found or found["number"].startswith("-"):
        return None
    return float(found["number"]) / (1000 if found["unit"].lower() == "ms" else 1)


def strength(written: str) -> float | None:
    """Return how many seconds a break of a strength lasts."""
    return _STRENGTHS.get(_folded(written))


def rate(written: str) -> float | None:
    """Read how many times as fast: a name, `1.2`, `120%`, `+20%` or `-10%`."""
    if (named := _RATES.get(_folded(written))) is not None:
        return named
    number, unit, is_change = _quantity(written)
    if unit == "%":
        return max(1.0 + number / 100 if is_change else number / 100, 0.0)
    return number if unit == "" and not is_change else None


def semitones(written: str) -> float | None:
    """Read a change of pitch: a name, `+2st`, `-10%` or `+20Hz`. What has no sign is read as if it had a +.

    But `120%` is the same as `+20%`, and a pitch in hertz without a sign is not understood: it would be
    one for all voices.
    """
    if (named := _PITCHES.get(_folded(written))) is not None:
        return named
    number, unit, is_change = _quantity(written)
    if unit == "st":
        return number
    if unit == "%":
        return _interval(1.0 + number / 100 if is_change else number / 100)
    return _interval(1.0 + number / _HERTZ) if unit == "hz" and is_change else None


def decibels(written: str) -> float | None:
    """Read a change of volume: a name, `+6dB`, `50%`, `-10%`, or SSML 1.0's scale from 0 to 100."""
    if (named := _VOLUMES.get(_folded(written))) is not None:
        return named
    number, unit, is_change = _quantity(written)
    if unit == "db":
        return number
    if unit not in {"", "%"} or (unit == "" and not is_change and number > 100):  # noqa: PLR2004
        return None
    amplitude = 1.0 + number / 100 if is_change else number / 100
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def style(written: str) -> str | None:
    """Return the one of STYLES that a name means."""
    return _STYLES.get(_folded(written))


def language(written: str) -> str | None:
    """Return the BCP-47 tag a caller means."""
    found = _LANGUAGE.fullmatch(written.strip())
    return language_tag(found[0].replace("_", "-")) if found else None


def _folded(written: str) -> str:
    return written.strip().lower()


def _quantity(written: str) -> tuple[float, str, bool]:
    """Return a number, its unit in lower case, and whether it has a sign; the unit is `?` for no number."""
    found = _QUANTITY.fullmatch(written.strip())
    if not found:
        return 0.0, "?", False
    return float(found["number"]), found["unit"].lower(), found["number"][0] in "+-"


def _interval(ratio: float) -> float:
    return 12 * math.log2(ratio) if ratio > 0 else -math.inf

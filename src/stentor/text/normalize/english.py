"""English."""

from __future__ import annotations

import re

from stentor.text.normalize import spell
from stentor.text.normalize.numbers import NumberFormat
from stentor.text.normalize.rules import DIGIT, Language, Rule

_FORMAT = NumberFormat(decimal=".", grouping=",")
_NUMBER = re.compile(_FORMAT.pattern)


def language(tag: str) -> Language:
    """Return English as it is read in a region, such as `en-GB`."""

    def number(match: re.Match[str]) -> str | None:
        written = _FORMAT.parse(match[0])
        return spell.decimal(written.whole, written.fraction, tag) if written else None

    return Language(tag, _FORMAT, (Rule("numbers", DIGIT, _NUMBER, number),))

"""What Chinese and Japanese have in common: no spaces, and full-width figures."""

from __future__ import annotations

import re

from stentor.text.normalize import spell
from stentor.text.normalize.numbers import NumberFormat
from stentor.text.normalize.quantities import NUMERALS
from stentor.text.normalize.rules import DIGIT, Rule

FORMAT = NumberFormat(decimal=".", grouping=",")

CANDIDATE = re.compile(
    rf"\d++|[{NUMERALS}]"
    r"|(?<![A-Za-z])[A-Za-z]++(?=[^\w\s,;!?\"')\]}]|\s?+\d)"
    r"|[^\w\s.,;:!?'\"()\[\]{}「」『』【】（）《》〈〉、。，．：；！？…—–\-]"
    r"|[-–−+.('](?=[\d$£€¥₹])"
)
"""Where a rule may begin: as elsewhere, but Latin words begin right behind other letters."""

CLOCK = r"(?P<h>\d{1,2})：(?P<m>\d\d)(?!\d)"
"""A time with a full-width colon, as `time_rules` takes it."""

_WIDE_DECIMAL = re.compile(r"(?P<whole>\d++)．(?P<fraction>\d++)")
_WIDE_GROUPS = re.compile(r"\d{1,3}(?>(?:，\d{3}){1,5})(?![，\d])")


def wide_rules(tag: str) -> tuple[Rule, ...]:
    """Return the rules for figures with a full-width point or full-width commas."""

    def decimal(match: re.Match[str]) -> str:
        return spell.decimal(match["whole"], match["fraction"], tag)

    def grouped(match: re.Match[str]) -> str:
        return spell.decimal(match[0].replace("，", ""), "", tag)

    return Rule("numbers", DIGIT, _WIDE_DECIMAL, decimal), Rule("numbers", "[０-９]", _WIDE_GROUPS, grouped)

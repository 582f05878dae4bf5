"""Abbreviations, signs and telephone numbers, in any language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stentor.text.normalize import spell
from stentor.text.normalize.rules import DIGIT, LETTER, Rule

_SPACE = "[ \u00a0\u202f]?"
_FEWEST_DIGITS = 7
_MOST_REPEATED = 2
# Other signs that become words: between them and a sign is no letter that would keep its word apart.
_SAID_BEFORE = frozenset("%‰€$£¥₹°²³+=&×÷")
_SAID_BEHIND = frozenset("€$£¥₹")
_INTERNATIONAL = re.compile(r"\+(?P<country>\d{1,3}+)(?:[ \u00a0./-]{0,2}+\(?\d{1,5}\)?){2,6}(?!\d)")
_NATIONAL = re.compile(r"(?:\(0\d{1,5}\)|0\d{1,5})(?>(?:[ \u00a0./-]{1,3}\d{2,8}){1,6})(?!\d|[.,:]\d)")


def abbreviation_rule(words: Mapping[str, str], behind: str = r"(?![^\W\d_])") -> Rule:
    """Return the rule for abbreviations; those in small letters may begin with a capital.

    A space in one may be left out. `behind` is the source of an expression for what must follow.
    A point that ends the text as well stays.
    """
    forms = dict(words)
    for written, said in words.items():
        if written[0].islower():
            forms.setdefault(written[0].upper() + written[1:], said[0].upper() + said[1:])
    known = {"".join(written.split()): said for written, said in forms.items()}
    sources = (
        _SPACE.join(map(re.escape, written.split())) for written in sorted(forms, key=len, reverse=True)
    )

    def read(match: re.Match[str]) -> str:
        written = "".join(match[0].split())
        is_end = written.endswith(".") and not match.string[match.end() : match.end() + 4].strip()
        return known[written] + "." if is_end else known[written]

    return Rule("abbreviations", LETTER, re.compile(f"(?:{'|'.join(sources) or '(?!)'}){behind}"), read)


def sign_rules(words: Mapping[str, str], gap: str) -> tuple[Rule, ...]:
    r"""Return the rules for signs by the sources of their expressions, such as `&` and `#(?=\d)`.

    A sign that stands three times and more is an ornament, and left as it is. `gap` parts words.
    """

    def rule(source: str, said: str) -> Rule:
        def read(match: re.Match[str]) -> str | None:
            around = match.string[max(match.start() - 2, 0) : match.end() + 2]
            if match[0][0] * (_MOST_REPEATED + 1) in around:
                return None
            left = gap if match.string[max(match.start() - 1, 0) : match.start()] in _SAID_BEFORE else ""
            right = gap if match.string[match.end() : match.end() + 1] in _SAID_BEHIND else ""
            return f"{left}{said}{right}"

        first = source[: 2 if source[0] == "\\" else 1]
        return Rule("symbols", first, re.compile(source), read)

    return tuple(rule(source, said) for source, said in words.items())


def telephone_rules(tag: str, plus: str, pause: str = ", ", *, by_pairs: bool = False) -> tuple[Rule, ...]:
    """Return the rules for telephone numbers with a country's code, or in groups and with a zero before them.

    They are said digit by digit, or pair by pair, with a pause between the groups. `plus` has its space.
    """

    def group(figures: str) -> str:
        if by_pairs and len(figures) == 2 and figures[0] != "0":  # noqa: PLR2004
            return spell.decimal(figures, "", tag)
        return spell.digits(figures, tag)

    def read(match: re.Match[str]) -> str | None:
        groups = re.findall(r"\d+", match[0].replace("(0)", ""))
        if sum(map(len, groups)) < _FEWEST_DIGITS:
            return None
        said = pause.join(map(group, groups))
        return plus + said if match[0][0] == "+" else said

    return (
        Rule("telephones", r"\+", _INTERNATIONAL, read),
        Rule("telephones", rf"{DIGIT}|\(", _NATIONAL, read),
    )

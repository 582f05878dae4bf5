"""English as it is read aloud in a region; without a region, as in the United States."""

from __future__ import annotations

import re

from stentor.text.normalize.emoji import emoji_rules
from stentor.text.normalize.english.calendar import date_rules, year_rules
from stentor.text.normalize.english.clock import time_rules
from stentor.text.normalize.english.codes import code_rules
from stentor.text.normalize.english.money import currency_rules
from stentor.text.normalize.english.quantities import measure_rules, number_rules
from stentor.text.normalize.english.roman import roman_rules
from stentor.text.normalize.english.said import readers
from stentor.text.normalize.english.style import FORMAT, Style
from stentor.text.normalize.english.symbols import symbol_rules
from stentor.text.normalize.english.words import AT_END, UNDOTTED, abbreviation_rules
from stentor.text.normalize.rules import CANDIDATE, Language
from stentor.text.normalize.web import Words, web_rules

_WORDS = Words(dot="dot", slash="slash", at="at", dash="dash", underscore="underscore", plus="plus")
_CANDIDATE = re.compile(
    rf"{CANDIDATE.pattern}|[!<>=]=|[-=]>|(?<![^\W_])(?:{UNDOTTED}|[A-Z][a-z]{{2,8}}+(?=\.?[ ]['’]\d\d)"
    rf"|[A-Za-z]{{2,12}}+(?=[ \u00a0][IVXLC]{{1,12}}+(?![^\W_])))"
)
_QUICK = re.compile(
    r"[^A-Za-z\s,;!?'\"()’“”…—.-]|\.(?![\"'”’)\s]*+\Z)"  # a dot at the end alone says little
    r"|[IVXLC](?![a-z'’])"
    rf"|{UNDOTTED}"
    rf"|{AT_END}|[a-z.]-[A-Z]"
)


def language(tag: str) -> Language:
    """Return English as it is read in a region, such as `en-GB`."""
    style = Style(tag)
    rules = (
        *emoji_rules(tag, flag="{} flag", ampersand="and"),
        *web_rules(_WORDS, style.short),
        *date_rules(style),
        *time_rules(style),
        *currency_rules(style),
        *code_rules(style),
        *measure_rules(style),
        *year_rules(style),
        *roman_rules(style),
        *abbreviation_rules(),
        *symbol_rules(style),
        *number_rules(style),
    )
    return Language(tag, FORMAT, rules, say_as=readers(style, rules), quick=_QUICK, candidate=_CANDIDATE)

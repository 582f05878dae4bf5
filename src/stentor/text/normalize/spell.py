"""Numbers as words, in some ninety languages.

The rules are those of Unicode's CLDR, which `unicode-rbnf` carries and follows; what they say otherwise than
people do is mended in `mend.py`. A language is a BCP-47 tag: `de-AT` is read as `de`, while `fr-CH`, `pt-PT`,
`en-IN` and `zh-TW` have rules of their own, and `en-GB` says "one hundred and five" where `en-US` does not.
A tag of a language without rules raises LookupError; `knows` tells beforehand.

A number of more than fifteen digits is read digit by digit.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from unicode_rbnf import RbnfEngine
from unicode_rbnf.engine import NoRuleForNumberError, RbnfSpecialRule, RulesetNotFoundError, TextRulePart

from stentor.text.normalize import mend

Kind: TypeAlias = Literal["cardinal", "ordinal", "year"]

_MOST_DIGITS = 15
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
_WITHOUT_AND = frozenset({"us", "ca", "ph"})
_OTHER_NAMES = {"cmn": "zh", "nb": "no", "tl": "fil", "iw": "he", "in": "id", "prs": "fa"}
_UNSPACED = frozenset({"zh", "ja", "yue"})

# Where a language has several rules for the same thing, the one for a number that stands alone.
_ALONE = {"zh": "spellout-cardinal", "yue": "spellout-cardinal", "ko": "spellout-cardinal-sinokorean"}

_AS_ONE_NUMBER = {"fr": 3, "es": 2, "it": 2, "pt": 2}
"""How many decimals are read as one number: 3,14 is "trois virgule quatorze"."""


@dataclass(frozen=True, slots=True)
class _Variety:
    """A language as it is counted in somewhere."""

    language: str
    rules: str
    """The name of the rules in CLDR, such as `pt_PT`."""
    with_and: bool
    """Whether English says "one hundred and five"."""
    region: str


def knows(language: str) -> bool:
    """Tell whether numbers can be said in a language."""
    return _primary(language) in _languages()


def cardinal(number: int, language: str, gender: str | None = None) -> str:
    """Return a number in words, such as "twenty-one"; `gender` is that of what is counted.

    `gender` is `masculine`, `feminine` or `neuter`; one that the language does not have changes nothing.
    """
    return _spelled("cardinal", number, _variety(language), gender)


def ordinal(number: int, language: str, gender: str | None = None) -> str:
    """Return a number as a rank, such as "twenty-first"; as a cardinal where CLDR has no ordinals."""
    return _spelled("ordinal", number, _variety(language), gender)


def year(number: int, language: str) -> str:
    """Return a number as a year, such as "nineteen eighty-four"."""
    return _spelled("year", number, _variety(language), None)


def digits(text: str, language: str) -> str:
    """Return the digits in a text one by one, in any script's digits; other characters say nothing."""
    return _digits(text, _variety(language))


def decimal(whole: str, fraction: str, language: str, gender: str | None = None) -> str:
    """Return a number that is written in digits of any script, such as "three point one four".

    `whole` may be empty or begin with a minus; without a fraction it is read as `cardinal` reads it.
    Neither holds marks between groups.
    """
    variety = _variety(language)
    below_zero = whole[:1] in ("-", "−")
    figures = whole.lstrip("+-−") or "0"
    gap = "" if variety.language in _UNSPACED else " "
    words = [_words_of("-", variety)] if below_zero else []
    words.append(_integer(figures, variety, None if fraction else gender))
    if fraction:
        words += [_words_of(".", variety), _fraction(fraction, variety)]
    return gap.join(words)


@lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    return frozenset(RbnfEngine.get_supported_languages())


def _primary(language: str) -> str:
    primary = re.split("[-_]", language.casefold(), maxsplit=1)[0]
    return _OTHER_NAMES.get(primary, primary)


@lru_cache(maxsize=256)
def _variety(language: str) -> _Variety:
    primary = _primary(language)
    if primary not in _languages():
        raise LookupError(f"There are no rules for numbers in `{language[:40]}`")
    subtags = re.split("[-_]", language.casefold())[1:]
    regions = [subtag for subtag in subtags if len(subtag) == 2 or (len(subtag) == 3 and subtag.isdigit())]  # noqa: PLR2004
    region = regions[0] if regions else ""
    if primary == "zh" and "hans" not in subtags and not _TRADITIONAL.isdisjoint(subtags):
        rules = "zh_Hant"
    else:
        narrower = [f"{primary}_{tag}" for subtag in subtags for tag in (subtag.upper(), subtag.title())]
        rules = next((name for name in narrower if name in _languages()), primary)
    with_and = primary == "en" and bool(region) and region not in _WITHOUT_AND
    return _Variety(primary, rules, with_and, region)


@lru_cache(maxsize=32)
def _engine(rules: str) -> RbnfEngine:
    return RbnfEngine.for_language(rules)


@lru_cache(maxsize=8192)
def _spelled(kind: Kind, number: int, variety: _Variety, gender: str | None) -> str:
    if abs(number) >= 10**_MOST_DIGITS:
        return _by_digits(str(number), variety)
    if number < 0:
        gap = "" if variety.language in _UNSPACED else " "
        return _words_of("-", variety) + gap + _spelled(kind, -number, variety, gender)
    own = mend.own_words(
        kind, number, variety.rules, gender, lambda part: _spelled("cardinal", part, variety, None)
    )
    if own:
        return own
    if kind == "year" and variety.with_and and (number < 1000 or 2000 < number < 2010):  # noqa: PLR2004
        kind = "cardinal"
    words = _followed(_ruleset(kind, variety, gender), number, variety)
    if words is None and kind != "cardinal":
        return _spelled("cardinal", number, variety, gender)
    if words is None:
        return _by_digits(str(number), variety)
    return mend.mended(kind, words, variety.rules)


def _ruleset(kind: Kind, variety: _Variety, gender: str | None) -> str:
    """Return the name of the rules in CLDR that say a number in this way."""
    rulesets = _engine(variety.rules).rulesets
    verbose = "-verbose" if variety.with_and else ""
    by_kind = {
        "cardinal": [
            f"spellout-cardinal-{gender}",
            f"spellout-cardinal{verbose}" if verbose else _ALONE.get(variety.language, ""),
            "spellout-numbering",
            "spellout-cardinal",
        ],
        "ordinal": [
            f"spellout-ordinal-{gender}",
            f"spellout-ordinal{verbose}",
            "spellout-ordinal-masculine",
            "spellout-ordinal-reale",
            "spellout-ordinal-sinokorean",
        ],
        "year": ["spellout-numbering-year"],
    }
    return next((name for name in by_kind[kind] if name in rulesets), "")


def _followed(ruleset: str, number: int, variety: _Variety) -> str | None:
    """Follow the rules for a number; None if there are none, or they leave digits."""
    try:
        words = "".join(_engine(variety.rules).iter_format_number(number, ruleset))
    except (NoRuleForNumberError, RulesetNotFoundError):
        return None
    words = words.replace("\xad", "").strip()
    return None if not words or any(map(str.isdecimal, words)) else words


def _integer(figures: str, variety: _Variety, gender: str | None) -> str:
    if len(figures) > _MOST_DIGITS:
        return _digits(figures, variety)
    return _spelled("cardinal", int(figures), variety, gender)


def _fraction(figures: str, variety: _Variety) -> str:
    """Return decimals one by one, or as one number behind their zeros where people do."""
    rest = "".join(str(unicodedata.digit(figure)) for figure in figures).lstrip("0")
    if not rest or len(figures) > _AS_ONE_NUMBER.get(variety.language, 0):
        return _digits(figures, variety)
    zeros = _digits("0" * (len(figures) - len(rest)), variety)
    return f"{zeros} {_integer(rest, variety, None)}".strip()


def _digits(text: str, variety: _Variety) -> str:
    gap = "" if variety.language in _UNSPACED else " "
    values = (unicodedata.digit(character, -1) for character in text)
    return gap.join(_spelled("cardinal", value, variety, None) for value in values if value >= 0)


def _by_digits(figures: str, variety: _Variety) -> str:
    """Return a long number digit by digit, with its minus."""
    words = _digits(figures, variety)
    gap = "" if variety.language in _UNSPACED else " "
    return _words_of("-", variety) + gap + words if figures.startswith("-") else words


@lru_cache(maxsize=256)
def _words_of(sign: Literal["-", "."], variety: _Variety) -> str:
    """Return what a language says for a minus or for the mark before decimals."""
    if own := mend.sign(sign, variety.rules, variety.region):
        return own
    kind = RbnfSpecialRule.NEGATIVE_NUMBER if sign == "-" else RbnfSpecialRule.IMPROPER_FRACTION
    engine = _engine(variety.rules)
    for ruleset in engine.rulesets.values():
        rule = ruleset.special_rules.get(kind)
        texts = [part.text.strip() for part in rule.parts if isinstance(part, TextRulePart)] if rule else []
        if ruleset.name.startswith("spellout") and any(texts):
            return " ".join(text for text in texts if text)
    return "minus" if sign == "-" else "point"

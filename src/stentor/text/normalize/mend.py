"""What people say otherwise than CLDR's rules for numbers do, by the name of the rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Say: TypeAlias = Callable[[int], str]
"""Says a cardinal in the same language."""

_SIGNS = {
    ("-", "hi"): "माइनस",
    ("-", "ja"): "マイナス",
    (".", "es"): "coma",
    (".", "ja"): "点",
}

POINT_IN_SPANISH = frozenset("do gt hn mx ni pa pr sv us".split())
"""The regions where Spanish writes a decimal point."""

_SUBSTITUTIONS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("cardinal", "en"): ((",", ""),),
    ("ordinal", "en"): ((",", ""),),
    ("ordinal", "de"): (
        ("^eine (?=[MB])", ""),
        ("^ein(?=(?:hundert|tausend)ste$)", ""),
        ("ardeste$", "ardste"),
    ),
    ("ordinal", "es"): (
        (r"\bdecimoprimer(?=[oa]$)", "undécim"),
        (r"\bdecimosegund(?=[oa]$)", "duodécim"),
        ("^un (?=m)", ""),
        (" (?=milésim)", ""),
    ),
    ("cardinal", "it"): ((r"\Btre$", "tré"),),
    ("cardinal", "fr_BE"): (("quatre-vingt (?!mi|bi)", "quatre-vingt-"), ("vingts (?=mille)", "vingt ")),
    ("ordinal", "pt"): (("^uma? (?=milion|bilion)", ""),),
    ("cardinal", "pt"): ((r"(?<!e )\bum mil(?= milh| bili)", "mil"),),
    ("cardinal", "zh"): (("^二(?=[千万亿兆])", "两"),),
    ("cardinal", "zh_Hant"): (("^二(?=[千萬億兆])", "兩"),),
    ("cardinal", "yue"): (("^二(?=[千萬億兆])", "兩"),),
    ("cardinal", "ja"): (("^〇$", "ゼロ"), ("(?<![一二三四五六七八九])千(?=[万億兆])", "一千")),
    ("ordinal", "hi"): (("वी$", "वीं"), ("^एक (?=[^ ]+$)", "")),
}

_ITALIAN_ORDINALS = "zeresimo primo secondo terzo quarto quinto sesto settimo ottavo nono decimo".split()
_HUNDRED_MILLIONS = 10**8


def sign(mark: str, rules: str, region: str) -> str | None:
    """Return what is said for a minus (`-`) or before decimals (`.`), where it is not what CLDR says."""
    if rules == "es" and mark == "." and region in POINT_IN_SPANISH:
        return "punto"
    return _SIGNS.get((mark, rules))


def own_words(kind: str, number: int, rules: str, gender: str | None, say: Say) -> str | None:
    """Return the words for a number of zero or more where CLDR's own are wrong or unusual; None where not."""
    if kind == "year":
        return _year(number, rules, say)
    if kind == "ordinal":
        return _ordinal(number, rules, feminine=gender == "feminine", say=say)
    if rules == "hi" and number == 100:  # noqa: PLR2004
        return "सौ"
    if rules == "it" and gender and number != 1:
        return say(number)
    if rules == "zh" and number >= 10_000 * _HUNDRED_MILLIONS:
        return _many_chinese_millions(number, say)
    return None


def mended(kind: str, words: str, rules: str) -> str:
    """Return the words of CLDR as people say them."""
    language = rules.partition("_")[0]
    for pattern, said in _SUBSTITUTIONS.get((kind, rules)) or _SUBSTITUTIONS.get((kind, language), ()):
        words = re.sub(pattern, said, words)
    return words


def _year(number: int, rules: str, say: Say) -> str | None:
    if rules.startswith(("fr", "ja")):
        return say(number)
    if rules.startswith(("zh", "yue")):
        return "".join(say(int(figure)) for figure in str(number)) if number > 99 else say(number)  # noqa: PLR2004
    if rules == "hi" and 1100 <= number < 2000:  # noqa: PLR2004
        hundreds, rest = divmod(number, 100)
        return f"{say(hundreds)} सौ {say(rest) if rest else ''}".strip()
    return None


def _ordinal(number: int, rules: str, *, feminine: bool, say: Say) -> str | None:
    if rules.startswith("fr"):
        return _french_ordinal(number, feminine=feminine, say=say)
    if rules == "it":
        return _italian_ordinal(number, feminine=feminine, say=say)
    return "第" + say(number) if rules.startswith(("zh", "ja")) else None


def _french_ordinal(number: int, *, feminine: bool, say: Say) -> str:
    if number == 1:
        return "première" if feminine else "premier"
    words = re.sub("^un (?=[mb]illi)", "", say(number))
    words = re.sub("(vingt|cent|illion|illiard)s$", r"\1", words).removesuffix("e")
    words = re.sub("cinq$", "cinqu", words)
    return re.sub("f$", "v", words) + "ième"


def _italian_ordinal(number: int, *, feminine: bool, say: Say) -> str:
    words = say(number).removeprefix("un ")
    if number < len(_ITALIAN_ORDINALS):
        words = _ITALIAN_ORDINALS[number]
    elif words.endswith("dieci"):
        words = words.removesuffix("dieci") + "decimo"
    elif words.endswith("mila"):
        words = words.removesuffix("mila") + "millesimo"
    elif words.endswith("tré"):
        words = words.removesuffix("é") + "eesimo"
    else:
        words = (words if words.endswith("sei") else words[:-1]) + "esimo"
    return words[:-1] + "a" if feminine else words


def _many_chinese_millions(number: int, say: Say) -> str:
    """Count by 亿 beyond 万亿: 兆 means a million on the mainland as well."""
    many, rest = divmod(number, _HUNDRED_MILLIONS)
    if not rest:
        return f"{say(many)}亿"
    return f"{say(many)}亿{'零' if rest < _HUNDRED_MILLIONS // 10 else ''}{say(rest)}"

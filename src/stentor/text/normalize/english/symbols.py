"""Signs in English: what is said for +, &, ≥, #5 and x²."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from stentor.text.normalize.english.style import Style
from stentor.text.normalize.rules import LETTER, Rule

_NAMES = {
    "&": "and", "&&": "and", "+": "plus", "=": "equals", "==": "equals", "===": "equals", "@": "at",
    "%": "percent", "‰": "per mille", "°": "degrees", "≤": "less than or equal to",
    "≥": "greater than or equal to", "<=": "less than or equal to", ">=": "greater than or equal to",
    "≠": "not equal to", "!=": "not equal to", "≈": "approximately", "≅": "approximately",
    "±": "plus or minus", "×": "times", "÷": "divided by", "√": "square root of", "∞": "infinity",
    "→": "to", "⇒": "to", "->": "to", "=>": "to", "←": "from", "↔": "to and from", "§": "section",
    "§§": "sections", "¶": "paragraph", "©": "copyright", "®": "", "™": "", "†": "", "‡": "", "•": ",",
    "№": "number", "∑": "sum of", "∏": "product of", "∆": "delta", "∂": "partial", "∫": "integral of",
    "∈": "in", "∩": "intersection", "∪": "union", "⊂": "subset of", "∀": "for all", "∃": "there is",
    "¬": "not", "∧": "and", "∨": "or", "∝": "proportional to", "℅": "care of", "℗": "copyright",
    "℮": "estimated", "−": "minus",
}  # fmt: skip
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_NAMES, key=len, reverse=True)))
_LONG_RUN = re.compile(r"([=+&@%~^|<>*#_])\1{3,}+")
_NUMBER = r"(?=[ ]?[-−]?[\d.$£€¥₹])"
_LESS = re.compile(rf"(?P<sign>[<>])(?:{_NUMBER}|(?<=[\w)] [<>])(?= [\w(]))")
_ABOUT = re.compile(rf"[~∼]{_NUMBER}")
_HASH = re.compile(r"#(?=\d)")
_TAG = re.compile(r"#(?=[^\W\d])")
_TIMES = re.compile(r"(?<=[\d) ])\*(?=[ ]?[\w(])")
_POWER = re.compile(r"(?<=[\w)])\^(?=[\w(+-])")
_OVER = re.compile(r"(?<=\d)/(?=\d)")
_MINUS = re.compile(r"(?<![\w)\]%°\"'’”.,])[-–−](?=[\d.$£€¥₹])")
_LETTER_WITH_SIGN = re.compile(r"(?P<letter>[A-Za-z])(?P<sign>\+\+|#|\+)(?![\w+#])")
_SIGN_NAMES = {"++": "plus plus", "#": "sharp", "+": "plus"}
_RAISED = re.compile(r"[⁺⁻]?[⁰¹²³⁴-⁹]{1,9}+")
_NUMERAL = re.compile("[₀-₉]{1,9}+|[⅐-ↈ①-⓿❶-➓㉑-㊿]")
_POWERS = {"²": "squared", "³": "cubed"}


def _raised(match: re.Match[str], style: Style) -> str | None:
    if not re.match(r"[\w)\]]", match.string[match.start() - 1 : match.start()]):
        return style.cardinal(_digits(match[0]))
    if match[0] in _POWERS:
        return f" {_POWERS[match[0]]}"
    minus = "minus " if match[0][0] == "⁻" else ""
    return f" to the power of {minus}{style.cardinal(_digits(match[0]))}"


def _digits(text: str) -> str:
    return "".join(str(value) for sign in text if (value := unicodedata.digit(sign, None)) is not None)


def _numeral(match: re.Match[str], style: Style) -> str | None:
    if digits := _digits(match[0]):
        return style.cardinal(digits)
    value = unicodedata.numeric(match[0], 0.5)
    return style.cardinal(str(int(value))) if value.is_integer() else None


def symbol_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for signs."""

    def said(word: str) -> Callable[[re.Match[str]], str]:
        return lambda _: word

    firsts = "".join(sorted({re.escape(sign[0]) for sign in _NAMES}))
    return (
        Rule("numbers", "[-–−]", _MINUS, said("minus ")),
        Rule("symbols", r"[=+&@%~^|<>*#_]", _LONG_RUN, said("")),
        Rule(
            "symbols",
            LETTER,
            _LETTER_WITH_SIGN,
            lambda match: f"{match['letter']} {_SIGN_NAMES[match['sign']]}",
        ),
        Rule("symbols", "[<>]", _LESS, lambda match: "less than" if match["sign"] == "<" else "greater than"),
        Rule("symbols", "[~∼]", _ABOUT, said("about ")),
        Rule("symbols", "#", _HASH, said("number ")),
        Rule("symbols", "#", _TAG, said("hashtag ")),
        Rule("symbols", r"\*", _TIMES, said("times")),
        Rule("symbols", "x", re.compile(r"(?<=\d )x(?= \d)"), said("times")),
        Rule("symbols", r"\^", _POWER, said(" to the power of ")),
        Rule("symbols", "/", _OVER, said(" over ")),
        Rule("symbols", "[⁺⁻⁰¹²³⁴-⁹]", _RAISED, lambda match: _raised(match, style)),
        Rule("symbols", "[₀-₉⅐-ↈ①-⓿❶-➓㉑-㊿]", _NUMERAL, lambda match: _numeral(match, style)),
        Rule("symbols", "©", re.compile(r"(?<=[Cc]opyright )©[ ]?"), said("")),
        Rule("symbols", f"[{firsts}]", _SIGN, lambda match: _NAMES[match[0]]),
    )

"""Digits that name a thing in English: telephones, addresses of machines, versions, GPT-4 and A380."""

from __future__ import annotations

import re

from stentor.text.normalize.english.style import DASH, Style, before
from stentor.text.normalize.rules import DIGIT, LETTER, Rule

_GAP = r"[ .\u00a0-]?"
_EXTENSION = r"(?:,?[ ]?(?:x|ext\.?|extension)[ ]?(?P<extension>\d{1,6}))?(?![-]?\d)"
_TELEPHONE = re.compile(
    "(?P<number>"
    rf"\+\d{{1,3}}{_GAP}(?:\(\d{{1,4}}\)|\d{{1,4}})(?>(?:{_GAP}\d{{2,4}}){{1,5}})"
    r"|\+\d{7,15}"
    r"|(?:1[ .-]?)?\(\d{3}\)[ .-]?\d{3}[ .-]?\d{4}"
    r"|(?:1[ .-])?\d{3}(?P<mark>[ .-])\d{3}(?P=mark)\d{4}"
    r"|\(0\d{2,4}\)[ ]?\d{3,4}[ ]?\d{3,4}"
    r"|0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}"
    r"|0\d{4}[ ]\d{5,6}"
    r"|0800[ ]\d{3}[ ]?\d{3,4}"
    r"|\d{3}-\d{4}"
    rf"){_EXTENSION}"
)
_BEFORE_EXTENSION = re.compile(r",?[ ]?(?:x|ext\.?|extension)[ ]?", re.IGNORECASE)
_AMERICAN = re.compile(r"(1)?(\d{3})?(\d{3})(\d{4})")
_LOCAL = re.compile(r"\d{3}-\d{4}")
_FEWEST, _MOST = 7, 15  # digits in a telephone number; ITU-T E.164 has the most
_EMERGENCY = re.compile(r"(?:911|999|112|000|111|101|311|411|988)(?!\w|[.,:/-]\d)")
_CALLING = re.compile(r"(?i:\b(?:call|dial|dialling|dialing|ring|phone|text|called|dialed|calling))[ ]\Z")
_CARD = re.compile(r"(?:\d{4}([ -])\d{4}(?:\1\d{4}){1,3}|\d{5}-\d{4})(?![ -]?\d)")
_IP = re.compile(r"(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?::(?P<port>\d{1,5}))?(?:/(?P<mask>\d{1,2}))?(?![.\d])")
_VERSION = re.compile(
    r"(?P<v>(?:v\.?[ ]?|V(?=\d++\.\d)|[vV]er\.?[ ]?|[vV]ersion[ ])?)(?P<number>\d++(?>(?:\.\d++)*))"
)
_IS_VERSION = re.compile(r"(?i:\bversions?)[ ]\Z")
_CHAIN = re.compile(rf"\d++(?>(?:{DASH}\d++){{2,}})")
_GLUED = re.compile(r"[^\W\d_]++(?>(?:['’][^\W\d_]++)?)(?>(?:[-_.]?(?=[^\W_])(?:\d++|[^\W\d_]++)){0,24})")
_PIECE = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|[-_.]")
_HAS_DIGIT = re.compile(r"\d")
_HEX = re.compile(r"0[xX](?P<hex>[0-9A-Fa-f]{1,16})(?!\w)")


def telephone_in_words(text: str, style: Style) -> str:
    """Say a telephone number group by group; an American one that has no groups in the usual ones."""
    number, *extension = _BEFORE_EXTENSION.split(text, maxsplit=1)
    groups = re.findall(r"\d+", number)
    usual = _AMERICAN.fullmatch(groups[0]) if len(groups) == 1 and style.is_american else None
    said = [_telephone_digits(group, style) for group in (filter(None, usual.groups()) if usual else groups)]
    said += [f"extension {_telephone_digits(digits, style)}" for digits in extension]
    return ("plus " if number.startswith("+") else "") + ", ".join(said)


def _telephone_digits(digits: str, style: Style) -> str:
    words = style.digits(digits)
    return words if style.is_american else words.replace("zero", "oh")


class _Codes:
    def __init__(self, style: Style) -> None:
        self._style = style

    def telephone(self, match: re.Match[str]) -> str | None:
        count = sum(map(str.isdecimal, match["number"]))
        if not _FEWEST <= count <= _MOST or _is_range(match):
            return None
        return telephone_in_words(match[0], self._style)

    def emergency(self, match: re.Match[str]) -> str | None:
        return self._style.digits(match[0]) if _CALLING.search(before(match)) else None

    def card(self, match: re.Match[str]) -> str:
        return ", ".join(self._style.digits(group) for group in re.findall(r"\d+", match[0]))

    def ip(self, match: re.Match[str]) -> str | None:
        groups = match["ip"].split(".")
        if any(int(group) > 255 for group in groups):  # noqa: PLR2004
            return None
        spoken = " dot ".join(self._group(group) for group in groups)
        port = f" port {self._style.digits(match['port'])}" if match["port"] else ""
        mask = f" slash {self._style.cardinal(match['mask'])}" if match["mask"] else ""
        return spoken + port + mask

    def _group(self, digits: str) -> str:
        return self._style.digits(digits) if len(digits) > 2 else self._style.short(digits)  # noqa: PLR2004

    def version(self, match: re.Match[str]) -> str | None:
        groups = match["number"].split(".")
        if not match["v"] and (len(groups) < 3 or all(len(group) == 3 for group in groups[1:])):  # noqa: PLR2004
            return None
        word = "version " if match["v"] and not _IS_VERSION.search(before(match)) else ""
        return word + " point ".join(self._style.short(group) for group in groups)

    def chain(self, match: re.Match[str]) -> str:
        groups = re.findall(r"\d+", match[0])
        is_short = all(len(group) < 3 for group in groups)  # noqa: PLR2004
        say = self._style.short if is_short else self._style.digits
        return (" " if is_short else ", ").join(map(say, groups))

    def glued(self, match: re.Match[str]) -> str | None:
        """Say letters with digits on them: the letters stay, the digits become words."""
        if not _HAS_DIGIT.search(match[0]):
            return None
        pieces = _PIECE.findall(match[0])
        if _is_compound(match[0]):
            return None
        spoken = ""
        for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
            if piece[0].isdecimal():
                spoken += " point ".join(map(self._style.short, piece.split("."))) + " "
            elif piece == "." and following:
                spoken += "dot "
            elif piece == "A" and following:
                spoken += "A-"  # A alone would be read as the article
            elif piece not in "-_.":
                spoken += piece + " "
        return spoken.replace("A-dot", "A dot").rstrip(" -")

    def hexadecimal(self, match: re.Match[str]) -> str:
        spoken = (self._style.digits(sign) if sign.isdecimal() else sign.upper() for sign in match["hex"])
        return f"hex {' '.join(spoken)}"


def _is_range(match: re.Match[str]) -> bool:
    """Tell whether three and four digits are likelier pages or a span than a telephone number."""
    if not _LOCAL.fullmatch(match["number"]):
        return False
    is_round = match["number"][2] == "0" and match["number"].endswith("00")
    return (
        is_round
        or re.search(r"(?i:\b(?:pages?|pp\.?|lines?|years?|from|between))[ ]\Z", before(match)) is not None
    )


def _is_compound(text: str) -> bool:
    """Tell whether a word is joined to a number that is read by itself, such as mid-1990s and top-10."""
    return re.fullmatch(r"[a-z]{2,}-\d.*", text) is not None


def code_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for digits that name a thing."""
    codes = _Codes(style)
    return (
        Rule(
            "telephones", r"[\d(+]", _TELEPHONE, codes.telephone, re.compile(r"\d[ .-]?\(\d|\d+[ .-]\d\d\d")
        ),
        Rule("telephones", DIGIT, _EMERGENCY, codes.emergency, re.compile(r"\d{3}(?!\d)")),
        Rule("numbers", DIGIT, _CARD, codes.card, re.compile(r"\d{4,5}[ -]\d\d\d")),
        Rule("numbers", DIGIT, _IP, codes.ip, re.compile(r"\d{1,3}\.\d")),
        Rule("numbers", DIGIT, _HEX, codes.hexadecimal, re.compile(r"\d[A-Za-z]\w")),
        Rule("numbers", rf"{DIGIT}|[vV]", _VERSION, codes.version, re.compile(r"\d+\.\d")),
        Rule("numbers", DIGIT, _CHAIN, codes.chain, re.compile(rf"\d+{DASH}\d")),
        Rule("numbers", LETTER, _GLUED, codes.glued),
    )

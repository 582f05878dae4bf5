"""Roman numerals in English, behind the names that have them: Chapter IV, Henry VIII, World War II."""

from __future__ import annotations

import re

from stentor.text.normalize.english.style import Style, after
from stentor.text.normalize.rules import LETTER, Rule

_COUNTED = frozenset(
    """
    chapter part parts book volume act scene section article phase type stage figure table unit episode
    lesson level grade title war bowl schedule annex canto movement symphony sonata mark season psalm step
    rule option
    """.split()
)
"""Things that are counted."""
_RANKED = frozenset(
    """
    henry louis elizabeth george charles james william edward richard paul benedict pius leo gregory
    clement innocent napoleon philip francis frederick catherine mary peter alexander nicholas ivan
    ramesses rameses xerxes darius ptolemy otto ferdinand alfonso carlos gustav christian haakon harald
    olaf wilhelm leopold albert umberto emmanuel victor sixtus urban boniface stephen robert david kenneth
    constantine theodosius justinian selim mehmed suleiman murad hassan mohammed hussein abdullah rama
    john julius joseph adrian celestine honorius martin eugene nero cleopatra artaxerxes antiochus
    seleucus mithridates thutmose amenhotep seti margrethe carl erik eric sigismund casimir wenceslaus
    ottokar matthias maximilian rudolf conrad lothar theodore juan pedro afonso manuel sancho baldwin
    amalric bohemond rainier
    """.split()
)
"""Names of monarchs and popes."""
_SHORT = {"vol": "volume", "ch": "chapter", "pt": "part", "bk": "book", "art": "article", "sec": "section"}
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN = re.compile(
    r"(?P<name>[A-Za-z]{2,12})(?P<dot>\.?)[ \u00a0](?P<roman>[IVXLC]{1,12})(?![^\W_]|['’][a-z]{2})"
)
_WELL_FORMED = re.compile(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_NOT_THE_PRONOUN = re.compile(
    r"\Z|[.,;:!?)\]\"”'’]|[ \u00a0](?:of|was|died|and his|and her|reigned|became|ruled)\b"
)


def value_of(roman: str) -> int | None:
    """Return the number that a Roman numeral is, at most 399; None if it is none."""
    if not roman or not _WELL_FORMED.fullmatch(roman):
        return None
    values = [_VALUES[sign] for sign in roman]
    return sum(-low if low < high else low for low, high in zip(values, [*values[1:], 0], strict=True))


def roman_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rule for Roman numerals."""

    def read(match: re.Match[str]) -> str | None:
        name, roman = match["name"].lower(), match["roman"]
        value = value_of(roman) if len(roman) > 1 or roman in "IVX" else None
        if value is None:
            return None
        if match["dot"]:
            return f"{_SHORT[name]} {style.cardinal(str(value))}" if name in _SHORT else None
        if name in _COUNTED:
            return f"{match['name']} {style.cardinal(str(value))}"
        is_name = name in _RANKED and match["name"][0].isupper()
        if not is_name or (roman == "I" and not _NOT_THE_PRONOUN.match(after(match))):
            return None
        return f"{match['name']} the {style.ordinal(str(value))}"

    return (Rule("numbers", LETTER, _ROMAN, read),)

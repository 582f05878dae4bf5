"""What every language's reading must hold, and the golden files of what is said for what is written."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from stentor.text.edits import Edited
from stentor.text.normalize import Switches, normalize

_GOLDEN = Path(__file__).parents[1] / "golden"
_EVERYTHING = Switches()

# Pieces that rules look for, so that generated texts meet them in every order.
_PIECES = [
    *"""
    0 1 2 3 12 24 007 1999 2024 123456789012345678 1.5 1,5 1.234,5 1,234.5 1,23,456 12:30 5.1.2024 5/1/2024
    2024-01-05 १२ १,२३,४५६.७ ١٢ １２ １２．５ 𝟙 ½ ² ① ⅐ Ↄ :30 .5 ,5 5,- +49 (0 06 34 . , : ; - – −
    + / ( ) ' ’ %
    ％ ° °C € $ R$ £ ¥ ₹ Fr. h km m m² kg Uhr h30 er º ª e nd x 年 月 日 点 時 個 第 万 亿 億 人 रुपये लाख
    बजे वाँ रु. Mio. M M€ z. B. am der und Mai mai de gennaio S. M. Sr. Nr. n° XXe
    XIV siglo secolo Straße
    Hauptstr. a b Ä é क ा @ a.de www. https://x.y/1 # & = < > ~ 。 ， ： 〜 、 ！ ？
    \u0301 \u200d 😀 1\ufe0f\u20e3
    """.split(),
    *(" ", " ", " ", "\n", "\u00a0"),
]
TEXTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=12).map("".join)

HOSTILE = [
    *"""
    1 1. 1, 1.234 1,234 1/ 1: 12:34: 1- -1 0 ½ ² 1$ $1 € www. a. a@ a/ XX I 1º 年 第1 रु वाँ = & 😀 １，２３４
    １． % ° .5 M x - 10⁻ ⁻¹
    """.split(),
    *("1 234 ", "12, ", "+1 ", "0 12-", "z. B. ", "M. ", "am 3. ", "(011) ", "1 Mio. ", "Hauptstr. "),
]
"""Units of texts that make some rule begin at every place."""


def golden(name: str) -> list[tuple[str, str]]:
    """Return what is written and what is said, from the lines of a golden file."""
    lines = _GOLDEN.joinpath(f"{name}.tsv").read_text("utf-8").splitlines()
    return [(written, said) for written, _, said in (line.partition("\t") for line in lines)]


def said(written: str, tag: str, switches: Switches = _EVERYTHING) -> str:
    """Return a text as a language reads it."""
    return Edited(written, normalize(written, tag, switches)).text


def check_promises(text: str, tag: str) -> None:
    """Fail if a digit survives, or an edit is out of order or out of the text."""
    edits = normalize(text, tag, _EVERYTHING)
    edited = Edited(text, edits)
    ends = [edit.end for edit in edits]

    assert [character for character in edited.text if character.isdecimal()] == []
    assert all(0 <= edit.start < edit.end <= len(text) for edit in edits)
    assert all(end <= edit.start for end, edit in zip(ends, edits[1:], strict=False))
    origins = [edited.origin(position) for position in range(len(edited.text))]
    assert origins == sorted(origins)

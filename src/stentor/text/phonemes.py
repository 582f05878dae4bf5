"""Pronunciations as callers write them: the International Phonetic Alphabet, and X-SAMPA, its form in ASCII.

The symbols are those of the IPA chart of 2020 and some that dictionaries use beside it. X-SAMPA is that of
J. C. Wells, "Computer-coding the IPA: a proposed extension of SAMPA" (1995).
"""

from __future__ import annotations

import unicodedata

from stentor.errors import quoted

LONGEST = 200
"""Of a pronunciation, in characters."""

_LETTERS = (
    "abcdefhijklmnopqrstuvwxyzɡæçðøħŋœβθχǀǁǂǃ"
    "ɐɑɒɓɔɕɖɗɘəɚɛɜɝɞɟɠɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢᵻᵿⱱ"
)
_MODIFIERS = "ʼʰʱʲʷˀˠˡˤ˞ⁿᵊᵐᵑ"
_MARKS = (
    "\u0300\u0301\u0302\u0303\u0304\u0306\u0308\u030a\u030b\u030c\u030d\u030f\u0311\u0318\u0319\u031a\u031c"
    "\u031d\u031e\u031f\u0320\u0324\u0325\u0329\u032a\u032c\u032f\u0330\u0334\u0339\u033a\u033b\u033c\u033d"
    "\u035c\u0361\u1dc4\u1dc5\u1dc6\u1dc7\u1dc8\u1dc9"
)
_SUPRASEGMENTALS = "ˈˌːˑ.|‖‿˥˦˧˨˩ꜛꜜ↗↘ "
_SYMBOLS = frozenset(_LETTERS + _MODIFIERS + _MARKS + _SUPRASEGMENTALS)
# Each sound has one spelling for the engines; these are ligatures of earlier charts, and what keyboards have.
_SPELLINGS = str.maketrans({
    "g": "ɡ",
    ":": "ː",
    "ʣ": "d͡z",
    "ʤ": "d͡ʒ",
    "ʥ": "d͡ʑ",
    "ʦ": "t͡s",
    "ʧ": "t͡ʃ",
    "ʨ": "t͡ɕ",
})
_MEANT = {"'": "ˈ", "’": "ˈ", ",": "ˌ"}

_CONSONANTS = dict(
    pair.split(":")
    for pair in r"""
    b:b b_<:ɓ c:c d:d d`:ɖ d_<:ɗ f:f g:ɡ g_<:ɠ h:h h\:ɦ j:j j\:ʝ k:k l:l l`:ɭ l\:ɺ m:m n:n n`:ɳ p:p p\:ɸ
    q:q r:r r`:ɽ r\:ɹ r\`:ɻ s:s s`:ʂ s\:ɕ t:t t`:ʈ v:v v\:ʋ w:w x:x x\:ɧ z:z z`:ʐ z\:ʑ
    B:β B\:ʙ C:ç D:ð F:ɱ G:ɣ G\:ɢ G\_<:ʛ H:ɥ H\:ʜ J:ɲ J\:ɟ J\_<:ʄ K:ɬ K\:ɮ L:ʎ L\:ʟ M\:ɰ N:ŋ N\:ɴ O\:ʘ
    P:ʋ R:ʁ R\:ʀ S:ʃ T:θ W:ʍ X:χ X\:ħ Z:ʒ 4:ɾ 5:ɫ ?:ʔ ?\:ʕ <\:ʢ >\:ʡ !\:ǃ |\:ǀ |\|\:ǁ =\:ǂ
    """.split()
)
_VOWELS = dict(
    pair.split(":")
    for pair in r"""
    a:a e:e i:i o:o u:u y:y A:ɑ E:ɛ I:ɪ I\:ᵻ M:ɯ O:ɔ Q:ɒ U:ʊ U\:ᵿ V:ʌ Y:ʏ @:ə @\:ɘ @`:ɚ {:æ }:ʉ
    1:ɨ 2:ø 3:ɜ 3\:ɞ 3`:ɝ 6:ɐ 7:ɤ 8:ɵ 9:œ &:ɶ
    """.split()
)
_DIACRITICS = {
    "'": "ʲ", "`": "˞", "~": "\u0303", "=": "\u0329",
    '_"': "\u0308", "_+": "\u031f", "_-": "\u0320", "_/": "\u030c", "_0": "\u0325", "_=": "\u0329", "_>": "ʼ",
    "_?\\": "ˤ", "_\\": "\u0302", "_^": "\u032f", "_}": "\u031a", "_~": "\u0303", "_A": "\u0318",
    "_B": "\u030f", "_B_L": "\u1dc5", "_F": "\u0302", "_G": "ˠ", "_H": "\u0301", "_H_T": "\u1dc4",
    "_L": "\u0300", "_M": "\u0304", "_N": "\u033c", "_O": "\u0339", "_R": "\u030c", "_R_F": "\u1dc8",
    "_T": "\u030b", "_X": "\u0306", "_a": "\u033a", "_c": "\u031c", "_d": "\u032a", "_e": "\u0334", "_h": "ʰ",
    "_j": "ʲ", "_k": "\u0330", "_l": "ˡ", "_m": "\u033b", "_n": "ⁿ", "_o": "\u031e", "_q": "\u0319",
    "_r": "\u031d", "_t": "\u0324", "_v": "\u032c", "_w": "ʷ", "_x": "\u033d",
}  # fmt: skip
_PROSODY = {
    ".": ".", '"': "ˈ", "%": "ˌ", ":": "ː", ":\\": "ˑ", "-": "", "-\\": "‿", "|": "|", "||": "‖",
    "^": "ꜛ", "!": "ꜜ", "<R>": "↗", "<F>": "↘", " ": " ",
}  # fmt: skip
# Where an underscore begins no diacritic it ties two consonants, as in t_S.
_TIES = {f"_{sign}": f"\u0361{symbol}" for sign, symbol in _CONSONANTS.items() if sign[0].isalpha()}
_X_SAMPA = {**_TIES, **_CONSONANTS, **_VOWELS, **_DIACRITICS, **_PROSODY}
_LONGEST_SIGN = max(map(len, _X_SAMPA))


def checked_ipa(text: str) -> str:
    """Return a pronunciation in IPA in the one spelling that engines see, decomposed but for ç.

    A pair of slashes or brackets around it is left out. Raises ValueError with a sentence that names the
    first character that is not of the IPA.
    """
    text = unicodedata.normalize("NFC", " ".join(_bounded(text).split()))
    begin, end = (1, -1) if len(text) > 1 and text[0] + text[-1] in ("//", "[]") else (0, None)
    bare = text[begin:end].strip()
    for position, character in enumerate(bare, text.index(bare) + 1):
        if not _SYMBOLS.issuperset(_decomposed(character)):
            raise ValueError(_refusal(character, position, "the International Phonetic Alphabet", _MEANT))
    ipa = _decomposed(bare)
    if ipa and ipa[0] in _MARKS:
        raise ValueError("A pronunciation cannot begin with a diacritic: it belongs to the sound before it.")
    if set(_LETTERS).isdisjoint(ipa):
        raise ValueError("A pronunciation must have at least one sound.")
    return ipa


def ipa_from_xsampa(text: str) -> str:
    """Return the IPA of a pronunciation in X-SAMPA, spelt as `checked_ipa` spells it.

    Raises ValueError with a sentence that names the first character that is not X-SAMPA.
    """
    text = " ".join(_bounded(text).split())
    symbols: list[str] = []
    position = 0
    while position < len(text):
        for length in range(_LONGEST_SIGN, 0, -1):
            symbol = _X_SAMPA.get(text[position : position + length])
            if symbol is not None:
                symbols.append(symbol)
                position += len(text[position : position + length])
                break
        else:
            raise ValueError(_refusal(text[position], position + 1, "X-SAMPA", {}))
    return checked_ipa("".join(symbols))


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(
            f"A pronunciation may have at most {LONGEST} characters; this one has {len(text):,}."
        )
    return text


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text.translate(_SPELLINGS)).replace("c\u0327", "ç")


def _refusal(character: str, position: int, alphabet: str, meant: dict[str, str]) -> str:
    hint = f" Write {meant[character]} for stress." if character in meant else ""
    return (
        f"{quoted(character)} (U+{ord(character):04X}), character {position} of the pronunciation, "
        f"is no symbol of {alphabet}.{hint}"
    )

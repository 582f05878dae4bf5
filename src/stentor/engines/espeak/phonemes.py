"""IPA as eSpeak NG's mnemonics, of which each of its voices has other ones.

`phonemes.json` is made by `scripts/measure_espeak_phonemes.py` from the library itself.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from typing import Any

_LONGEST = 4  # of what the tables and `_NEAREST` name, in characters
_MOST_IN_A_WORD = 60  # mnemonics; the library copies a word into 200 bytes without counting
_VOWELS = frozenset("aeiouyæɐɑɒɔəɚɛɜɝɞɘɤɨɪʉʊʌʏøœɶɯɵᵻ\N{COMBINING VERTICAL LINE BELOW}")
_STRESSES = {"ˈ": "'", "ˌ": ","}  # before a syllable
_AFTER = {"ː": ":", "ʲ": ";"}  # behind a sound that is longer or softer; without one some voices crash
_LAST_SYLLABLE = frozenset({"fa", "fr", "he", "hy", "tr"})
"""Tables of languages whose words are stressed there unless they say otherwise."""
_OTHERWISE_WRITTEN = str.maketrans({
    "'": "ˈ", "\N{RIGHT SINGLE QUOTATION MARK}": "ˈ", "\N{MODIFIER LETTER APOSTROPHE}": None, ":": "ː",
    "g": "ɡ", "ǝ": "ə", "ʣ": "dz", "ʤ": "dʒ", "ʥ": "dʑ", "ʦ": "ts", "ʧ": "tʃ", "ʨ": "tɕ",
    "\N{COMBINING DOUBLE INVERTED BREVE}": None, "\N{COMBINING DOUBLE BREVE BELOW}": None,
    "|": " ", "‖": " ", "‿": None,
})  # fmt: skip

_NEAREST = {
    # diphthongs and coloured vowels that one accent writes so and another otherwise
    "aɪ": "ai aj", "aʊ": "au aw", "eɪ": "ei eː ej e", "ɛɪ": "eɪ ei e", "oʊ": "əʊ ou oː o", "əʊ": "oʊ o",
    "ɔɪ": "ɔø oi ɔi oj ɔj", "ɔʏ": "ɔø ɔɪ oi", "ɔø": "ɔɪ oi", "ɪə": "iə ɪɹ iː", "iə": "ɪə ɪɹ",
    "eə": "ɛə ɛɹ eː", "ɛə": "eə ɛɹ ɛː", "ʊə": "uə ʊɹ ɔː", "ʌɪ": "aɪ ai", "æʊ": "aʊ au",
    "ɝ": "ɜː əɹ ər", "ɚ": "ə əɹ",
    "tʃ": "tɕ tʂ ʈʂ ts", "dʒ": "dʑ ɟ dz tʃ", "tɕ": "tʃ", "dʑ": "dʒ", "ʈʂ": "tʃ tɕ",
    # vowels
    "a": "ä æ ɑ ɐ ɑː ʌ", "æ": "a ɛ ɑ", "ɐ": "ə ʌ a ɜ", "ɑ": "a ɑː ɒ ɐ", "ɒ": "ɔ ɑ ɑː o a", "ʌ": "ɐ a ɑ ɔ",
    "ə": "ɐ ɜ ʌ ɘ ɤ e a", "ɜ": "ə œ ɛ ɐ e", "ɘ": "ə ɨ", "ɞ": "œ ɜ ɔ", "e": "e̞ eː ɛ ɪ", "ɛ": "e æ",
    "i": "iː ɪ", "ɪ": "i ᵻ e", "ᵻ": "ɪ i", "ɨ": "ɪ ᵻ i ɯ", "y": "ʏ yː u i", "ʏ": "y yː ʊ ɪ",
    "ø": "œ øː ɜː e o", "œ": "ø ɜː ɛ", "ɶ": "œ a", "u": "uː ʊ", "ʊ": "u o", "ʉ": "u uː y ʊ",
    "ɯ": "ɯᵝ ɨ u ʊ", "ɤ": "ə ʌ o", "o": "o̞ oː ɔ oʊ əʊ", "ɔ": "o ɒ ɔː", "ɵ": "ø ə o",
    # consonants
    "ɹ": "ɾ r ʁ ʀ l", "ɻ": "ɹ ɽ r ʐ", "r": "ɾ ɹ ʁ ʀ", "ɾ": "r ɹ d l", "ɽ": "ɻ ɾ r ɖ", "ʁ": "ʀ r ɹ ɣ",
    "ʀ": "ʁ r ɹ", "ɺ": "ɾ l", "l": "ɫ ɭ ɾ", "ɭ": "l", "ɫ": "l", "ʎ": "lj l", "ʟ": "l", "ɬ": "ʃ s l",
    "ɮ": "ʒ z l", "θ": "s t", "ð": "d z", "ʃ": "ɕ ʂ s", "ʒ": "ʑ ʐ ʃ z", "ɕ": "ʃ ʂ s", "ʑ": "ʒ ʐ z",
    "ʂ": "ʃ ɕ s", "ʐ": "ʒ ʑ z", "z": "s", "s": "ʃ", "ç": "ɕ x ʃ h", "ʝ": "j ʒ", "x": "χ h k", "χ": "x h",
    "ɣ": "ɡ x", "ħ": "h x", "ʕ": "ʔ h", "ʜ": "ħ h", "ʢ": "ʕ ʔ", "h": "x ɦ", "ɦ": "h", "ɸ": "f", "β": "v b",
    "f": "p", "v": "ʋ w b f", "ʋ": "v w", "w": "ʋ v u", "ʍ": "w", "ɥ": "j", "j": "i", "ɰ": "w ɡ", "ɱ": "m",
    "m": "m̩", "n": "n̩",
    "ŋ": "n", "ɲ": "nj n", "ɳ": "n", "ɴ": "ŋ n", "ʈ": "t", "ɖ": "d", "t": "t̪ ʈ", "d": "d̪ ɖ", "t̪": "t",
    "d̪": "d", "c": "kj tʃ k", "ɟ": "ɡj dʒ ɡ", "q": "k", "ɢ": "ɡ", "b": "p", "p": "b", "ɡ": "k", "k": "c",
    "ɓ": "b", "ɗ": "d", "ɠ": "ɡ", "ʛ": "ɡ", "ʄ": "ɟ dʒ", "ʙ": "b", "ⱱ": "v", "ʘ": "p", "ǀ": "t",
    "ǃ": "k", "ǂ": "k", "ǁ": "k", "ɧ": "ʃ x", "ɼ": "r",
    "m̩": "əm m", "n̩": "ən n", "ŋ̩": "əŋ ŋ", "l̩": "əl l", "r̩": "ər ɹ r", "ɹ̩": "ɚ ɨ i", "ɻ̩": "ɚ ɨ i",
}  # fmt: skip
"""What is said for a sound that a voice lacks: the first of these that it has."""


class Phonemes:
    """Writes IPA in the mnemonics of a voice."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, str]] = {}

    @cached_property
    def _read(self) -> Any:  # noqa: ANN401  as the file is
        return json.loads(files(__package__).joinpath("phonemes.json").read_text("utf-8"))

    def words(self, ipa: str, identifier: str) -> Iterator[str]:
        """Yield the mnemonics of each word of `ipa`, for the voice that the library calls `identifier`.

        A sound that the voice lacks is replaced by the nearest that it has; what is no sound is left out.
        """
        name = self._read["voices"][identifier.partition("+")[0]]
        table = self._table(name)
        for word in _decomposed(ipa).translate(_OTHERWISE_WRITTEN).split():
            sounds = list(_sounds(word, table))
            if not any(sound in _STRESSES for sound, _ in sounds):
                _stress(sounds, last=name in _LAST_SYLLABLE)
            mnemonics = [mnemonic for _, mnemonic in sounds]
            for begin in range(0, len(mnemonics), _MOST_IN_A_WORD):
                # A line behind each keeps it from being read together with the next, or as punctuation.
                yield "".join(f"{mnemonic}|" for mnemonic in mnemonics[begin : begin + _MOST_IN_A_WORD])

    def _table(self, name: str) -> dict[str, str]:
        if name not in self._tables:
            written = self._read["common"] | self._read["tables"][name]
            table = {ipa: mnemonic for ipa, mnemonic in written.items() if mnemonic} | _STRESSES | _AFTER
            self._tables[name] = table | _lacking(table)
        return self._tables[name]


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _lacking(table: dict[str, str]) -> dict[str, str]:
    """Find what is said for each sound that a table lacks; what is near to what it lacks, if need be."""
    wanted = {_decomposed(ipa): _decomposed(options).split() for ipa, options in _NEAREST.items()}
    found: dict[str, str] = {}
    while more := {
        ipa: mnemonics
        for ipa, options in wanted.items()
        if ipa not in table | found and (mnemonics := _first_of(options, table | found))
    }:
        found |= more
    return found


def _first_of(options: list[str], table: dict[str, str]) -> str | None:
    for option in options:
        sounds = list(_sounds(option, table))
        if "".join(sound for sound, _ in sounds) == option:
            return "|".join(mnemonic for _, mnemonic in sounds)
    return None


def _sounds(word: str, table: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Cut a word into the longest sounds that the table has; yields each with its mnemonic."""
    at = 0
    last = "ˈ"
    while at < len(word):
        sound = next(
            (word[at : at + size] for size in range(_LONGEST, 0, -1) if word[at : at + size] in table), ""
        )
        if sound and not (sound in _AFTER and last in _STRESSES | _AFTER):
            yield sound, table[sound]
            last = sound
        at += len(sound) or 1


def _stress(sounds: list[tuple[str, str]], *, last: bool) -> None:
    syllables = [at for at, (sound, _) in enumerate(sounds) if not _VOWELS.isdisjoint(sound)]
    if syllables:
        sounds.insert(syllables[-1 if last else 0], ("ˈ", "'"))

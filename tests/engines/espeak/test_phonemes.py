"""IPA as the library's mnemonics: what is written for which voice, and that the library reads it so."""

from __future__ import annotations

import json
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.engines.espeak.speaking import translated

from stentor.engines.espeak.phonemes import Phonemes

PHONEMES = Phonemes()
VOICES = {
    row["id"]: row["identifier"]
    for row in json.loads(files("stentor.engines.espeak").joinpath("voices.json").read_text("utf-8"))[
        "voices"
    ]
}
TABLES = json.loads(files("stentor.engines.espeak").joinpath("phonemes.json").read_text("utf-8"))


def written(ipa: str, voice: str = "en-US") -> list[str]:
    return list(PHONEMES.words(ipa, VOICES[voice]))


@pytest.mark.parametrize(
    ("ipa", "voice", "mnemonics"),
    [
        ("təˈmeɪtoʊ", "en-US", "t|@|'|m|eI|t|oU|"),
        ("təˈmɑːtəʊ", "en-US", "t|@|'|m|A:|t|oU|"),  # an American has no /əʊ/
        ("təˈmɑːtəʊ", "en-GB", "t|@|'|m|A:|t|oU|"),
        ("ˈt͡ʃɜːtʃ", "en-US", "'|tS|3:|tS|"),  # the tie changes nothing
        ("ˈgud", "de", "'|g|u|d|"),  # ASCII's g is IPA's
        ("'wo:tə", "en-US", "'|w|o:|t|@|"),  # so are a keyboard's stress and length
        ("ˌbɔ̃ˈʒuʁ", "fr-FR", ",|b|O~|'|Z|u|r|"),
        ("ˈprʲivʲɪt", "ru", "'|p|r|;|i|v|;|I|t|"),
        ("ma˥˥ ma˨˩˦ tʰa˥˩", "cmn", "m|'|a|55| m|'|a|214| th|'|a|51|"),
        ("si˥ si˨˩ si˨˥", "yue", "s|'|i|1| s|'|i|4| s|'|i|2|"),
        ("kæt", "en-US", "k|'|a|t|"),  # stressed somewhere, as every word is
        ("bonʒur", "fr-FR", "b|o|n|Z|'|u|R|"),  # where the language puts it
    ],
)
def test_a_sound_is_written_as_the_voice_writes_it(ipa: str, voice: str, mnemonics: str) -> None:
    assert " ".join(written(ipa, voice)) == mnemonics


@pytest.mark.parametrize(
    ("ipa", "voice", "mnemonics"),
    [
        ("ˈtyn", "en-US", "t|u|n|"),
        ("ˈɓaɗa", "en-GB", "b|a|d|a|"),
        ("ˈzaɪn", "fr-FR", "z|a|i|n|"),
        ("ˈɪnd͡ʒɪz", "es", "i|n|dZ|i|z|"),
        ("nɔʏ", "de", "n|OY|"),
    ],
)
def test_for_a_sound_that_a_voice_lacks_it_says_the_nearest(ipa: str, voice: str, mnemonics: str) -> None:
    [word] = written(ipa, voice)
    assert word.replace("'|", "") == mnemonics


def test_the_phonetic_alphabet_can_be_spoken_by_every_voice() -> None:
    """Of each letter something is said by each voice."""
    letters = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟɕʑwʍɥiyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝ"
    silent = {(voice, letter) for voice in VOICES for letter in letters if not written(letter, voice)}
    assert silent == set()


def test_words_are_apart_and_what_is_no_sound_is_left_out() -> None:
    assert written("ˈnuː  ˈjɔːk") == ["'|n|u:|", "'|j|O:|k|"]
    assert written("/ˈnuː.ɪ/!") == ["'|n|u:|I|"]
    assert written("苹果 !?") == []
    assert written("") == []


def test_length_and_softness_need_a_sound_before_them() -> None:
    """At the beginning of a word they crash the library with some voices."""
    assert written("ʲˈʲaːː") == ["'|a|:|"] == written("ˈaː")


@given(st.text(max_size=300), st.sampled_from(sorted(VOICES)))
@example("[[", "en-US")
@example("]]", "en-US")
@example("_^_en", "en-US")
@example("<phoneme ph='a'/>", "en-US")
@example("a" * 300, "en-US")
@example("\u0301" * 300, "cmn")
def test_nothing_but_mnemonics_of_the_voice_reaches_the_library(ipa: str, voice: str) -> None:
    """None of which can end the phonemes, change the language, or overrun a word."""
    own = TABLES["common"] | TABLES["tables"][TABLES["voices"][VOICES[voice]]]
    known = {*own.values(), "'", ",", ":", ";"} - {""}
    for word in PHONEMES.words(ipa, VOICES[voice]):
        mnemonics = word.removesuffix("|").split("|")
        assert set(mnemonics) <= known
        assert len(mnemonics) <= 120
        assert "]" not in word.replace("[|", "")
        assert not word.startswith("_")


def test_every_voice_has_its_table() -> None:
    assert set(VOICES.values()) == set(TABLES["voices"])
    assert set(TABLES["voices"].values()) == set(TABLES["tables"])


SPOKEN = {
    "en-US": "tomato data happy never water measure church judge thing this yellow orange",
    "en-GB": "tomato data happy never water measure church judge thing this yellow orange",
    "de": "Guten Morgen schöne Brücke Zeitung Pfeffer möchte Väter",
    "fr-FR": "bonjour maison rouge voiture enfant juillet montagne",
    "es": "mañana perro ciudad jamón lluvia queso",
    "it": "buongiorno ragazzi gnocchi figlio zucchero",
    "pl": "dzień dobry szczęście żółty źle",
    "ru": "привет молоко жизнь школа яблоко",
    "hi": "नमस्ते पानी लड़की किताब",
    "ko": "안녕하세요 한국",
    "sv": "hej sjuksköterska flicka",
    "tr": "merhaba güzel çocuk",
}


@pytest.mark.e2e
def test_what_the_library_says_in_ipa_it_says_again_from_that_ipa() -> None:
    """Nine words of ten come back sound by sound, in a dozen languages."""
    asked = [(VOICES[voice], word) for voice, words in SPOKEN.items() for word in words.split()]
    first = translated(asked)
    again = translated([
        (identifier, f"[\x02{' '.join(PHONEMES.words(ipa, identifier))}]]")
        for (identifier, _), ipa in zip(asked, first, strict=True)
    ])
    changed = [pair for pair in zip(first, again, strict=True) if not alike(*pair)]
    assert len(changed) <= len(asked) / 10, changed


def alike(one: str, other: str) -> bool:
    first, second = (unicodedata.normalize("NFD", ipa).replace("-", "") for ipa in (one, other))
    return first == second

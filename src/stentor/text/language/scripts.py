"""Scripts: which letters they have, which languages are written in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Set as AbstractSet
from functools import cache

LATIN = "latin"

LETTERS = {
    LATIN: "AZazªªººÀÖØöøʯ\u1e00\u1eff\u2c60\u2c7f\ua722\ua7ff\ufb00\ufb06\uff21\uff3a\uff41\uff5a",
    "greek": "\u0370\u0373\u0376\u037d\u037f\u03e1\u03f0\u03ff\u1f00\u1fff",
    "cyrillic": "\u0400\u052f\u1c80\u1c8f\u2de0\u2dff\ua640\ua69f",
    "armenian": "\u0531\u058f\ufb13\ufb17",
    "hebrew": "\u0591\u05f4\ufb1d\ufb4f",
    "arabic": "\u0610\u061a\u0620\u065f\u066e\u06d3\u06d5\u06ef\u06fa\u06ff\u0750\u077f\u08a0\u08ff"
    "\ufb50\ufdff\ufe70\ufefc",
    "thaana": "\u0780\u07bf",
    "devanagari": "\u0900\u0963\u0971\u097f\ua8e0\ua8ff",
    "bengali": "\u0980\u09e5\u09f0\u09ff",
    "gurmukhi": "\u0a00\u0a7f",
    "gujarati": "\u0a80\u0aff",
    "odia": "\u0b00\u0b7f",
    "tamil": "\u0b80\u0bff",
    "telugu": "\u0c00\u0c7f",
    "kannada": "\u0c80\u0cff",
    "malayalam": "\u0d00\u0d7f",
    "sinhala": "\u0d80\u0dff",
    "thai": "\u0e01\u0e3a\u0e40\u0e4f",
    "lao": "\u0e80\u0eff",
    "tibetan": "\u0f00\u0fff",
    "burmese": "\u1000\u109f\ua9e0\ua9ff\uaa60\uaa7f",
    "georgian": "\u10a0\u10ff\u1c90\u1cbf\u2d00\u2d2f",
    "hangul": "\u1100\u11ff\u3131\u318e\ua960\ua97f\uac00\ud7fb",
    "ethiopic": "\u1200\u139f\u2d80\u2ddf\uab00\uab2f",
    "khmer": "\u1780\u17d3\u17d7\u17d7\u17dc\u17dd",
    "kana": "\u3041\u3096\u309d\u309f\u30a1\u30fa\u30fc\u30ff\u31f0\u31ff\uff66\uff9f",
    "han": "\u2e80\u2fdf\u3005\u3007\u3105\u312f\u3400\u4dbf\u4e00\u9fff\uf900\ufaff\U00020000\U000323af",
}
"""The letters of each script, as the first and the last of each range. Bopomofo counts as Han."""

SUGGESTED = {
    "greek": "el", "cyrillic": "ru", "armenian": "hy", "hebrew": "he", "arabic": "ar", "thaana": "dv",
    "devanagari": "hi", "bengali": "bn", "gurmukhi": "pa", "gujarati": "gu", "odia": "or", "tamil": "ta",
    "telugu": "te", "kannada": "kn", "malayalam": "ml", "sinhala": "si", "thai": "th", "lao": "lo",
    "tibetan": "bo", "burmese": "my", "georgian": "ka", "hangul": "ko", "ethiopic": "am", "khmer": "km",
    "kana": "ja", "han": "zh",
}  # fmt: skip
"""The language that most of what is written in a script is in. Latin suggests none."""

# Letters that tell which language of a script a text is in; otherwise it is the one the script suggests.
_TELLING = {
    "cyrillic": (("be", "ў"), ("uk", "ґєії"), ("mk", "ѓќѕ"), ("sr", "ђћљњџј")),
    "arabic": (("ur", "ٹڈڑںےہ"), ("ps", "ټډړښځڅ"), ("fa", "پچژگیک")),
    "devanagari": (("mr", "ळ"),),
    "bengali": (("as", "ৰৱ"),),
    "hebrew": (("yi", "װױײ"),),
    "han": (("yue", "嘅咗喺佢啲嘢冇嚟"),),
}

_WRITTEN = {
    "greek": "el grc",
    "cyrillic": "ru uk be bg sr mk kk ky mn tg tt ba cv ce os ab av udm sah rue nog",
    "armenian": "hy hyw",
    "hebrew": "he yi",
    "arabic": "ar fa ur ps ug sd ckb arz ary ks prs pnb",
    "thaana": "dv",
    "devanagari": "hi mr ne sa kok bho mai doi",
    "bengali": "bn as bpy mni",
    "gurmukhi": "pa",
    "gujarati": "gu",
    "odia": "or",
    "tamil": "ta",
    "telugu": "te",
    "kannada": "kn",
    "malayalam": "ml",
    "sinhala": "si",
    "thai": "th",
    "lao": "lo",
    "tibetan": "bo dz",
    "burmese": "my shn",
    "georgian": "ka",
    "hangul": "ko",
    "ethiopic": "am ti",
    "khmer": "km",
    "kana": "ja",
    "han": "zh yue hak nan wuu gan",
}
_ALSO = {"ja": ("kana", "han"), "ko": ("hangul", "han"), "sr": ("cyrillic", LATIN)}
_CODES = {"latn": LATIN, "cyrl": "cyrillic", "arab": "arabic", "deva": "devanagari", "grek": "greek"}
_SAME = {
    "cmn": "zh",
    "no": "nb",
    "nn": "nb",
    "iw": "he",
    "in": "id",
    "fil": "tl",
    "ji": "yi",
    "sh": "sr",
    "bs": "hr",
}


def primary(tag: str) -> str:
    """Return the language of a BCP-47 tag, by one name where it has several."""
    language = tag.replace("_", "-").partition("-")[0].casefold()
    return _SAME.get(language, language)


def letters(scripts: tuple[str, ...]) -> str:
    """Return the letters of scripts, for use in a class of a pattern."""
    ranges = "".join(LETTERS[script] for script in scripts)
    return "".join(f"{first}-{last}" for first, last in zip(ranges[::2], ranges[1::2], strict=True))


@cache
def scripts_of(tag: str) -> tuple[str, ...]:
    """Return the scripts that a language is written in, by its BCP-47 tag; an unknown one has Latin."""
    for part in tag.replace("_", "-").split("-")[1:]:
        if part.casefold() in _CODES:
            return (_CODES[part.casefold()],)
    language = primary(tag)
    if language in _ALSO:
        return _ALSO[language]
    return next(((script,) for script, written in _WRITTEN.items() if language in written.split()), (LATIN,))


def suggested(script: str, signs: AbstractSet[str]) -> str:
    """Return the language that text in a script is most likely in, by the characters it has."""
    for tag, telling in _TELLING.get(script, ()):
        if not signs.isdisjoint(telling):
            return tag
    return SUGGESTED[script]


def script_of(letter: str) -> str | None:
    """Return the script of a letter; None if it has none of these."""
    firsts, found = _ranges()
    index = bisect_right(firsts, letter) - 1
    return found[index][1] if index >= 0 and letter <= found[index][0] else None


@cache
def _ranges() -> tuple[list[str], list[tuple[str, str]]]:
    ranges = sorted(
        (first, last, script)
        for script, pairs in LETTERS.items()
        for first, last in zip(pairs[::2], pairs[1::2], strict=True)
    )
    return [first for first, _, _ in ranges], [(last, script) for _, last, script in ranges]

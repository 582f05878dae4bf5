"""eSpeak NG's voices by BCP-47 tag, and how high and loud each is.

The library takes a variant's name as a path and answers an unknown tag with the last voice, so both are
looked up here; `voices.json` is made by `scripts/measure_espeak_voices.py` from the library itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from stentor.types import Voice, VoiceId

OPENAI_VOICES = {
    "alloy": "en-US+f3",
    "ash": "en-US+m3",
    "ballad": "en-GB+m7",
    "cedar": "en-US",
    "coral": "en-US+f4",
    "echo": "en-US+m1",
    "fable": "en-GB",
    "marin": "en-US+f1",
    "nova": "en-US+f2",
    "onyx": "en-US+m7",
    "sage": "en-US+f5",
    "shimmer": "en-US+Annie",
    "verse": "en-US+m4",
}

# Tags that callers use for what the library calls otherwise; a longer tag falls back to its beginning.
_ALIASES = {
    "en": "en-US",
    "en-uk": "en-GB",
    "en-au": "en-GB",
    "en-ie": "en-GB",
    "en-in": "en-GB",
    "en-nz": "en-GB",
    "en-za": "en-GB",
    "es-es": "es",
    "es-ar": "es-419",
    "es-cl": "es-419",
    "es-co": "es-419",
    "es-mx": "es-419",
    "es-pe": "es-419",
    "es-us": "es-419",
    "fr": "fr-FR",
    "iw": "he",
    "no": "nb",
    "pt": "pt-PT",
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
}

_MACROLANGUAGES = {"zh": ("cmn", "cmn-latn-pinyin", "hak", "yue", "yue-latn-jyutping")}

# What may be cut off a tag that is not in the table. Anything else is a name that happens to have a hyphen.
_SUBTAG = re.compile(r"[a-z]{2}|[0-9]{3}|[0-9][0-9a-z]{3}|hans|hant|latn|cyrl|arab|deva|grek|hebr|jpan|kore")

_PITCH = (82, 118)  # of a voice whose file says nothing, in hertz
_WHISPERS = (("whisperf", 120), ("whisper", 0))  # the variant, and for whom: those not below so many hertz

_TABLE: dict[str, Any] = json.loads(files(__package__).joinpath("voices.json").read_text("utf-8"))
LANGUAGES: tuple[str, ...] = tuple(row["id"] for row in _TABLE["voices"])


@dataclass(frozen=True, slots=True)
class Timbre:
    """What the library is asked for, and what is known of it."""

    identifier: str
    gain: float
    """The factor that makes it as loud as the others."""
    melody: float
    """By how much of its base pitch the library lowers it when its melody becomes twice as wide."""


class VoiceTable:
    """Finds voices by what callers say."""

    def __init__(self, engine: str = "espeak") -> None:
        self._engine = engine
        self.voices = [
            Voice(VoiceId(row["id"]), row["name"], engine, (row["id"],)) for row in _TABLE["voices"]
        ]
        self._rows: dict[str, Any] = {row["id"]: row for row in _TABLE["voices"]}
        self._tags: dict[str, str] = {tag.casefold(): tag for tag in self._rows}
        self._variants = {name.casefold(): name for name in _TABLE["variants"]}
        self._timbres: dict[tuple[str, bool], Timbre] = {}

    def find(self, name: str, language: str | None) -> Voice | None:
        """Find a voice by a tag or by `TAG+VARIANT`, in any case; `language` replaces a tag that differs."""
        tag, plus, variant = name.partition("+")
        base = self._match(tag)
        known_variant = self._variants.get(variant.casefold()) if plus else ""
        if base is None or known_variant is None:
            return None
        languages: tuple[str, ...] = ()
        if language and (asked := self._match(language)):
            base = base if _covers(language, base) else asked
            languages = (language,)
        identity = f"{base}+{known_variant}" if known_variant else base
        described = self._rows[base]["name"] + (f", {known_variant}" if known_variant else "")
        return Voice(VoiceId(identity), described, self._engine, tuple(dict.fromkeys((base, *languages))))

    def timbre(self, voice: VoiceId, *, whispered: bool = False) -> Timbre | None:
        """Return what to ask the library for; None if there is no such voice."""
        if (voice, whispered) not in self._timbres:
            tag, _, variant = voice.partition("+")
            row = self._rows.get(tag)
            if row is None or (variant and variant not in _TABLE["variants"]):
                return None
            timbre = _timbre(row, variant)
            if whispered:
                low, _ = _pitch(row, variant)
                timbre = _timbre(row, next(whisper for whisper, lowest in _WHISPERS if low >= lowest))
            self._timbres[voice, whispered] = timbre
        return self._timbres[voice, whispered]

    def _match(self, tag: str) -> str | None:
        folded = tag.replace("_", "-").casefold()
        while folded:
            if folded in self._tags:
                return self._tags[folded]
            if folded in _ALIASES:
                return _ALIASES[folded]
            folded, _, subtag = folded.rpartition("-")
            if not _SUBTAG.fullmatch(subtag):
                return None
        return None


def _timbre(row: dict[str, Any], variant: str) -> Timbre:
    decibels = row["gain_db"] + (_TABLE["variants"][variant]["gain_db"] if variant else 0.0)
    identifier = f"{row['identifier']}+{variant}" if variant else row["identifier"]
    return Timbre(identifier, 10 ** (decibels / 20), melody(*_pitch(row, variant)))


def melody(low: float, high: float) -> float:
    """Return `Timbre.melody` of a voice whose file says these for its lowest and highest tone."""
    # From the library's arithmetic: its base is 9 Hz below the lowest tone, in units of 1/4096 Hz.
    return 18 * 108 * (high - low) / (4096 * (low - 9))


def _pitch(row: dict[str, Any], variant: str) -> tuple[int, int]:
    """Return the lowest and the highest tone of a voice, in hertz."""
    low, high = _TABLE["variants"].get(variant, {}).get("pitch") or row.get("pitch") or _PITCH
    return low, high


def _covers(asked: str, tag: str) -> bool:
    """Tell whether a tag is within the range asked for: `en` covers `en-GB`, `en-US` does not."""
    folded, asked = tag.casefold(), asked.replace("_", "-").casefold()
    return folded == asked or folded.startswith(f"{asked}-") or folded in _MACROLANGUAGES.get(asked, ())

"""Languages by their tags and by the names callers have for them."""

from __future__ import annotations

# In English, as Qwen3-TTS and the servers built on it call the first ten.
_NAMES = {
    "chinese": "zh", "english": "en", "french": "fr", "german": "de", "italian": "it", "japanese": "ja",
    "korean": "ko", "portuguese": "pt", "russian": "ru", "spanish": "es",
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "cantonese": "yue", "catalan": "ca", "croatian": "hr",
    "czech": "cs", "danish": "da", "dutch": "nl", "farsi": "fa", "filipino": "fil", "finnish": "fi",
    "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "indonesian": "id", "malay": "ms",
    "mandarin": "zh", "norwegian": "no", "persian": "fa", "polish": "pl", "romanian": "ro", "serbian": "sr",
    "slovak": "sk", "swahili": "sw", "swedish": "sv", "tagalog": "tl", "tamil": "ta", "telugu": "te",
    "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi",
}  # fmt: skip


def language_tag(written: str) -> str | None:
    """Return the BCP-47 tag a caller means; None for `Auto` and for nothing."""
    folded = written.strip().casefold()
    if folded in ("", "auto"):
        return None
    return _NAMES.get(folded, written.strip())

"""Languages by their tags and by the names callers have for them."""

from __future__ import annotations

# The names that Qwen3-TTS and the servers built on it use.
_NAMES = {
    "chinese": "zh",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
}


def language_tag(written: str) -> str | None:
    """Return the BCP-47 tag a caller means; None for `Auto` and for nothing."""
    folded = written.strip().casefold()
    if folded in ("", "auto"):
        return None
    return _NAMES.get(folded, written.strip())

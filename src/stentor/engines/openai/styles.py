"""What styles are to a model that follows instructions: words."""

from __future__ import annotations

from collections.abc import Mapping

STYLES: Mapping[str, str] = {
    "neutral": "Speak in a neutral, even tone.",
    "happy": "Speak happily, with a smile in the voice.",
    "sad": "Speak sadly, slowly and with a heavy heart.",
    "angry": "Speak angrily, tense and sharp.",
    "excited": "Speak with excitement, lively and full of energy.",
    "calm": "Speak calmly, gently and without hurry.",
    "whispering": "Whisper, with hardly any voice.",
    "fearful": "Speak fearfully, with a trembling voice.",
    "surprised": "Speak with surprise, as if it could hardly be believed.",
}
"""All of `stentor.text.script.STYLES`."""

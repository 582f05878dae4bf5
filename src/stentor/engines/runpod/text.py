"""The form in which Echo-TTS likes its text.

Source: the model's own rules for prompts (Echo-TTS, README and `inference.py`): a text begins with the tag of
its speaker, commas are pauses, and colons, semicolons and dashes are read as commas.
"""

from __future__ import annotations

import re

_SPEAKER_TAG = re.compile(r"[\[(]")
_PAUSE = re.compile(r"[ ,]{0,2}(?:[:;—–―‒]|-{2,}+|(?<= )-(?= ))(?>(?:[ ,:;—–―‒]|-{2,}+|-(?= ))*)")
_PLAIN = str.maketrans({"…": "...", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def echo_text(text: str, speaker: str) -> str:
    """Write a text as Echo-TTS was taught to read, spoken by `speaker`, a tag such as `[S1]`."""
    line = " ".join(text.translate(_PLAIN).split())
    line = _PAUSE.sub(", ", line).strip(" ,")
    is_tagged = not speaker or _SPEAKER_TAG.match(line)
    return line if is_tagged else f"{speaker} {line}"
